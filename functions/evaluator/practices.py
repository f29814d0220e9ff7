"""Every quarter of an hour: warns of what a client's day is about to miss, tells what it has missed, and of
statements that are not out by their hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from makegood import clock
from makegood.due import next_moment
from makegood.mail.outbox import post
from makegood.mail.practice_letter import practice_message
from makegood.overdue import OVERDUE_SECONDS
from makegood.rounds import go_round
from makegood.rules.contracts import covered
from makegood.rules.instants import Instant, LocalDay
from makegood.rules.mails import SENDING, Order, order
from makegood.settings import settings
from makegood.storage.contracts import Version, versions_of
from makegood.storage.practice_day import day_in_force, look_at_day
from makegood.storage.records import ClientEntry, MailRecord
from makegood.storage.tables import bind_tables
from makegood.storage.turns import within_a_day
from makegood.storage.waiting import note_day
from missed import is_told, tell_missed
from overdue import tell_overdue

WARNING_SECONDS = 2 * 3_600
"""So long before the day ends it is looked at: late enough that jobs of the evening are in, early enough that
somebody can still run a backup, with eight ticks of the schedule in which a mail can be tried again."""

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()


class CheckError(Exception):
    """Some clients could not be looked at or warned of; the others were."""


@dataclass
class Tally:
    """What one check did, by client: several are looked at at a time."""

    warned: list[int] = field(default_factory=list)
    overdue: list[int] = field(default_factory=list)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Looks at every client whose day ends soon, or is over, or whose statement should be out."""
    now = clock.now()
    tally = Tally()
    done = go_round(ClientEntry.checks_at, partial(_look, tally, now), event, context, now)
    said = {"warned": sum(tally.warned), "overdue": sum(tally.overdue), **done.tally}
    logger.info("checked", extra=said)
    if done.trouble:
        raise CheckError(done.trouble)
    return said


def _look(tally: Tally, now: Instant, entry: ClientEntry) -> Instant:
    """When the client's turn comes again. What goes wrong with its statements stops no warning."""
    versions, trouble = versions_of(entry.client), None
    try:
        tally.overdue.append(tell_overdue(entry, versions, now))
    except Exception as error:
        trouble = error
    tally.warned.append(_warn(entry.client, versions, now))
    tell_missed(entry, versions, now)
    if trouble is not None:
        raise trouble
    return _turn(entry, versions, now)


def _turn(entry: ClientEntry, versions: Sequence[Version], now: Instant) -> Instant:
    """The next time at which something may be due for the client; now, while something is."""
    until = within_a_day(entry.client, now)
    begins = [covered(version.contract)[0] for version in versions]
    due = [next_moment(entry, versions, until) + OVERDUE_SECONDS, *(at for at in begins if at > now), until]
    found = day_in_force(versions, now)
    if found is not None:
        due.append(found[1].ends_at - WARNING_SECONDS)
    return max(now, min(due)) if is_told(entry, versions, now) else now


def _warn(client: str, versions: Sequence[Version], now: Instant) -> int:
    """Notes what the client's day misses, and sends what has to be sent; answers how many mails left."""
    found = day_in_force(versions, now)
    if found is None or now < found[1].ends_at - WARNING_SECONDS:
        return 0
    today = look_at_day(client, now)
    if today is None:
        return 0
    note_day(client, today, now)
    mails = _unsent(client, today.day) if today.gaps else []
    sent = [post(client, mail, practice_message(today, mail.to), now) for mail in mails]
    if not all(sent):
        raise CheckError(f"{sent.count(False)} of {len(sent)} mails about {client} have not left yet")
    if sent:
        logger.info("warned", extra={"client": client, "day": str(today.day.date)})
    return len(sent)


def _unsent(client: str, day: LocalDay) -> list[Order]:
    """The mails about a day that have not left; once all of them have, nobody is told again."""
    about = f"practices#{day.date}"
    known = MailRecord.query(client, MailRecord.sk.startswith(f"{about}#mail#"), consistent_read=True)
    sent = {mail.mail for mail in known if mail.status != SENDING}
    mails = (order(about, "warning", to) for to in settings().technicians)
    return [mail for mail in mails if mail.mail not in sent]
