"""Pauses and excuses of an incident, and what the client disagrees with: their mails, ends and waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from makegood.rules.instants import DAY_SECONDS, Instant
from makegood.rules.mails import Order, order

PAUSE_REASONS: Final = {
    "awaiting_client": "we wait for an answer or a decision",
    "awaiting_access": "we wait to be let in, on the site or on the device",
    "awaiting_parts_approval": "we wait for your consent to buy parts",
    "client_postponed": "you asked us to come or work later",
}
"""Why clocks may wait, in words for the client: only for something that the client alone can give."""

EXCUSE_REASONS: Final = {
    "client_caused": "something on your side caused it",
    "client_refused_access": "we were not let in, on the site or on the device",
    "planned_work": "it was work that we had agreed on with you",
    "third_party": "a third party failed, such as the power or the line",
    "force_majeure": "a disaster that nobody could avert",
}
"""Why a miss may earn no refund, in words for the client."""

NAG_SECONDS: Final = DAY_SECONDS
"""A dispute that nobody decides is brought to the technicians' minds every day."""

LAPSE_SECONDS: Final = 3 * DAY_SECONDS
"""A mail about something that lies so far back, of an incident that is over, is tried no more."""

INCIDENT_MATTER: Final = "incident"
"""What a dispute is about when it is about none of its pauses and excuses."""

KINDS: Final = ("pause", "excuse", "dispute")
"""The mails of this module are named `<matter>-<what happened>`, and matters begin with one of these."""


@dataclass(frozen=True)
class PauseState:
    """A pause: `until` is when it ends at the latest, `end` when it did."""

    start: Instant
    until: Instant
    end: Instant | None

    @property
    def matter(self) -> str:
        return f"pause-{self.start}"


@dataclass(frozen=True)
class ExcuseState:
    """An excuse, asked for by somebody and granted, refused or revoked by somebody else."""

    matter: str
    asks_client: bool
    asked_at: Instant
    granted_at: Instant | None
    refused_at: Instant | None
    revoked_at: Instant | None

    @property
    def waits(self) -> bool:
        return self.granted_at is None and self.refused_at is None


@dataclass(frozen=True)
class DisputeState:
    matter: str
    at: Instant
    decided_at: Instant | None


@dataclass(frozen=True)
class Allowances:
    """Everything of these kinds that is on an incident's record."""

    pauses: tuple[PauseState, ...] = ()
    excuses: tuple[ExcuseState, ...] = ()
    disputes: tuple[DisputeState, ...] = ()

    @property
    def await_somebody(self) -> bool:
        """Whether somebody still has to grant, refuse or decide something."""
        open_disputes = any(dispute.decided_at is None for dispute in self.disputes)
        return open_disputes or any(excuse.waits for excuse in self.excuses)


@dataclass(frozen=True)
class People:
    contacts: tuple[str, ...]
    technicians: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.contacts, *self.technicians)


def is_allowance_mail(kind: str) -> bool:
    return kind.startswith(tuple(f"{name}-" for name in KINDS))


def overdue_pause(allowances: Allowances, now: Instant) -> PauseState | None:
    """The pause that nobody ended and that is over by its maximum."""
    return next((pause for pause in allowances.pauses if pause.end is None and pause.until <= now), None)


def wanted_mails(
    allowances: Allowances, about: str, people: People, now: Instant, ended_at: Instant | None
) -> Iterator[Order]:
    """Every mail that should have left by now; once the incident has ended, of the last days only.

    A pause that outlasts its incident ends without a word: the closing mail says that all is over.
    """
    for kind, at, to in _mails(allowances, people, now, ended_at):
        if ended_at is None or now <= at + LAPSE_SECONDS:
            yield from (order(about, kind, address) for address in to)


def wake_times(allowances: Allowances, now: Instant) -> Iterator[Instant]:
    """When something of this happens by itself, after now."""
    yield from (pause.until for pause in allowances.pauses if pause.end is None and pause.until > now)
    for dispute in allowances.disputes:
        if dispute.decided_at is None:
            yield dispute.at + (_days(dispute, now) + 1) * NAG_SECONDS


def _mails(
    allowances: Allowances, people: People, now: Instant, ended_at: Instant | None
) -> Iterator[tuple[str, Instant, tuple[str, ...]]]:
    """The kind of each mail, when its cause came about, and to whom it goes."""
    for pause in allowances.pauses:
        yield f"{pause.matter}-started", pause.start, people.contacts
        if pause.end is not None and (ended_at is None or pause.end <= ended_at):
            yield f"{pause.matter}-ended", pause.end, people.all
    for excuse in allowances.excuses:
        yield from _mails_of_excuse(excuse, people)
    for dispute in allowances.disputes:
        yield from _mails_of_dispute(dispute, people, now)


def _mails_of_excuse(excuse: ExcuseState, people: People) -> Iterator[tuple[str, Instant, tuple[str, ...]]]:
    asked = people.all if excuse.asks_client else people.technicians
    if excuse.waits:
        yield f"{excuse.matter}-asked", excuse.asked_at, asked
    if excuse.granted_at is not None:
        yield f"{excuse.matter}-granted", excuse.granted_at, people.all
    if excuse.refused_at is not None:
        yield f"{excuse.matter}-refused", excuse.refused_at, asked
    if excuse.revoked_at is not None:
        yield f"{excuse.matter}-revoked", excuse.revoked_at, people.all


def _mails_of_dispute(
    dispute: DisputeState, people: People, now: Instant
) -> Iterator[tuple[str, Instant, tuple[str, ...]]]:
    if dispute.decided_at is not None:
        yield f"{dispute.matter}-decided", dispute.decided_at, people.all
        return
    days = _days(dispute, now)
    since = dispute.at + days * NAG_SECONDS
    yield f"{dispute.matter}-waits-{days}" if days else f"{dispute.matter}-opened", since, people.technicians


def _days(dispute: DisputeState, now: Instant) -> int:
    return max(0, now - dispute.at) // NAG_SECONDS
