"""What the last statement of a client says: that it is the last, and what becomes of what is still open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from makegood.mail.statement_month import Month
from makegood.rules.contracts import covered


def closing_sentences(month: Month) -> Iterator[str]:
    """Nothing, unless the contract ends in the month or with it."""
    until, end = month.contract.effective_until, covered(month.contract)[1]
    if until is None or end is None or end > month.scope.period.end:
        return
    last_day = month.formats.long_date(until - timedelta(days=1))
    ends = "ends" if month.facts.as_of < end else "ended"
    if month.facts.returns_on is not None:
        first_day = month.formats.long_date(month.facts.returns_on)
        yield f"The contract {ends} with {last_day}. It and its statements begin again on {first_day}."
        return
    if not month.is_over:
        yield f"The contract {ends} with {last_day}, so this month's statement will be the last one."
        return
    yield f"This is your last statement: the contract ended with {last_day}."
    if month.statement["due_cents"] < 0:
        credit = month.money(-month.statement["due_cents"])
        yield f"No statement follows, so we pay you the credit of {credit}."
    yield "If something turns out in your favour later, we tell you by mail at once and pay it to you."
