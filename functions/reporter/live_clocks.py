"""The promises of an outage on the client's page: as its statement tells them, with what is left of each."""

from __future__ import annotations

from dataclasses import dataclass

from makegood.mail.deadline_words import show_counted, show_late
from makegood.mail.statement_month import Month, Outage
from makegood.mail.statement_outages import OutageView, StageView, view_outage
from makegood.rules.clocks import BusinessHours
from makegood.rules.instants import Instant
from makegood.rules.stages import StageVerdict


@dataclass(frozen=True)
class Clock:
    """One promise. `left` says how long there is, or how late it is; a browser may count on from `due`."""

    stage: StageView
    left: str
    due: Instant | None = None


@dataclass(frozen=True)
class OutageClocks:
    incident: str
    view: OutageView
    clocks: tuple[Clock, ...]
    is_open: bool
    disagree: str


def outages_of(month: Month) -> tuple[Outage, ...]:
    """What the statement tells of; what began last first."""
    return tuple(sorted(month.outages, key=lambda outage: outage.facts.started_at, reverse=True))


def view_clocks(month: Month, outage: Outage, disagree: str) -> OutageClocks:
    view = view_outage(month, outage)
    clocks = (
        _clock(month, outage, verdict, stage)
        for verdict, stage in zip(outage.verdicts, view.stages, strict=True)
    )
    return OutageClocks(outage.facts.incident, view, tuple(clocks), outage.is_open, disagree)


def _clock(month: Month, outage: Outage, verdict: StageVerdict, stage: StageView) -> Clock:
    if not outage.is_open or not verdict.is_undone:
        return Clock(stage, "")
    terms, now = outage.terms.promised()[verdict.stage], month.facts.as_of
    if verdict.verdict != "pending":
        late = show_late(now - verdict.deadline, verdict.deadline, terms)
        in_hours = isinstance(terms.clock, BusinessHours)
        return Clock(stage, f"late by {late}", None if in_hours else verdict.deadline)
    left = f"{show_counted(terms.clock.seconds(now, verdict.deadline), terms)} left"
    if verdict.stage != "notify" and any(pause.end is None for pause in outage.facts.pauses):
        return Clock(stage, f"{left}; it waits with us")
    return Clock(stage, left, None if isinstance(terms.clock, BusinessHours) else verdict.deadline)
