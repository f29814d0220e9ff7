"""Every scene by its name, made by the project's own code: mails, pages, the local inbox."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Final

from looks.browser import Scene
from looks.desks import DESKS
from looks.inboxes import INBOXES
from looks.letters import LETTERS
from looks.live_pages import LIVE
from looks.months import MONTHS
from support.telling import told_mail, told_pdf

from makegood.mail.statement_message import with_page
from makegood.rules.statements import compute

PAGE: Final = "https://makegood.provider.example/live/a-link"


def a_statement(month: str) -> Scene:
    facts = MONTHS[month]()
    return Scene(with_page(told_mail(compute(facts), facts), PAGE).html)


PDFS: Final = ("normal", "quiet", "long-names", "sixty-devices", "forty-incidents", "yen", "hebrew", "arabic")
"""The months whose statement is looked at as a PDF too."""


@cache
def a_pdf(month: str) -> bytes:
    facts = MONTHS[month]()
    return told_pdf(compute(facts), facts)


SCENES: Final[dict[str, Callable[[], Scene]]] = {
    **{f"statement-{month}": partial(a_statement, month) for month in MONTHS},
    **LETTERS,
    **LIVE,
    **DESKS,
    **INBOXES,
}


@cache
def scene(name: str) -> Scene:
    return SCENES[name]()
