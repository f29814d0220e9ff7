"""Time in which we could not hear: neither up nor down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from makegood.rules.intervals import Interval
from makegood.rules.shapes import Fields, read_instant, refuse_before

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from makegood.rules.instants import Instant

UNMONITORED_FIELDS: Final = ("from", "to", "devices")


@dataclass(frozen=True)
class Unmonitored:
    """A time in which these devices could not be heard; none named means that nobody could."""

    start: Instant
    end: Instant
    devices: tuple[str, ...]


def read_unmonitored(fields: Fields, read_device: Callable[[object], str]) -> tuple[Unmonitored, ...] | None:
    """The facts' field `unmonitored`;
    None when they do not have it: then the statement says nothing of it either."""
    if "unmonitored" not in fields.names():
        return None
    return fields.tables("unmonitored", UNMONITORED_FIELDS, partial(_read, read_device))


def unmonitored_times(unmonitored: Iterable[Unmonitored], device: str) -> list[Interval]:
    """When a device could not be heard."""
    return [Interval(gap.start, gap.end) for gap in unmonitored if not gap.devices or device in gap.devices]


def _read(read_device: Callable[[object], str], fields: Fields) -> Unmonitored:
    gap = Unmonitored(
        start=fields.required("from", read_instant),
        end=fields.required("to", read_instant),
        devices=fields.items("devices", read_device),
    )
    refuse_before(fields, "to", gap.end, "from", gap.start)
    return gap
