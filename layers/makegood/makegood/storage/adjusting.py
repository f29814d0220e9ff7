"""Facts that changed after their period may have been issued, and the corrections that came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from makegood.rules.instants import Instant
from makegood.storage.records import Dirty
from makegood.storage.transactions import Write


def dirty(client: str, incident: str, reason: str, now: Instant) -> Write:
    """A fact of the incident changes at `now`; to be written in one transaction with the change itself.

    `reason` is what the client reads on the next statement if the change moves money, as a part of a sentence
    without its date: `the notice to owner@acme.example bounced`. Marking what no issued statement tells of
    does no harm, and the same mark twice is one.
    """
    digest = hashlib.sha256(reason.encode()).hexdigest()[:12]
    key = f"dirty#{now:010d}#{incident}#{digest}"
    mark = Dirty(client, key, incident=incident, reason=reason, at=now)
    return lambda transaction: transaction.save(mark)


def marks_of(client: str) -> Sequence[Dirty]:
    """The changes that have not been looked at, oldest first, by a consistent read."""
    return list(Dirty.query(client, Dirty.sk.startswith("dirty#"), consistent_read=True))
