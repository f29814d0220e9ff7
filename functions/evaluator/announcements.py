"""Every few minutes: sends what could not be sent at once of announced and cancelled maintenance."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from makegood.settings import settings
from makegood.storage.records import UNMAILED, Maintenance
from makegood.storage.tables import bind_tables

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()


class TellError(Exception):
    """Some clients were not told; the others were. The next tick tries again."""


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Tells what waits to be told, the longest waiting first (eventually consistent)."""
    waiting = list(Maintenance.unmailed.query(UNMAILED))
    if not waiting:
        logger.info("nothing to tell")
        return {}
    from telling import tell_each  # noqa: PLC0415 - slow to load, and mostly nothing waits

    tally = tell_each(waiting, context.get_remaining_time_in_millis, logger)
    logger.info("told", extra=asdict(tally))
    if tally.failed or tally.left:
        raise TellError(f"{tally.failed} failed and {tally.left} were not told yet, see the log")
    return asdict(tally)
