"""The mail that carries a statement: a subject that says it all, the page, and its plain-text twin."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from makegood.mail.look import render
from makegood.mail.message import Message
from makegood.mail.statement_view import StatementView

_PLACE: Final = "<!-- the client's page -->"
"""Where a statement's page, stored once for everybody, takes the link of who gets it."""

LONGEST_BYTES: Final = 100_000
"""Gmail shows no more than 102 KB of a mail; behind a longer one is only a link to the rest."""


def statement_message(view: StatementView, whole: StatementView) -> Message:
    """The mail of a statement, without the link to its reader's page: `view` on its page, `whole` as text."""
    html = render("statement.html.j2", view=view, is_long=False)
    if len(html.encode()) > LONGEST_BYTES:
        html = render("statement.html.j2", view=view, is_long=True)
    return Message(subject=view.subject, text=render("statement.txt.j2", view=whole), html=html)


def with_page(message: Message, page: str) -> Message:
    """The same mail with the link to the client's page of who gets it."""
    return replace(
        message,
        text=f"{message.text}\nYour page, with this month so far and every statement:\n{page}\n",
        html=message.html.replace(_PLACE, render("page_link.html.j2", page=page)),
    )
