"""The mails that pauses, excuses and disputes ask for: since when each is true, and to whom it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from makegood.rules.instants import DAY_SECONDS, Instant
from makegood_simulator.reading_allowances import Disputing, Excusing
from makegood_simulator.reading_incidents import Incident

CLIENT, TECHNICIANS = 1, 2


@dataclass(frozen=True)
class MatterMail:
    """A kind of mail, since when it is due, to whom, and when it is no longer due if it has not left."""

    kind: str
    since: Instant
    to: int
    lapses_at: Instant | None = None


def matter_mails(incident: Incident, now: Instant) -> Iterator[MatterMail]:
    """What the acts on an incident have asked for by now."""
    for pause in incident.matters.pauses:
        name = f"pause-{pause.begun.at}"
        yield MatterMail(f"{name}-started", pause.begun.at, CLIENT)
        if pause.end <= now:
            yield MatterMail(f"{name}-ended", pause.end, CLIENT | TECHNICIANS)
    for excuse in incident.matters.excuses:
        yield from _of_excuse(excuse)
    for number, dispute in enumerate(incident.matters.disputes, start=1):
        yield from _of_dispute(f"dispute-{number}", dispute, now)


def is_matter_mail(kind: str) -> bool:
    return kind.startswith(("pause-", "excuse-", "dispute-"))


def _of_excuse(excuse: Excusing) -> Iterator[MatterMail]:
    name = f"excuse-{excuse.stage}-{excuse.number}"
    if excuse.asked.do == "ask":
        yield MatterMail(f"{name}-asked", excuse.asked.at, CLIENT | TECHNICIANS, excuse.approved_at)
    if excuse.approved_at is not None:
        yield MatterMail(f"{name}-granted", excuse.approved_at, CLIENT | TECHNICIANS)
    if excuse.revoked is not None:
        yield MatterMail(f"{name}-revoked", excuse.revoked.at, CLIENT | TECHNICIANS)


def _of_dispute(name: str, dispute: Disputing, now: Instant) -> Iterator[MatterMail]:
    decided_at = None if dispute.decided is None else dispute.decided.at
    end = now if decided_at is None else decided_at
    for days in range((end - dispute.opened.at) // DAY_SECONDS + 1):
        since = dispute.opened.at + days * DAY_SECONDS
        next_at = since + DAY_SECONDS
        lapses_at = next_at if decided_at is None else min(next_at, decided_at)
        kind = f"{name}-waits-{days}" if days else f"{name}-opened"
        yield MatterMail(kind, since, TECHNICIANS, lapses_at)
    if decided_at is not None:
        yield MatterMail(f"{name}-decided", decided_at, CLIENT | TECHNICIANS)
