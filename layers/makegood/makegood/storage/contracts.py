"""Contract versions of a client, and which of them is in force when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from makegood.rules.contracts import Contract, covered, parse_contract
from makegood.rules.instants import Instant, Period, local_date, period_bounds
from makegood.storage.records import CLIENTS, ClientEntry, ContractVersion


@dataclass(frozen=True)
class Version:
    """One version of a client's contract: as written, and as read."""

    written: dict[str, Any]
    contract: Contract


def versions_of(client: str) -> list[Version]:
    """Every version of the client's contract, oldest first; none for an unknown client."""
    stored = ContractVersion.query(client, ContractVersion.sk.startswith("contract#"), consistent_read=True)
    return [Version(version.terms, parse_contract(version.terms)) for version in stored]


def version_in_force(versions: Sequence[Version], at: Instant) -> Version | None:
    """The newest version that has begun, unless it has ended; None outside of every version."""
    newest = _newest_begun(versions, at)
    if newest is None:
        return None
    until = newest.contract.effective_until
    return None if until is not None and until <= local_date(at, newest.contract.zone) else newest


def version_nearest(versions: Sequence[Version], at: Instant) -> Version:
    """The version in force, else the last before, else the first after: whom to tell is always known."""
    return _newest_begun(versions, at) or versions[0]


def all_clients() -> list[ClientEntry]:
    """The directory of clients, by name."""
    return list(ClientEntry.query(CLIENTS, consistent_read=True))


def first_clients(begins: str, at_most: int) -> list[ClientEntry]:
    """The first of the clients whose keys begin so, by name (eventually consistent)."""
    within = ClientEntry.sk.startswith(begins) if begins else None
    return list(ClientEntry.query(CLIENTS, within, limit=at_most))


def _newest_begun(versions: Sequence[Version], at: Instant) -> Version | None:
    begun = [
        version
        for version in versions
        if version.contract.effective_from <= local_date(at, version.contract.zone)
    ]
    return begun[-1] if begun else None


def version_of_period(versions: Sequence[Version], period: Period) -> Version | None:
    """The version that covers some of the period; at most one, since later ones begin with a month."""
    for version in reversed(versions):
        starts_at, ends_at = period_bounds(period, version.contract.zone)
        begins, ends = covered(version.contract)
        if begins < ends_at:
            return version if ends is None or ends > starts_at else None
    return None
