"""Which statements are not out by their hour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from makegood.due import periods_due
from makegood.rules.instants import Instant, Period
from makegood.storage.contracts import Version, version_of_period
from makegood.storage.records import ClientEntry, ContractVersion

OVERDUE_SECONDS = 45 * 60
"""So long after its moment a statement is out: three ticks of the schedule that asks for it, and its mails.
With the quarter of an hour between two looks it is told before the hour is over."""


def overdue_periods(
    entry: ClientEntry, versions: Sequence[Version], now: Instant
) -> Iterator[tuple[Period, Version]]:
    """The client's periods whose statements should be out and are not, with their contracts."""
    for period in periods_due(entry, versions, now - OVERDUE_SECONDS):
        version = version_of_period(versions, period)
        if version is not None and not _is_new(entry.client, version, now):
            yield period, version


def _is_new(client: str, version: Version, now: Instant) -> bool:
    """A contract that is taken over may have statements due that nobody could have issued before."""
    applied = ContractVersion.get(client, f"contract#{version.contract.effective_from}", consistent_read=True)
    return applied.applied_at > now - OVERDUE_SECONDS
