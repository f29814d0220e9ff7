"""What SES reports of our mails, through SNS and SQS: delivered or bounced, in any order, more than once."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from makegood import clock
from makegood.mail.outbox import record_event
from makegood.rules.instants import Instant
from makegood.rules.mails import BOUNCED, DELIVERED, PASSING_BOUNCE_RANK, RANK
from makegood.settings import settings
from makegood.storage.incidents import find_incident
from makegood.storage.tables import bind_tables
from makegood.timers import arm

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Takes a batch of SQS records; answers those that failed, which SQS delivers again."""
    return process_partial_response(event=event, record_handler=_take, processor=processor, context=context)


def _take(record: SQSRecord) -> None:
    notice = json.loads(json.loads(record.body)["Message"])
    kind = notice["eventType"]
    tags = notice["mail"]["tags"]
    if "client" not in tags or "mail" not in tags:
        logger.warning("an event of a mail that is not ours", extra={"event_type": kind})
        return
    client, mail = tags["client"][0], tags["mail"][0]
    logger.info("mail event", extra={"client": client, "mail": mail, "event_type": kind})
    if kind == "Delivery":
        record_event(client, mail, DELIVERED, _instant(notice["delivery"]["timestamp"]))
    elif kind == "Bounce":
        bounce = notice["bounce"]
        rank = PASSING_BOUNCE_RANK if bounce["bounceType"] == "Transient" else RANK[BOUNCED]
        record_event(client, mail, BOUNCED, _instant(bounce["timestamp"]), rank)
        _wake(client, mail)
    elif kind == "Reject":
        record_event(client, mail, BOUNCED, _instant(notice["mail"]["timestamp"]))
        _wake(client, mail)


def _wake(client: str, mail: str) -> None:
    """A notice that told nobody changes what is due: its incident decides again."""
    scope, name, *_ = mail.split("_")
    incident = find_incident(client, name) if scope == "incident" else None
    if incident is not None:
        arm(incident, clock.now())


def _instant(text: str) -> Instant:
    """When somebody had the mail, rounded up: never before it was so."""
    return math.ceil(datetime.fromisoformat(text).timestamp())
