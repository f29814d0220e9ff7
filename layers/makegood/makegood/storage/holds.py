"""A mass silence: how long the sweep waits before it calls one an outage, and what came back meanwhile."""

from __future__ import annotations

from collections.abc import Container

from makegood.rules.instants import Instant, format_instant
from makegood.rules.silence import Clock
from makegood.storage.devices import UP, Device
from makegood.storage.incidents import heard
from makegood.storage.records import Hold, Unheard
from makegood.storage.transactions import LostRaceError, write_together
from makegood.storage.writes import put_if

HOLDS = "HOLDS"
"""The partition of the holds: in capitals, so that it is no client's."""

HOLD_SECONDS = 300


def last_hold() -> Hold | None:
    """The newest hold, over or not (consistent read)."""
    found = Hold.query(HOLDS, scan_index_forward=False, limit=1, consistent_read=True)
    return next(iter(found), None)


def begin_hold(since: Instant, now: Instant, silent: int, devices: int) -> Hold:
    """Holds back, for five minutes, whatever fell or falls due after `since`."""
    until = now + HOLD_SECONDS
    hold = Hold(
        HOLDS, f"hold#{until:010d}", since=since, began=now, until=until, silent=silent, devices=devices
    )
    put_if(hold, Hold.sk.does_not_exist())
    return hold


def is_held(hold: Hold | None, clock: Clock, now: Instant) -> bool:
    """Whether this silence is not called an outage yet at `now`."""
    return hold is not None and hold.since < clock.due and now <= hold.until


def forgive(row: Device, clock: Clock, at: Instant) -> bool:
    """The device was heard again while its silence was held back: it was no outage, and its time is kept as
    one in which it could not be heard. False when the row has changed since it was read."""
    assert row.last_seen is not None
    gap = Unheard(row.client, _key(at, row.device), device=row.device, start=clock.start, end=at)
    silent = (Device.state == UP) & (Device.last_seen == row.last_seen)
    try:
        write_together(
            lambda transaction: transaction.update(row, actions=heard(row, at), condition=silent),
            lambda transaction: transaction.save(gap),
        )
    except LostRaceError:
        return False
    row.refresh(consistent_read=True)
    return True


def unheard_facts(
    client: str, devices: Container[str], starts_at: Instant, ends_at: Instant
) -> list[dict[str, object]]:
    """What was forgiven of these devices in a period, as facts."""
    found = Unheard.query(client, Unheard.sk.between(_key(starts_at, ""), "unheard#~"), consistent_read=True)
    return [
        {"from": format_instant(gap.start), "to": format_instant(gap.end), "devices": [gap.device]}
        for gap in found
        if gap.device in devices and gap.start < ends_at
    ]


def _key(end: Instant, device: str) -> str:
    return f"unheard#{end:010d}#{device}"
