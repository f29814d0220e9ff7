"""What is allowed for an incident: pauses of its clocks while the client is waited for, excuses of a miss.

Whoever records one starts the incident's timer (`timers.wake`); should that fail, the sweep does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from makegood.rules.contracts import read_name
from makegood.rules.incidents import ended_at
from makegood.rules.instants import Instant, format_instant
from makegood.rules.shapes import did_you_mean
from makegood.rules.terms import STAGES
from makegood.storage.adjusting import dirty_if_past
from makegood.storage.changes import (
    Operator,
    RefusedError,
    change_client,
    known_client,
    one_after_another,
)
from makegood.storage.incidents import NOT_OVER, Case, load_case, timeline_entry, waking
from makegood.storage.records import ClientEntry, Excuse, Incident, Pause
from makegood.storage.transactions import Write


def pause_incident(client: str, incident: str, reason: str, operator: Operator) -> bool:
    """Stops the clocks of plan and repair from the operator's instant on; notify never waits.

    False when it is paused for this reason already. RefusedError says why it cannot be. The client's revision
    lets one change at a time through, so that no two pauses overlap.
    """
    _refuse_unreadable({"--reason": reason})
    return one_after_another(partial(_pause, client, incident, reason, operator))


def resume_incident(client: str, incident: str, operator: Operator) -> bool:
    """Ends the pause at the operator's instant; False when it has ended already.

    RefusedError when there was none. The pause of an incident that has ended can be ended too.
    """
    return one_after_another(partial(_resume, client, incident, operator))


def excuse_stage(
    client: str, incident: str, stage: str, operator: Operator, *, reason: str, approved_by: str
) -> bool:
    """Excuses a stage, of a closed incident too: missed, it earns no refund and stays visible.

    False when it is excused in the same words already. RefusedError says why it cannot be.
    """
    _refuse_unreadable({"--reason": reason, "--approved-by": approved_by})
    excuse = partial(_excuse, client, incident, stage, operator, reason=reason, approved_by=approved_by)
    return one_after_another(excuse)


def _pause(client: str, incident: str, reason: str, operator: Operator) -> bool:
    entry, case = _read(client, incident, operator.at)
    present = _open_pause(case)
    if present is not None and present.reason == reason:
        return False
    _refuse_pause(case, present, operator.at)
    pause = _new_pause(case.incident, reason, operator.at)
    change_client(
        operator,
        entry,
        f"incident {incident} paused: {reason}",
        lambda transaction: transaction.save(pause, condition=Pause.sk.does_not_exist()),
        timeline_entry(case.incident, operator.at, "paused", operator.who),
        waking(case.incident, operator.at, NOT_OVER),
    )
    return True


def _resume(client: str, incident: str, operator: Operator) -> bool:
    entry, case = _read(client, incident, operator.at)
    pause = _open_pause(case)
    if pause is None:
        if not case.pauses:
            raise RefusedError(f"{incident} is not paused.")
        return False
    if operator.at < pause.start:
        raise RefusedError(
            f"{incident} is paused since {format_instant(pause.start)}, which by this machine's clock is yet "
            "to come: set the clock, then repeat the command."
        )
    change_client(
        operator,
        entry,
        f"incident {incident} resumed",
        lambda transaction: transaction.update(
            pause, actions=[Pause.end.set(operator.at)], condition=Pause.end.does_not_exist()
        ),
        timeline_entry(case.incident, operator.at, "resumed", operator.who),
        *_news(case.incident, operator.at),
    )
    return True


def _excuse(
    client: str, incident: str, stage: str, operator: Operator, *, reason: str, approved_by: str
) -> bool:
    entry, case = _read(client, incident, operator.at)
    _refuse_unpromised(case, stage)
    for known in case.excuses:
        if known.stage == stage:
            _refuse_other_words(known, reason, approved_by)
            return False
    excuse = _new_excuse(case.incident, stage, reason, approved_by, operator.at)
    change_client(
        operator,
        entry,
        f"incident {incident}, stage {stage} excused, approved by {approved_by}: {reason}",
        lambda transaction: transaction.save(excuse, condition=Excuse.sk.does_not_exist()),
        timeline_entry(case.incident, operator.at, f"{stage}-excused", operator.who),
        *dirty_if_past(
            case.incident,
            case.contract.zone,
            f"a miss of the {stage} is excused by {approved_by}: {reason}",
            operator.at,
        ),
        *_news(case.incident, operator.at),
    )
    return True


def _new_pause(incident: Incident, reason: str, start: Instant) -> Pause:
    key = f"{incident.sk}#pause#{start:010d}"
    return Pause(incident.pk, key, incident=incident.incident, start=start, reason=reason)


def _new_excuse(incident: Incident, stage: str, reason: str, approved_by: str, at: Instant) -> Excuse:
    return Excuse(
        incident.pk,
        f"{incident.sk}#excuse#{stage}",
        incident=incident.incident,
        stage=stage,
        reason=reason,
        approved_by=approved_by,
        approved_at=at,
    )


def _read(client: str, incident: str, now: Instant) -> tuple[ClientEntry, Case]:
    """The client's entry, read before the incident: a change in between makes the entry's revision void."""
    entry = known_client(client)
    case = load_case(client, incident, now)
    if case is None:
        raise RefusedError(
            f"There is no incident {incident}; `makegood incident list {client} --all` names them."
        )
    return entry, case


def _open_pause(case: Case) -> Pause | None:
    return next((pause for pause in case.pauses if pause.end is None), None)


def _news(incident: Incident, now: Instant) -> Iterator[Write]:
    """Wakes the incident's timer, unless it is closed and has none."""
    if incident.open_shard is not None:
        yield waking(incident, now)


def _refuse_unreadable(texts: Mapping[str, str]) -> None:
    problems = []
    for option, text in texts.items():
        try:
            read_name(text)
        except ValueError as error:
            problems.append(f"{option} {error}.")
    if problems:
        raise RefusedError("\n".join(problems))


def _refuse_pause(case: Case, present: Pause | None, start: Instant) -> None:
    incident = case.incident
    if present is not None:
        since = format_instant(present.start)
        raise RefusedError(f"{incident.incident} is paused already, since {since}: {present.reason}.")
    if ended_at(case.situation(technicians=())) is not None or incident.open_shard is None:
        raise RefusedError(
            f"{incident.incident} has ended, and its clocks with it; what was missed can be excused."
        )
    for pause in case.pauses:
        assert pause.end is not None
        if start <= pause.start or start < pause.end:
            raise RefusedError(
                f"{incident.incident} was paused from {format_instant(pause.start)} to "
                f"{format_instant(pause.end)}, and two pauses cannot overlap: wait a moment, or set this "
                "machine's clock."
            )


def _refuse_unpromised(case: Case, stage: str) -> None:
    if stage not in STAGES:
        hint = did_you_mean(stage, STAGES)
        raise RefusedError(f"There is no stage {stage}{hint}; the stages are {', '.join(STAGES)}.")
    promised = case.terms.promised()
    if stage not in promised:
        known = ", ".join(promised) or "nothing"
        raise RefusedError(
            f"The contract of {case.incident.incident} promises no {stage}; promised is: {known}."
        )


def _refuse_other_words(known: Excuse, reason: str, approved_by: str) -> None:
    if (known.reason, known.approved_by) != (reason, approved_by):
        raise RefusedError(
            f"The {known.stage} of {known.incident} is excused already, approved by {known.approved_by} at "
            f"{format_instant(known.approved_at)}: {known.reason}."
        )
