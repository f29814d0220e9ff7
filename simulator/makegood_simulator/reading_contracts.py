"""Which version of the contract counts when, read from the versions that were applied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from makegood.rules.contracts import Contract, parse_contract
from makegood.rules.instants import Instant, Period, local_date, period_bounds

Json = dict[str, Any]


@dataclass(frozen=True)
class Version:
    """One version of a contract, as written (in JSON) and as understood."""

    written: Json
    contract: Contract

    @property
    def outages(self) -> Json:
        """Its terms of outages as written; empty when it promises none."""
        return self.written.get("outages") or {}


def read_versions(contracts: Iterable[Mapping[str, Any]]) -> list[Version]:
    """The versions by the day they take effect; of two for one day the one applied last."""
    versions = [Version(_as_json(written), parse_contract(written)) for written in contracts]
    by_day = {version.contract.effective_from: version for version in versions}
    return [by_day[day] for day in sorted(by_day)]


def version_at(versions: list[Version], at: Instant) -> Version:
    """The version in force on the instant's local day; where none is, the last before, else the first."""
    begun = [
        version
        for version in versions
        if version.contract.effective_from <= local_date(at, version.contract.zone)
    ]
    return begun[-1] if begun else versions[0]


def terms_of_period(versions: list[Version], period: Period) -> Json | None:
    """The contract as the period's facts carry it; None when no version covers any of the period.

    What an incident owes from an earlier version stays owed, so it begins with the first of the unbroken run
    of versions that leads to the one in force.
    """
    last_day = _last_day(period, versions)
    begun = [version for version in versions if version.contract.effective_from <= last_day]
    if not begun or _is_over(begun[-1], date.fromisoformat(f"{period}-01")):
        return None
    written = {**begun[-1].written, "effective_from": _run_begins(begun).isoformat()}
    if begun[-1].contract.effective_until in [version.contract.effective_from for version in versions]:
        del written["effective_until"]  # the client stays
    return {**written, "outages": judged(written["outages"])} if written.get("outages") else written


def return_of(versions: list[Version], period: Period) -> str | None:
    """The day on which a contract that ends begins again, as the period's facts carry it; None for never.

    On the day of the end itself it has not ended: the client stays.
    """
    last_day = _last_day(period, versions)
    begun = [version for version in versions if version.contract.effective_from <= last_day]
    until = begun[-1].contract.effective_until
    if until is None:
        return None
    later = (version.contract.effective_from for version in versions)
    begins = next((day for day in later if day >= until), until)
    return None if begins == until else begins.isoformat()


def judged(outages: Json) -> Json:
    """The terms of outages without what only the provider's people are concerned with."""
    return {name: said for name, said in outages.items() if name not in ("warnings", "escalation")}


def _last_day(period: Period, versions: list[Version]) -> date:
    zone = versions[0].contract.zone
    return local_date(period_bounds(period, zone)[1] - 1, zone)


def _is_over(version: Version, day: date) -> bool:
    until = version.contract.effective_until
    return until is not None and until <= day


def _run_begins(begun: list[Version]) -> date:
    begins = begun[-1].contract.effective_from
    for earlier in reversed(begun[:-1]):
        until = earlier.contract.effective_until
        if until is not None and until < begins:
            break
        begins = earlier.contract.effective_from
    return begins


def _as_json(written: Mapping[str, Any]) -> Json:
    """As its file says it, where YAML may have made dates of what looks like one."""
    plain: Json = json.loads(json.dumps(written, default=str))
    return plain
