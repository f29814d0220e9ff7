"""What a statement says of how the client was told, where that was not by a mail that surely arrived."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from makegood.mail.look import show_length
from makegood.mail.statement_month import Month, Outage
from makegood.rules.told import BACKDATED_SECONDS, CONFIRM_SECONDS, HANDED_OVER, Call
from makegood.texts import one_line

_WHY: Final = {
    "bounced": "{contact} could not be reached since {since}: our mails come back.",
    "complained": "{contact} gets no mails of ours since {since}: one was reported as unwanted.",
}


def told_notes(month: Month, outage: Outage) -> Iterator[str]:
    """Beside the promise of the notice: a mail that nobody confirmed, calls by the word of who made them."""
    facts = outage.facts
    at = facts.notified_at if facts.notified_how == HANDED_OVER else None
    if at is not None and month.facts.as_of - at >= CONFIRM_SECONDS:
        yield "Handed over, not confirmed: nobody has reported that the mail arrived"
    for call in facts.calls:
        yield _call(month, outage, call)


def unreachable_sentences(month: Month) -> Iterator[str]:
    """The contacts that mails do not reach."""
    for each in month.facts.unreachable:
        yield _WHY[each.why].format(contact=each.contact, since=month.day(each.since))


def _call(month: Month, outage: Outage, call: Call) -> str:
    called = month.time_after(call.at, outage.facts.started_at)
    recorded = month.time_after(call.recorded_at, call.at)
    reached, number, by = (one_line(text, 100) for text in (call.reached, call.number, call.by))
    counted = ""
    if call.counts_at != call.at:
        hour = show_length(BACKDATED_SECONDS)
        counted = f"; it counts from {hour} before that, {month.time_after(call.counts_at, call.at)}"
    return f"Called {reached}, {number}, at {called} by the word of {by}, recorded at {recorded}{counted}"
