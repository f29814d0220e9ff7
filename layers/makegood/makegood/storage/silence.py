"""The clock of a device's silence, by all that is on record of the device and of our own hearing."""

from __future__ import annotations

from collections.abc import Sequence

from makegood.rules.covering import uncovered
from makegood.rules.instants import Instant
from makegood.rules.intervals import Interval
from makegood.rules.maintenance import Work, notices, valid_windows
from makegood.rules.silence import Clock, clock_of
from makegood.storage.canary import hearing
from makegood.storage.contracts import Version
from makegood.storage.devices import Device


def gaps_of(device: Device, now: Instant) -> tuple[Interval, ...]:
    """When nobody could be heard since the device was, as known at `now`."""
    assert device.last_seen is not None
    return hearing(device.last_seen).unmonitored(now)


def silence_of(
    device: Device,
    now: Instant,
    unheard: Sequence[Interval],
    versions: Sequence[Version],
    works: Sequence[Work],
) -> Clock:
    """The clock of a device's present silence, with its maintenance among the client's `works`, the times in
    which it could not be heard, and those in which no contract promises anything."""
    assert device.last_seen is not None
    contracts = [version.contract for version in versions]
    maintained = valid_windows(works, notices(contracts), device.device, device.last_seen, now)
    windows = [*maintained, *uncovered(contracts)]
    return clock_of(device.last_seen, device.grace_seconds, maintenance=windows, unmonitored=unheard)
