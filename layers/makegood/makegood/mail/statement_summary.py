"""The answer of a statement, before its details: healthy or not and why, what is refunded, what is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from makegood.mail.look import count_of
from makegood.mail.statement_month import Month
from makegood.mail.statement_words import PRACTICE_NAMES
from makegood.texts import one_line

LONGEST_NAME: Final = 60
"""More of a client's name would push what a subject says out of sight."""

_STAGES: Final = {
    "kept": "kept",
    "broken": "broken",
    "excused": "missed and excused",
    "pending": "still open",
    "not_required": "not needed",
}


@dataclass(frozen=True)
class Amount:
    """A line of the sum: what it is, how much, and a note."""

    name: str
    amount: str
    note: str = ""


def subject(month: Month) -> str:
    """`Acme Dental Group, March 2026: healthy, nothing to refund, 2,400.00 USD due`."""
    so_far = "" if month.is_over else " so far"
    health = "healthy" if month.statement["healthy"] else "not healthy"
    refund = "nothing to refund"
    if month.statement["earned_cents"]:
        refund = f"{month.money(month.statement['refund_cents'])} refunded"
    due = total(month)
    client = one_line(month.contract.name, LONGEST_NAME)
    return f"{client}, {month.name}{so_far}: {health}, {refund}, {due.amount} {due.name.lower()}"


def headline(month: Month) -> str:
    """How the month stands and what comes back, which is what a reader wants to know first."""
    refund = month.statement["refund_cents"]
    back = f"; {month.money(refund)} comes back to you" if refund else ""
    return f"{_health(month)}{back}"


def _health(month: Month) -> str:
    so_far = "" if month.is_over else " so far"
    stages, practices = _stages(month), _practices(month)
    if not month.statement["healthy"]:
        broken = stages["broken"] + practices["broken"]
        why = f"{count_of(broken, 'promise was', 'promises were')} broken" if broken else _why_else(month)
        return f"Not healthy{so_far}: {why}"
    if stages["excused"]:
        return f"Healthy{so_far}, with {count_of(stages['excused'], 'promise')} missed and excused"
    return f"Healthy{so_far}: no promise was broken"


def reasons(month: Month) -> Iterator[str]:
    """What the headline rests on, one sentence each."""
    yield _of_outages(month)
    if month.contract.practices:
        yield _of_practices(month)
    yield from _of_other_months(month)
    for practice, row in month.practices.items():
        if f"practice/{practice}/each" in month.refunds and row["verdict"] == "kept":
            yield f"{PRACTICE_NAMES[practice]} was kept, yet each day without it earns a refund."
    if _stages(month)["excused"]:
        yield "What is missed and excused earns no refund, and stays on this page."


def amounts(month: Month) -> Iterator[Amount]:
    """The lines of the sum, without its total."""
    whole = month.contract.monthly_fee
    part = f"{month.money(whole)} a month, for the part of the month that the contract covers"
    yield Amount(
        f"Fee for {month.name}",
        month.money(month.fee_cents),
        part if month.fee_cents != whole else "",
    )
    if month.statement["earned_cents"]:
        yield Amount("Refunded to you", month.money(-month.statement["refund_cents"]))
    else:
        yield Amount("Nothing to refund", month.money(0))
    for entry in month.facts.adjustments:
        taken = ", taken back" if entry.cents < 0 else ""
        yield Amount(
            f"Correction of {month.formats.period(entry.period)}{taken}",
            month.money(-entry.cents),
            entry.reason,
        )


def total(month: Month) -> Amount:
    due = month.statement["due_cents"]
    return Amount("Due", month.money(due)) if due >= 0 else Amount("Credit", month.money(-due))


def cap(month: Month) -> str:
    """What the cap took away, if it did."""
    statement = month.statement
    if statement["earned_cents"] == statement["refund_cents"]:
        return ""
    share = month.formats.percent(month.contract.refund_cap_bps)
    limit = f"{share} of the fee, {month.money(statement['cap_cents'])}"
    earned = month.money(statement["earned_cents"])
    return f"{earned} was earned; the contract limits a month's refunds to {limit}."


def _why_else(month: Month) -> str:
    """Why a month in which no promise was broken is not healthy."""
    if others := list(_broken_in_other_months(month)):
        if all(belongs is None for _, belongs in others):
            return f"{count_of(len(others), 'promise was', 'promises were')} broken after the contract's end"
        of = "another month" if len({belongs for _, belongs in others}) == 1 else "other months"
        return count_of(len(others), f"promise of {of} was", f"promises of {of} were") + " broken"
    return "a practice was not shown every day"


def _of_outages(month: Month) -> str:
    counting = [outage for outage in month.outages if month.counts(outage)]
    left_over = len(month.outages) - len(counting)
    open_still = f" {count_of(left_over, 'outage')} of before {'is' if left_over == 1 else 'are'} still open."
    return _of_counting(month, len(counting)) + (open_still if left_over else "")


def _of_counting(month: Month, count: int) -> str:
    if not count:
        return "There was no outage."
    stages = _stages(month)
    told = [f"{stages[verdict]} {words}" for verdict, words in _STAGES.items() if stages[verdict]]
    outages = count_of(count, "outage")
    if not told:
        return f"{outages}, without a promise that belongs to this month."
    return f"{outages} with {count_of(stages.total(), 'promise')}: {', '.join(told)}."


def _of_practices(month: Month) -> str:
    practices = _practices(month)
    names = [PRACTICE_NAMES[name] for name, row in month.practices.items() if row["verdict"] == "broken"]
    words = {"kept": "kept", "broken": f"broken ({', '.join(names)})", None: "with nothing to count"}
    told = [f"{practices[verdict]} {said}" for verdict, said in words.items() if practices[verdict]]
    return f"{count_of(practices.total(), 'practice')}: {', '.join(told)}."


def _of_other_months(month: Month) -> Iterator[str]:
    for (device, belongs), count in Counter(_broken_in_other_months(month)).items():
        if belongs is None:
            broke = "a promise whose limit is" if count == 1 else f"{count} promises whose limits are"
            why = "after the contract's end, where no fee is charged"
            yield f"An outage of {device} broke {broke} {why}: nothing is refunded for {_it(count)}."
            continue
        promises = "a promise that belongs" if count == 1 else f"{count} promises that belong"
        yield f"An outage of {device} broke {promises} to {belongs}."


def _it(count: int) -> str:
    return "it" if count == 1 else "them"


def _broken_in_other_months(month: Month) -> Iterator[tuple[str, str | None]]:
    """Device and month of each promise broken in another month, by outages that reach into this one.

    No month when its limit is after the contract's end: then no other statement tells of it.
    """
    for outage in month.outages:
        for verdict in outage.verdicts if month.counts(outage) else ():
            if verdict.verdict == "broken" and (verdict.incident, verdict.stage) not in month.listed:
                over = month.is_after_the_end(verdict.deadline)
                yield outage.device.device, None if over else month.period_name(verdict.deadline)


def _stages(month: Month) -> Counter[str]:
    return Counter(stage["verdict"] for stage in month.statement["stages"])


def _practices(month: Month) -> Counter[str | None]:
    return Counter(practice["verdict"] for practice in month.statement["practices"])
