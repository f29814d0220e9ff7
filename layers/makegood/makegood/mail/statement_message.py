"""The mail that carries a statement: a subject that says it all, the page, and its plain-text twin."""

from __future__ import annotations

from makegood.mail.look import render
from makegood.mail.outbox import Message
from makegood.mail.statement_month import Json
from makegood.mail.statement_view import view_statement


def statement_message(statement: Json, facts: Json) -> Message:
    """The mail for a computed statement and its facts; nothing later than `as_of` is told."""
    view = view_statement(statement, facts)
    return Message(
        subject=view.subject,
        text=render("statement.txt.j2", view=view),
        html=render("statement.html.j2", view=view),
    )
