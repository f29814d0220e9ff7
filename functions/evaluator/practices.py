"""Every quarter of an hour: warns of what a client's day is about to miss, tells what it has missed, and of
statements that are not out by their hour."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from makegood import clock
from makegood.mail.outbox import post
from makegood.mail.practice_letter import practice_message
from makegood.rules.instants import Instant, LocalDay
from makegood.rules.mails import SENDING, Order, order
from makegood.settings import settings
from makegood.storage.contracts import all_clients
from makegood.storage.practice_day import day_in_force, look_at_day
from makegood.storage.records import ClientEntry, MailRecord
from makegood.storage.tables import bind_tables
from makegood.storage.waiting import note_day
from missed import tell_missed
from overdue import tell_overdue

WARNING_SECONDS = 2 * 3_600
"""So long before the day ends it is looked at: late enough that jobs of the evening are in, early enough that
somebody can still run a backup, with eight ticks of the schedule in which a mail can be tried again."""
TICK_SECONDS = 900
TICKS = WARNING_SECONDS // TICK_SECONDS
WORKERS = 8
RESERVE_MILLISECONDS = 20_000

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()


class CheckError(Exception):
    """Some clients could not be looked at or warned of; the others were."""


@dataclass
class Tally:
    """What one check did; `left` are the clients that its time did not suffice for."""

    warned: int = 0
    overdue: int = 0
    failed: int = 0
    left: int = 0


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Looks at every client whose day ends soon. One bad client stops no other."""
    now = clock.now()
    tally = Tally()

    def check(entry: ClientEntry) -> None:
        if context.get_remaining_time_in_millis() < RESERVE_MILLISECONDS:
            tally.left += 1
            return
        if not (_watch_statements(entry, now, tally) & _watch_day(entry, now, tally)):
            tally.failed += 1

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        list(pool.map(check, _in_turn(all_clients(), now)))
    logger.info("checked", extra=asdict(tally))
    if tally.failed or tally.left:
        raise CheckError(f"{tally.failed} clients failed, {tally.left} were not reached, see the log")
    return asdict(tally)


def _watch_day(entry: ClientEntry, now: Instant, tally: Tally) -> bool:
    try:
        warned = _check(entry.client, now)
        tally.warned += warned
        tell_missed(entry, now)
    except Exception:
        logger.exception("a client's day could not be checked", extra={"client": entry.client})
        return False
    return True


def _watch_statements(entry: ClientEntry, now: Instant, tally: Tally) -> bool:
    try:
        overdue = tell_overdue(entry, now)
        tally.overdue += overdue
    except Exception:
        logger.exception("a client's statements could not be looked at", extra={"client": entry.client})
        return False
    return True


def _in_turn(clients: list[ClientEntry], now: Instant) -> list[ClientEntry]:
    """Each tick begins elsewhere, so that what its time does not suffice for comes first in another."""
    first = len(clients) * (now // TICK_SECONDS % TICKS) // TICKS
    return clients[first:] + clients[:first]


def _check(client: str, now: Instant) -> int:
    """Notes what the client's day misses, and sends what has to be sent; answers how many mails left."""
    found = day_in_force(client, now)
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
