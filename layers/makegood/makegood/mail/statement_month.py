"""A statement with its facts as they were known, and how its pages write times and money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from makegood.mail.look import show_date, show_day, show_period, show_time
from makegood.rules.availability import outage as outage_of
from makegood.rules.facts import DeviceFacts, Facts, IncidentFacts, parse_facts
from makegood.rules.instants import Instant, local_date, period_of
from makegood.rules.known import known_facts
from makegood.rules.scope import Scope, scope_of
from makegood.rules.stages import StageVerdict, judge_incident
from makegood.rules.statements import counted
from makegood.rules.terms import Outages
from makegood.rules.values import format_money

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Outage:
    """An incident that a statement speaks of, with the terms it began with and its verdicts."""

    facts: IncidentFacts
    device: DeviceFacts
    terms: Outages
    verdicts: tuple[StageVerdict, ...]

    @property
    def ended_at(self) -> Instant | None:
        return self.device.retired_at if self.facts.restored_at is None else self.facts.restored_at


class Month:
    """A computed statement and the facts it was computed from."""

    def __init__(self, statement: Json, facts: Json) -> None:
        self.statement = statement
        parsed = parse_facts(facts)
        self.scope: Scope = scope_of(parsed)
        self.facts: Facts = counted(known_facts(parsed), self.scope)
        self.contract = self.facts.contract
        self.zone: ZoneInfo = self.contract.zone

    @property
    def is_over(self) -> bool:
        """Whether the whole period is known; until then nothing is final."""
        return self.scope.period.end <= self.facts.as_of

    @property
    def name(self) -> str:
        """`March 2026`."""
        return show_period(self.facts.period)

    @property
    def days(self) -> str:
        """The local days that the contract covers, up to now: `1 to 31 March 2026`."""
        known = self.scope.known
        first = local_date(known.start, self.zone)
        last = local_date(max(known.start, known.end - 1), self.zone)
        return show_date(last) if first == last else f"{first.day} to {show_date(last)}"

    @cached_property
    def outages(self) -> tuple[Outage, ...]:
        """The incidents that have a listed stage or a refund, or an outage that reaches into the period."""
        found = (self.outage(incident) for incident in self.facts.incidents)
        told = (outage for outage in found if self._is_told_of(outage))
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
        """An amount to the last decimal; a negative one with the sign that is as wide as a plus."""
        return format_money(cents, self.contract.currency).replace("-", "−")

    def time(self, instant: Instant) -> str:
        return show_time(instant, self.zone)

    def time_after(self, instant: Instant, earlier: Instant) -> str:
        """A time that stands beside an earlier one: without the year or the date while that is the same."""
        day, before = local_date(instant, self.zone), local_date(earlier, self.zone)
        if day == before:
            return self.time_of_day(instant)
        return self.time(instant).replace(f" {before.year},", ",")

    def time_of_day(self, instant: Instant) -> str:
        return self.time(instant).split(", ", 1)[1]

    def day(self, instant: Instant) -> str:
        return show_day(instant, self.zone)

    def period_name(self, instant: Instant) -> str:
        return show_period(period_of(instant, self.zone))

    def outage(self, incident: IncidentFacts) -> Outage:
        device = next(device for device in self.facts.devices if device.device == incident.device)
        terms = incident.outages or self.contract.outages or _NOTHING_PROMISED
        verdicts = judge_incident(terms, incident, device.retired_at, self.facts.as_of)
        return Outage(incident, device, terms, verdicts)

    def _is_told_of(self, outage: Outage) -> bool:
        incident = outage.facts
        down = outage_of(incident, outage.device.retired_at, self.facts.as_of)
        return (
            down.meets(self.scope.period)
            or any(listed == incident.incident for listed, _ in self.listed)
            or any(line.startswith(f"{incident.incident}/") for line in self.refunds)
        )


_NOTHING_PROMISED = Outages(None, None, None, stable_for=0, self_recovery="system")
