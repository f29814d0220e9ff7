"""Whether a row of Devices believes a proof: its present token, its next one, or the agent that may vouch."""

from __future__ import annotations

import hmac

from makegood.rules.instants import Instant
from makegood.storage.devices import RETIRED, Device, find_device
from makegood.storage.writes import update_if
from presence import Proof


def find_proven(client: str, device: str, proof: Proof, now: Instant) -> Device | None:
    """The row, by a consistent read; None when there is none or the proof does not fit it.

    The first use of a rotated token ends the old one.
    """
    row = find_device(client, device)
    if row is None or not _is_proven(row, proof, now):
        return None
    if _is_next(row, proof):
        _promote_token(row, proof)
    return row


def _is_proven(row: Device, proof: Proof, now: Instant) -> bool:
    if row.state == RETIRED:
        return False
    if not proof.by_token:
        return row.via == proof.who
    expired = row.token_expires_at is not None and row.token_expires_at < now
    return (not expired and hmac.compare_digest(row.token_hash, proof.who)) or _is_next(row, proof)


def _is_next(row: Device, proof: Proof) -> bool:
    return proof.by_token and hmac.compare_digest(row.next_token_hash or "", proof.who)


def _promote_token(row: Device, proof: Proof) -> None:
    promoted = [
        Device.token_hash.set(proof.who),
        Device.next_token_hash.remove(),
        Device.token_expires_at.remove(),
    ]
    update_if(row, promoted, Device.next_token_hash == proof.who)
