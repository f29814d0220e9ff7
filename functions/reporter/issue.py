"""Issues the statements that the queue asks for, and corrects issued ones: each message is one client's."""

from __future__ import annotations

import gc
import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from makegood import clock
from makegood.adjusting import correct
from makegood.issuing import issue
from makegood.messages import take_each
from makegood.settings import settings
from makegood.storage.tables import bind_tables

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()
# The facts of a month are hundreds of thousands of objects that live while its statement is made: looking
# through them for garbage again and again took a quarter of the time.
gc.set_threshold(20_000, 20, 50)


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answers which messages failed; SQS brings those again and in the end to the dead letters."""
    return take_each(event, _issue)


def _issue(body: str) -> None:
    asked = json.loads(body)
    if asked.get("correct"):
        _correct(asked["client"])
        return
    statement = {"client": asked["client"], "period": asked["period"]}
    try:
        issue(**statement, now=clock.now())
    except Exception:
        logger.exception("a statement is not issued yet", extra=statement)
        raise
    logger.info("issued", extra=statement)


def _correct(client: str) -> None:
    try:
        correct(client, clock.now())
    except Exception:
        logger.exception("issued statements are not corrected yet", extra={"client": client})
        raise
    logger.info("corrected", extra={"client": client})
