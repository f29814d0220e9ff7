"""Which statements are due, and asking for them; making them takes much more than that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from makegood import aws
from makegood.rules.contracts import moment_of_issue
from makegood.rules.instants import Instant, Period, next_period, period_bounds
from makegood.settings import settings
from makegood.storage.contracts import Version, version_of_period
from makegood.storage.records import ClientEntry
from makegood.storage.statements import is_issued


def periods_due(entry: ClientEntry, versions: Sequence[Version], now: Instant) -> Iterator[Period]:
    """The client's periods whose moment of issue has come and whose statement is not issued."""
    for period, moment in _moments(entry, versions, now):
        if moment <= now and not is_issued(entry.client, period):
            yield period


def next_moment(entry: ClientEntry, versions: Sequence[Version], until: Instant) -> Instant:
    """The first moment of issue from the client's next period on, issued or not; at most `until`."""
    return min((moment for _, moment in _moments(entry, versions, until)), default=until)


def _moments(
    entry: ClientEntry, versions: Sequence[Version], until: Instant
) -> Iterator[tuple[Period, Instant]]:
    """The covered periods from the client's next one on that are over by `until`, and when each is issued."""
    period = entry.next_period
    while versions and period_bounds(period, versions[-1].contract.zone)[1] <= until:
        version = version_of_period(versions, period)
        if version is not None:
            yield period, moment_of_issue(version.contract, period)
        period = next_period(period)


def ask_for_statement(client: str, period: Period) -> None:
    """Puts one statement on the queue that `issue` works from; asking twice issues it once."""
    body = json.dumps({"client": client, "period": period})
    aws.sqs().send_message(QueueUrl=settings().statements_queue_url, MessageBody=body)


def ask_for_corrections(client: str) -> None:
    """Puts the client's corrections on the queue of statements."""
    body = json.dumps({"client": client, "correct": True})
    aws.sqs().send_message(QueueUrl=settings().statements_queue_url, MessageBody=body)
