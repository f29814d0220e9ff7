"""Mails as facts: their names, their states, and when they told somebody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from makegood.rules.instants import Instant

SENDING = "sending"
SENT = "sent"
DELIVERED = "delivered"
BOUNCED = "bounced"

RANK = {SENDING: 1, SENT: 2, DELIVERED: 4, BOUNCED: 5}
"""A status only rises: an event that arrives late or twice never takes one back."""

PASSING_BOUNCE_RANK = 3
"""A full mailbox, an automatic reply: it told nobody, unless a delivery, earlier or later, says it did."""


@dataclass(frozen=True)
class Order:
    """A mail that is due: `mail` is its name for ever, `about` the record it belongs to."""

    mail: str
    about: str
    kind: str
    to: str


@dataclass(frozen=True)
class MailState:
    """What is known of a mail: `sent_at` when SES had taken it, `delivered_at` by SES's own clock."""

    mail: str
    kind: str
    to: str
    status: str
    claimed_until: Instant = 0
    attempts: int = 0
    sent_at: Instant | None = None
    delivered_at: Instant | None = None


def order(about: str, kind: str, to: str) -> Order:
    """The mail of one kind about one thing (`incident#<incident>`, `statement#<period>`) to one address.

    Its name holds only letters, digits, `-` and `_`, so that it can be the SES message tag by which
    delivery events find their record.
    """
    digest = hashlib.sha256(to.encode()).hexdigest()[:12]
    return Order(mail=f"{about.replace('#', '_')}_{kind}_{digest}", about=about, kind=kind, to=to)


def mail_key(mail: str) -> str:
    """The key of a mail's record, from its name; ValueError when it is not a name of a mail."""
    scope, name, kind, digest = mail.split("_")
    return f"{scope}#{name}#mail#{kind}_{digest}"


def told_at(mails: Iterable[MailState], kind: str) -> Instant | None:
    """When the first mail of a kind reached somebody: bounced ones told nobody, delivery replaces sending."""
    times = [
        mail.sent_at if mail.delivered_at is None else mail.delivered_at
        for mail in mails
        if mail.kind == kind and mail.status in (SENT, DELIVERED)
    ]
    return min((time for time in times if time is not None), default=None)
