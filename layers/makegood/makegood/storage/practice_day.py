"""The local day of a client as it stands: what it would miss if nothing more came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from makegood.rules.contracts import Contract
from makegood.rules.facts import Facts, parse_facts
from makegood.rules.gaps import Gap, gaps_of
from makegood.rules.instants import Instant, LocalDay, days_between, local_date, period_of
from makegood.storage.contracts import Version, version_in_force, versions_of
from makegood.storage.facts import gather_facts


@dataclass(frozen=True)
class PracticeDay:
    """The day, by the contract in force, and the facts of its month as far as they are known."""

    contract: Contract
    day: LocalDay
    facts: Facts
    gaps: tuple[Gap, ...]


def day_in_force(versions: Sequence[Version], now: Instant) -> tuple[Contract, LocalDay] | None:
    """The client's contract and local day at an instant; None while no contract covers it."""
    version = version_in_force(versions, now)
    if version is None:
        return None
    today = local_date(now, version.contract.zone)
    (day,) = days_between(today, today + timedelta(days=1), version.contract.zone)
    return version.contract, day


def look_at_day(client: str, now: Instant) -> PracticeDay | None:
    """The client's day at an instant, judged as the statement would; None while no contract covers it."""
    found = day_in_force(versions_of(client), now)
    if found is None:
        return None
    contract, day = found
    facts = parse_facts(gather_facts(client, period_of(now, contract.zone), day.ends_at))
    return PracticeDay(contract, day, facts, gaps_of(facts, day))
