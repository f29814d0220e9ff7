"""A mail as its parts, rendered twice from the same words: HTML for every mail program, and plain text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from makegood.mail.look import render
from makegood.mail.message import Message
from makegood.texts import one_line

SUBJECT_LENGTH = 180


@dataclass(frozen=True)
class Text:
    """A paragraph, below a heading if it has one."""

    text: str
    title: str = ""
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Facts:
    """What there is to know, as label and value."""

    title: str
    rows: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True)
class Check:
    """One thing that stands well or not: what it is, what there is to say of it, and a word with its tone."""

    title: str
    lines: tuple[str, ...]
    status: str
    tone: str


@dataclass(frozen=True)
class Checks:
    title: str
    rows: tuple[Check, ...]
    kind: ClassVar[str] = "checks"


@dataclass(frozen=True)
class Quote:
    """What somebody wrote, in their own words and lines."""

    title: str
    text: str
    kind: ClassVar[str] = "quote"


@dataclass(frozen=True)
class Button:
    """The one thing to do."""

    label: str
    url: str
    kind: ClassVar[str] = "button"


@dataclass(frozen=True)
class Reference:
    """Somewhere else to go."""

    label: str
    url: str
    kind: ClassVar[str] = "reference"


Block = Text | Facts | Checks | Quote | Button | Reference


@dataclass(frozen=True)
class Letter:
    """A mail before it is rendered; `tone` is one of those of the look, `topic` stands above the headline.

    `page` is the address of the client's page, for who gets the mail.
    """

    subject: str
    topic: str
    tone: str
    headline: str
    lead: str
    blocks: tuple[Block, ...]
    footer: tuple[str, ...]
    page: str = ""


def render_letter(letter: Letter) -> Message:
    """The letter as a message: its subject in one line, plain text and the HTML twin."""
    subject = one_line(letter.subject, SUBJECT_LENGTH)
    first = next((block.url for block in letter.blocks if isinstance(block, Button | Reference)), "")
    return Message(
        subject=subject,
        short=f"{subject} {first}".rstrip(),
        lead=letter.lead,
        text=render("letter.txt.j2", letter=letter),
        html=render("letter.html.j2", letter=letter),
    )
