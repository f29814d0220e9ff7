"""What is told of a statement and its facts: its view, its mail, its PDF."""

from __future__ import annotations

from typing import Any

from makegood.mail.message import Message
from makegood.mail.statement_message import statement_message
from makegood.mail.statement_month import Month, month_of
from makegood.mail.statement_pdf import statement_pdf
from makegood.mail.statement_view import StatementView, view_month

Json = dict[str, Any]


def told_month(statement: Json, facts: Json) -> Month:
    return month_of({**statement, "facts": facts})


def told_view(statement: Json, facts: Json, *, whole: bool = True) -> StatementView:
    return view_month(told_month(statement, facts), whole=whole)


def told_mail(statement: Json, facts: Json) -> Message:
    return statement_message(told_view(statement, facts, whole=False), told_view(statement, facts))


def told_pdf(statement: Json, facts: Json, author: str = "") -> bytes:
    month = told_month(statement, facts)
    return statement_pdf(month, view_month(month), author)
