"""Whose silence it is, as the specification has it: that of a device, or of the agent it is seen by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from makegood.rules.instants import FOREVER, Instant, format_instant, parse_instant

CERTAIN_SECONDS = 5
"""A beat in time may be on its way for so long: only after that an agent is silent for certain."""


@dataclass(frozen=True)
class Stretch:
    """A time in which a device was silent for longer than it may, from its last word until its next one.

    That is rounded down `end` and rounded up `end_up`, None while it still is silent. `due` is the last
    instant at which it would have been in time, `incident` the one it counts by.
    """

    device: str
    start: Instant
    due: Instant
    incident: str
    end: Instant | None = None
    end_up: Instant | None = None

    def is_certain(self, at: Instant) -> bool:
        return (self.end is not None and self.end <= at) or at > self.due + CERTAIN_SECONDS


@dataclass(frozen=True)
class Behind:
    """When a device is due for all that its agent was silent, and the incident that holds it."""

    due: Instant
    incident: str | None


def behind(due: Instant, grace: int, at: Instant, stretches: Iterable[Stretch]) -> Behind:
    """Each of its agent's silences that began by then leaves the device one grace from its end on."""
    incident = None
    for stretch in stretches:
        if not stretch.is_certain(at) or stretch.start > due:
            continue
        lasts = stretch.end is None or stretch.end_up is None or stretch.end > at
        until = FOREVER if lasts or stretch.end_up is None else stretch.end_up + grace
        if due < until:
            due, incident = until, incident or stretch.incident
    return Behind(due, incident)


def wrong_silences(
    row: dict[str, Any],
    stretches: Iterable[Stretch],
    retired: set[str],
    is_announced: Callable[[str, Instant], bool],
) -> Iterator[str]:
    """What an incident's row says otherwise of the silences that are over: of its own device, and others.

    `is_announced` says whether a silence of a device since an instant was due in announced maintenance:
    behind a silent agent it may be on record, since none of that time counts as down either way.
    """
    own = row["device"]
    said = [(s["device"], s["from"], s["to"]) for s in row.get("silences", ()) if s["to"] is not None]
    if all(device != own for device, _, _ in said) and row["restored_at"] is not None:
        said.append((own, row["started_at"], row["restored_at"]))
    expected = {
        (each.device, format_instant(each.start), format_instant(each.end_up))
        for each in stretches
        if each.incident == row["incident"] and each.end_up is not None
    }
    # One that ends with a retirement is on record as ended or as open, which comes to the same.
    differing = {each for each in expected.symmetric_difference(said) if each[2] not in retired}
    extra = differing - expected
    differing -= {each for each in extra if each[0] != own and is_announced(each[0], parse_instant(each[1]))}
    if differing:
        name, happened = row["incident"], sorted(expected)
        yield f"incident {name}: the facts say silent {sorted(said)}, what happened says {happened}"
