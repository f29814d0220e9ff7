"""Pauses: the clocks of plan and repair wait for the client, until it answers or the maximum is over.

Whoever records one starts the incident's timer (`timers.wake`); should that fail, the sweep does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from pynamodb.expressions.update import Action

from makegood.rules.allowances import PAUSE_REASONS
from makegood.rules.incidents import EndPause, ended_at
from makegood.rules.instants import Instant, format_instant
from makegood.storage.allowances import end_of
from makegood.storage.cases import Case
from makegood.storage.changes import Operator, RefusedError, change_client, one_after_another
from makegood.storage.incidents import NOT_OVER, timeline_entry, waking
from makegood.storage.matters import news, read_case, refuse_unknown_reason, refuse_unreadable
from makegood.storage.records import Incident, Pause
from makegood.storage.transactions import LostRaceError, write_together

BY_ITSELF = "the maximum of the contract"
"""Who ended a pause that nobody ended."""


@dataclass(frozen=True)
class Wait:
    """What a pause is for: a reason of PAUSE_REASONS, and what exactly is awaited."""

    reason: str
    awaited: str


def pause_incident(
    client: str, incident: str, wait: Wait, operator: Operator, *, seen: int | None = None
) -> bool:
    """Stops the clocks of plan and repair from the operator's instant on; notify never waits.

    False when it is paused in the same words already. RefusedError says why it cannot be. The client's
    revision lets one change at a time through, so that no two pauses overlap. `seen` is how many pauses there
    were when the operator decided: with more of them, the same words by the same person are the same pause.
    """
    refuse_unknown_reason(wait.reason, PAUSE_REASONS)
    refuse_unreadable({}, {"What is awaited": wait.awaited})
    return one_after_another(partial(_pause, client, incident, wait, operator, seen))


def resume_incident(client: str, incident: str, operator: Operator, *, start: Instant | None = None) -> bool:
    """Ends the pause at the operator's instant; False when it has ended already.

    `start` says which one is meant, otherwise it is the last. RefusedError when there was none. The pause of
    an incident that has ended can be ended too.
    """
    return one_after_another(partial(_end, client, incident, operator, start, None))


def answer_pause(client: str, incident: str, start: Instant, operator: Operator, text: str) -> bool:
    """The client gave what was awaited: the pause ends. False when this very answer is on record.

    RefusedError when the pause has ended otherwise.
    """
    refuse_unreadable({}, {"The answer": text})
    return one_after_another(partial(_end, client, incident, operator, start, text))


def end_at_limit(case: Case, step: EndPause) -> bool:
    """The pause has lasted as long as the contract allows; False when somebody ended it first."""
    pause = next(pause for pause in case.pauses if pause.start == step.start)
    ended: list[Action] = [Pause.end.set(step.at)]
    try:
        write_together(
            lambda transaction: transaction.update(
                pause, actions=ended, condition=Pause.end.does_not_exist()
            ),
            timeline_entry(case.incident, step.at, "pause-over", BY_ITSELF),
        )
    except LostRaceError:
        return False
    return True


def open_pause(case: Case, now: Instant) -> Pause | None:
    """The pause that runs at an instant."""
    running = (pause for pause in case.pauses if pause.end is None and now < _until(case, pause))
    return next(running, None)


def _pause(client: str, incident: str, wait: Wait, operator: Operator, seen: int | None) -> bool:
    entry, case = read_case(client, incident, operator.at)
    present = open_pause(case, operator.at)
    newer = case.pauses[seen:] if seen is not None else ()
    if any(_is_same(pause, wait, operator.who) for pause in newer):
        return False
    if present is not None and _is_same(present, wait, operator.who):
        return False
    _refuse_pause(case, present, operator.at)
    pause = _new_pause(case.incident, wait, operator)
    change_client(
        operator,
        entry,
        f"incident {incident} paused, {wait.reason}: {wait.awaited}",
        lambda transaction: transaction.save(pause, condition=Pause.sk.does_not_exist()),
        timeline_entry(case.incident, operator.at, "paused", operator.who, wait.awaited),
        waking(case.incident, operator.at, NOT_OVER),
    )
    return True


def _end(client: str, incident: str, operator: Operator, start: Instant | None, answer: str | None) -> bool:
    entry, case = read_case(client, incident, operator.at)
    pause = _meant(case, start)
    if pause.end is not None or operator.at >= _until(case, pause):
        if answer is None or (answer, operator.who) == (pause.answer, pause.ended_by):
            return False
        over_at = format_instant(end_of(pause, case.terms.pause_at_most))
        raise RefusedError(f"The pause of {incident} ended already, at {over_at}.")
    if operator.at < pause.start:
        raise RefusedError(
            f"{incident} is paused since {format_instant(pause.start)}, which by this machine's clock is yet "
            "to come: set the clock, then repeat the command."
        )
    done = "resumed" if answer is None else "answered"
    ended: list[Action] = [Pause.end.set(operator.at), Pause.ended_by.set(operator.who)]
    if answer is not None:
        ended.append(Pause.answer.set(answer))
    change_client(
        operator,
        entry,
        f"incident {incident} {done}" + (f": {answer}" if answer else ""),
        lambda transaction: transaction.update(pause, actions=ended, condition=Pause.end.does_not_exist()),
        timeline_entry(case.incident, operator.at, done, operator.who, answer),
        *news(case.incident, operator.at),
    )
    return True


def _meant(case: Case, start: Instant | None) -> Pause:
    found = [pause for pause in case.pauses if start is None or pause.start == start]
    if not found:
        raise RefusedError(f"{case.incident.incident} is not paused.")
    return found[-1]


def _until(case: Case, pause: Pause) -> Instant:
    return pause.start + case.terms.pause_at_most


def _is_same(pause: Pause, wait: Wait, who: str) -> bool:
    return (pause.reason, pause.awaited, pause.by) == (wait.reason, wait.awaited, who)


def _new_pause(incident: Incident, wait: Wait, operator: Operator) -> Pause:
    return Pause(
        incident.pk,
        f"{incident.sk}#pause#{operator.at:010d}",
        incident=incident.incident,
        start=operator.at,
        reason=wait.reason,
        awaited=wait.awaited,
        by=operator.who,
    )


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
        end = end_of(pause, case.terms.pause_at_most)
        if start <= pause.start or start < end:
            raise RefusedError(
                f"{incident.incident} was paused from {format_instant(pause.start)} to "
                f"{format_instant(end)}, and two pauses cannot overlap: wait a moment, or set this "
                "machine's clock."
            )
