"""The verdicts of stages as the specification words them, to hold against those of a statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from makegood.rules.contracts import parse_outages
from makegood.rules.instants import Instant, format_instant, parse_instant
from makegood_simulator.reading_hours import hours_of
from makegood_simulator.reading_incidents import deadline

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Judged:
    """A stage of an incident: when it was due, when it was done, and its verdict, by what was known."""

    due: Instant
    done: Instant | None
    verdict: str


def wrong_verdicts(statement: Json, facts: Json) -> Iterator[str]:
    """The stages of a statement that are judged otherwise than its facts make them: one sentence each."""
    incidents = {row["incident"]: row for row in facts["incidents"]}
    for stage in statement["stages"]:
        expected = judge(stage["stage"], incidents[stage["incident"]], facts)
        said = f"{stage['deadline']} {stage['verdict']}"
        happened = f"{format_instant(expected.due)} {expected.verdict}"
        if said != happened:
            name = f"{stage['incident']}/{stage['stage']}"
            yield f"{name}: the statement says {said}, what happened makes it {happened}"


def judge(stage: str, incident: Json, facts: Json) -> Judged:
    """One promised stage of an incident, as of the facts' own instant."""
    as_of, zone = parse_instant(facts["as_of"]), facts["contract"]["timezone"]

    def known(written: str | None) -> Instant | None:
        at = None if written is None else parse_instant(written)
        return None if at is None or at > as_of else at

    restored, documented = known(incident["restored_at"]), known(incident["documented_at"])
    repaired = None if restored is None or documented is None else max(restored, documented)
    done = {"notify": known(incident["notified_at"]), "plan": known(incident["planned_at"])}.get(
        stage, repaired
    )
    waits = [(parse_instant(wait["from"]), known(wait["to"])) for wait in incident["pauses"]]
    due = deadline(
        parse_instant(incident["started_at"]),
        parse_outages(incident["outages"], zone=ZoneInfo(zone)).promised()[stage].within,
        [] if stage == "notify" else waits,
        as_of if done is None else done,
        hours_of(incident["outages"], stage, zone),
    )
    retired = known(retired_at(incident["device"], facts))
    missed = _missed(stage, incident, as_of, is_due=done is not None or as_of > due)
    return Judged(due, done, _word(stage, due, done, restored, retired) or missed)


def retired_at(device: str, facts: Json) -> str | None:
    """When a device of these facts was retired, as written; None when it was not."""
    retired: dict[str, str | None] = {row["device"]: row["retired_at"] for row in facts["devices"]}
    return retired[device]


def _word(
    stage: str, due: Instant, done: Instant | None, restored: Instant | None, retired: Instant | None
) -> str | None:
    if done is not None and not done > due:
        return "kept"
    if stage == "plan" and restored is not None and not restored > due:
        return "not_required"
    if done is None and retired is not None and not retired > due:
        return "not_required"
    return None


def _missed(stage: str, incident: Json, as_of: Instant, *, is_due: bool) -> str:
    if not is_due:
        return "pending"
    excused = any(
        excuse["stage"] == stage and not parse_instant(excuse["approved_at"]) > as_of
        for excuse in incident["excuses"]
    )
    return "excused" if excused else "broken"
