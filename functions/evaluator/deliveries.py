"""What SES reports of our mails, through SNS and SQS: in any order, more than once."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from mail_reports import Report, take_report
from makegood import clock
from makegood.messages import take_each
from makegood.rules.instants import Instant
from makegood.settings import settings
from makegood.storage.tables import bind_tables

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()

_DETAILS = {
    "Delivery": "delivery",
    "Bounce": "bounce",
    "Complaint": "complaint",
    "DeliveryDelay": "deliveryDelay",
    "Reject": "mail",
}
"""Which part of an event says when it happened."""


class DeliveriesError(Exception):
    """Not one message could be taken. Raised so that the alarm hears of it; SQS delivers them again."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Takes a batch of SQS records; answers those that failed, which SQS delivers again."""
    answer = take_each(event, _take)
    if len(answer["batchItemFailures"]) == len(event["Records"]):
        raise DeliveriesError(f"{len(event['Records'])} messages failed, see the log")
    return answer


def _take(body: str) -> None:
    try:
        _take_notice(json.loads(json.loads(body)["Message"]))
    except Exception:
        logger.exception("an event of a mail could not be taken")
        raise


def _take_notice(notice: dict[str, Any]) -> None:
    kind = notice["eventType"]
    tags = notice["mail"]["tags"]
    if "client" not in tags or "mail" not in tags:
        logger.warning("an event of a mail that is not ours", extra={"event_type": kind})
        return
    client, mail = tags["client"][0], tags["mail"][0]
    logger.info("mail event", extra={"client": client, "mail": mail, "event_type": kind})
    if kind in _DETAILS:
        details = notice[_DETAILS[kind]]
        passing = details.get("bounceType") == "Transient"
        take_report(client, mail, Report(kind, _instant(details["timestamp"]), passing), clock.now())


def _instant(text: str) -> Instant:
    """When somebody had the mail, rounded up: never before it was so."""
    return math.ceil(datetime.fromisoformat(text).timestamp())
