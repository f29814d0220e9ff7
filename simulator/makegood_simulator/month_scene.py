"""The setting of a made-up month: which terms hold when, and the moments worth standing close to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from makegood.rules.contracts import Contract, Outages, covered, moment_of_issue, parse_contract
from makegood.rules.instants import Instant, LocalDay, Period, local_days, period_bounds
from makegood_simulator.month_contract import Json

HALF_HOUR: Final = 1800
NOTHING_PROMISED: Final = Outages(notify=None, plan=None, repair=None, stable_for=600, self_recovery="system")


@dataclass(frozen=True)
class Scene:
    """A client's first version, perhaps a later one from the second month on, and the months to issue."""

    contract: Json
    later: Json | None
    periods: tuple[Period, ...]

    @cached_property
    def versions(self) -> tuple[Contract, ...]:
        return tuple(parse_contract(terms) for terms in (self.contract, self.later) if terms is not None)

    @property
    def zone(self) -> ZoneInfo:
        return self.versions[0].zone

    @cached_property
    def starts_at(self) -> Instant:
        return period_bounds(self.periods[0], self.zone)[0]

    @cached_property
    def month_end(self) -> Instant:
        """The end of the first month, with which a later version begins."""
        return period_bounds(self.periods[0], self.zone)[1]

    @cached_property
    def ends_at(self) -> Instant:
        """The end of the last month to issue; the tape goes on."""
        return period_bounds(self.periods[-1], self.zone)[1]

    @cached_property
    def covered_from(self) -> Instant:
        return covered(self.versions[0])[0]

    @cached_property
    def issued_at(self) -> tuple[Instant, ...]:
        """The moments of issue, of one month after the other."""
        return tuple(
            moment_of_issue(self.version_at(period_bounds(period, self.zone)[0]), period)
            for period in self.periods
        )

    @cached_property
    def days(self) -> tuple[LocalDay, ...]:
        return tuple(day for period in self.periods for day in local_days(period, self.zone))

    @cached_property
    def landmarks(self) -> dict[str, tuple[Instant, ...]]:
        """The moments at which something else begins to hold, by what they are."""
        ends = [period_bounds(period, self.zone)[1] for period in self.periods]
        moments = {
            "midnight": tuple(day.starts_at for day in self.days),
            "start": (max(self.starts_at, self.covered_from),),
            "end": tuple(ends),
            "other terms": (self.month_end,) if self.later is not None else (),
            "issue": self.issued_at,
            "clock change": tuple(_clock_changes(self.zone, self.starts_at, self.issued_at[-1])),
        }
        return {name: found for name, found in moments.items() if found}

    def version_at(self, at: Instant) -> Contract:
        begun = [version for version in self.versions if covered(version)[0] <= at]
        return (begun or self.versions)[-1 if begun else 0]

    def terms_at(self, at: Instant) -> Outages:
        """What is promised of an outage that starts at `at`."""
        return self.version_at(at).outages or NOTHING_PROMISED


def _clock_changes(zone: ZoneInfo, start: Instant, end: Instant) -> Iterator[Instant]:
    """Clocks are changed at full and half hours of UTC, in every zone that is played."""
    for before, after in pairwise(range(start, end, HALF_HOUR)):
        if _offset(zone, before) != _offset(zone, after):
            yield after


def _offset(zone: ZoneInfo, at: Instant) -> object:
    return datetime.fromtimestamp(at, zone).utcoffset()
