"""A heartbeat of a device that is not simply up: first beat, unseen outage, return, new token."""

from __future__ import annotations

import hmac

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.update import Action

from makegood.rules.contracts import parse_outages
from makegood.rules.incidents import Run, is_stable
from makegood.rules.instants import Instant
from makegood.settings import settings
from makegood.storage.contracts import versions_of
from makegood.storage.devices import DOWN, NEW, RETIRED, UP, Device, find_device
from makegood.storage.incidents import (
    load_case,
    open_incident,
    restore_device,
    timeline_entry,
    waking,
)
from makegood.storage.records import Incident
from makegood.storage.tables import bind_tables
from makegood.storage.transactions import LostRaceError, write_together
from makegood.storage.writes import update_if
from makegood.timers import wake
from presence import Arrival, Proof, Recorded, UnavailableError, Unproven

_MAX_ROUNDS = 8

bind_tables(settings().devices_table, settings().records_table)
logger = Logger(child=True)


def settle_beat(client: str, device: str, proof: Proof, arrival: Arrival) -> Recorded | Unproven:
    """Records a beat in whatever state the device is: one step at a time, each by condition, until it stands.

    Raises UnavailableError.
    """
    try:
        for _ in range(_MAX_ROUNDS):
            row = find_device(client, device)
            if row is None or not _is_proven(row, proof, arrival.at):
                return Unproven()
            if _step(row, proof, arrival):
                return _recorded(row)
    except (PynamoDBException, BotoCoreError, ClientError) as error:
        raise UnavailableError(type(error).__name__) from error
    raise UnavailableError("the device's row changes too fast")


def _is_proven(row: Device, proof: Proof, now: Instant) -> bool:
    if row.state == RETIRED:
        return False
    if not proof.by_token:
        return row.via == proof.who
    expired = row.token_expires_at is not None and row.token_expires_at < now
    return (not expired and hmac.compare_digest(row.token_hash, proof.who)) or _is_next(row, proof)


def _is_next(row: Device, proof: Proof) -> bool:
    return proof.by_token and hmac.compare_digest(row.next_token_hash or "", proof.who)


def _step(row: Device, proof: Proof, arrival: Arrival) -> bool:
    """Takes one step; True when the beat stands, False when the row has to be looked at again."""
    now = arrival.at
    if _is_next(row, proof):
        _promote_token(row, proof)
        return False
    if row.state == NEW:
        return _enrol(row, now)
    assert row.last_seen is not None
    assert row.due_at is not None
    if row.last_seen > now:
        return True
    if row.state == DOWN:
        return _come_back(row, row.last_seen, row.due_at, arrival)
    if row.due_at < now:
        _open_unseen_outage(row, now)
        return False
    return update_if(row, _seen(row, now), (Device.state == UP) & (Device.last_seen == row.last_seen))


def _promote_token(row: Device, proof: Proof) -> None:
    """The first use of a rotated token ends the old one."""
    promoted = [
        Device.token_hash.set(proof.who),
        Device.next_token_hash.remove(),
        Device.token_expires_at.remove(),
    ]
    update_if(row, promoted, Device.next_token_hash == proof.who)


def _enrol(row: Device, now: Instant) -> bool:
    first = [Device.state.set(UP), Device.enrolled_at.set(now), *_seen(row, now)]
    return update_if(row, first, Device.state == NEW)


def _open_unseen_outage(row: Device, now: Instant) -> None:
    """The device was silent for too long and no sweep has seen it: the outage counts all the same."""
    incident = open_incident(row, now, versions_of(row.client))
    if incident is not None:
        logger.info("opened on return", extra={"client": row.client, "incident": incident.incident})
        _start(incident)


def _come_back(row: Device, last_seen: Instant, due_at: Instant, arrival: Arrival) -> bool:
    now = arrival.at
    unbroken = due_at >= now
    still_silent = (
        (Device.state == DOWN) & (Device.incident == row.incident) & (Device.last_seen == last_seen)
    )
    if row.back_since is not None and unbroken:
        return update_if(row, _seen(row, now), still_silent)
    if row.back_since is not None and _end_stable_run(row, Run(row.back_since, last_seen, due_at), now):
        return False
    incident = Incident(row.client, f"incident#{row.incident}", incident=row.incident)
    back = [*_seen(row, now), Device.back_since.set(arrival.at_up)]
    try:
        write_together(
            lambda transaction: transaction.update(row, actions=back, condition=still_silent),
            waking(incident, now),
            timeline_entry(incident, arrival.at_up, "back", row.device),
        )
    except LostRaceError:
        return False
    _start(incident)
    row.refresh(consistent_read=True)
    return True


def _end_stable_run(row: Device, run: Run, now: Instant) -> bool:
    """A run that had lasted long enough before this gap has ended its outage: the gap is a new one.

    The timer would have found the same, so no verdict depends on who was first.
    """
    case = load_case(row.client, row.incident or "", now)
    if case is None or not is_stable(run, parse_outages(case.incident.terms)):
        return False
    if restore_device(case, run.back_since, news_at=now):
        _start(case.incident)
    return True


def _start(incident: Incident) -> None:
    """The beat is on record and so is the time to wake: should the start fail, the sweep makes up for it."""
    try:
        wake(incident.pk, incident.incident)
    except (PynamoDBException, BotoCoreError, ClientError):
        logger.exception("a timer could not be started", extra={"incident": incident.incident})


def _seen(row: Device, now: Instant) -> list[Action]:
    return [Device.last_seen.set(now), Device.due_at.set(now + row.grace_seconds)]


def _recorded(row: Device) -> Recorded:
    assert row.due_at is not None
    return Recorded(zone=row.zone, due_at=row.due_at, practices=frozenset(row.practices or ()))
