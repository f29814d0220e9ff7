"""What left without a cause: a mail that tells what had not happened when SES took it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from makegood.rules.instants import Instant, format_instant
from makegood_simulator.reading_allowances import Wait
from makegood_simulator.reading_hours import before
from makegood_simulator.reading_incidents import Incident, deadline
from makegood_simulator.reading_ladder import alerted, involved, taken, turn_of
from makegood_simulator.reading_matters import is_matter_mail, matter_mails
from makegood_simulator.reading_outages import third_return
from makegood_simulator.witness import Accepted, Act, Milliseconds, Witness

DECIDED_SECONDS = 60
"""A mail was decided on so long before it left at most: a pause recorded later came too late for it."""


def early_mails(incidents: Iterable[Incident], witness: Witness, technicians: Sequence[str]) -> Iterator[str]:
    """One sentence for each mail about an incident that left before what it tells was so."""
    known = {incident.outage.incident: incident for incident in incidents}
    for mail in witness.accepted:
        scope, about, kind, _ = mail.mail.split("_")
        if scope == "incident":
            acts = [act for act in witness.acts if act.incident == about]
            if kind == "call":
                cause = _all_came_back(about, witness, mail.at) if about in known else None
            else:
                cause = _cause(known[about], kind, acts, _upwards(mail)) if about in known else None
                if cause is not None and not _is_theirs(known[about], mail, kind, acts, technicians):
                    cause = None
            if cause is None or _upwards(mail) < cause:
                since = "never" if cause is None else f"only from {format_instant(cause)}"
                yield f"{about}: {kind} left at {format_instant(_upwards(mail))}, and was so {since}"


def _cause(incident: Incident, kind: str, acts: Sequence[Act], at: Instant) -> Instant | None:
    """Since when a mail of this kind tells the truth; None: not at all, for what is known."""
    outage = incident.outage
    if is_matter_mail(kind):
        causes = {mail.kind: mail.since for mail in matter_mails(incident, at)}
        return causes.get(kind)
    stage, _, moment = kind.partition("-")
    if moment:
        overtaken = {
            act.at for act in acts if act.do == "pause" and act.recorded_at > (at - DECIDED_SECONDS) * 1000
        }
        waits = [wait for wait in incident.matters.waits_by(at) if wait[0] not in overtaken]
        return _limit(incident, stage, waits, at, moment)
    back = None if outage.restored_at is None else outage.restored_at + incident.terms.stable_for
    planned = next((act.at for act in acts if act.do == "plan"), None)
    documented = incident.times["documented_at"].earliest
    repaired = None if back is None or documented is None else max(back, documented)
    ended = min((end for end in (repaired, incident.retired_at) if end is not None), default=None)
    if kind.startswith(("flapping", "digest")):
        since = third_return(outage.returns)
        hours = int(kind.removeprefix("flapping").removeprefix("digest") or 0)
        return None if since is None else since + hours * 3600
    known = {"notice": outage.overdue_at, "alert": outage.overdue_at, "plan": planned}
    return {**known, "recovery": back, "closing": ended}[kind]


def _is_theirs(
    incident: Incident, mail: Accepted, kind: str, acts: Sequence[Act], technicians: Sequence[str]
) -> bool:
    """Whether an alert or a warning is for whom it went to: their turn had come, and nobody else had it."""
    stage, _, moment = kind.partition("-")
    if kind != "alert" and (not moment or stage not in ("notify", "plan", "repair")):
        return True
    if moment not in ("", "limit") and int(moment) not in incident.terms.warnings:
        return False
    turn = turn_of(incident, mail.to)
    if turn is None or _upwards(mail) < turn:
        return False
    known_by = mail.at - DECIDED_SECONDS * 1000
    first = involved(acts, known_by)
    if turn > incident.outage.started_at and first is not None and first < turn:
        return False
    has_it = taken(acts, known_by)
    quiet = moment not in ("", "limit") and has_it is not None and technicians
    ladder = [each.to for each in alerted(incident, acts, technicians) if each.at < known_by // 1000]
    return not quiet or mail.to == technicians[0] or technicians[0] not in ladder


def _all_came_back(about: str, witness: Witness, at: Milliseconds) -> Instant | None:
    """Since when the notice to everybody it was sent to by then had come back; the report follows in its own
    time."""
    name = f"incident_{about}_notice_"
    notices = {copy.mail for copy in witness.accepted if copy.mail.startswith(name) and copy.at <= at}
    back: dict[str, Instant] = {}
    for event in witness.events:
        if event.mail in notices and event.kind == "Bounce":
            at = -(-event.at // 1000)
            back[event.mail] = min(at, back.get(event.mail, at))
    return max(back.values()) if notices and back.keys() == notices else None


def _limit(incident: Incident, stage: str, waits: Sequence[Wait], at: Instant, moment: str) -> Instant | None:
    """When a stage's limit, or a share of its time, is over, by the pauses up to an instant."""
    terms = incident.terms.promised().get(stage)
    if terms is None:
        return None
    counted = [] if stage == "notify" else waits
    begun = [(start, end if end is None or end <= at else None) for start, end in counted if start <= at]
    hours = incident.hours(stage)
    due = deadline(incident.outage.started_at, terms.within, begun, at, hours)
    left = 0 if moment == "limit" else terms.within * (100 - int(moment)) // 100
    return due + 1 if moment == "limit" else before(hours, due, left)


def _upwards(mail: Accepted) -> Instant:
    return -(-mail.at // 1000)
