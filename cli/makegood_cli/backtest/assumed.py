"""Made-up months from assumed outages and repairs, to price a guarantee before there is any history."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from statistics import NormalDist
from typing import Any, Final

from makegood.rules.clocks import ROUND_THE_CLOCK, Clock
from makegood.rules.contracts import Contract, moment_of_issue, parse_contract
from makegood.rules.evidence import PRACTICES
from makegood.rules.instants import (
    Instant,
    format_instant,
    instant_of,
    local_days,
    next_period,
    period_bounds,
    previous_period,
)
from makegood.rules.levels import without_ladder
from makegood.rules.shapes import Fields, Problem, whole
from makegood.rules.values import must_be, parse_positive_duration, parse_share

Json = dict[str, Any]

FIELDS: Final = (
    "devices",
    "outages_per_device_month",
    "back_by_itself",
    "back_after",
    "notified_after",
    "planned_after",
    "repaired_after",
    "documented_after",
    "round_the_clock",
    "practices",
)
SPREAD_FIELDS: Final = ("median", "p90")
PRACTICE_FIELDS: Final = ("devices", "missed")
MOST_DEVICES, MOST_OUTAGES = 10_000, 100
P90_DEVIATIONS: Final = NormalDist().inv_cdf(0.9)
MONTH_SECONDS: Final = 365.25 / 12 * 86_400

DONE: Final[Mapping[str, Json]] = {
    "patching": {"critical_pending": 0, "oldest_critical_days": 0, "reboot_pending": False},
    "antivirus": {"installed": True, "running": True, "definitions_age_hours": 1, "scan_age_hours": 1},
    "quarantine": {"detections": 0, "quarantined": 0},
    "log_review": {"reviewed": True},
    "backup": {"ok": True},
    "restore_test": {"ok": True, "hash_matches": True},
}
"""Evidence that satisfies each practice."""


class AssumptionsError(Exception):
    """Assumptions that are refused; `problems` names everything that is wrong with them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Spread:
    """Lengths of time, lognormal: half are at most `median` seconds, nine in ten at most `p90`."""

    median: int
    p90: int

    def draw(self, chance: random.Random) -> int:
        deviations = NormalDist().inv_cdf(chance.random() or 0.5)
        length: float = self.median * (self.p90 / self.median) ** (deviations / P90_DEVIATIONS)
        return round(length)


@dataclass(frozen=True)
class Assumed:
    """What is assumed of a client's devices and of the people who look after them."""

    devices: int
    outages_per_device_month: float
    back_by_itself_bps: int
    back_after: Spread
    notified_after: Spread
    planned_after: Spread
    repaired_after: Spread
    documented_after: Spread
    round_the_clock: bool
    practices: Mapping[str, tuple[int, int]]
    """By practice, how many devices bring evidence, and on how many days in 10,000 they do not."""


def parse_assumptions(data: object) -> Assumed:
    """The assumptions in this YAML or JSON data. Raises AssumptionsError with every problem."""
    problems: list[Problem] = []
    fields = Fields(data, "", problems, FIELDS)
    assumed = Assumed(
        devices=fields.required("devices", whole(1, MOST_DEVICES)),
        outages_per_device_month=fields.required("outages_per_device_month", _read_rate),
        back_by_itself_bps=fields.optional("back_by_itself", parse_share, 0),
        back_after=_spread(fields, "back_after", Spread(240, 900)),
        notified_after=_spread(fields, "notified_after", Spread(300, 420)),
        planned_after=_spread(fields, "planned_after"),
        repaired_after=_spread(fields, "repaired_after"),
        documented_after=_spread(fields, "documented_after", Spread(600, 3600)),
        round_the_clock=fields.optional("round_the_clock", _read_truth, False),
        practices=fields.table("practices", PRACTICES, _read_practices) or {},
    )
    if problems:
        raise AssumptionsError(problems)
    return assumed


class Months:
    """Made-up months under a contract; the same seed and number always make the same month."""

    def __init__(self, terms: Mapping[str, Any], assumed: Assumed, seed: int) -> None:
        outages = terms.get("outages")
        self._assumed = assumed
        self._seed = seed
        written = {name: value for name, value in terms.items() if name != "effective_until"}
        given = parse_contract(dict(terms))
        self.period = next_period(given.effective_from.isoformat()[:7])
        before = previous_period(self.period)
        self._starts_at = period_bounds(before, given.zone)[0]
        self._terms: Json = {
            **written,
            "effective_from": f"{before}-01",
            **({"outages": without_ladder(outages)} if outages else {}),
        }
        self._contract = parse_contract(self._terms)

    def facts(self, number: int) -> Json:
        """The facts of one month, with the outages of the month before, whose promises may fall into it."""
        contract = self._contract
        as_of = moment_of_issue(contract, self.period)
        names = [f"device-{index + 1:04d}" for index in range(self._assumed.devices)]
        incidents = [
            incident
            for name in names
            for incident in self._outages(self._chance(number, name), name, contract)
        ]
        return {
            "contract": self._terms,
            "period": self.period,
            "as_of": format_instant(as_of),
            "devices": [self._device(index, name) for index, name in enumerate(names)],
            "incidents": incidents,
            "evidence": list(self._evidence(number, names, contract)),
            "maintenance": [],
            "adjustments": [],
        }

    def _chance(self, number: int, of: str) -> random.Random:
        """Chances of their own for each device and practice: what befalls one moves nothing of another."""
        return random.Random(f"{self._seed}/{number}/{of}")  # noqa: S311 - not a secret

    def _device(self, index: int, name: str) -> Json:
        bringing = [practice for practice, (devices, _) in self._assumed.practices.items() if index < devices]
        enrolled_at = format_instant(self._starts_at)
        return {
            "device": name,
            "kind": "device",
            "enrolled_at": enrolled_at,
            "retired_at": None,
            "practices": bringing,
        }

    def _outages(self, chance: random.Random, device: str, contract: Contract) -> Iterator[Json]:
        """One after the other, none before the last one's end, at random intervals of the assumed mean."""
        rate = self._assumed.outages_per_device_month
        end = period_bounds(self.period, contract.zone)[1]
        at = self._starts_at
        while rate:
            at += math.ceil(-math.log(1 - chance.random()) * MONTH_SECONDS / rate)
            if at >= end:
                return
            outage = self._outage(chance, contract, at)
            yield {"incident": f"{device}-{at}", "device": device, **_written(outage)}
            at = max(at, outage["restored_at"] or at)

    def _outage(self, chance: random.Random, contract: Contract, at: Instant) -> dict[str, Instant | None]:
        """One outage: it ends by itself, or by a plan, a repair and its documentation."""
        assumed, clock = self._assumed, self._clock(contract)
        # Every chance is drawn each time, so that other terms meet the same outages.
        by_itself = chance.randrange(10_000) < assumed.back_by_itself_bps
        back = at + assumed.back_after.draw(chance)
        notified = at + assumed.notified_after.draw(chance)
        planned = clock.after(at, assumed.planned_after.draw(chance))
        repaired = clock.after(at, assumed.repaired_after.draw(chance))
        writing = assumed.documented_after.draw(chance)
        times: dict[str, Instant | None] = {"started_at": at, "notified_at": notified}
        if not by_itself:
            documented = clock.after(repaired, writing)
            return {
                **times,
                "planned_at": min(planned, repaired),
                "restored_at": repaired,
                "documented_at": documented,
            }
        asked = contract.outages is not None and contract.outages.self_recovery == "document"
        return {
            **times,
            "planned_at": planned if planned < back else None,
            "restored_at": back,
            "documented_at": clock.after(back, writing) if asked else back,
        }

    def _clock(self, contract: Contract) -> Clock:
        hours = contract.outages.hours if contract.outages else None
        return ROUND_THE_CLOCK if hours is None or self._assumed.round_the_clock else hours

    def _evidence(self, number: int, names: list[str], contract: Contract) -> Iterator[Json]:
        promised = {terms.practice for terms in contract.practices}
        days = [
            instant_of(datetime.combine(day.date, time(12)), contract.zone)
            for period in (previous_period(self.period), self.period)
            for day in local_days(period, contract.zone)
        ]
        for practice, (devices, missed_bps) in self._assumed.practices.items():
            chance = self._chance(number, practice)
            for device in names[:devices]:
                for day in days:
                    missed = chance.randrange(10_000) < missed_bps
                    if practice in promised and not missed:
                        at = format_instant(day)
                        yield {"device": device, "practice": practice, "at": at, "facts": DONE[practice]}


def _written(times: Mapping[str, Instant | None]) -> Json:
    return {name: None if at is None else format_instant(at) for name, at in times.items()}


def _spread(fields: Fields, name: str, otherwise: Spread | None = None) -> Spread:
    if otherwise is None:
        return fields.required_table(name, SPREAD_FIELDS, _read_spread)
    return fields.table(name, SPREAD_FIELDS, _read_spread) or otherwise


def _read_spread(fields: Fields) -> Spread:
    spread = Spread(
        fields.required("median", parse_positive_duration), fields.required("p90", parse_positive_duration)
    )
    if spread.median and spread.p90 and spread.p90 < spread.median:
        fields.refuse("p90", f"must not be below the median, got {spread.p90}s")
    return spread


def _read_practices(fields: Fields) -> dict[str, tuple[int, int]]:
    read = {
        practice: fields.table(practice, PRACTICE_FIELDS, _read_practice)
        for practice in fields.names()
        if practice in PRACTICES
    }
    return {practice: found for practice, found in read.items() if found}


def _read_practice(fields: Fields) -> tuple[int, int]:
    return (
        fields.required("devices", whole(1, MOST_DEVICES)),
        fields.optional("missed", parse_share, 0),
    )


def _read_rate(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_OUTAGES:
        raise ValueError(must_be(f"a number from 0 to {MOST_OUTAGES}, such as 0.4", value))
    return float(value)


def _read_truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(must_be("true or false", value))
    return value
