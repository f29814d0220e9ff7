"""The silent stretches of an incident: which of its time counts as down, of which device."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from makegood.rules.instants import FOREVER, Instant
from makegood.rules.intervals import Interval
from makegood.rules.shapes import Fields, read_instant, refuse_before

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from makegood.rules.facts import IncidentFacts

SILENCE_FIELDS: Final = ("device", "from", "to")


@dataclass(frozen=True)
class Silence:
    """A stretch in which a device was not heard, from its last word to the next; an end of None is open."""

    device: str
    start: Instant
    end: Instant | None


def read_silences(
    fields: Fields, device: str, started_at: Instant, read_device: Callable[[object], str]
) -> tuple[Silence, ...]:
    """An incident's field `silences`; those of its own `device` begin with it or later."""
    return fields.tables("silences", SILENCE_FIELDS, partial(_read, device, started_at, read_device))


def down_times(incident: IncidentFacts, device: str, retired_at: Instant | None) -> Iterator[Interval]:
    """When the device was down by this incident, FOREVER standing for an end that is not known.

    The stretches that are on record of the device; without any its own incident counts as a whole.
    """
    own = device == incident.device
    restored_at = incident.restored_at if own else None
    silences = [silence for silence in incident.silences if silence.device == device]
    if own and not silences:
        silences = [Silence(device, incident.started_at, None)]
    for silence in silences:
        ends = (silence.end, restored_at, retired_at, FOREVER)
        yield Interval(silence.start, next(end for end in ends if end is not None))


def _read(device: str, started_at: Instant, read_device: Callable[[object], str], fields: Fields) -> Silence:
    silence = Silence(
        device=fields.required("device", read_device),
        start=fields.required("from", read_instant),
        end=fields.optional("to", read_instant, None),
    )
    refuse_before(fields, "to", silence.end, "from", silence.start)
    if silence.device == device:
        refuse_before(fields, "from", silence.start, "started_at", started_at)
    return silence
