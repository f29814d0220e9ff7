"""Every quarter of an hour: finds the statements and corrections that are due and asks for each of them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from makegood import clock
from makegood.due import ask_for_corrections, ask_for_statement, next_moment, periods_due
from makegood.rounds import Round, for_each, go_round, in_rotation, is_part
from makegood.rules.instants import Instant
from makegood.settings import settings
from makegood.storage.adjusting import dirty_clients
from makegood.storage.contracts import versions_of
from makegood.storage.records import ClientEntry
from makegood.storage.tables import bind_tables
from makegood.storage.turns import within_a_day

MOST_PARTS = 6
"""More at once would note turns faster than the directory, one partition, takes writes: 1,000 a second."""

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()


class CloseError(Exception):
    """Some clients could not be looked at; the others were."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Asks for every statement that is due and every correction, again until it is done.

    One bad client stops no other.
    """
    now = clock.now()
    asked: list[str] = []
    done = Round() if is_part(event) else _ask_for_corrections(asked, context, now)

    def look(entry: ClientEntry) -> Instant:
        versions = versions_of(entry.client)
        for period in periods_due(entry, versions, now):
            ask_for_statement(entry.client, period)
            asked.append(entry.client)
        return max(now, next_moment(entry, versions, within_a_day(entry.client, now)))

    done += go_round(ClientEntry.closes_at, look, event, context, now, most_parts=MOST_PARTS)
    tally = {"asked": len(asked), **done.tally}
    logger.info("closed", extra=tally)
    if done.trouble:
        raise CloseError(done.trouble)
    return tally


def _ask_for_corrections(asked: list[str], context: LambdaContext, now: Instant) -> Round:
    def ask(client: str) -> None:
        ask_for_corrections(client)
        asked.append(client)

    return for_each(in_rotation(dirty_clients(), now), str, ask, context)
