"""The mails that pauses and excuses ask for: since when each is true, and to whom it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from makegood.rules.instants import Instant
from makegood_simulator.reading_incidents import Incident
from makegood_simulator.witness import Act


@dataclass(frozen=True)
class MatterMail:
    """A kind of mail, since when it is due, and whether technicians get it too."""

    kind: str
    since: Instant
    to_technicians: bool


def matter_mails(incident: Incident, acts: Sequence[Act], now: Instant) -> Iterator[MatterMail]:
    """What the acts on an incident have asked for by now."""
    for start, end in incident.waits:
        yield MatterMail(f"pause-{start}-started", start, to_technicians=False)
        if end is not None and end <= now:
            yield MatterMail(f"pause-{start}-ended", end, to_technicians=True)
    numbers: Counter[str] = Counter()
    for act in acts:
        if act.do == "excuse":
            stage = act.details["stage"]
            numbers[stage] += 1
            yield MatterMail(f"excuse-{stage}-{numbers[stage]}-granted", act.at, to_technicians=True)


def is_matter_mail(kind: str) -> bool:
    return kind.startswith(("pause-", "excuse-"))
