"""What left too late, or never: the mails that an outage, a plan, a limit or a return asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from makegood.rules.instants import Instant, format_instant
from makegood_simulator.reading_contracts import read_versions
from makegood_simulator.reading_hours import before
from makegood_simulator.reading_incidents import Incident, deadline
from makegood_simulator.reading_ladder import Turn, alerted, taken
from makegood_simulator.reading_matters import CLIENT, TECHNICIANS, matter_mails
from makegood_simulator.reading_outages import third_return
from makegood_simulator.witness import Act, Milliseconds, Witness

Sent = dict[tuple[str, str], dict[str, Instant]]
"""By incident and kind of mail: to whom, and when SES took the first copy."""


Due = tuple[str, Instant, Sequence[str]]
"""A kind of mail (or several, any of which will do), since when it is due, and to whom."""


@dataclass(frozen=True)
class _Present:
    """Who is to be told, and what may still be unnoticed: what is due for no longer than `lag` seconds."""

    now: Instant
    lag: int
    contacts: Sequence[str]
    technicians: Sequence[str]

    def is_over(self, since: Instant) -> bool:
        return since + self.lag < self.now


def late_mails(
    incidents: Iterable[Incident],
    witness: Witness,
    technicians: Sequence[str],
    now_ms: Milliseconds,
    lag_seconds: int,
) -> Iterator[str]:
    """One sentence for each mail of these incidents that left later than `lag_seconds` after it was due."""
    sent = _first_copies(witness)
    present = _Present(now_ms // 1000, lag_seconds, _contacts(witness), technicians)
    for incident in incidents:
        acts = [act for act in witness.acts if act.incident == incident.outage.incident]
        due = [
            *_at_once(incident, acts, present),
            *_at_limits(incident, acts, present),
            *_unreached(incident, acts, witness, present),
            *_to_be_called(incident, acts, witness, present),
            *_matters(incident, acts, present),
        ]
        for kind, since, people in due:
            yield from _judge(incident.outage.incident, kind, since + lag_seconds, people, sent)


def _judge(name: str, kinds: str, until: Instant, people: Sequence[str], sent: Sent) -> Iterator[str]:
    """At least one of the kinds has to have left by then, to each of these people."""
    copies = [copy for kind in kinds.split("|") for copy in sent.get((name, kind), {}).items()]
    for person in people:
        times = [at for to, at in copies if person == to]
        if min(times, default=until + 1) > until:
            left, limit = format_instant(min(times)) if times else "never", format_instant(until)
            yield f"{name}: {kinds} to {person} was to leave by {limit} and is late: it left {left}"


def _at_once(incident: Incident, acts: Sequence[Act], present: _Present) -> Iterator[Due]:
    """What is told as soon as it is known."""
    outage = incident.outage
    if present.is_over(outage.known_at):
        yield "notice", outage.known_at, present.contacts
    ladder = alerted(incident, acts, present.technicians)
    for turn in ladder:
        since = max(outage.known_at, turn.at)
        is_first = turn.at == outage.started_at
        if present.is_over(since) and (is_first or since + present.lag < _until(incident, present)):
            yield "alert", since, [turn.to]
    flapping_at = third_return(outage.returns)
    if flapping_at is not None and present.is_over(flapping_at):
        yield "flapping|recovery|closing", flapping_at, present.contacts
    if outage.stable_known_at is not None and present.is_over(outage.stable_known_at):
        told = [turn.to for turn in ladder if _is_sure_of(turn, incident, present)]
        yield "recovery|closing", outage.stable_known_at, (*present.contacts, *told)
    planned = _planned(acts)
    if planned is not None and present.is_over(planned):
        yield "plan", planned, present.contacts


def _matters(incident: Incident, acts: Sequence[Act], present: _Present) -> Iterator[Due]:
    """What pauses, excuses and disputes ask for; the end of a pause only while the incident goes on."""
    ended = _ended(incident)
    for mail in matter_mails(incident, present.now):
        ends = [
            at for at in (mail.lapses_at, ended if mail.kind.endswith("-ended") else None) if at is not None
        ]
        is_needless = any(mail.since + present.lag >= end for end in ends)
        if present.is_over(mail.since) and not is_needless:
            contacts = present.contacts if mail.to & CLIENT else ()
            by = mail.since if ended is None else min(mail.since, ended)
            technicians = _reached_for_sure(incident, acts, by, present) if mail.to & TECHNICIANS else ()
            yield mail.kind, mail.since, (*contacts, *technicians)


def _at_limits(incident: Incident, acts: Sequence[Act], present: _Present) -> Iterator[Due]:
    """The warning that a limit has passed."""
    for stage, done in (("plan", _planned(acts)), ("repair", _repaired(incident))):
        if stage in incident.terms.promised():
            until = min(at for at in (done, present.now, _ended(incident)) if at is not None)
            limit = _limit(incident, stage, until)
            known_at = max(incident.outage.known_at, incident.matters.voided_by(until))
            since = None if limit is None else max(limit, known_at)
            if limit is not None and since is not None and since + present.lag < until:
                yield f"{stage}-limit", since, _reached(incident, acts, limit, present)
            if limit is not None:
                for due in _at_shares(incident, stage, limit, acts, present, known_at=known_at):
                    if due[1] + present.lag < until:
                        yield due


def _at_shares(
    incident: Incident,
    stage: str,
    limit: Instant,
    acts: Sequence[Act],
    present: _Present,
    *,
    known_at: Instant,
) -> Iterator[Due]:
    """The warnings before a limit; a step that comes late tells the last one that is over."""
    within = incident.terms.promised()[stage].within
    kinds = [f"{stage}-{share}" for share in incident.terms.warnings] + [f"{stage}-limit"]
    for index, share in enumerate(incident.terms.warnings):
        at = before(incident.hours(stage), limit, within * (100 - share) // 100)
        since = max(at, known_at)
        people = _reached(incident, acts, at, present)
        has_it = taken(acts)
        if has_it is not None and has_it <= since + present.lag:
            people = [to for to in people if to == present.technicians[0]] or people
        yield "|".join(kinds[index:]), since, people


def _reached(incident: Incident, acts: Sequence[Act], at: Instant, present: _Present) -> list[str]:
    """Those whose turn it was by an instant."""
    return [turn.to for turn in alerted(incident, acts, present.technicians) if turn.at <= at]


def _reached_for_sure(incident: Incident, acts: Sequence[Act], by: Instant, present: _Present) -> list[str]:
    """Those who were alerted by an instant, whatever a late step found."""
    start = incident.outage.started_at
    ladder = alerted(incident, acts, present.technicians)
    return [
        turn.to
        for turn in ladder
        if turn.at == start or max(turn.at, incident.outage.known_at) + present.lag < by
    ]


def _is_sure_of(turn: Turn, incident: Incident, present: _Present) -> bool:
    """Whether somebody was alerted for certain before the device was back for good."""
    known = incident.outage.stable_known_at
    start = incident.outage.started_at
    return turn.at == start or known is None or max(turn.at, incident.outage.known_at) + present.lag < known


def _until(incident: Incident, present: _Present) -> Instant:
    """Until when a level is alerted: nobody is once it has ended."""
    ended = _ended(incident)
    return present.now if ended is None else min(present.now, ended)


def _unreached(incident: Incident, acts: Sequence[Act], witness: Witness, present: _Present) -> Iterator[Due]:
    """The warning that no notice has told anybody: due with the limit, or when the last report said so."""
    notify = incident.terms.notify
    if notify is None or incident.times["notified_at"].spans:
        return
    name = f"incident_{incident.outage.incident}_notice_"
    reports = [
        event.handled_at // 1000
        for event in witness.events
        if event.mail.startswith(name) and event.handled_at is not None
    ]
    since = max([incident.outage.started_at + notify.within, incident.outage.known_at, *reports])
    ended = _ended(incident)
    if since + present.lag < (present.now if ended is None else min(present.now, ended)):
        limit = incident.outage.started_at + notify.within
        yield "notify-limit", since, _reached(incident, acts, limit, present)


def _to_be_called(
    incident: Incident, acts: Sequence[Act], witness: Witness, present: _Present
) -> Iterator[Due]:
    """Every notice came back: the technicians are to call, from the last report on, while it is not over."""
    if incident.times["notified_at"].spans:
        return
    name = f"incident_{incident.outage.incident}_notice_"
    notices = {copy.mail: copy.to for copy in witness.accepted if copy.mail.startswith(name)}
    back: dict[str, Instant] = {}
    delivered = {event.mail for event in witness.events if event.kind == "Delivery"}
    for event in witness.events:
        counts = event.permanent or event.mail not in delivered
        if event.mail in notices and event.kind == "Bounce" and counts and event.handled_at is not None:
            at, to = event.handled_at // 1000, notices[event.mail]
            back[to] = min(at, back.get(to, at))
    if set(present.contacts) - back.keys():
        return
    since, ended = max(back.values(), default=present.now), _ended(incident)
    if since + present.lag < (present.now if ended is None else min(present.now, ended)):
        yield "call", since, _reached(incident, acts, since, present)


def _limit(incident: Incident, stage: str, until: Instant) -> Instant | None:
    """The deadline of a stage that is not paused for ever; a plan that a return makes needless has none."""
    within = incident.terms.promised()[stage].within
    waits = incident.matters.waits_by(until)
    limit = deadline(incident.outage.started_at, within, waits, until, incident.hours(stage))
    restored_at = incident.outage.restored_at
    is_needless = stage == "plan" and restored_at is not None and restored_at <= limit
    return None if is_needless or any(end is None for _, end in waits) else limit


def _repaired(incident: Incident) -> Instant | None:
    """When it was back and documented; by itself as soon as it was back for good."""
    documented = incident.times["documented_at"].earliest
    known = incident.outage.stable_known_at
    if documented is None or known is None:
        return None
    return max(known, documented)


def _ended(incident: Incident) -> Instant | None:
    ends = [at for at in (_repaired(incident), incident.retired_at) if at is not None]
    return min(ends, default=None)


def _first_copies(witness: Witness) -> Sent:
    sent: Sent = {}
    for copy in witness.accepted:
        scope, about, kind, _ = copy.mail.split("_")
        if scope == "incident":
            sent.setdefault((about, kind), {}).setdefault(copy.to, copy.at // 1000)
    return sent


def _planned(acts: Sequence[Act]) -> Instant | None:
    return next((act.at for act in acts if act.do == "plan"), None)


def _contacts(witness: Witness) -> list[str]:
    """Who is to be told of outages under every version of the contract."""
    versions = [version.contract.contacts.outages for version in read_versions(witness.contracts)]
    return [to for to in versions[0] if all(to in others for others in versions)]
