"""Ends a client's contract on a day: nothing that was promised up to then changes, and nothing follows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from makegood.rules.contracts import Contract, parse_contract
from makegood.rules.instants import first_instant, local_date, period_bounds
from makegood.storage.adjusting import PAYMENT, adjustments_of
from makegood.storage.changes import Operator, RefusedError, change_client, known_client, one_after_another
from makegood.storage.contracts import Version, versions_of
from makegood.storage.records import ContractVersion


@dataclass(frozen=True)
class Ending:
    """How a contract ends; `withdrawn` are the first days of versions that would have begun later."""

    contract: Contract
    withdrawn: tuple[date, ...]
    changed: bool


def end_contract(client: str, last_day: date, operator: Operator, *, dry_run: bool = False) -> Ending:
    """Lets the client's contract end with this local day, the last that it covers; the same again changes
    nothing, and `dry_run` nothing at all.

    Raises RefusedError when the day is past or the contract ends before it.
    """
    return one_after_another(partial(_end, client, last_day, operator, dry_run=dry_run))


def _end(client: str, last_day: date, operator: Operator, *, dry_run: bool) -> Ending:
    entry = known_client(client)
    versions = versions_of(client)
    last = _last_version(client, versions, last_day, operator)
    until = last_day + timedelta(days=1)
    _refuse_unsettled(last.contract, until)
    written = {**last.written, "effective_until": until.isoformat()}
    withdrawn = [version for version in versions if version.contract.effective_from > last_day]
    changed = last.contract.effective_until != until or bool(withdrawn)
    ended = ContractVersion(
        client,
        _key(last),
        terms=written,
        applied_at=operator.at,
        applied_by=operator.who,
    )
    if changed and not dry_run:
        change_client(
            operator,
            entry,
            f"contract of {last.contract.effective_from} ends with {last_day}{_in_words(withdrawn)}",
            lambda transaction: transaction.save(ended),
            *(partial(_delete, ContractVersion(client, _key(version))) for version in withdrawn),
        )
    begins = tuple(version.contract.effective_from for version in withdrawn)
    return Ending(parse_contract(written), begins, changed)


def _last_version(client: str, versions: list[Version], last_day: date, operator: Operator) -> Version:
    """The version that covers the day; a past day, and one that none covers, is refused."""
    today = local_date(operator.at, versions[0].contract.zone)
    if last_day < today:
        raise RefusedError(
            f"{last_day} is past: what is covered up to today, {today}, cannot change any more. "
            f"The contract can end with {today} at the earliest."
        )
    begun = [version for version in versions if version.contract.effective_from <= last_day]
    if not begun:
        raise RefusedError(
            f"The contract of {client} begins on {versions[0].contract.effective_from}; it cannot end before."
        )
    until = begun[-1].contract.effective_until
    if until is not None and until <= last_day:
        raise RefusedError(
            f"The contract of {client} ends before {until} already; to prolong it, apply its file with "
            "another effective_until, or a new version."
        )
    return begun[-1]


def _refuse_unsettled(contract: Contract, until: date) -> None:
    """A correction that waits for a statement must not wait in vain."""
    end = first_instant(until, contract.zone)
    for entry in adjustments_of(contract.client):
        settled_in = entry.settled_in
        if settled_in != PAYMENT and period_bounds(settled_in, contract.zone)[0] >= end:
            raise RefusedError(
                f"A correction of {entry.period} stands on the statement of {settled_in}, which would not "
                f"come. The contract can end with {settled_in}-01 at the earliest."
            )


def _key(version: Version) -> str:
    return f"contract#{version.contract.effective_from}"


def _in_words(withdrawn: list[Version]) -> str:
    """For the audit trail: what is withdrawn, whole, since it is stored nowhere else any more."""
    told = [f"version {json.dumps(version.written)} withdrawn" for version in withdrawn]
    return "".join(f"; {each}" for each in told)


def _delete(version: ContractVersion, transaction: Any) -> None:
    transaction.delete(version)
