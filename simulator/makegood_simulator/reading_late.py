"""What left too late, or never: the mails that a plan, a limit or a return asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from makegood.rules.instants import Instant, format_instant
from makegood_simulator.reading_incidents import Incident, deadline
from makegood_simulator.witness import Act, Milliseconds, Witness

Sent = dict[tuple[str, str], dict[str, Instant]]
"""By incident and kind of mail: to whom, and when SES took the first copy."""


def late_mails(
    incidents: Iterable[Incident],
    witness: Witness,
    technicians: Sequence[str],
    now_ms: Milliseconds,
    lag_seconds: int,
) -> Iterator[str]:
    """One sentence for each mail of these incidents that left later than `lag_seconds` after it was due."""
    sent = _first_copies(witness)
    for incident in incidents:
        acts = [act for act in witness.acts if act.incident == incident.outage.incident]
        due = [
            *_due(incident, acts, technicians, now_ms // 1000, lag_seconds),
            *_unreached(incident, witness, technicians, now_ms // 1000, lag_seconds),
        ]
        for kind, since, people in due:
            yield from _judge(incident.outage.incident, kind, since + lag_seconds, people, sent)


def _judge(name: str, kinds: str, until: Instant, people: Sequence[str | None], sent: Sent) -> Iterator[str]:
    """At least one of the kinds has to have left by then: to these people, or else to anybody."""
    copies = [copy for kind in kinds.split("|") for copy in sent.get((name, kind), {}).items()]
    for person in people or (None,):
        times = [at for to, at in copies if person in (None, to)]
        if min(times, default=until + 1) > until:
            left = format_instant(min(times)) if times else "never"
            who = f" to {person}" if person else ""
            yield f"{name}: {kinds}{who} was to leave by {format_instant(until)} and is late: it left {left}"


def _due(
    incident: Incident, acts: Sequence[Act], technicians: Sequence[str], now: Instant, lag: int
) -> Iterator[tuple[str, Instant, Sequence[str | None]]]:
    """Which mails were due since when, and to whom; what is due since less than the lag is left out."""
    outage = incident.outage
    planned = next((act.at for act in acts if act.do == "plan"), None)
    if planned is not None and planned + lag < now:
        yield "plan", planned, ()
    if outage.stable_known_at is not None and outage.stable_known_at + lag < now:
        yield "recovery|closing", outage.stable_known_at, ()
    for stage, done in (("plan", planned), ("repair", _repaired(incident))):
        if stage in incident.terms.promised():
            limit = _limit(incident, stage, now if done is None else done)
            ends = [at for at in (done, now, _ended(incident)) if at is not None]
            if limit is not None and limit + lag < min(ends):
                yield f"{stage}-limit", limit, technicians


def _unreached(
    incident: Incident, witness: Witness, technicians: Sequence[str], now: Instant, lag: int
) -> Iterator[tuple[str, Instant, Sequence[str | None]]]:
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
    since = max([incident.outage.started_at + notify.within, *reports])
    ended = _ended(incident)
    if since + lag < (now if ended is None else min(now, ended)):
        yield "notify-limit", since, technicians


def _limit(incident: Incident, stage: str, until: Instant) -> Instant | None:
    """The deadline of a stage that is not paused for ever; a plan that a return makes needless has none."""
    within = incident.terms.promised()[stage].within
    limit = deadline(incident.outage.started_at, within, incident.waits, until)
    restored_at = incident.outage.restored_at
    is_needless = stage == "plan" and restored_at is not None and restored_at <= limit
    return None if is_needless or any(end is None for _, end in incident.waits) else limit


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
