"""The canary: the newest proof that we can hear, and the gaps in which nobody could be heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from makegood.rules.instants import Instant, format_instant
from makegood.rules.intervals import Interval
from makegood.storage.devices import NEW, UP, Device, find_device
from makegood.storage.incidents import heard
from makegood.storage.records import Gap
from makegood.storage.transactions import LostRaceError, write_together
from makegood.storage.writes import put_if, update_if

CLIENT = "canary"
DEVICE = "canary"
"""A name that no client can have: contracts of it are refused, so nothing can be enrolled for it."""

EVERY_SECONDS = 60
STALE_SECONDS = 150
"""Without a proof for longer than this, nobody could be heard since the last one. The canary beats somewhere
within every minute, so two of its beats can lie nearly two minutes apart."""

GAPS = "GAPS"
"""The partition of the gaps: in capitals, so that it is no client's."""


@dataclass(frozen=True)
class Hearing:
    """What is known of our ability to hear: the newest proof of it, and the gaps before.

    `heard_at` is None until a canary was first heard: then nothing is known against it.
    """

    heard_at: Instant | None
    gaps: tuple[Interval, ...]

    def unmonitored(self, now: Instant) -> tuple[Interval, ...]:
        """The gaps as they were known at `now`, with the one that had not ended then.

        What has become known since changes nothing, so whoever judges late judges as at the time.
        """
        ended = tuple(gap for gap in self.gaps if gap.end <= now)
        lasting = [gap.start for gap in self.gaps if gap.start < now < gap.end]
        heard_at = lasting[0] if lasting else self.heard_at
        if heard_at is None or now - heard_at <= STALE_SECONDS:
            return ended
        return (*ended, Interval(heard_at, now))


def last_proof() -> Instant | None:
    """When it was last proven that we can hear (consistent read); None when it never was."""
    row = find_device(CLIENT, DEVICE)
    return None if row is None else row.last_seen


def hearing(since: Instant) -> Hearing:
    """The newest proof, and every gap that ended at or after `since`.

    A gap is written together with the proof that ends it: the proof is read first, so none is missed.
    """
    heard_at = last_proof()
    return Hearing(heard_at, gaps_since(since) if heard_at is not None else ())


def gaps_since(since: Instant) -> tuple[Interval, ...]:
    """Every gap that ended at or after `since`, in order."""
    found = Gap.query(GAPS, Gap.sk >= gap_key(since), consistent_read=True)
    return tuple(Interval(gap.start, gap.end) for gap in found)


def unmonitored_facts(starts_at: Instant, ends_at: Instant, as_of: Instant) -> list[dict[str, object]]:
    """The time in a period in which nobody could be heard: each gap from when its next proof was awaited.

    Until then all was as ever, so ten minutes in which no beat comes through count as ten.
    """
    gaps = hearing(starts_at).unmonitored(as_of)
    times = [Interval(gap.start + EVERY_SECONDS, gap.end) for gap in gaps]
    return [
        {"from": format_instant(time.start), "to": format_instant(time.end)}
        for time in times
        if time.start < ends_at
    ]


def is_canary(row: Device) -> bool:
    return row.client == CLIENT


def prove(row: Device, at: Instant) -> bool:
    """Makes `at` the newest proof that we can hear, and what lies behind it a gap, if it is too long for two
    beats; False when the canary's row has changed since it was read."""
    assert row.last_seen is not None
    unchanged = (Device.state == UP) & (Device.last_seen == row.last_seen)
    if at - row.last_seen <= STALE_SECONDS:
        return update_if(row, heard(row, at), unchanged)
    gap = Gap(GAPS, gap_key(at), start=row.last_seen, end=at)
    try:
        write_together(
            lambda transaction: transaction.update(row, actions=heard(row, at), condition=unchanged),
            lambda transaction: transaction.save(gap, condition=Gap.sk.does_not_exist()),
        )
    except LostRaceError:
        return False
    row.refresh(consistent_read=True)
    return True


def register(token_hash: str) -> None:
    """Makes the canary's row, or gives it its present token."""
    row = canary_row(token_hash, state=NEW)
    if not put_if(row, Device.device.does_not_exist()):
        update_if(row, [Device.token_hash.set(token_hash)], Device.token_hash != token_hash)


def canary_row(token_hash: str, **more: Any) -> Device:
    """The canary among the devices."""
    return Device(
        CLIENT,
        DEVICE,
        kind="canary",
        name="The deployment's own heartbeat",
        zone="UTC",
        grace_seconds=STALE_SECONDS,
        token_hash=token_hash,
        **more,
    )


def gap_key(end: Instant) -> str:
    return f"gap#{end:010d}"
