"""The statement: a period's facts judged, counted and turned into money."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from makegood.rules.availability import measure_availability, outage
from makegood.rules.facts import Facts, IncidentFacts, parse_facts
from makegood.rules.instants import Instant, format_instant
from makegood.rules.known import known_facts
from makegood.rules.practices import PracticeVerdict, count_days, judge_days
from makegood.rules.refunds import Line, pay, practice_lines, stage_lines
from makegood.rules.scope import Scope, fee_cents, scope_of
from makegood.rules.stages import STAGES, StageVerdict, judge_incident
from makegood.rules.values import BPS, round_half_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from makegood.rules.practices import DeviceDay
    from makegood.rules.terms import StageTerms


@dataclass(frozen=True)
class Judged:
    """An incident with its stages as judged, under the terms it started with."""

    incident: IncidentFacts
    retired_at: Instant | None
    terms: Mapping[str, StageTerms]
    verdicts: tuple[StageVerdict, ...]


@dataclass(frozen=True)
class Reckoning:
    """A statement, with what it was reckoned from: the facts that were known and count, and each device-day.

    `statement` is a JSON object; `days` has the device-days of each promised practice, by its name.
    """

    statement: dict[str, object]
    facts: Facts
    scope: Scope
    days: Mapping[str, tuple[DeviceDay, ...]]


def compute(facts: Mapping[str, object]) -> dict[str, object]:
    """The statement of these facts, both as JSON objects. Raises FactsError with every problem."""
    return reckon(facts).statement


def reckon(facts: Mapping[str, object]) -> Reckoning:
    """The same, for those who tell it: with the facts as they were read and every day as it was judged."""
    parsed = parse_facts(facts)
    scope = scope_of(parsed)
    seen = counted(known_facts(parsed), scope)
    fee = fee_cents(seen.contract.monthly_fee, scope)
    cap = round_half_up(fee * seen.contract.refund_cap_bps, BPS)
    judged = [_judge(incident, seen) for incident in seen.incidents]
    days = {terms.practice: tuple(judge_days(seen, terms, scope)) for terms in seen.contract.practices}
    practices = [count_days(terms, days[terms.practice]) for terms in seen.contract.practices]
    payments = pay(_lines(judged, practices, seen, fee, scope), cap)
    earned = sum(payment.earned_cents for payment in payments)
    refund = sum(payment.payable_cents for payment in payments)
    statement: dict[str, object] = {
        "client": seen.contract.client,
        "period": seen.period,
        "as_of": format_instant(seen.as_of),
        "starts_at": format_instant(scope.period.start),
        "ends_at": format_instant(scope.period.end),
        "fee_cents": fee,
        "currency": seen.contract.currency,
        "stages": [_stage_row(verdict) for verdict in _listed_stages(judged, scope)],
        "practices": [asdict(practice) for practice in practices],
        "availability": [device.row() for device in measure_availability(seen, scope)],
        "refunds": [asdict(payment) for payment in payments],
        "adjustments": [asdict(adjustment) for adjustment in seen.adjustments],
        "cap_cents": cap,
        "earned_cents": earned,
        "refund_cents": refund,
        "due_cents": fee - refund - sum(adjustment.cents for adjustment in seen.adjustments),
        "healthy": _is_healthy(earned, practices, judged, scope),
    }
    return Reckoning(statement, seen, scope, days)


def counted(facts: Facts, scope: Scope) -> Facts:
    """The facts that count: without the incidents that started while the contract did not cover them."""
    incidents = (incident for incident in facts.incidents if scope.covered.has(incident.started_at))
    return replace(facts, incidents=tuple(incidents))


def _judge(incident: IncidentFacts, facts: Facts) -> Judged:
    terms = incident.outages or facts.contract.outages
    retired_at = next(device.retired_at for device in facts.devices if device.device == incident.device)
    verdicts = judge_incident(terms, incident, retired_at, facts.as_of) if terms else ()
    return Judged(incident, retired_at, terms.promised() if terms else {}, verdicts)


def _lines(
    judged: Sequence[Judged], practices: Sequence[PracticeVerdict], facts: Facts, fee: int, scope: Scope
) -> Iterator[Line]:
    for case in judged:
        for verdict in case.verdicts:
            yield from stage_lines(verdict, case.terms[verdict.stage], case.retired_at, fee, scope)
    for practice, terms in zip(practices, facts.contract.practices, strict=True):
        yield from practice_lines(practice, terms, fee, scope)


def _listed_stages(judged: Sequence[Judged], scope: Scope) -> list[StageVerdict]:
    listed = [verdict for case in judged for verdict in case.verdicts if _is_listed(verdict, scope)]
    return sorted(
        listed, key=lambda verdict: (verdict.deadline, verdict.incident, STAGES.index(verdict.stage))
    )


def _is_listed(verdict: StageVerdict, scope: Scope) -> bool:
    """A stage is of the period of its deadline; what may never be due shows where it would have been, too."""
    undecided = verdict.verdict == "pending" or (
        verdict.verdict == "not_required" and verdict.done_at is None
    )
    unpaused = undecided and scope.period.has(verdict.deadline_without_pauses)
    return unpaused or scope.period.has(verdict.deadline)


def _is_healthy(
    earned: int, practices: Sequence[PracticeVerdict], judged: Sequence[Judged], scope: Scope
) -> bool:
    broken_practice = any(practice.verdict == "broken" for practice in practices)
    broken_stage = any(
        verdict.verdict == "broken" for case in judged if _concerns(case, scope) for verdict in case.verdicts
    )
    return earned == 0 and not broken_practice and not broken_stage


def _concerns(case: Judged, scope: Scope) -> bool:
    down = outage(case.incident, case.retired_at, scope.as_of)
    return down.meets(scope.period) or any(_is_listed(verdict, scope) for verdict in case.verdicts)


def _stage_row(verdict: StageVerdict) -> dict[str, object]:
    return {
        "incident": verdict.incident,
        "stage": verdict.stage,
        "deadline": format_instant(verdict.deadline),
        "done_at": None if verdict.done_at is None else format_instant(verdict.done_at),
        "verdict": verdict.verdict,
        "late_seconds": verdict.late_seconds,
    }
