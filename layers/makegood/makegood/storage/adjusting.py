"""Facts that changed after their period may have been issued, and the corrections that came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pynamodb.expressions.update import Action

from makegood.rules.correcting import forgiven_of
from makegood.rules.instants import Instant, Period, period_bounds, period_of
from makegood.storage.records import UNSETTLED, Adjustment, Correction, Dirty, Incident
from makegood.storage.transactions import LostRaceError, Write, write_together
from makegood.storage.writes import update_if

PAYMENT = "payment"
"""Where a correction is settled when no statement follows: by a payment of its own."""

SKEW_SECONDS = 600
"""Clocks differ, and what was begun before a month's end may be written after it."""


def dirty(client: str, incident: str, reason: str, now: Instant) -> Write:
    """A fact of the incident changes at `now`; to be written in one transaction with the change itself.

    `reason` is what the client reads on the next statement if the change moves money, as a part of a sentence
    without its date: `the notice to owner@acme.example bounced`. Marking what no issued statement tells of
    does no harm, and the same mark twice is one.
    """
    digest = hashlib.sha256(reason.encode()).hexdigest()[:12]
    key = f"dirty#{now:010d}#{incident}#{digest}"
    mark = Dirty(client, key, incident=incident, reason=reason, at=now, open_shard=UNSETTLED, wake_at=now)
    return lambda transaction: transaction.save(mark)


def dirty_if_past(incident: Incident, zone: ZoneInfo, reason: str, now: Instant) -> tuple[Write, ...]:
    """The same once the incident's own month, by the contract's clocks, is over or about to be."""
    ends_at = period_bounds(period_of(incident.started_at, zone), zone)[1]
    if now < ends_at - SKEW_SECONDS:
        return ()
    return (dirty(incident.client, incident.incident, reason, now),)


def marks_of(client: str) -> Sequence[Dirty]:
    """The changes that have not been looked at, oldest first, by a consistent read."""
    unsettled = Dirty.settled_at.does_not_exist()
    return list(Dirty.query(client, Dirty.sk.startswith("dirty#"), unsettled, consistent_read=True))


def dirty_clients() -> list[str]:
    """The clients with a change that has not been looked at, by name (eventually consistent)."""
    return sorted({str(mark.pk) for mark in Dirty.unsettled.query(UNSETTLED)})


@dataclass(frozen=True)
class Corrections:
    """What was already corrected of a period: how often, by how much in all, and what of it was forgiven."""

    count: int
    cents: int
    forgiven: int = 0


@dataclass(frozen=True)
class NewAdjustment:
    """What a correction comes to, why, and whom to tell at once."""

    period: Period
    cents: int
    reason: str
    to: tuple[str, ...]
    recorded_at: Instant


def settle(mark: Dirty, now: Instant) -> None:
    """Notes that a mark was looked at and every period it may concern is reckoned."""
    settled: list[Action] = [Dirty.settled_at.set(now), Dirty.open_shard.remove(), Dirty.wake_at.remove()]
    update_if(mark, settled, Dirty.settled_at.does_not_exist())


def corrections_of(client: str, period: Period) -> Corrections:
    """The adjustments about a period so far, wherever they are settled."""
    try:
        lock = Correction.get(client, f"correction#{period}", consistent_read=True)
        count = lock.number
    except Correction.DoesNotExist:
        count = 0
    entries = adjustments_about(client, period)
    apart = [entry.cents for entry in entries if entry.settled_in == PAYMENT]
    return Corrections(count, sum(entry.cents for entry in entries), forgiven_of(apart))


def adjustments_about(client: str, period: Period) -> list[Adjustment]:
    """The corrections of a period; those settled in one place by their numbers."""
    return [entry for entry in adjustments_of(client) if entry.period == period]


def adjustments_of(client: str) -> list[Adjustment]:
    return list(Adjustment.query(client, Adjustment.sk.startswith("adjustment#"), consistent_read=True))


def record_adjustment(client: str, settled_in: str, entry: NewAdjustment, known: Corrections) -> bool:
    """Records one more adjustment of a period, settled in a later one or by PAYMENT.

    False when another was recorded since `known` was read. One correction at a time: two that were reckoned
    from the same past would count a change twice.
    """
    number = known.count + 1
    adjustment = Adjustment(
        client,
        f"adjustment#{settled_in}#{entry.period}#{number:04d}",
        period=entry.period,
        cents=entry.cents,
        reason=entry.reason,
        number=number,
        recorded_at=entry.recorded_at,
        to=list(entry.to),
    )
    lock = Correction(client, f"correction#{entry.period}", number=number)
    unchanged = Correction.number == known.count if known.count else Correction.sk.does_not_exist()
    try:
        write_together(
            lambda transaction: transaction.save(adjustment, condition=Adjustment.sk.does_not_exist()),
            lambda transaction: transaction.save(lock, condition=unchanged),
        )
    except LostRaceError:
        return False
    return True
