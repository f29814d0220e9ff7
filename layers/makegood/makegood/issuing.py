"""Issues statements: a period's facts are frozen, computed, stored, mailed and recorded, each of it once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import parseaddr
from typing import Any

from makegood import clock
from makegood.mail.live_links import page_url
from makegood.mail.message import Attachment, Message
from makegood.mail.outbox import post
from makegood.mail.payment_letters import credit_payment
from makegood.mail.statement_message import statement_message, with_page
from makegood.mail.statement_month import Month
from makegood.mail.statement_pdf import statement_pdf
from makegood.mail.statement_view import view_month
from makegood.rules.contracts import moment_of_issue
from makegood.rules.instants import Instant, Period, format_instant, next_period
from makegood.rules.mails import order
from makegood.rules.proof import canonical, pem, seal, signed_bytes
from makegood.rules.statements import Reckoning, reckon
from makegood.settings import settings
from makegood.signing import public_key, sign
from makegood.storage.changes import find_client
from makegood.storage.contracts import Version, version_of_period, versions_of
from makegood.storage.facts import NotCoveredError, gather_facts
from makegood.storage.public_keys import publish_key
from makegood.storage.records import ClientEntry
from makegood.storage.statements import (
    FACTS,
    PAGE,
    PDF,
    STATEMENT,
    is_issued,
    keep_first,
    record_frozen,
    record_issued,
    stored_file,
)
from makegood.storage.turns import at_once
from makegood.storage.writes import update_if

Json = dict[str, Any]


class NotDueError(Exception):
    """The contract's moment of issue has not come."""


class UnsentError(Exception):
    """Some of a statement's mails have not left: refused, or another is sending them. To be tried again."""


@dataclass(frozen=True)
class Draft:
    """A statement as computed: its facts, what they come to, and the mail that says so.

    `payment` is what the provider reads when a credit is left to be paid.
    """

    facts: Json
    statement: Json
    message: Message
    payment: Message | None


def issue(client: str, period: Period, now: Instant) -> None:
    """Issues the statement of a period: one and the same also twice, in parallel or after a crash.

    Every step keeps what is there already, and the steps after it go on from that. Raises NotCoveredError,
    NotDueError, FactsError when the accounting refuses the facts (nothing is frozen then), and UnsentError.
    """
    if not is_issued(client, period):
        draft = _store(client, period, *_freeze(client, period, now))
        record_frozen(draft.statement, now)
        _send(draft, now)
        record_issued(draft.statement, clock.after_effect())
    _raise_next_period(client, period)


def preview(client: str, period: Period, now: Instant) -> Draft:
    """The statement as it stands now, or as at its moment of issue once that has come; nothing is stored."""
    as_of = min(now, _moment_of_issue(client, period))
    return _draft(gather_facts(client, period, as_of))


def _freeze(client: str, period: Period, now: Instant) -> tuple[Json, Reckoning]:
    """The facts of the period as at its moment of issue, the same for ever once they were written.

    They are computed before they are frozen, so that facts that the accounting refuses can be put right.
    """
    as_of = _moment_of_issue(client, period)
    if now < as_of:
        raise NotDueError(f"{client}/{period} is issued at {format_instant(as_of)}, not before")
    frozen = stored_file(client, period, FACTS)
    if frozen is None:
        facts = gather_facts(client, period, as_of)
        reckoned, written = reckon(facts), canonical(facts)
        frozen = keep_first(client, period, FACTS, written)
        if frozen == written:
            return facts, reckoned
    facts = json.loads(frozen)
    return facts, reckon(facts)


def _store(client: str, period: Period, facts: Json, reckoned: Reckoning) -> Draft:
    """Stores what the frozen facts come to, signed. What is stored stands, even by an older release."""
    stored = stored_file(client, period, STATEMENT)
    if stored is None:
        document = _sealed({**reckoned.statement, "facts": facts})
        stored = keep_first(client, period, STATEMENT, canonical(document))
    statement = json.loads(stored)
    month = Month(statement, reckoned)
    view = view_month(month)
    message = statement_message(view_month(month, whole=False), view)
    page = keep_first(client, period, PAGE, message.html.encode())
    pdf = keep_first(client, period, PDF, statement_pdf(month, view, parseaddr(settings().sender)[0]))
    files = (
        Attachment(f"{client}-{period}.pdf", "application/pdf", pdf),
        Attachment(f"{client}-{period}.json", "application/json", stored),
    )
    return Draft(
        facts, statement, replace(message, html=page.decode(), attachments=files), credit_payment(month)
    )


def _sealed(document: Json) -> Json:
    """Signed, by a key that is published before anybody has to look for it."""
    signature = sign(signed_bytes(document))
    publish_key(signature.key, pem(public_key()))
    return seal(document, signature.key, signature.text)


def _draft(facts: Json) -> Draft:
    reckoned = reckon(facts)
    month = Month(reckoned.statement, reckoned)
    message = statement_message(view_month(month, whole=False), view_month(month))
    return Draft(facts, {**reckoned.statement, "facts": facts}, message, credit_payment(month))


def _send(draft: Draft, now: Instant) -> None:
    """Sends the statement to everybody it is for, and what is to be paid to who pays it.

    Raises UnsentError when one has not left, after trying all.
    """
    client, period = draft.statement["client"], draft.statement["period"]
    recipients = draft.facts["contract"]["contacts"]["statements"]
    orders = [order(f"statement#{period}", "statement", to) for to in recipients]
    sent = [
        post(client, mail, with_page(draft.message, page_url(client, mail.to, now)), now) for mail in orders
    ]
    if draft.payment is not None:
        due = order(f"statement#{period}", "payment", settings().reply_to)
        sent.append(post(client, due, draft.payment, now))
    if not all(sent):
        raise UnsentError(f"{sent.count(False)} of {len(sent)} mails of {client}/{period} have not left yet")


def _raise_next_period(client: str, issued: Period) -> None:
    """Moves the client's next period past what is issued, and past months before it that no contract covers.

    Another who is faster leaves it at worst too low: what is issued is not issued again.
    """
    entry = find_client(client)
    if entry is None:
        return
    versions = versions_of(client)
    period = entry.next_period
    while is_issued(client, period) or (period < issued and not _is_covered(versions, period)):
        period = next_period(period)
    if period != entry.next_period:
        known = ClientEntry.next_period == entry.next_period
        update_if(entry, [ClientEntry.next_period.set(period), *at_once()], known)


def _is_covered(versions: Sequence[Version], period: Period) -> bool:
    return version_of_period(versions, period) is not None


def _moment_of_issue(client: str, period: Period) -> Instant:
    version = version_of_period(versions_of(client), period)
    if version is None:
        raise NotCoveredError(f"no contract of {client} covers {period}")
    return moment_of_issue(version.contract, period)
