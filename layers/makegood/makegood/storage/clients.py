"""Applies a version of a client's contract."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from makegood.rules.contracts import Contract, ContractError, parse_contract
from makegood.rules.noticing import unkeepable
from makegood.rules.shapes import Problem
from makegood.rules.versions import Change, judge_version, period_of_start
from makegood.storage.canary import CLIENT as CANARY
from makegood.storage.changes import Operator, change_client, create_client, find_client, one_after_another
from makegood.storage.contracts import Version, versions_of
from makegood.storage.devices import RETIRED, devices_of
from makegood.storage.records import CLIENTS, ClientEntry, ContractVersion


@dataclass(frozen=True)
class _Application:
    """Who wants which contract: as written, and as read."""

    written: dict[str, Any]
    contract: Contract
    operator: Operator
    dry_run: bool


@dataclass(frozen=True)
class Applied:
    """What applying a contract file did, or would do; `before` is what holds on its first day without it."""

    change: Change
    before: Version | None


def apply_contract(
    written: dict[str, Any], operator: Operator, detection_seconds: int, *, backdated: bool = False
) -> Change:
    """Makes the contract file, as JSON, a version of its client's contract; the same again changes nothing.

    Raises ContractError when the file is wrong, when its terms cannot be kept with the devices enrolled, or
    when it would change what was promised before.
    """
    return apply_and_compare(written, operator, detection_seconds, backdated=backdated).change


def apply_and_compare(
    written: dict[str, Any],
    operator: Operator,
    detection_seconds: int,
    *,
    backdated: bool = False,
    dry_run: bool = False,
) -> Applied:
    """The same, with what it replaces or follows; `dry_run` refuses alike, but writes nothing."""
    wanted = _Application(written, parse_contract(written), operator, dry_run)
    return one_after_another(partial(_apply, wanted, detection_seconds, backdated=backdated))


def _apply(wanted: _Application, detection_seconds: int, *, backdated: bool) -> Applied:
    contract = wanted.contract
    if problems := problems_of_client(contract):
        raise ContractError(problems)
    entry = find_client(contract.client)
    versions = versions_of(contract.client)
    known = [version.contract for version in versions]
    unissued = entry.next_period if entry else None
    change = judge_version(contract, known, unissued, wanted.operator.at, backdated=backdated)
    if change in (Change.CREATED, Change.ADDED, Change.REPLACED):
        _refuse_unkeepable(contract, detection_seconds)
    if change is not Change.UNCHANGED and not wanted.dry_run:
        _write(wanted, entry, versions, change)
    return Applied(change, _before(contract, versions))


def problems_of_client(contract: Contract) -> list[Problem]:
    """A name that no client can have."""
    own = f"must be another name: {CANARY} is the deployment's own"
    return [Problem("client", own)] if contract.client == CANARY else []


def _before(contract: Contract, versions: Sequence[Version]) -> Version | None:
    """The version of the same day, else the one that runs until then; a first one follows nothing."""
    earlier = [version for version in versions if version.contract.effective_from <= contract.effective_from]
    return earlier[-1] if earlier else None


def _refuse_unkeepable(contract: Contract, detection_seconds: int) -> None:
    graces = [device.grace_seconds for device in devices_of(contract.client) if device.state != RETIRED]
    problems = unkeepable(contract, max(graces, default=0), detection_seconds)
    if problems:
        raise ContractError(problems)


def _write(wanted: _Application, entry: ClientEntry | None, versions: list[Version], change: Change) -> None:
    contract = wanted.contract
    version = ContractVersion(
        contract.client,
        f"contract#{contract.effective_from}",
        terms=wanted.written,
        applied_at=wanted.operator.at,
        applied_by=wanted.operator.who,
    )
    what = f"contract of {contract.effective_from} {change}{_differences(wanted, versions)}"
    first = period_of_start(contract)
    if entry is None:
        new = ClientEntry(CLIENTS, contract.client, name=contract.name, next_period=first)
        create_client(wanted.operator, new, what, lambda transaction: transaction.save(version))
        return
    goes_in_front = contract.effective_from < versions[0].contract.effective_from
    named = ClientEntry.name.set(contract.name)
    also = [named, ClientEntry.next_period.set(first)] if goes_in_front else [named]
    change_client(wanted.operator, entry, what, lambda transaction: transaction.save(version), also=also)


def _differences(wanted: _Application, versions: list[Version]) -> str:
    """What the version said before and says now, field by field, for the audit trail."""
    now = wanted.written
    start = wanted.contract.effective_from
    before = next((v.written for v in versions if v.contract.effective_from == start), now)
    changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    told = [f"{key} {json.dumps(before.get(key))} -> {json.dumps(now.get(key))}" for key in changed]
    return f": {'; '.join(told)}" if told else ""
