"""As of when the sweep may judge: nothing that fell due after the newest proof that we can hear is opened."""

from __future__ import annotations

from collections.abc import Sequence

from aws_lambda_powertools import Logger

import own_beat
from census import heard_by_half, last_seen_of_devices
from makegood.rules.instants import Instant
from makegood.rules.intervals import Interval
from makegood.storage.canary import CLIENT, DEVICE, STALE_SECONDS, gaps_since, last_proof, prove
from makegood.storage.devices import find_device
from silence import RawItem

LATE_SECONDS = 90
"""A canary that was not heard for so long has missed a beat: it is asked whether the devices are heard."""

OK = 200

logger = Logger(child=True)


def gaps_of(silent: Sequence[RawItem]) -> tuple[Interval, ...]:
    """The gaps by which the silences of these rows are judged; without silent rows nothing is read."""
    seen = [int(row["last_seen"]["N"]) for row in silent if "N" in row.get("last_seen", {})]
    return gaps_since(min(seen)) if seen else ()


def judged_as_of(now: Instant) -> Instant:
    """The newest proof that we can hear, at most `now`; without any canary yet there is nothing to wait for.

    A canary that is broken itself does not blind us: as long as at least half of the devices are heard, their
    own heartbeats are the proof.
    """
    row = find_device(CLIENT, DEVICE)
    if row is None or row.last_seen is None:
        return now
    late = now - row.last_seen
    if late > LATE_SECONDS:
        heard_at = heard_by_half(last_seen_of_devices())
        if heard_at is not None and heard_at > row.last_seen:
            prove(row, min(heard_at, now))
            row.refresh(consistent_read=True)
            late = now - row.last_seen
    if late > STALE_SECONDS:
        logger.error("nobody is heard", extra={"seconds": late})
    return min(now, row.last_seen)


def proven_anew(as_of: Instant) -> Instant:
    """The newest proof after one more heartbeat of our own; `as_of`, the last one, when that is not heard.

    What is on record counts, also when it was the answer that did not come through.
    """
    try:
        status = own_beat.post_heartbeat(own_beat.own_token())
        if status != OK:
            logger.warning("our own heartbeat was refused", extra={"status": status})
    except Exception:
        logger.exception("our own heartbeat was not answered")
    return last_proof() or as_of
