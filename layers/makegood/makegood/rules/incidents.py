"""What an incident needs now: the next change of state, the mails that are due, when to look again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from makegood.rules.allowances import (
    Allowances,
    People,
    is_allowance_mail,
    overdue_pause,
    wake_times,
    wanted_mails,
)
from makegood.rules.contracts import Outages
from makegood.rules.facts import IncidentFacts
from makegood.rules.flapping import flapping_mails, flapping_since, next_digest_at
from makegood.rules.instants import Instant
from makegood.rules.ladder import (
    LOOK_AFTER_SECONDS,
    moments_ahead,
    people,
    reached,
    warned_at,
    warned_people,
    warning,
)
from makegood.rules.levels import MAIL, way_of
from makegood.rules.mails import SENDING, MailState, Order, order
from makegood.rules.notes import Entry, due_notes
from makegood.rules.silence import OVERTAKE_SECONDS
from makegood.rules.stages import StageVerdict, judge_incident
from makegood.rules.told import nobody_reached

RETRY_SECONDS = 30
"""A mail that could not be sent while a clock runs is tried again this soon."""

LATE_RETRY_SECONDS = 600
GIVE_UP_SECONDS = 3 * 86_400
"""Once an incident has ended its last mails are retried at leisure, and after three days no more."""

ATTEMPTS = 60
"""What cannot be handed to a phone or a webhook is given up after so many; mails never are while it runs."""

IDLE_SECONDS = 6 * 3_600
"""With nothing on the clock an incident is still looked at now and then; news re-arms it at once."""

POLL_SECONDS = 15


@dataclass(frozen=True)
class Run:
    """The device's present run of heartbeats while its incident is open (instants in epoch seconds)."""

    back_since: Instant
    last_seen: Instant
    due_at: Instant


@dataclass(frozen=True)
class Situation:
    """Everything an incident's next step depends on.

    `involved_at` is when somebody first took it in hand or let it wait, `taken_by` who has it; `run` is None
    once restored, or while silent. `returns` are when the device came back, for good or not; `flapping_at` is
    set once that is noted. `noted` are the entries of its timeline by their `what`.
    """

    facts: IncidentFacts
    terms: Outages
    contacts: tuple[str, ...]
    technicians: tuple[str, ...]
    mails: Mapping[str, MailState]
    planned: bool
    involved_at: Instant | None
    retired_at: Instant | None
    run: Run | None
    returns: tuple[Instant, ...] = ()
    flapping_at: Instant | None = None
    opened_at: Instant = 0
    taken_by: str | None = None
    noted: frozenset[str] = frozenset()
    allowances: Allowances = field(default_factory=Allowances)
    closed: bool = False


@dataclass(frozen=True)
class Restore:
    """The device has been up for `stable_for`: the outage ended at `at`."""

    at: Instant


@dataclass(frozen=True)
class MarkFlapping:
    """The device came back for the third time within an hour, at `at`."""

    at: Instant


@dataclass(frozen=True)
class DocumentItself:
    """Nobody had to repair anything: documented as having come back by itself at `at`."""

    at: Instant


@dataclass(frozen=True)
class Close:
    """Everything happened and everybody was told; it `stays` in sight while somebody is awaited."""

    stays: bool = False


@dataclass(frozen=True)
class Note:
    """Time brought these entries of the timeline."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class EndPause:
    """A pause has lasted as long as the contract allows: it ended at `at`."""

    start: Instant
    at: Instant


@dataclass(frozen=True)
class Settle:
    """Nobody is awaited any more in a matter of a closed incident, and everybody was told."""


Step = Restore | MarkFlapping | DocumentItself | Note | EndPause | Close | Settle


@dataclass(frozen=True)
class Decision:
    """Do `step` and decide again; without one, send `mails` and look again at `wake_at` (after now)."""

    step: Step | None
    mails: tuple[Order, ...]
    wake_at: Instant


def decide(situation: Situation, now: Instant) -> Decision:
    """The pure core of an incident: facts and an instant in, what to do out.

    Deciding twice on the same facts gives the same answer; what has been done stands in the facts, so a
    decision that was carried out does not come again.
    """
    verdicts = judge_incident(situation.terms, situation.facts, situation.retired_at, now)
    wanted = tuple(_wanted_mails(situation, verdicts, now))
    unsent = tuple(mail for mail in wanted if not _is_sent(situation, mail))
    step = _next_step(situation, verdicts, unsent, now)
    if step is not None:
        return Decision(step, (), now + 1)
    free = [mail for mail in unsent if not _is_claimed(situation, mail, now)]
    due = tuple(sorted(free, key=lambda mail: way_of(mail.to) != MAIL))  # a slow webhook delays no mail
    return Decision(None, due, min(_wake_times(situation, verdicts, unsent, now)))


def ended_at(situation: Situation) -> Instant | None:
    """When the incident was over: repaired and documented, or its device retired; None while it runs."""
    facts = situation.facts
    if facts.restored_at is not None and facts.documented_at is not None:
        return max(facts.restored_at, facts.documented_at)
    return situation.retired_at


def is_stable(run: Run, terms: Outages) -> bool:
    """Whether a heartbeat arrived at or after `back_since + stable_for`, with no gap since `back_since`."""
    return run.last_seen >= run.back_since + terms.stable_for


def _next_step(
    situation: Situation, verdicts: tuple[StageVerdict, ...], unsent: tuple[Order, ...], now: Instant
) -> Step | None:
    facts, end = situation.facts, ended_at(situation)
    if situation.closed:
        return None if unsent or situation.allowances.await_somebody else Settle()
    mark = _next_mark(situation, now)
    if mark is not None:
        return mark
    if situation.run is not None and facts.restored_at is None and is_stable(situation.run, situation.terms):
        return Restore(situation.run.back_since)
    if (
        facts.restored_at is not None
        and facts.documented_at is None
        and _came_back_by_itself(situation, verdicts)
    ):
        return DocumentItself(facts.restored_at)
    entries = due_notes(situation, verdicts, now, ended=end is not None)
    return Note(entries) if entries else _close(situation, unsent, now)


def _close(situation: Situation, unsent: tuple[Order, ...], now: Instant) -> Close | None:
    end = ended_at(situation)
    if end is None or (unsent and now <= end + GIVE_UP_SECONDS):
        return None
    owed = any(is_allowance_mail(mail.kind) for mail in unsent)
    return Close(stays=owed or situation.allowances.await_somebody)


def _next_mark(situation: Situation, now: Instant) -> Step | None:
    """What became true by itself while the incident runs, and is not on record yet."""
    flapping_at = flapping_since(situation.returns)
    if flapping_at is not None and situation.flapping_at is None:
        return MarkFlapping(flapping_at)
    pause = overdue_pause(situation.allowances, now)
    if pause is not None and ended_at(situation) is None:
        return EndPause(pause.start, pause.until)
    return None


def _came_back_by_itself(situation: Situation, verdicts: tuple[StageVerdict, ...]) -> bool:
    """Whether it was stable by the plan's deadline and nobody was involved until then.

    Who comes later, however late this is noticed, changes nothing any more.
    """
    assert situation.facts.restored_at is not None
    stable_at = situation.facts.restored_at + situation.terms.stable_for
    is_involved = situation.involved_at is not None and situation.involved_at < stable_at
    if is_involved or situation.terms.self_recovery != "system":
        return False
    deadlines = {verdict.stage: verdict.deadline for verdict in verdicts}
    deadline = deadlines.get("plan", deadlines.get("repair"))
    return deadline is None or stable_at <= deadline


def _wanted_mails(situation: Situation, verdicts: tuple[StageVerdict, ...], now: Instant) -> Iterator[Order]:
    """Every mail that should have left by now, most urgent first."""
    about, end = f"incident#{situation.facts.incident}", ended_at(situation)
    levels = people(reached(situation, now, ended=end is not None))
    matters = wanted_mails(situation.allowances, about, People(situation.contacts, levels), now, end)
    if situation.closed:
        yield from matters
        return
    both = tuple(dict.fromkeys((*situation.contacts, *levels)))
    yield from (order(about, "notice", to) for to in situation.contacts)
    yield from (order(about, "alert", to) for to in levels)
    if situation.planned:
        yield from (order(about, "plan", to) for to in situation.contacts)
    if situation.facts.notified_at is None and nobody_reached(about, situation.contacts, situation.mails):
        yield from (order(about, "call", to) for to in levels)
    yield from matters
    if end is not None:
        yield from (order(about, "closing", to) for to in both)
        return
    if situation.facts.restored_at is not None:
        yield from (order(about, "recovery", to) for to in both)
    else:
        yield from flapping_mails(about, situation.returns, both, now)
    for verdict in verdicts:
        moment = warning(situation, verdict, now)
        if moment is not None:
            word, at = moment
            warned = warned_people(situation, word, at, now)
            yield from (order(about, f"{verdict.stage}-{word}", to) for to in warned)


def _wake_times(
    situation: Situation, verdicts: tuple[StageVerdict, ...], unsent: tuple[Order, ...], now: Instant
) -> Iterator[Instant]:
    yield now + IDLE_SECONDS
    yield from wake_times(situation.allowances, now)
    retry = RETRY_SECONDS if ended_at(situation) is None else LATE_RETRY_SECONDS
    for mail in unsent:
        claimed = _is_claimed(situation, mail, now)
        yield situation.mails[mail.mail].claimed_until + 1 if claimed else now + retry
    if ended_at(situation) is not None:
        return
    yield from (moment for moment in moments_ahead(situation) if moment > now)
    for verdict in verdicts:
        if verdict.done_at is None and not _waits(situation, verdict, now):
            shares = (warned_at(situation, verdict, share) for share in situation.terms.warnings)
            looks = (*shares, verdict.deadline + LOOK_AFTER_SECONDS)
            yield from (look for look in looks if look > now)
    digest_at = next_digest_at(situation.returns, now)
    if digest_at is not None and situation.facts.restored_at is None:
        yield digest_at
    if situation.run is not None and situation.run.due_at + OVERTAKE_SECONDS >= now:
        yield _wake_for(situation.run, situation.terms, now)


def _waits(situation: Situation, verdict: StageVerdict, now: Instant) -> bool:
    """Whether the stage's deadline moves on with time: an open pause began before it. Its end is news."""
    if verdict.stage == "notify" or now >= verdict.deadline:
        return False
    return any(pause.end is None and pause.start <= now for pause in situation.allowances.pauses)


def _wake_for(run: Run, terms: Outages, now: Instant) -> Instant:
    """When the run may have lasted long enough; past that, the heartbeat that proves it is due any moment."""
    stable_at = run.back_since + terms.stable_for
    return stable_at if stable_at > now else min(now + POLL_SECONDS, run.due_at + OVERTAKE_SECONDS + 1)


def _is_sent(situation: Situation, mail: Order) -> bool:
    """Whether nothing is left to do about it: it left, or it was given up."""
    state = situation.mails.get(mail.mail)
    if state is None:
        return False
    return state.status != SENDING or (state.attempts >= ATTEMPTS and way_of(mail.to) != MAIL)


def _is_claimed(situation: Situation, mail: Order, now: Instant) -> bool:
    state = situation.mails.get(mail.mail)
    return state is not None and state.status == SENDING and state.claimed_until >= now
