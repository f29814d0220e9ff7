"""One step of an incident: read the facts, decide, do what is due, say when to look again."""

from __future__ import annotations

from dataclasses import dataclass

from makegood.events import tell
from makegood.mail.incident_messages import incident_message
from makegood.mail.outbox import UnreachableError, post
from makegood.rules.incidents import (
    Close,
    Decision,
    DocumentItself,
    EndPause,
    MarkFlapping,
    Note,
    Restore,
    Settle,
    Step,
    decide,
)
from makegood.rules.instants import Instant
from makegood.settings import settings
from makegood.storage.cases import Case, load_case, restore_device, untold_of, with_behind
from makegood.storage.incidents import change_incident, is_settled, note, timeline_entry
from makegood.storage.pauses import end_at_limit
from makegood.storage.records import Incident
from makegood.storage.writes import update_if

_MAX_ROUNDS = 10


class StuckError(Exception):
    """An incident keeps asking for the same step: a defect, which must end in an alarm."""


@dataclass(frozen=True)
class Outlook:
    """What the incident waits for: nothing any more, or the next look."""

    done: bool
    wake_at: Instant


def advance(client: str, incident: str, now: Instant) -> Outlook:
    """Does whatever is due for an incident. Idempotent: what has been done stands in the facts.

    At the end of a step others are told of all that happened, in one call.
    A mail that could not be sent is no failure of the step: it is due again at the next look.
    """
    for _ in range(_MAX_ROUNDS):
        case = load_case(client, incident, now)
        if case is None or is_settled(case.incident):
            tell(untold_of(case))
            return Outlook(done=True, wake_at=now)
        decision = decide(case.situation(settings().technicians), now)
        if decision.step is not None:
            _take(decision.step, case, now)
        elif not _send_all(case, decision, now):
            tell(untold_of(case))
            return Outlook(done=False, wake_at=decision.wake_at)
    raise StuckError(f"{client}/{incident} did not come to rest in {_MAX_ROUNDS} rounds")


def bring_up_to_date(client: str, incident: str, now: Instant) -> Case | None:
    """The incident after every change of state that is due and has not been noticed yet; sends nothing.

    Whoever is about to change it decides on what is true, not on what a timer has seen so far.
    """
    for _ in range(_MAX_ROUNDS):
        case = load_case(client, incident, now)
        if case is None or case.incident.closed_at is not None:
            return case
        step = decide(case.situation(settings().technicians), now).step
        if step is None or isinstance(step, Close | Settle):
            return case
        _take(step, case, now)
    raise StuckError(f"{client}/{incident} did not come to rest in {_MAX_ROUNDS} rounds")


def _send_all(case: Case, decision: Decision, now: Instant) -> bool:
    """Sends what is due; True when all of it left, so that the incident has to be looked at again."""
    case = with_behind(case) if decision.mails else case
    try:
        sent = [
            post(case.incident.client, mail, incident_message(mail, case, now), now)
            for mail in decision.mails
        ]
    except UnreachableError:
        return False
    return bool(sent) and all(sent)


def _take(step: Step, case: Case, now: Instant) -> None:
    """Takes one step; losing the race to somebody who took it already is fine, the facts are read again."""
    match step:
        case Restore(at):
            restore_device(case, at)
        case MarkFlapping(at):
            change_incident(
                case.incident,
                [Incident.flapping_at.set(at)],
                Incident.flapping_at.does_not_exist(),
                timeline_entry(case.incident, at, "flapping", "the monitoring"),
            )
        case DocumentItself(at):
            change_incident(
                case.incident,
                [Incident.documented_at.set(at), Incident.by_itself.set(True)],
                # News that came in since the facts were read raised the timer's number.
                Incident.documented_at.does_not_exist() & (Incident.timer == case.incident.timer),
                timeline_entry(case.incident, at, "documented", "came back by itself"),
            )
        case Note(entries):
            note(case.incident, entries)
        case EndPause():
            end_at_limit(case, step)
        case Close(stays):
            change_incident(
                case.incident,
                [Incident.closed_at.set(now), *(() if stays else (Incident.open_shard.remove(),))],
                Incident.closed_at.does_not_exist() & (Incident.timer == case.incident.timer),
                timeline_entry(case.incident, now, "closed", "the monitoring"),
            )
        case Settle():
            as_read = Incident.closed_at.exists() & (Incident.timer == case.incident.timer)
            update_if(case.incident, [Incident.open_shard.remove()], as_read)
