"""How the client was told of an outage: by a mail that arrived, one that was handed over, or by telephone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from makegood.rules.mails import BOUNCED, SENT, MailState, order, told_at
from makegood.rules.names import ADDRESS
from makegood.rules.shapes import Fields, matching, one_of, read_instant, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from makegood.rules.instants import Instant

BACKDATED_SECONDS: Final = 3_600
"""A call counts from when it was made, as stated, but from no earlier than this before it was recorded."""

CONFIRM_SECONDS: Final = 3_600
"""A mail of which SES reports nothing for so long was handed over, and nobody knows more."""

HANDED_OVER: Final = "handed over"
CALLED: Final = "called"
NOT_BY_DELIVERY: Final = (HANDED_OVER, CALLED)

CALL_FIELDS: Final = ("at", "recorded_at", "by", "reached", "number")
UNREACHABLE_FIELDS: Final = ("contact", "since", "why")
BOUNCES: Final = "bounced"
COMPLAINED: Final = "complained"


@dataclass(frozen=True)
class Call:
    """A call to the client: when it was made by the word of who made it, and when that was recorded."""

    at: Instant
    recorded_at: Instant
    by: str
    reached: str
    number: str

    @property
    def counts_at(self) -> Instant:
        return max(self.at, self.recorded_at - BACKDATED_SECONDS)


@dataclass(frozen=True)
class Unreachable:
    """A contact whose mails come back (`bounced`) or who called them unwanted (`complained`)."""

    contact: str
    since: Instant
    why: str


def first_told(mails: Iterable[MailState], calls: Iterable[Call]) -> tuple[Instant | None, str]:
    """When the client was told first, and how, unless by a mail whose delivery is confirmed."""
    known = tuple(mails)
    mailed = told_at(known, "notice")
    called = min((call.counts_at for call in calls), default=None)
    if mailed is None or (called is not None and called < mailed):
        return called, CALLED if called is not None else ""
    confirmed = any(mail.kind == "notice" and mail.delivered_at == mailed for mail in known)
    return mailed, "" if confirmed else HANDED_OVER


def nobody_reached(about: str, contacts: Iterable[str], mails: Mapping[str, MailState]) -> bool:
    """Whether the notice to every contact has come back."""
    notices = [mails.get(order(about, "notice", to).mail) for to in contacts]
    return bool(notices) and all(notice is not None and notice.status == BOUNCED for notice in notices)


def is_unconfirmed(status: str, sent_at: Instant | None, now: Instant) -> bool:
    """Whether a mail that was handed over ought to have been reported on by now."""
    return status == SENT and sent_at is not None and now - sent_at >= CONFIRM_SECONDS


def read_call(fields: Fields) -> Call:
    call = Call(
        at=fields.required("at", read_instant),
        recorded_at=fields.required("recorded_at", read_instant),
        by=fields.required("by", read_text),
        reached=fields.required("reached", read_text),
        number=fields.required("number", read_text),
    )
    if call.at is not None and call.recorded_at is not None and call.recorded_at < call.at:
        fields.refuse("recorded_at", "must not be before at")
    return call


def read_unreachable(fields: Fields) -> Unreachable:
    return Unreachable(
        contact=fields.required("contact", matching(ADDRESS, "an e-mail address")),
        since=fields.required("since", read_instant),
        why=fields.required("why", one_of((BOUNCES, COMPLAINED))),
    )
