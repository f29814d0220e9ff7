"""Which statements are due, and asking for them; making them takes much more than that."""

from __future__ import annotations

import json
from collections.abc import Iterator

from makegood import aws
from makegood.rules.contracts import moment_of_issue
from makegood.rules.instants import Instant, Period, next_period, period_bounds
from makegood.settings import settings
from makegood.storage.adjusting import marks_of
from makegood.storage.contracts import version_of_period, versions_of
from makegood.storage.records import ClientEntry
from makegood.storage.statements import is_issued


def periods_due(entry: ClientEntry, now: Instant) -> Iterator[Period]:
    """The client's periods whose moment of issue has come and whose statement is not issued."""
    versions = versions_of(entry.client)
    period = entry.next_period
    while versions and period_bounds(period, versions[-1].contract.zone)[1] <= now:
        version = version_of_period(versions, period)
        is_due = version is not None and moment_of_issue(version.contract, period) <= now
        if is_due and not is_issued(entry.client, period):
            yield period
        period = next_period(period)


def ask_for_statement(client: str, period: Period) -> None:
    """Puts one statement on the queue that `issue` works from; asking twice issues it once."""
    body = json.dumps({"client": client, "period": period})
    aws.sqs().send_message(QueueUrl=settings().statements_queue_url, MessageBody=body)


def is_dirty(client: str) -> bool:
    """Whether something changed that issued periods may have to be reckoned again for."""
    return bool(marks_of(client))


def ask_for_corrections(client: str) -> None:
    """Puts the client's corrections on the queue of statements."""
    body = json.dumps({"client": client, "correct": True})
    aws.sqs().send_message(QueueUrl=settings().statements_queue_url, MessageBody=body)
