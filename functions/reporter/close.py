"""Every quarter of an hour: finds the statements that are due and asks for each of them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from makegood import clock
from makegood.due import ask_for_corrections, ask_for_statement, is_dirty, periods_due
from makegood.rules.instants import Instant
from makegood.settings import settings
from makegood.storage.contracts import all_clients
from makegood.storage.records import ClientEntry
from makegood.storage.tables import bind_tables

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()


class CloseError(Exception):
    """Some clients could not be looked at; the others were."""


@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Asks for every statement that is due and every correction, again until it is done.

    One bad client stops no other.
    """
    now = clock.now()
    asked, failed = 0, []
    for entry in all_clients():
        try:
            asked += _ask_for_due(entry, now)
        except Exception:
            logger.exception("a client could not be closed", extra={"client": entry.client})
            failed.append(entry.client)
    logger.info("closed", extra={"asked": asked, "failed": len(failed)})
    if failed:
        raise CloseError(f"could not close {', '.join(failed)}")
    return {"asked": asked}


def _ask_for_due(entry: ClientEntry, now: Instant) -> int:
    asked = 0
    if is_dirty(entry.client):
        ask_for_corrections(entry.client)
        asked += 1
    for period in periods_due(entry, now):
        ask_for_statement(entry.client, period)
        asked += 1
    return asked
