"""Keeps evidence per device, practice and local day: the newest of each."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from body import EvidenceEntry
from makegood.rules.instants import local_date
from makegood.settings import settings
from makegood.storage.devices import RETIRED, find_device
from makegood.storage.records import Evidence
from makegood.storage.tables import bind_tables
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
        day = local_date(now, ZoneInfo(device.zone)).isoformat()
        record = Evidence(
            agent.client,
            f"evidence#{day}#{entry.device}#{entry.practice}",
            device=entry.device,
            practice=entry.practice,
            at=now,
            facts=entry.facts,
        )
        put_if(record, Evidence.sk.does_not_exist() | (Evidence.at <= now))
    except (PynamoDBException, BotoCoreError, ClientError) as error:
        raise UnavailableError(type(error).__name__) from error
    return True


def _vouched_for(agent: Agent, device: str) -> Recorded | None:
    """A neighbour that was not seen this time; its evidence counts all the same."""
    row = find_device(agent.client, device)
    if row is None or row.via != agent.device or row.state == RETIRED:
        return None
    return Recorded(zone=row.zone, due_at=0, practices=frozenset(row.practices or ()))
