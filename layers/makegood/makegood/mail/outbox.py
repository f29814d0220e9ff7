"""The way of a mail: claimed, sent, confirmed. A crash may send one twice; none is ever lost silently."""

from __future__ import annotations

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.expressions.update import Action

from makegood import aws, clock
from makegood.mail.message import Message
from makegood.mail.pace import pace
from makegood.mail.webhooks import NotTakenError, call_webhook, send_text, webhook_body
from makegood.rules.instants import Instant
from makegood.rules.levels import MAIL, TEXT, WEBHOOK, way_of
from makegood.rules.mails import RANK, SENDING, SENT, Order, mail_key
from makegood.settings import settings
from makegood.storage.records import MailRecord, TimelineEntry
from makegood.storage.transactions import LostRaceError, Write, write_together
from makegood.storage.writes import put_if, update_if

CLAIM_SECONDS = 120

logger = Logger(child=True)


class UnreachableError(Exception):
    """SES does not answer at all: there is no use in trying the next mail now."""


def post(client: str, mail: Order, message: Message, now: Instant) -> bool:
    """Sends a mail once: True when it has left, by us or before; False when it has to be tried again.

    The record says `sending` before the mail leaves; `sent_at` is read after SES has answered. A failure
    frees the claim at once, a crash frees it after two minutes. Raises UnreachableError.
    """
    record = _claim(client, mail, message, now)
    if record is None:
        return False
    if record.status != SENDING:
        return True
    try:
        message_id = _send(client, mail, message)
    except (BotoCoreError, ClientError, NotTakenError) as error:
        logger.warning("a mail could not be sent", extra={"mail": mail.mail, "error": type(error).__name__})
        _release(record, error, now)
        if isinstance(error, BotoCoreError) and way_of(mail.to) == MAIL:
            raise UnreachableError from error
        return False
    confirm_sent(record, message_id, clock.after_effect())
    return True


def confirm_sent(record: MailRecord, message_id: str, sent_at: Instant) -> None:
    """Records that SES took the mail; a delivery event may have been faster and is not taken back."""
    facts = [MailRecord.message_id.set(message_id), MailRecord.sent_at.set(sent_at)]
    status = [MailRecord.status.set(SENT), MailRecord.rank.set(RANK[SENT])]
    if not update_if(record, facts + status, MailRecord.rank < RANK[SENT]):
        update_if(record, facts, MailRecord.sent_at.does_not_exist())


def _claim(client: str, mail: Order, message: Message, now: Instant) -> MailRecord | None:
    """Our claim on the mail, or its record when it has left already, or None while somebody else sends it."""
    record = MailRecord(
        client,
        mail_key(mail.mail),
        client=client,
        mail=mail.mail,
        about=mail.about,
        kind=mail.kind,
        to=mail.to,
        subject=message.subject,
        status=SENDING,
        rank=RANK[SENDING],
        claimed_until=now + CLAIM_SECONDS,
        attempts=1,
    )
    if put_if(record, MailRecord.sk.does_not_exist()):
        return record
    again = [
        MailRecord.claimed_until.set(now + CLAIM_SECONDS),
        MailRecord.attempts.set(MailRecord.attempts + 1),
        MailRecord.subject.set(message.subject),
    ]
    if update_if(record, again, (MailRecord.status == SENDING) & (MailRecord.claimed_until < now)):
        return record
    known = MailRecord.get(client, mail_key(mail.mail), consistent_read=True)
    return None if known.status == SENDING else known


def _send(client: str, mail: Order, message: Message) -> str:
    """Hands the mail to SES with the tags by which its events find their record; returns SES's message id.

    What goes to a phone or a webhook takes its own way.
    """
    if way_of(mail.to) == TEXT:
        return send_text(mail.to, message.short)
    if way_of(mail.to) == WEBHOOK:
        return call_webhook(mail.to, webhook_body(client, mail, message.subject, message.lead))
    from makegood.mail.mime import compose  # noqa: PLC0415 - slow to load, and most steps send nothing

    pace.keep()
    answer = aws.ses().send_email(
        FromEmailAddress=settings().sender,
        Destination={"ToAddresses": [mail.to]},
        Content={"Raw": {"Data": compose(mail.to, message)}},
        ConfigurationSetName=settings().configuration_set,
        EmailTags=[{"Name": "client", "Value": client}, {"Name": "mail", "Value": mail.mail}],
    )
    return answer["MessageId"]


def _release(record: MailRecord, error: Exception, now: Instant) -> None:
    """Frees the claim and keeps why; the first refusal of an incident's mail stands in its timeline too."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    code = str(error) if isinstance(error, NotTakenError) else code
    freed: list[Action] = [MailRecord.claimed_until.set(0), MailRecord.last_error.set(code)]
    ours = MailRecord.claimed_until == record.claimed_until
    if record.refused_since is not None:
        update_if(record, freed, ours)
        return
    freed.append(MailRecord.refused_since.set(now))
    entries = [refusal_entry(record, now, code)] if _is_mail_of_an_incident(record) else []
    try:
        write_together(
            lambda transaction: transaction.update(record, actions=freed, condition=ours), *entries
        )
    except LostRaceError:
        return  # the claim ran out and is another's now, whose own answer will stand


def _is_mail_of_an_incident(record: MailRecord) -> bool:
    return record.about.startswith("incident#") and way_of(record.to) == MAIL


def refusal_entry(mail: MailRecord, at: Instant, code: str) -> Write:
    """The timeline's entry that mails cannot leave; those refused in one step are one entry."""
    entry = TimelineEntry(
        mail.client,
        f"{mail.about}#timeline#{at:010d}#mail-refused",
        incident=mail.about.removeprefix("incident#"),
        at=at,
        what="mail-refused",
        who="the monitoring",
        said=code,
    )
    return lambda transaction: transaction.save(entry)
