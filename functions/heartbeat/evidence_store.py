"""Keeps what is reported of practices, per device, practice and local day: the newest of each."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from body import EvidenceEntry
from makegood.rules.instants import Instant, local_date
from makegood.rules.log_review import reviewed, shows_nothing
from makegood.settings import settings
from makegood.storage.attestations import is_unreviewed
from makegood.storage.devices import RETIRED, find_device
from makegood.storage.job_ends import keep_unless_outdone
from makegood.storage.records import Evidence, Observation, Record
from makegood.storage.tables import bind_tables
from makegood.storage.transactions import LostRaceError
from makegood.storage.waiting import note_observation
from makegood.storage.writes import put_if
from presence import Agent, Recorded, UnavailableError

bind_tables(settings().devices_table, settings().records_table)


def store_evidence(agent: Agent, known: Recorded | None, entry: EvidenceEntry) -> bool:
    """Stores one piece of evidence as received now; False when the agent may not speak for it.

    `known` is the device when this request has recorded its beat. Raises UnavailableError.
    """
    try:
        device = known or _vouched_for(agent, entry.device)
        if device is None or entry.practice not in device.practices:
            return False
        now = agent.arrival.at
        day = local_date(now, ZoneInfo(device.zone))
        record = _record(agent.client, day, entry, now)
        _keep(record)
        if isinstance(record, Observation):
            note_observation(record, day)
    except LostRaceError as error:
        raise UnavailableError("the jobs of this practice end too fast") from error
    except (PynamoDBException, BotoCoreError, ClientError) as error:
        raise UnavailableError(type(error).__name__) from error
    return True


def _record(client: str, day: date, entry: EvidenceEntry, now: Instant) -> Evidence | Observation:
    """The entry as it is kept: as evidence, unless it only says what a person has to look at."""
    facts: dict[str, Any] | None = entry.facts
    if entry.practice == "log_review":
        is_waiting = partial(is_unreviewed, client, entry.device, entry.practice, day)
        facts = reviewed(entry.facts, now, is_waiting)
    name = f"{day.isoformat()}#{entry.device}#{entry.practice}"
    record: Evidence | Observation
    if facts is None:
        record = Observation(client, f"observation#{name}", facts=entry.facts)
    else:
        record = Evidence(client, f"evidence#{name}", facts=facts)
    record.device, record.practice, record.at = entry.device, entry.practice, now
    return record


def _keep(record: Evidence | Observation) -> None:
    """The newest of the day stays, but what shows nothing never takes the place of what shows something."""
    if isinstance(record, Evidence) and record.practice == "backup":
        keep_unless_outdone(record)
        return
    condition = Record.sk.does_not_exist() | (type(record).at <= record.at)
    if isinstance(record, Observation) and shows_nothing(record.facts):
        known = _find_observation(record.pk, record.sk)
        if known is not None and not shows_nothing(known.facts):
            return
        as_read = Record.sk.does_not_exist() if known is None else Observation.facts == known.facts
        condition &= as_read
    put_if(record, condition)


def _find_observation(client: str, key: str) -> Observation | None:
    try:
        return Observation.get(client, key, consistent_read=True)
    except Observation.DoesNotExist:
        return None


def _vouched_for(agent: Agent, device: str) -> Recorded | None:
    """A neighbour that was not seen this time; its evidence counts all the same."""
    row = find_device(agent.client, device)
    if row is None or row.via != agent.device or row.state == RETIRED:
        return None
    return Recorded(zone=row.zone, due_at=0, practices=frozenset(row.practices or ()))
