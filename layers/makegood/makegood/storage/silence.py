"""Whether a device's silence is an outage, by all that is on record: the one answer for all who ask."""

from __future__ import annotations

from collections.abc import Sequence

from makegood.rules.instants import Instant
from makegood.rules.intervals import Interval
from makegood.rules.silence import Clock, clock_of
from makegood.storage.canary import hearing
from makegood.storage.devices import Device
from makegood.storage.maintenance import valid_windows


def silence_of(device: Device, now: Instant, gaps: Sequence[Interval] | None = None) -> Clock:
    """The clock of a device's present silence.

    `gaps` are those in which nobody could be heard, as known at `now`; who looks at many devices reads them
    once for all, as far back as the one that was heard the longest ago.
    """
    assert device.last_seen is not None
    unmonitored = hearing(device.last_seen).unmonitored(now) if gaps is None else gaps
    windows = valid_windows(device.client, device.device, device.last_seen, now)
    return clock_of(device.last_seen, device.grace_seconds, maintenance=windows, unmonitored=unmonitored)


def outage_start(device: Device, now: Instant, gaps: Sequence[Interval] | None = None) -> Instant | None:
    """When the outage began that the device's silence is at `now`; None when it is none (yet)."""
    clock = silence_of(device, now, gaps)
    return clock.start if clock.is_overdue(now) else None
