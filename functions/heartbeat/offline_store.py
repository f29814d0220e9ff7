"""Keeps an agent's proof of its own life while it could deliver nothing: for people, no verdict reads it."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from body import OfflineSpan
from makegood.rules.instants import format_instant
from makegood.settings import settings
from makegood.storage.records import Offline
from makegood.storage.tables import bind_tables
from makegood.storage.writes import put_if
from presence import Agent, UnavailableError

bind_tables(settings().devices_table, settings().records_table)


def store_offline(agent: Agent, spans: tuple[OfflineSpan, ...]) -> None:
    """Stores each span under its beginning: told twice it is stored once, and what it grew to stays.

    Raises UnavailableError.
    """
    try:
        for span in spans:
            put_if(_record(agent, span), Offline.sk.does_not_exist() | (Offline.end < span.end))
    except (PynamoDBException, BotoCoreError, ClientError) as error:
        raise UnavailableError(type(error).__name__) from error


def _record(agent: Agent, span: OfflineSpan) -> Offline:
    return Offline(
        agent.client,
        f"offline#{agent.device}#{format_instant(span.start)}",
        device=agent.device,
        start=span.start,
        end=span.end,
        beats=span.beats,
        received_at=agent.arrival.at,
    )
