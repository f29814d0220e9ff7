"""Every mail that was sent, whole, as files: what the client would have received."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import formatdate
from functools import cached_property
from pathlib import Path
from typing import cast

MESSAGE_ID = re.compile(r"[A-Za-z0-9@._-]{1,200}")


@dataclass(frozen=True)
class Attachment:
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Sent:
    """What SES was asked for beside the mail itself."""

    message_id: str
    at: float
    sender: str
    to: tuple[str, ...]
    tags: dict[str, str]
    configuration_set: str


@dataclass(frozen=True)
class Mail:
    """One mail: how it was sent, and its bytes."""

    sent: Sent
    raw: bytes

    @property
    def message_id(self) -> str:
        return self.sent.message_id

    @property
    def at(self) -> float:
        """When SES took it, in seconds since the epoch."""
        return self.sent.at

    @property
    def sender(self) -> str:
        return self.header("From") or self.sent.sender

    @property
    def to(self) -> tuple[str, ...]:
        return self.sent.to

    @property
    def tags(self) -> dict[str, str]:
        return self.sent.tags

    @property
    def subject(self) -> str:
        return self.header("Subject")

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def attachments(self) -> list[Attachment]:
        return [
            Attachment(
                part.get_filename() or "attachment",
                part.get_content_type(),
                cast("bytes", part.get_payload(decode=True)),
            )
            for part in self._message.iter_attachments()
        ]

    def header(self, name: str) -> str:
        return str(self._message.get(name, ""))

    @cached_property
    def _message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=default)

    def _body(self, kind: str) -> str:
        part = self._message.get_body((kind,))
        return "" if part is None else str(part.get_content())


class Mailbox:
    """A folder with two files for each mail: the mail (.eml) and how it was sent (.json)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, sent: Sent, raw: bytes) -> Mail:
        """Keeps a mail, with the two headers that SES adds."""
        added = f"Message-ID: <{sent.message_id}>\r\nDate: {formatdate(sent.at)}\r\n".encode()
        mail = Mail(sent, added + raw)
        self._path(sent.message_id, "eml").write_bytes(mail.raw)
        partial = self._path(sent.message_id, "partial")
        partial.write_text(json.dumps(asdict(sent)))
        # Last and at once, so that whoever lists the mails sees whole ones.
        partial.rename(self._path(sent.message_id, "json"))
        return mail

    def mails(self) -> list[Mail]:
        """Every mail, oldest first."""
        mails = [self._load(path) for path in self.folder.glob("*.json")]
        return sorted(mails, key=lambda mail: mail.at)

    def find(self, message_id: str) -> Mail | None:
        if not MESSAGE_ID.fullmatch(message_id):
            return None
        path = self._path(message_id, "json")
        return self._load(path) if path.exists() else None

    def _load(self, path: Path) -> Mail:
        sent = json.loads(path.read_text())
        return Mail(Sent(**{**sent, "to": tuple(sent["to"])}), path.with_suffix(".eml").read_bytes())

    def _path(self, message_id: str, kind: str) -> Path:
        # Not with_suffix: a message id has a dot in its domain.
        return self.folder / f"{message_id.partition('@')[0]}.{kind}"
