"""How a client's contract may change: what a new version adds or replaces, and which change is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import date
from enum import StrEnum

from makegood.rules.contracts import Contract, ContractError
from makegood.rules.instants import Instant, Period, local_date, next_period
from makegood.rules.levels import LADDER
from makegood.rules.shapes import Problem
from makegood.rules.terms import Outages

LASTING = ("timezone", "currency")
"""What every version of a client shares: days and sums of money carry over from month to month."""

AMENDABLE = ("name", "locale", "contacts", "effective_until", *LADDER)
"""What may change while a version runs, since no promise already made depends on it.

An incident keeps the ladder that it began with, as all its terms; its mails go to the contacts of their day.
"""


class Change(StrEnum):
    """What applying a version does."""

    CREATED = "created"  # the client's first version
    ADDED = "added"  # one more version
    REPLACED = "replaced"  # a version that has not begun
    UPDATED = "updated"  # only what may change at any time
    UNCHANGED = "unchanged"


def judge_version(
    new: Contract,
    known: Sequence[Contract],
    unissued: Period | None,
    now: Instant,
    *,
    backdated: bool = False,
) -> Change:
    """What the version does beside the known ones, oldest first. Raises ContractError when it is refused.

    `unissued` is the client's first period without a statement, None for a new client. A first version begins
    in the present local month or later, every other after it; `backdated` lifts that.
    """
    today = local_date(now, new.zone)
    same = next((version for version in known if version.effective_from == new.effective_from), None)
    problems = list(_changes_of_lasting_terms(new, known, same, today))
    if not problems and same is None:
        problems = list(_problems_of_beginning(new, known, unissued, today, backdated))
    elif not problems and same is not None:
        problems = list(_problems_of_replacing(new, same, today))
    if problems:
        raise ContractError(problems)
    if same is None:
        return Change.ADDED if known else Change.CREATED
    return _change_of(new, same)


def period_of_start(contract: Contract) -> Period:
    """The first period that the contract covers."""
    return contract.effective_from.strftime("%Y-%m")


def _change_of(new: Contract, same: Contract) -> Change:
    if new == same:
        return Change.UNCHANGED
    return Change.UPDATED if _differs_in(new, same) <= set(AMENDABLE) else Change.REPLACED


def _changes_of_lasting_terms(
    new: Contract, known: Sequence[Contract], same: Contract | None, today: date
) -> Iterator[Problem]:
    staying = [version for version in known if version is not same or version.effective_from <= today]
    for name in LASTING:
        known_value = getattr(staying[0], name) if staying else getattr(new, name)
        if getattr(new, name) != known_value:
            yield Problem(
                name, f"must stay {known_value} as long as the client does, got {getattr(new, name)}"
            )


def _problems_of_beginning(
    new: Contract, known: Sequence[Contract], unissued: Period | None, today: date, backdated: bool
) -> Iterator[Problem]:
    if _goes_in_front(new, known, today):
        earliest, later_versions = today.replace(day=1), known[:1]
    else:
        assert unissued is not None
        earliest, later_versions = _first_of_next_month(today), [new]
        if new.effective_from < max(known[0].effective_from, date.fromisoformat(f"{unissued}-01")):
            yield _must_start(f"after {known[0].effective_from}, and not in a month with a statement", new)
    if new.effective_from < earliest and not backdated:
        yield _must_start(f"on {earliest} or later, unless it is backdated (--backdate)", new)
    for version in later_versions:
        if version.effective_from.day != 1:
            yield _must_start("on the first of a month, as every version after the first", version)


def _goes_in_front(new: Contract, known: Sequence[Contract], today: date) -> bool:
    return not known or new.effective_from < known[0].effective_from > today


def _problems_of_replacing(new: Contract, same: Contract, today: date) -> Iterator[Problem]:
    if same.effective_from > today:
        return
    frozen = _differs_in(new, same) - set(AMENDABLE)
    if frozen:
        named = ", ".join(sorted(name.removesuffix("_bps").removesuffix("_seconds") for name in frozen))
        yield Problem(
            "effective_from",
            f"the version of {same.effective_from} has begun and its terms stay as they are; let new ones "
            f"({named}) begin on {_first_of_next_month(today)} or the first of a later month",
        )
    ends = [end for end in (same.effective_until, new.effective_until) if end is not None]
    if new.effective_until != same.effective_until and min(ends) <= today:
        yield Problem("effective_until", f"what is covered up to today, {today}, cannot change any more")


def _differs_in(new: Contract, same: Contract) -> set[str]:
    names = [field.name for field in fields(Contract) if field.name != "outages"]
    found = {name for name in names if getattr(new, name) != getattr(same, name)}
    return found | _differs_in_outages(new.outages, same.outages)


def _differs_in_outages(new: Outages | None, same: Outages | None) -> set[str]:
    """`outages` for what is promised of them; by their own names for what only concerns the provider."""
    if new is None or same is None:
        return {"outages"} if new is not same else set()
    own = {name for name in LADDER if getattr(new, name) != getattr(same, name)}
    with_same_ladder = replace(new, **{name: getattr(same, name) for name in LADDER})
    return own if with_same_ladder == same else {*own, "outages"}


def _must_start(when: str, version: Contract) -> Problem:
    return Problem("effective_from", f"must be {when}, got {version.effective_from}")


def _first_of_next_month(day: date) -> date:
    return date.fromisoformat(f"{next_period(day.strftime('%Y-%m'))}-01")
