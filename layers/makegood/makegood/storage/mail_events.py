"""What SES reports of a mail, on its record: in any order, more than once, each with the event's own time."""

from __future__ import annotations

from pynamodb.expressions.update import Action

from makegood.rules.instants import Instant
from makegood.rules.mails import BOUNCED, DELIVERED, PASSING_BOUNCE_RANK, RANK, mail_key
from makegood.storage.records import MailRecord
from makegood.storage.transactions import LostRaceError, Write, write_together
from makegood.storage.writes import update_if


def find_mail(client: str, mail: str) -> MailRecord | None:
    """The record of a mail, by a consistent read; None when we never sent one of this name."""
    try:
        return MailRecord.get(client, mail_key(mail), consistent_read=True)
    except MailRecord.DoesNotExist:
        return None


def record_event(mail: MailRecord, status: str, at: Instant, *others: Write, rank: int | None = None) -> bool:
    """Raises a mail's status by what SES reports, at its own time; False when it changes nothing.

    Of a mail that left twice the earlier report counts, whichever comes in first. `others` are written with
    the change or not at all.
    """
    rank = RANK[status] if rank is None else rank
    time = {DELIVERED: MailRecord.delivered_at, BOUNCED: MailRecord.bounced_at}[status]
    raised: list[Action] = [MailRecord.status.set(status), MailRecord.rank.set(rank), time.set(at)]
    changes = (MailRecord.rank < rank) | ((MailRecord.rank == rank) & (time > at))
    try:
        write_together(
            lambda transaction: transaction.update(mail, actions=raised, condition=changes), *others
        )
    except LostRaceError:
        return False
    return True


def record_delay(mail: MailRecord, at: Instant) -> None:
    """The newest word that a mail is delayed on its way. It is shown, and changes no verdict."""
    newer = MailRecord.delayed_at.does_not_exist() | (MailRecord.delayed_at < at)
    update_if(mail, [MailRecord.delayed_at.set(at)], newer)


def record_complaint(mail: MailRecord, at: Instant, *others: Write) -> bool:
    """Somebody called the mail unwanted, so it had arrived; True when that tells of an arrival.

    It only does when all that was known is a bounce that may pass: a delivery keeps its own time.
    """
    earlier = MailRecord.complained_at.does_not_exist() | (MailRecord.complained_at > at)
    update_if(mail, [MailRecord.complained_at.set(at)], earlier)
    return mail.rank == PASSING_BOUNCE_RANK and record_event(mail, DELIVERED, at, *others)
