"""What a device says when it is not simply up: first beat, unseen outage, return, new token, a failure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition

from makegood.rules.contracts import parse_outages
from makegood.rules.incidents import Run, is_stable
from makegood.rules.instants import Instant
from makegood.rules.silence import OVERTAKE_SECONDS
from makegood.settings import settings
from makegood.storage.canary import is_canary, prove
from makegood.storage.cases import load_case, restore_device
from makegood.storage.contracts import version_in_force, version_nearest, versions_of
from makegood.storage.devices import DOWN, NEW, UP, Device
from makegood.storage.holds import forgive, is_held, last_hold
from makegood.storage.incidents import heard, open_failure, open_incident, reported, timeline_entry, waking
from makegood.storage.records import Incident
from makegood.storage.silences import down_since, silence_ended
from makegood.storage.sites import Sites, first_clock
from makegood.storage.tables import bind_tables
from makegood.storage.transactions import LostRaceError, write_together
from makegood.storage.writes import update_if
from makegood.timers import wake
from presence import Arrival, Proof, Recorded, UnavailableError, Unproven
from proving import find_proven

_MAX_ROUNDS = 8

bind_tables(settings().devices_table, settings().records_table)
logger = Logger(child=True)


def settle_beat(client: str, device: str, proof: Proof, arrival: Arrival) -> Recorded | Unproven:
    """Records a beat in whatever state the device is: one step at a time, each by condition, until it stands.

    Raises UnavailableError.
    """
    return _settle(client, device, proof, partial(_beat, arrival=arrival), arrival)


def settle_failure(
    client: str, device: str, proof: Proof, arrival: Arrival, said: str
) -> Recorded | Unproven:
    """Records, in the same way, that a device reports a failure: it is down from the receipt on.

    Raises UnavailableError.
    """
    return _settle(client, device, proof, partial(_fail, arrival=arrival, said=said), arrival)


def _settle(
    client: str, device: str, proof: Proof, step: Callable[[Device], bool], arrival: Arrival
) -> Recorded | Unproven:
    """Takes steps until one is True, what was said stands; after False the row has to be looked at again."""
    try:
        for _ in range(_MAX_ROUNDS):
            row = find_proven(client, device, proof, arrival.at)
            if row is None or row.is_feed:
                return Unproven()
            if step(row):
                return _recorded(row)
    except (PynamoDBException, BotoCoreError, ClientError) as error:
        raise UnavailableError(type(error).__name__) from error
    raise UnavailableError("the device's row changes too fast")


def _beat(row: Device, *, arrival: Arrival) -> bool:
    now = arrival.at
    if row.state == NEW:
        return _enrol(row, now)
    assert row.last_seen is not None
    assert row.due_at is not None
    if row.last_seen > now:
        return True
    if row.state == DOWN:
        return _come_back(row, row.last_seen, row.due_at, arrival)
    if is_canary(row):
        return prove(row, now)
    if row.due_at < now:
        return _end_silence(row, arrival)
    return update_if(row, heard(row, now), _still_up(row))


def _fail(row: Device, *, arrival: Arrival, said: str) -> bool:
    now = arrival.at
    if row.state == NEW:
        _enrol(row, now)
        return False
    assert row.due_at is not None
    if row.state == DOWN:
        return _stay_down(row, row.due_at, arrival, said)
    if row.due_at < now:
        _end_silence(row, arrival)
        return False
    return _go_down(row, now, said)


def _go_down(row: Device, at: Instant, said: str) -> bool:
    """Opens the incident, also when a newer success has overtaken the failure, unless that is history.

    Where no contract promises anything the failure only says that the device is there.
    """
    assert row.enrolled_at is not None
    assert row.last_seen is not None
    versions = versions_of(row.client)
    terms = version_nearest(versions, at).contract.outages or parse_outages({})
    if at < row.enrolled_at or at <= row.last_seen - terms.stable_for:
        return True
    if version_in_force(versions, at) is None:
        return update_if(row, heard(row, at), _still_up(row))
    incident = open_failure(row, at, versions, said)
    if incident is None:
        return False
    logger.info("opened on a failure", extra={"client": row.client, "incident": incident.incident})
    _start(incident)
    return True


def _stay_down(row: Device, due_at: Instant, arrival: Arrival, said: str) -> bool:
    """A failure while down is one more entry of the timeline; the present run of heartbeats ends by it,
    unless that began after it."""
    assert row.last_seen is not None
    run = None if row.back_since is None else Run(row.back_since, row.last_seen, due_at)
    breaks = run is not None and arrival.at_up >= run.back_since
    if run is not None and breaks and _end_stable_run(row, run, arrival.at):
        return False
    incident = Incident(row.client, f"incident#{row.incident}", incident=row.incident, device=row.device)
    down_again = row.last_seen if due_at < arrival.at else arrival.at
    ended = [Device.back_since.remove(), Device.down_since.set(down_again)]
    actions = [*heard(row, arrival.at), *(ended if breaks else [])]
    try:
        write_together(
            lambda transaction: transaction.update(row, actions=actions, condition=_still_down(row)),
            reported(incident, arrival.at, said),
        )
    except LostRaceError:
        return False
    row.refresh(consistent_read=True)
    return True


def _enrol(row: Device, now: Instant) -> bool:
    first = [Device.state.set(UP), Device.enrolled_at.set(now), *heard(row, now)]
    return update_if(row, first, Device.state == NEW)


def _end_silence(row: Device, arrival: Arrival) -> bool:
    """The device was silent for too long and no sweep has called it an outage: that counts all the same.

    True when it was no outage of its own and it is up: nobody could be heard, it was announced, it is held
    back; or the agent that sees it was down, and the silence counts by that one's incident.
    """
    now = arrival.at
    verdict = Sites(now, certain_at=now - OVERTAKE_SECONDS).judge(row, ends=True)
    if verdict.outage is None and verdict.site is None:
        return update_if(row, heard(row, now), _still_up(row))
    clock = verdict.outage or first_clock(row)
    if is_held(last_hold(), clock, now):
        return forgive(row, clock, now)
    if verdict.site is not None:
        return _end_with_site(row, verdict.site, arrival)
    incident = open_incident(row, now, versions_of(row.client), started_at=clock.start)
    if incident is not None:
        logger.info("opened on return", extra={"client": row.client, "incident": incident.incident})
        _start(incident)
    return False


def _end_with_site(row: Device, site: str, arrival: Arrival) -> bool:
    assert row.last_seen is not None
    up = heard(row, arrival.at)
    try:
        write_together(
            lambda transaction: transaction.update(row, actions=up, condition=_still_up(row)),
            silence_ended(row, site, row.last_seen, arrival.at_up),
        )
    except LostRaceError:
        return False
    row.refresh(consistent_read=True)
    return True


def _come_back(row: Device, last_seen: Instant, due_at: Instant, arrival: Arrival) -> bool:
    now = arrival.at
    unbroken = due_at >= now
    still_silent = _still_down(row)
    if row.back_since is not None and unbroken:
        return update_if(row, heard(row, now), still_silent)
    if row.back_since is not None and _end_stable_run(row, Run(row.back_since, last_seen, due_at), now):
        return False
    incident = Incident(row.client, f"incident#{row.incident}", incident=row.incident)
    back = [*heard(row, now), Device.back_since.set(arrival.at_up), Device.down_since.remove()]
    try:
        write_together(
            lambda transaction: transaction.update(row, actions=back, condition=still_silent),
            waking(incident, now),
            silence_ended(row, incident.incident, down_since(row), arrival.at_up),
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
    if case is None or not is_stable(run, case.terms):
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


def _still_down(row: Device) -> Condition:
    """The row is down as it was read."""
    as_read: Condition = (
        (Device.state == DOWN) & (Device.incident == row.incident) & (Device.last_seen == row.last_seen)
    )
    return as_read


def _still_up(row: Device) -> Condition:
    """The row is up as it was read."""
    as_read: Condition = (Device.state == UP) & (Device.last_seen == row.last_seen)
    return as_read


def _recorded(row: Device) -> Recorded:
    assert row.due_at is not None
    return Recorded(zone=row.zone, due_at=row.due_at, practices=frozenset(row.practices or ()))
