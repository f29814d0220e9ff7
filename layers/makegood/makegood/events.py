"""Tells others what happened: events go to the deployment's bus, at least once, and none is lost.

To have something told, write it down in the transaction that makes it true: as an entry of an incident's
timeline (`storage.incidents.timeline_entry`) or by `storage.events.announce`. An incident's step tells what
it finds untold, in one call; the sweep tells whatever is left.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from makegood import aws
from makegood.metrics import count
from makegood.rules.events import SOURCE
from makegood.rules.instants import Instant
from makegood.settings import settings
from makegood.storage.events import Told, event_of, mark_told, untold_events

AT_ONCE = 10
"""So many events EventBridge takes in one call."""

A_SWEEP = 500

logger = Logger(child=True)


def tell(records: Sequence[Told]) -> list[Told]:
    """Puts these events on the bus and takes note of those that it took; answers those that are left.

    What it did not take keeps its mark, and the next sweep tells it.
    """
    if not settings().event_bus:
        return list(records)
    parts = (records[at : at + AT_ONCE] for at in range(0, len(records), AT_ONCE))
    return [left for part in parts for left in _tell_some(part)]


def tell_untold(until: Instant) -> list[Told]:
    """Tells what happened until an instant and was not told yet; answers what is left."""
    return tell(untold_events(until, A_SWEEP))


def _tell_some(records: Sequence[Told]) -> list[Told]:
    try:
        answer = aws.eventbridge().put_events(Entries=[_entry(record) for record in records])
    except (BotoCoreError, ClientError) as error:
        logger.warning("events could not be told", extra={"error": type(error).__name__})
        return list(records)
    results = list(zip(records, answer["Entries"], strict=True))
    taken = [record for record, result in results if result.get("EventId")]
    mark_told(taken)
    count(map(event_of, taken))
    left = [record for record, result in results if not result.get("EventId")]
    if left:
        codes = sorted({result.get("ErrorCode", "") for _, result in results} - {""})
        logger.warning("the bus did not take all events", extra={"left": len(left), "codes": codes})
    return left


def _entry(record: Told) -> dict[str, Any]:
    event = event_of(record)
    return {
        "EventBusName": settings().event_bus,
        "Source": SOURCE,
        "DetailType": event.kind,
        "Detail": json.dumps(event.detail()),
        "Time": event.at,
    }
