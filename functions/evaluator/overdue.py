"""Statements that are not out by their hour: each tick tells the alarm, one mail each technician."""

from __future__ import annotations

from aws_lambda_powertools import Logger

from makegood.issuing import periods_due
from makegood.mail.outbox import post
from makegood.mail.overdue_letter import overdue_message
from makegood.rules.instants import Instant, Period
from makegood.rules.mails import order
from makegood.settings import settings
from makegood.storage.contracts import Version, versions_of
from makegood.storage.facts import version_of_period
from makegood.storage.records import ClientEntry, ContractVersion
from makegood.storage.statements import find_statement, unsent_to

OVERDUE_SECONDS = 45 * 60
"""So long after its moment a statement is out: three ticks of the schedule that asks for it, and its mails.
With the quarter of an hour between two looks it is told before the hour is over."""

logger = Logger(child=True)


class OverdueError(Exception):
    """Not everybody could be told of an overdue statement yet."""


def tell_overdue(entry: ClientEntry, now: Instant) -> int:
    """Tells of the client's statements that should be out and are not; answers how many.

    Raises OverdueError when somebody could not be told.
    """
    versions = versions_of(entry.client)
    told = 0
    for period in periods_due(entry, now - OVERDUE_SECONDS):
        version = version_of_period(versions, period)
        if version is None or _is_new(entry.client, version, now):
            continue
        logger.error("a statement is overdue", extra={"client": entry.client, "period": period})
        _mail(entry.client, period, version, now)
        told += 1
    return told


def _is_new(client: str, version: Version, now: Instant) -> bool:
    """A contract that is taken over may have statements due that nobody could have issued before."""
    applied = ContractVersion.get(client, f"contract#{version.contract.effective_from}", consistent_read=True)
    return applied.applied_at > now - OVERDUE_SECONDS


def _mail(client: str, period: Period, version: Version, now: Instant) -> None:
    waiting = None
    if find_statement(client, period) is not None:
        waiting = unsent_to(client, period, version.contract.contacts.statements)
    message = overdue_message(version.contract, period, waiting)
    mails = [order(f"statement#{period}", "overdue", to) for to in settings().technicians]
    sent = [post(client, mail, message, now) for mail in mails]
    if not all(sent):
        raise OverdueError(f"{sent.count(False)} mails about {client}/{period} have not left yet")
