"""The outages of a device as its heartbeats alone tell them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from makegood.rules.contracts import parse_outages
from makegood.rules.instants import Instant
from makegood_simulator.reading_contracts import read_versions, version_at
from makegood_simulator.reading_maintenance import Window, counting
from makegood_simulator.reading_silence import deaf_spans, judged
from makegood_simulator.reading_sites import CERTAIN_SECONDS, Behind, Stretch, behind
from makegood_simulator.witness import Heard, Witness

Clock = Callable[[Instant, Instant, "int | None"], tuple[Instant, Instant]]


@dataclass(frozen=True)
class Outage:
    """A silence longer than the grace, up to a run of heartbeats that lasts or the device's retirement.

    `overdue_at` is the first instant at which the silence was too long, `answered_at` its first beat after
    that. `stable_known_at` is when the beat that proved the run had come at the latest. For so many
    `undecided_seconds` after it was due it may not be certain yet whether its agent is silent, too. `returns`
    are when it was heard again, for good or not.
    """

    device: str
    started_at: Instant
    overdue_at: Instant
    answered_at: Instant | None = None
    restored_at: Instant | None = None
    stable_known_at: Instant | None = None
    retired_at: Instant | None = None
    undecided_seconds: int = 0
    returns: tuple[Instant, ...] = field(default=(), compare=False)

    @property
    def known_at(self) -> Instant:
        """When it is known at the latest that it is the device's own."""
        return self.overdue_at + self.undecided_seconds

    @property
    def incident(self) -> str:
        """The name of its incident."""
        return f"{self.device}-{datetime.fromtimestamp(self.started_at, UTC):%Y%m%dT%H%M%SZ}"


class Pulse:
    """A device's heartbeats, heard one after another in the order in which they were put on record."""

    def __init__(
        self,
        device: str,
        grace_seconds: int,
        stable_for: Callable[[Instant], int],
        clock: Clock | None = None,
        *,
        windows: Sequence[Window] = (),
        agent: Pulse | None = None,
        retired_at: Instant | None = None,
    ) -> None:
        """`stable_for` says how long the device has to be back after an outage that started at an instant.

        `clock` says, of a silence since an instant, from when it counts and the last instant at which a beat
        is in time: announced maintenance and time in which nobody could be heard move them. It is asked with
        the instant as of which it is known, and with the number of the beat before which. While an outage is
        open nothing moves them. `agent` is what the device is seen by: its silences are not the device's own,
        and they may move what it is due into one of the `windows` in which no silence opens an incident.
        """
        self.stretches: list[Stretch] = []
        self.first_at: Instant | None = None
        self.last_at: Instant | None = None
        self.grace_seconds = grace_seconds
        self._device = device
        self._stable_for = stable_for
        self._windows = windows
        self._clock = clock or (lambda since, _now, _number: (since, since + grace_seconds))
        self._agent = agent
        self._retired_at = retired_at
        self._ended: list[Outage] = []
        self._open: Outage | None = None
        self._back_since = 0
        self._stable_at = 0

    def hear(self, beat: Heard, number: int | None = None) -> None:
        """The next beat, by its number on record; one that is older than the newest so far tells nothing."""
        if self.last_at is not None and beat.at < self.last_at:
            return
        heard_since = beat.at if beat.quiet_since is None else beat.quiet_since
        if self.last_at is None:
            self.first_at = beat.at
            _refuse_unheard(beat, heard_since < beat.at)
        elif self._is_late(heard_since, number):
            _refuse_unheard(beat, heard_since < beat.at)
            self._end_silence(self.last_at, beat, number)
        self.last_at = beat.at
        self._end_if_stable(beat)

    def open_late(self, at: Instant, number: int) -> None:
        """A beat came at an instant, too late as far as was known then, and perhaps got lost itself."""
        if self._open is not None or self.last_at is None or not self._is_late(at, number):
            return
        if self._held(self.last_at, at, number, ends=True).due < at:
            self._open = self._silence(self.last_at, at, number)

    def outages(self, now: Instant, retired_at: Instant | None = None) -> list[Outage]:
        """All of them, oldest first, at an instant not before the last beat heard."""
        if self._open is not None:
            return [*self._ended, replace(self._open, retired_at=retired_at)]
        end = now if retired_at is None else min(now, retired_at)
        if self.last_at is None or not self._is_late(end, None):
            return list(self._ended)
        if self._held(self.last_at, end, None, ends=retired_at is not None).due >= end:
            return list(self._ended)
        return [*self._ended, replace(self._silence(self.last_at, end, None), retired_at=retired_at)]

    def _is_late(self, at: Instant, number: int | None) -> bool:
        """Whether a beat, or the end of the time looked at, ends a silence that is too long."""
        if self.last_at is None or at <= self.last_at + self.grace_seconds:
            return False  # nothing ever leaves less time than the grace
        return at > self._due(self.last_at, at, number)

    def _due(self, since: Instant, at: Instant, number: int | None) -> Instant:
        return since + self.grace_seconds if self._open is not None else self._clock(since, at, number)[1]

    def silences(self, now: Instant) -> list[Stretch]:
        """Every stretch in which it was silent for too long, the last perhaps still."""
        retired = self._retired_at if self._retired_at is not None and self._retired_at <= now else None
        end = now if retired is None else retired
        if self.last_at is None or not self._is_late(end, None):
            return list(self.stretches)
        held = self._held(self.last_at, end, None, ends=retired is not None)
        incident, start = held.incident or "", self.last_at
        if self._open is not None:
            incident = self._open.incident
        elif held.due < end:
            outage = self._silence(self.last_at, end, None)
            incident, start = outage.incident, outage.started_at
        last = Stretch(self._device, start, self._due(self.last_at, end, None), incident)
        return [*self.stretches, last if retired is None else replace(last, end=end, end_up=end)]

    def _held(self, since: Instant, at: Instant, number: int | None, *, ends: bool) -> Behind:
        """When it is due for all that its agent is silent; `ends`: it is decided now."""
        due = self._due(since, at, number)
        if self._agent is None or self._agent.last_at is None or self._open is not None:
            return Behind(due, None)
        _, held = self._moved(since, at, number, self._agent)
        waits = self._agent.last_at <= held.due and self._agent.may_be_heard(at)
        return Behind(at, held.incident) if waits and not ends and held.due < at else held

    def may_be_heard(self, at: Instant) -> bool:
        """Whether a beat in time may still come, or be on its way."""
        if self.last_at is None or (self._retired_at is not None and self._retired_at <= at):
            return False
        return at <= self._due(self.last_at, at, None) + CERTAIN_SECONDS

    def _silence(self, since: Instant, at: Instant, number: int | None) -> Outage:
        if self._agent is None:
            start, due = self._clock(since, at, number)
            return Outage(self._device, start, due + 1)
        start, held = self._moved(since, at, number, self._agent)
        return Outage(self._device, start, held.due + 1, undecided_seconds=self._agent.grace_seconds)

    def _moved(self, since: Instant, at: Instant, number: int | None, agent: Pulse) -> tuple[Instant, Behind]:
        """From when a silence counts and when it is due: its agent and the windows move it in turn."""
        start, due = self._clock(since, at, number)
        while True:
            held = behind(due, self.grace_seconds, at, agent.silences(at))
            ends = next((end for begins, end in self._windows if begins <= held.due < end), None)
            if ends is None or at <= held.due:  # as long as its agent holds it, nothing else matters
                return start, held
            start, due = ends, ends + self.grace_seconds

    def _end_silence(self, since: Instant, beat: Heard, number: int | None) -> None:
        """A beat ends a silence that was too long: the device's own, or its agent's."""
        is_first = self._open is None or self._open.answered_at is None
        held = self._held(since, beat.at, number, ends=True)
        due = self._due(since, beat.at, number)
        incident, start = held.incident or "", since
        if not is_first or held.due < beat.at:
            self._answer(since, beat, number)
            assert self._open is not None
            incident, start = self._open.incident, self._open.started_at if is_first else since
        self.stretches.append(Stretch(self._device, start, due, incident, beat.at, beat.at_up))

    def _answer(self, silent_since: Instant, beat: Heard, number: int | None) -> None:
        """A beat after too long a silence begins a run; one that had not lasted is as if it never was."""
        if self._open is None:
            self._open = self._silence(silent_since, beat.at, number)
        if self._open.answered_at is None:
            self._open = replace(self._open, answered_at=beat.at)
        self._open = replace(self._open, returns=(*self._open.returns, beat.at_up))
        self._back_since = beat.at_up
        self._stable_at = beat.at_up + self._stable_for(self._open.started_at)

    def _end_if_stable(self, beat: Heard) -> None:
        if self._open is None or self._open.answered_at is None or beat.at < self._stable_at:
            return
        known_at = min(beat.at, self._stable_at + self.grace_seconds)
        self._ended.append(replace(self._open, restored_at=self._back_since, stable_known_at=known_at))
        self._open = None


def third_return(returns: Sequence[Instant]) -> Instant | None:
    """The first return that is the third within an hour."""
    for number in range(2, len(returns)):
        if returns[number] - returns[number - 2] <= 3600:
            return returns[number]
    return None


def outages(witness: Witness, device: str, now: Instant) -> list[Outage]:
    """The outages of a device, oldest first, as known at an instant.

    What has not been opened as an incident yet is among them: see `overdue_at` and `answered_at`.
    """
    return follow(witness, device, now).outages(now, retired_at(witness, device, now))


def follow(witness: Witness, device: str, now: Instant) -> Pulse:
    """The pulse of a device up to an instant; who goes on, lets it hear what is put on record later."""
    enrolled = next(known for known in witness.enrolled if known.device == device)
    grace = enrolled.grace_seconds
    retired = retired_at(witness, device, now)
    end = now if retired is None else min(now, retired)
    windows = counting(witness, device)
    pulse = Pulse(
        device,
        grace,
        lambda started_at: stable_for(witness, started_at),
        lambda since, at, number: judged(since, grace, deaf_spans(witness.proofs, at, number), windows),
        windows=windows,
        agent=None if enrolled.via is None else follow(witness, enrolled.via, now),
        retired_at=retired,
    )
    opened = [each for each in witness.opened if each.device == device and each.at <= end]
    for number, beat in enumerate(witness.heard):
        while opened and opened[0].heard_before <= number:
            pulse.open_late(opened[0].at, opened.pop(0).heard_before)
        if beat.device == device and beat.at <= end:
            pulse.hear(beat, number)
    for each in opened:
        pulse.open_late(each.at, each.heard_before)
    return pulse


def retired_at(witness: Witness, device: str, now: Instant) -> Instant | None:
    """When the device was retired; None when that has not happened yet."""
    at = witness.retired.get(device)
    return at if at is not None and at <= now else None


def stable_for(witness: Witness, started_at: Instant) -> int:
    """How long a device has to be back after an outage that started at an instant."""
    version = version_at(read_versions(witness.contracts), started_at)
    return parse_outages(version.outages, zone=version.contract.zone).stable_for


def _refuse_unheard(beat: Heard, is_unheard: bool) -> None:
    if is_unheard:
        raise ValueError(
            f"{beat.device} was heard at {beat.at} and before, but its first beat is not on record"
        )
