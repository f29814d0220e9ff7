"""Which evidence must be among the facts: the newest of each device, practice and local day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from makegood.rules.contracts import Contract, PracticeTerms
from makegood.rules.instants import Instant, Period, format_instant, local_date, local_days
from makegood_simulator.reading_contracts import Json
from makegood_simulator.witness import Brought

Newest = dict[tuple[str, str, date], Brought]


def newest_by_day(brought: Iterable[Brought], zone: ZoneInfo) -> Newest:
    """The newest evidence of each device, practice and local day; of several at one instant the last."""
    newest: Newest = {}
    for entry in brought:
        key = entry.device, entry.practice, local_date(entry.at, zone)
        if key not in newest or entry.at >= newest[key].at:
            newest[key] = entry
    return newest


def compare_evidence(
    rows: list[Json], newest: Newest, contract: Contract, period: Period, as_of: Instant
) -> Iterator[str]:
    """What is among the facts and was not the newest of its day, or is not and the period looks at it."""
    brought = {_key(entry): dict(entry.facts) for entry in newest.values()}
    said = {(row["device"], row["practice"], row["at"]): row["facts"] for row in rows}
    for key, facts in said.items():
        if key not in brought:
            yield f"{_named(key)}: the facts have it, but it was not the newest of its day"
        elif facts != brought[key]:
            yield f"{_named(key)}: the facts say {facts}, what was brought says {brought[key]}"
    times = Counter((row["device"], row["practice"], row["at"]) for row in rows)
    yield from (
        f"{_named(key)}: the facts have it {count} times" for key, count in times.items() if count > 1
    )
    needed = (_key(entry) for entry in _looked_at(newest, contract, period) if entry.at <= as_of)
    yield from (f"{_named(key)}: the facts do not have it" for key in needed if key not in said)


def _looked_at(newest: Newest, contract: Contract, period: Period) -> Iterator[Brought]:
    """What the days of the period look at: their own and the last from before, unless too old by then."""
    days = local_days(period, contract.zone)
    ends = {day.date: day.ends_at for day in days}
    promised = {terms.practice: terms for terms in contract.practices}
    last_before: dict[tuple[str, str], Brought] = {}
    for (device, practice, day), entry in sorted(newest.items(), key=lambda found: found[1].at):
        if day in ends:
            if practice in promised and _reaches(entry, promised[practice], ends[day], contract.zone):
                yield entry
        elif day < days[0].date:
            last_before[device, practice] = entry
    for (_, practice), entry in last_before.items():
        if practice in promised and _reaches(entry, promised[practice], days[0].ends_at, contract.zone):
            yield entry


def _reaches(entry: Brought, terms: PracticeTerms, day_end: Instant, zone: ZoneInfo) -> bool:
    """Whether evidence from before is young enough for the day that ends at `day_end`."""
    if terms.max_age.seconds:
        return day_end - entry.at <= terms.max_age.seconds
    day = local_date(day_end - 1, zone)
    return local_date(entry.at, zone) > day - timedelta(days=terms.max_age.local_days)


def _key(entry: Brought) -> tuple[str, str, str]:
    return entry.device, entry.practice, format_instant(entry.at)


def _named(key: tuple[str, str, str]) -> str:
    device, practice, at = key
    return f"evidence of {device}, {practice} at {at}"
