"""Statements that are not out by their hour: each tick tells the alarm, one mail each technician."""

from __future__ import annotations

from collections.abc import Sequence

from aws_lambda_powertools import Logger

from makegood.mail.outbox import post
from makegood.mail.overdue_letter import overdue_message
from makegood.overdue import overdue_periods
from makegood.rules.instants import Instant, Period
from makegood.rules.mails import order
from makegood.settings import settings
from makegood.storage.contracts import Version
from makegood.storage.records import ClientEntry
from makegood.storage.statements import find_statement, unsent_to

logger = Logger(child=True)


class OverdueError(Exception):
    """Not everybody could be told of an overdue statement yet."""


def tell_overdue(entry: ClientEntry, versions: Sequence[Version], now: Instant) -> int:
    """Tells of the client's statements that should be out and are not; answers how many.

    Raises OverdueError when somebody could not be told.
    """
    told = 0
    for period, version in overdue_periods(entry, versions, now):
        logger.error("a statement is overdue", extra={"client": entry.client, "period": period})
        _mail(entry.client, period, version, now)
        told += 1
    return told


def _mail(client: str, period: Period, version: Version, now: Instant) -> None:
    waiting = None
    if find_statement(client, period) is not None:
        waiting = unsent_to(client, period, version.contract.contacts.statements)
    message = overdue_message(version.contract, period, waiting)
    mails = [order(f"statement#{period}", "overdue", to) for to in settings().technicians]
    sent = [post(client, mail, message, now) for mail in mails]
    if not all(sent):
        raise OverdueError(f"{sent.count(False)} mails about {client}/{period} have not left yet")
