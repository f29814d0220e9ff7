"""What a mail says, before it is a mail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; `media_type` such as `application/json`."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Message:
    """What a mail says: one subject line, a plain-text body and its HTML twin, and what goes with it.

    `short` is all of it that a phone shows, with the link; `lead` its first sentences, without any link.
    """

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    short: str = ""
    lead: str = ""
