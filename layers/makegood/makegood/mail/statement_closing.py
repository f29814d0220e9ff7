"""What the last statement of a client says: that it is the last, and what becomes of what is still open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from makegood.mail.statement_month import Month


def credit_to_pay(month: Month) -> int:
    """The credit in minor units that the client is paid because no statement follows; else 0."""
    is_last = month.has_the_end and month.facts.returns_on is None and month.is_over
    return max(0, -int(month.statement["due_cents"])) if is_last else 0


def closing_sentences(month: Month) -> Iterator[str]:
    """Nothing, unless the contract ends in the month or with it."""
    until = month.contract.effective_until
    if until is None or not month.has_the_end:
        return
    last_day = month.formats.long_date(until - timedelta(days=1))
    ends = "ends" if month.facts.as_of < month.scope.covered.end else "ended"
    if month.facts.returns_on is not None:
        first_day = month.formats.long_date(month.facts.returns_on)
        yield f"The contract {ends} with {last_day}. It and its statements begin again on {first_day}."
        return
    if not month.is_over:
        yield f"The contract {ends} with {last_day}, so this month's statement will be the last one."
        return
    yield f"This is your last statement: the contract ended with {last_day}."
    if credit := credit_to_pay(month):
        yield f"No statement follows, so we pay you the credit of {month.money(credit)}."
    yield "If something turns out in your favour later, we tell you by mail at once and pay it to you."
