"""Whether so many devices fell silent at once that it may be us, although the canary is heard."""

from __future__ import annotations

from collections.abc import Sequence

from aws_lambda_powertools import Logger

from census import last_seen_of_devices
from makegood.rules.instants import Instant
from makegood.rules.silence import Clock
from makegood.storage.devices import UP, Device
from makegood.storage.holds import begin_hold, last_hold
from makegood.storage.records import Hold

TWO_SWEEPS = 120
LEAST_CLIENTS = 2
A_QUARTER = 4
MOST_OTHER_ROWS = 25
"""Devices are counted only when those that fell silent are at least one in so many of all rows: a count reads
the whole table once more, and no more rows than that are retired, or feeds."""

Silence = tuple[Device, Clock]

logger = Logger(child=True)


def hold_for(silences: Sequence[Silence], as_of: Instant, now: Instant, rows: int) -> Hold | None:
    """The hold that applies to these silences: one in force, or one that begins with them.

    It begins when the devices that fell due within two sweeps are a quarter of all and of at least two
    clients, whether the last sweep already opened their incidents or not. What an earlier hold held back is
    not held again. `rows` is how many rows the sweep looked at.
    """
    if not any(device.state == UP for device, _ in silences):
        return None
    hold = last_hold()
    if hold is not None and now <= hold.until:
        logger.error("held", extra={"silent": hold.silent, "devices": hold.devices, "until": hold.until})
        return hold
    since = max(as_of - TWO_SWEEPS, 0 if hold is None else hold.until)
    fresh = [device for device, clock in silences if clock.due > since]
    if len({device.client for device in fresh}) < LEAST_CLIENTS or len(fresh) * MOST_OTHER_ROWS < rows:
        return None
    devices = last_seen_of_devices().total() + sum(device.state != UP for device in fresh)
    if len(fresh) * A_QUARTER < devices:
        return None
    hold = begin_hold(since, now, len(fresh), devices)
    logger.error("held", extra={"silent": hold.silent, "devices": hold.devices, "until": hold.until})
    return hold
