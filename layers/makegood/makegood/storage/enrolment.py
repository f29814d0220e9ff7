"""Devices come and go: enrolled with a token, given a new one, retired."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pynamodb.expressions.update import Action

from makegood.rules.contracts import Contract, read_name
from makegood.rules.instants import Instant
from makegood.rules.names import DEVICE
from makegood.rules.noticing import longest_grace
from makegood.rules.shapes import did_you_mean
from makegood.rules.silence import OVERTAKE_SECONDS
from makegood.rules.tokens import SECRET_BYTES, make_token, token_hash
from makegood.storage.changes import (
    Operator,
    RefusedError,
    change_client,
    known_client,
    one_after_another,
)
from makegood.storage.contracts import Version, version_in_force, versions_of
from makegood.storage.devices import NEW, RETIRED, RUNNING, UP, Device, find_device, rows_of
from makegood.storage.feeds import fail_overdue
from makegood.storage.incidents import open_incident, waking
from makegood.storage.records import Incident, Record
from makegood.storage.silences import silence_at_retirement
from makegood.storage.sites import Sites
from makegood.storage.transactions import LostRaceError

OLD_TOKEN_SECONDS = 86_400
"""How long the old token is good for at most, once there is a new one."""

MOST_WOKEN = 90
"""A transaction takes 100 writes; incidents beyond that notice within hours that their device retired."""

KIND = r"[a-z0-9-]{1,32}"


@dataclass(frozen=True)
class Enrolment:
    """A device that is to send heartbeats, or that `via` vouches for."""

    client: str
    device: str
    kind: str
    name: str
    grace_seconds: int
    via: str | None = None
    practices: tuple[str, ...] = ()


def enroll(wanted: Enrolment, operator: Operator, detection_seconds: int) -> str:
    """Enrolls the device and returns its token, of which only the hash is kept.

    RefusedError says everything that is wrong.
    """
    return one_after_another(partial(_enroll, wanted, operator, detection_seconds))


def rotate(client: str, device: str, operator: Operator, *, revoke: bool) -> str:
    """Gives the device a new token and returns it.

    The old one is good until the new one's first use and for a day at most; `revoke` ends it at once. Of two
    who do this at one moment one is refused, so that no token just shown is void without a word.
    """
    seen = known_device(client, device)
    return one_after_another(partial(_rotate, seen, operator, revoke=revoke))


def retire(client: str, device: str, operator: Operator) -> list[Incident]:
    """Retires the device for ever; returns its open incidents, whose timers are to be started.

    Retiring it again changes nothing and returns them again.
    """
    return one_after_another(partial(_retire, client, device, operator))


def known_device(client: str, device: str) -> Device:
    """The device, or the feed; RefusedError when there is none."""
    row = find_device(client, device)
    if row is None:
        hint = did_you_mean(device, [known.device for known in rows_of(client)])
        raise RefusedError(f"There is no device {device} of {client}{hint}.")
    return row


def _enroll(wanted: Enrolment, operator: Operator, detection_seconds: int) -> str:
    entry = known_client(wanted.client)
    versions = versions_of(wanted.client)
    known = {row.device: row for row in rows_of(wanted.client)}
    problems = list(problems_of_enrolment(wanted, versions, known, operator.at, detection_seconds))
    if problems:
        raise RefusedError("\n".join(problems))
    token = new_token(wanted.client, wanted.device)
    row = new_row(wanted, token, contract_in_force(wanted.client, versions, operator.at).contract.timezone)
    change_client(
        operator,
        entry,
        f"device {wanted.device} enrolled",
        lambda transaction: transaction.save(row, condition=Device.device.does_not_exist()),
    )
    return token


def problems_of_enrolment(
    wanted: Enrolment,
    versions: Sequence[Version],
    known: Mapping[str, Device],
    now: Instant,
    detection_seconds: int,
) -> Iterator[str]:
    """Everything that is wrong with an enrolment among the client's `known` devices.

    Raises RefusedError when no contract is in force.
    """
    in_force = contract_in_force(wanted.client, versions, now)
    not_over = [version.contract for version in versions[versions.index(in_force) :]]
    yield from problems_of_names(wanted.device, wanted.kind, wanted.name)
    yield from _problems_with_devices(wanted, known)
    yield from _problems_with_contracts(wanted, not_over, detection_seconds)


def contract_in_force(client: str, versions: Sequence[Version], now: Instant) -> Version:
    """The version by which things can be enrolled; RefusedError when there is none."""
    in_force = version_in_force(versions, now)
    if in_force is None:
        raise RefusedError(f"No contract of {client} is in force, so nothing can be enrolled.")
    return in_force


def new_row(wanted: Enrolment, token: str, zone: str) -> Device:
    """The device before its first heartbeat."""
    return Device(
        wanted.client,
        wanted.device,
        kind=wanted.kind,
        name=wanted.name,
        zone=zone,
        grace_seconds=wanted.grace_seconds,
        via=wanted.via,
        practices=set(wanted.practices) or None,
        token_hash=token_hash(token),
        state=NEW,
    )


def problems_of_names(device: str, kind: str, name: str) -> Iterator[str]:
    """What is wrong with the names of a device or a feed."""
    if not re.fullmatch(DEVICE, device):
        yield f"The device must be 1 to 32 of a-z, 0-9 and -, got {device!r}."
    if not re.fullmatch(KIND, kind):
        yield f"--kind must be 1 to 32 of a-z, 0-9 and - such as router, got {kind!r}."
    try:
        read_name(name)
    except ValueError as error:
        yield f"--name {error}."


def problem_of_taken_name(device: str, known: Mapping[str, Device]) -> Iterator[str]:
    """Devices and feeds share their names, which are never given twice."""
    if device in known:
        retired = " and retired; its name stays taken" if known[device].state == RETIRED else ""
        yield f"{device} is enrolled already{retired}."


def _problems_with_devices(wanted: Enrolment, known: Mapping[str, Device]) -> Iterator[str]:
    yield from problem_of_taken_name(wanted.device, known)
    if wanted.via is None:
        return
    devices = {name: row for name, row in known.items() if not row.is_feed}
    if wanted.via not in devices:
        yield f"--via must be an enrolled device, got {wanted.via}{did_you_mean(wanted.via, devices)}."
    elif devices[wanted.via].state == RETIRED:
        yield f"--via {wanted.via} is retired and cannot vouch for anything."


def _problems_with_contracts(
    wanted: Enrolment, contracts: Sequence[Contract], detection_seconds: int
) -> Iterator[str]:
    promised = [terms.practice for terms in contracts[0].practices]
    for practice in wanted.practices:
        if practice not in promised:
            known = ", ".join(promised) or "none"
            hint = did_you_mean(practice, promised)
            yield f"--practice {practice} is not in the contract{hint}; promised are: {known}."
    for contract in contracts:
        longest = longest_grace(contract, detection_seconds)
        if longest is not None and wanted.grace_seconds > longest:
            yield (
                f"--grace must be at most {longest}s, got {wanted.grace_seconds}s: by the contract of "
                f"{contract.effective_from}, grace and {detection_seconds}s to detect end before each "
                "limit, and before half of notify.within."
            )


def _rotate(seen: Device, operator: Operator, *, revoke: bool) -> str:
    entry = known_client(seen.client)
    row = known_device(seen.client, seen.device)
    if row.state == RETIRED:
        raise RefusedError(f"{row.device} is retired and gets no token.")
    if (row.token_hash, row.next_token_hash) != (seen.token_hash, seen.next_token_hash):
        raise RefusedError(
            f"The token of {row.device} changed at this moment; look again, then repeat the command."
        )
    token = new_token(row.client, row.device)
    expires_at = operator.at + OLD_TOKEN_SECONDS
    if row.token_expires_at is not None:  # rotating again does not prolong the life of the old token
        expires_at = min(expires_at, row.token_expires_at)
    actions = _revoked(token) if revoke else _rotated(token, expires_at)
    change_client(
        operator,
        entry,
        f"device {row.device} got a new token{', the old one is revoked' if revoke else ''}",
        lambda transaction: transaction.update(
            row, actions=actions, condition=(Device.token_hash == row.token_hash) & (Device.state != RETIRED)
        ),
    )
    return token


def _rotated(token: str, expires_at: int) -> list[Action]:
    return [Device.next_token_hash.set(token_hash(token)), Device.token_expires_at.set(expires_at)]


def _revoked(token: str) -> list[Action]:
    return [
        Device.token_hash.set(token_hash(token)),
        Device.next_token_hash.remove(),
        Device.token_expires_at.remove(),
    ]


def _retire(client: str, device: str, operator: Operator) -> list[Incident]:
    entry = known_client(client)
    row = known_device(client, device)
    site = None
    if row.state == UP and row.due_at is not None and row.due_at < operator.at:
        # A silence too long that no sweep has seen counts all the same.
        verdict = Sites(operator.at, certain_at=operator.at - OVERTAKE_SECONDS).judge(row, ends=True)
        site = verdict.site
        if verdict.outage is not None:
            open_incident(row, operator.at, versions_of(client), started_at=verdict.outage.start)
            raise LostRaceError
    if row.state == RUNNING and fail_overdue(row, operator.at) != 0:
        raise LostRaceError  # so does the end that a job did not come to
    incidents = _open_incidents(client, device)
    if row.state == RETIRED:
        return incidents
    as_read = Device.state == row.state
    if site is not None:
        as_read &= Device.last_seen == row.last_seen
    if row.state == RUNNING:
        as_read &= Device.feed_runs == row.feed_runs
    if row.incident is not None:
        as_read &= (Device.incident == row.incident) & (Device.last_seen == row.last_seen)
    retired_at = _retired_at(row, incidents, operator)
    actions: list[Action] = [
        Device.state.set(RETIRED),
        Device.retired_at.set(retired_at),
        Device.incident.remove(),
        Device.back_since.remove(),
        Device.down_since.remove(),
    ]
    change_client(
        operator,
        entry,
        f"device {device} retired",
        lambda transaction: transaction.update(row, actions=actions, condition=as_read),
        *silence_at_retirement(row, retired_at, site),
        *(waking(incident, operator.at) for incident in incidents[:MOST_WOKEN]),
    )
    return _open_incidents(client, device)


def _retired_at(row: Device, incidents: Sequence[Incident], operator: Operator) -> int:
    """Not before an outage was noticed that began while the command was on its way."""
    noticed = [incident.opened_at for incident in incidents if incident.incident == row.incident]
    return max([operator.at, *noticed])


def _open_incidents(client: str, device: str) -> list[Incident]:
    """Those that still run, also when the device is back and only the documentation is missing."""
    records = Record.query(client, Record.sk.startswith(f"incident#{device}-"), consistent_read=True)
    return [
        record
        for record in records
        if isinstance(record, Incident) and record.device == device and record.open_shard is not None
    ]


def new_token(client: str, device: str) -> str:
    return make_token(client, device, secrets.token_bytes(SECRET_BYTES))
