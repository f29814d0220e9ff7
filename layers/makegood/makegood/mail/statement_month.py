"""A statement with its facts as they were known, and how its client reads times and money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from makegood.mail.formats import Formats, formats_of
from makegood.rules.availability import outage as outage_of
from makegood.rules.facts import DeviceFacts, Facts, IncidentFacts
from makegood.rules.instants import Instant, local_date, period_of
from makegood.rules.practices import DeviceDay
from makegood.rules.scope import Scope
from makegood.rules.stages import StageVerdict, judge_incident
from makegood.rules.statements import Reckoning, reckon
from makegood.rules.terms import Outages

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Outage:
    """An incident that a statement speaks of, with the terms it began with and the verdicts to tell."""

    facts: IncidentFacts
    device: DeviceFacts
    terms: Outages
    verdicts: tuple[StageVerdict, ...]

    @property
    def ended_at(self) -> Instant | None:
        return self.device.retired_at if self.facts.restored_at is None else self.facts.restored_at

    @property
    def is_open(self) -> bool:
        """Whether it is not back, or back and the repair still has to be documented."""
        if self.ended_at is None:
            return True
        repairs = [verdict for verdict in self.verdicts if verdict.stage == "repair"]
        return self.device.retired_at is None and any(verdict.is_undone for verdict in repairs)


class Month:
    """A computed statement, which may be of an older release, and what its facts are reckoned to be."""

    def __init__(self, statement: Json, reckoned: Reckoning) -> None:
        self.statement = statement
        self.scope: Scope = reckoned.scope
        self.facts: Facts = reckoned.facts
        self.days_of: Mapping[str, tuple[DeviceDay, ...]] = reckoned.days
        self.contract = self.facts.contract
        self.zone: ZoneInfo = self.contract.zone
        self.formats: Formats = formats_of(self.contract)

    @property
    def is_over(self) -> bool:
        """Whether the whole period is known; until then nothing is final."""
        return self.scope.period.end <= self.facts.as_of

    @property
    def name(self) -> str:
        """`March 2026`."""
        return self.formats.period(self.facts.period)

    @property
    def days(self) -> str:
        """The local days that the contract covers, up to now: `March 1 to 31, 2026`."""
        known = self.scope.known
        first = local_date(known.start, self.zone)
        last = local_date(max(known.start, known.end - 1), self.zone)
        return self.formats.dates(first, last)

    @cached_property
    def outages(self) -> tuple[Outage, ...]:
        """The incidents that count in the period, and those of before that are still open."""
        found = (self.outage(incident) for incident in self.facts.incidents)
        told = (outage for outage in found if self.counts(outage) or self._is_left_over(outage))
        return tuple(sorted(told, key=lambda outage: (outage.facts.started_at, outage.facts.incident)))

    @cached_property
    def listed(self) -> frozenset[tuple[str, str]]:
        """Incident and stage of everything that counts in this period."""
        return frozenset((stage["incident"], stage["stage"]) for stage in self.statement["stages"])

    @cached_property
    def refunds(self) -> dict[str, Json]:
        """The refund lines by their keys, in order of payment."""
        return {line["line"]: line for line in self.statement["refunds"]}

    @cached_property
    def practices(self) -> dict[str, Json]:
        """What each promised practice came to, by its name."""
        return {practice["practice"]: practice for practice in self.statement["practices"]}

    @property
    def fee_cents(self) -> int:
        return int(self.statement["fee_cents"])

    def money(self, cents: int) -> str:
        return self.formats.money(cents)

    def time(self, instant: Instant) -> str:
        return self.formats.time(instant)

    def time_after(self, instant: Instant, earlier: Instant) -> str:
        return self.formats.time_after(instant, earlier)

    def time_of_day(self, instant: Instant) -> str:
        return self.formats.time_of_day(instant)

    def day(self, instant: Instant) -> str:
        return self.formats.day(instant)

    def period_name(self, instant: Instant) -> str:
        return self.formats.period(period_of(instant, self.zone))

    @property
    def has_the_end(self) -> bool:
        """Whether the contract ends in this month or with it."""
        return self.scope.covered.end <= self.scope.period.end

    def is_after_the_end(self, instant: Instant) -> bool:
        """Whether that is in a later month, and the contract ends in this one or with it."""
        return self.has_the_end and self.scope.period.end <= instant

    def outage(self, incident: IncidentFacts) -> Outage:
        device = next(device for device in self.facts.devices if device.device == incident.device)
        terms = incident.outages or self.contract.outages or _NOTHING_PROMISED
        verdicts = judge_incident(terms, incident, device.retired_at, self.facts.as_of)
        return Outage(incident, device, terms, tuple(filter(self._is_still_told, verdicts)))

    def _is_still_told(self, verdict: StageVerdict) -> bool:
        """What went well before this month was told on the page of then."""
        is_well = verdict.verdict in ("kept", "not_required")
        return not (is_well and verdict.deadline < self.scope.period.start)

    def counts(self, outage: Outage) -> bool:
        """Whether it has a listed stage or a refund, or was down in the period."""
        incident = outage.facts
        down = outage_of(incident, outage.device.retired_at, self.facts.as_of)
        return (
            down.meets(self.scope.period)
            or any(listed == incident.incident for listed, _ in self.listed)
            or any(line.startswith(f"{incident.incident}/") for line in self.refunds)
        )

    def _is_left_over(self, outage: Outage) -> bool:
        """Whether it began in the contract's time, before the period's end, and is still open."""
        covered, began = self.scope.covered, outage.facts.started_at
        return outage.is_open and covered.start <= began < min(covered.end, self.scope.period.end)


def month_of(document: Json) -> Month:
    """The month that a statement with its facts tells of, both in one JSON object as stored and mailed."""
    return Month(document, reckon(document["facts"]))


_NOTHING_PROMISED = Outages(None, None, None, stable_for=0, self_recovery="system")
