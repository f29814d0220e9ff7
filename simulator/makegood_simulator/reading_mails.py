"""When a mail told somebody, as SES and its reports tell it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from makegood.rules.instants import Instant
from makegood_simulator.reading_possible import NOTHING, Possible, Span, first_of
from makegood_simulator.witness import Accepted, Event, Milliseconds, Witness

ANSWER_SECONDS = 5
"""A mail counts as sent when SES has answered; who has not heard the answer yet may wait so much longer."""


@dataclass
class _Mail:
    """The copies that SES took, and what it reported: taken in by a function, or still on its way."""

    taken: list[Accepted] = field(default_factory=list)
    known: list[Event] = field(default_factory=list)
    coming: list[Event] = field(default_factory=list)


class Post:
    """The mails that SES had taken by an instant."""

    def __init__(self, witness: Witness, now_ms: Milliseconds, lag_seconds: int) -> None:
        """A copy older than the lag is on record as sent, or else a later one is."""
        self._confirmed_before = now_ms - lag_seconds * 1000
        self._mails: defaultdict[tuple[str, str], defaultdict[str, _Mail]]
        self._mails = defaultdict(lambda: defaultdict(_Mail))
        for copy in witness.accepted:
            if copy.at <= now_ms:
                self._find(copy.mail).taken.append(copy)
        for event in witness.events:
            if event.at <= now_ms:
                mail = self._find(event.mail)
                (mail.known if _is_taken_in(event, now_ms) else mail.coming).append(event)

    def told(self, incident: str, kind: str) -> Possible:
        """When the first of the incident's mails of this kind told somebody."""
        return first_of([self._told_by(mail) for mail in self._mails[incident, kind].values()])

    def _find(self, name: str) -> _Mail:
        _, about, kind, _ = name.split("_")
        return self._mails[about, kind][name]

    def _told_by(self, mail: _Mail) -> Possible:
        """The first delivery taken in, else when SES took a copy; nothing once it bounced.

        What SES reports and nobody has taken in yet may be on record or not.
        """
        if _has_bounced(mail.known, for_ever=True):
            return NOTHING
        may_turn_back = _has_bounced(mail.coming, for_ever=True)
        delivered = _deliveries(mail.known)
        if delivered:
            earlier = [at for at in _deliveries(mail.coming) if at < delivered[0]]
            return Possible(_each([*earlier, delivered[0]]), none=may_turn_back)
        coming = _each(_deliveries(mail.coming))
        if _has_bounced(mail.known):
            return Possible(coming, none=True)
        none = may_turn_back or _has_bounced(mail.coming) or self._may_be_unconfirmed(mail)
        return Possible((*map(_sent, mail.taken), *coming), none)

    def _may_be_unconfirmed(self, mail: _Mail) -> bool:
        """Whoever sent the last copy may have died before noting it, and it has not been sent again yet."""
        return max((copy.at for copy in mail.taken), default=self._confirmed_before) >= self._confirmed_before


def _is_taken_in(event: Event, now_ms: Milliseconds) -> bool:
    return event.handled_at is not None and event.handled_at <= now_ms


def _has_bounced(events: Sequence[Event], *, for_ever: bool = False) -> bool:
    return any(event.kind == "Bounce" and (event.permanent or not for_ever) for event in events)


def _deliveries(events: Sequence[Event]) -> list[Instant]:
    return sorted(_seconds_up(event.at) for event in events if event.kind == "Delivery")


def _sent(copy: Accepted) -> Span:
    answered = copy.at + ANSWER_SECONDS * 1000 if copy.answered_at is None else copy.answered_at
    return _seconds_up(copy.at), _seconds_up(answered)


def _each(instants: Sequence[Instant]) -> tuple[Span, ...]:
    return tuple((at, at) for at in instants)


def _seconds_up(at: Milliseconds) -> Instant:
    return -(-at // 1000)
