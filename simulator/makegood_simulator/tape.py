"""A tape: what happens to one client, line by line, in order of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from makegood.rules.instants import Instant, Period


@dataclass(frozen=True, kw_only=True)
class Line:
    """Something that happens at an instant; `number` is its line in the file, for messages."""

    at: Instant
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class DeviceLine(Line):
    """Something that happens to a device, or to its open or last incident."""

    device: str


@dataclass(frozen=True, kw_only=True)
class Enroll(DeviceLine):
    """The operator enrolls a device; its first beat makes it count."""

    kind: str
    grace_seconds: int
    via: str | None = None
    practices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Beat(DeviceLine):
    """Heartbeats at `at`, `at + every`, ... up to and including `until`; without `every` just one."""

    every: int | None = None
    until: Instant | None = None
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Evidence(DeviceLine):
    """Heartbeats that bring evidence: of the device itself, or of the agent that vouches for it."""

    practice: str
    facts: Mapping[str, Any]
    every: int | None = None
    until: Instant | None = None


@dataclass(frozen=True, kw_only=True)
class Take(DeviceLine):
    """A technician says "I have it"."""


@dataclass(frozen=True, kw_only=True)
class Plan(DeviceLine):
    """A technician sends the plan."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Repair(DeviceLine):
    """A technician documents the repair."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Call(DeviceLine):
    """A technician records a call to the client, made at `spoken_at`: when the line says, or now."""

    reached: str
    telephone: str
    spoken_at: Instant | None = None


@dataclass(frozen=True, kw_only=True)
class Return(DeviceLine):
    """What was mailed about the device's last outage (`notice`, `plan`) comes back for good, only now."""

    mail: str


@dataclass(frozen=True, kw_only=True)
class Complain(Line):
    """This contact calls the last mail that reached them unwanted."""

    contact: str


@dataclass(frozen=True, kw_only=True)
class Pause(DeviceLine):
    """Plan and repair wait for the client."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Resume(DeviceLine):
    """The wait is over."""


@dataclass(frozen=True, kw_only=True)
class Excuse(DeviceLine):
    """A miss of one stage earns no refund."""

    stage: str
    reason: str
    approved_by: str


@dataclass(frozen=True, kw_only=True)
class Answer(DeviceLine):
    """The client gives what the last pause awaits."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Ask(DeviceLine):
    """A technician asks for an excuse of a stage; the client is asked too."""

    stage: str
    reason: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Approve(DeviceLine):
    """A colleague or the client approves the last excuse of a stage."""

    stage: str
    by: str


@dataclass(frozen=True, kw_only=True)
class Revoke(DeviceLine):
    """A technician takes the last excuse of a stage back."""

    stage: str
    because: str


@dataclass(frozen=True, kw_only=True)
class Dispute(DeviceLine):
    """The client disagrees with the last pause, the last excuse of a stage, or the whole (`incident`)."""

    about: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Decide(DeviceLine):
    """A technician decides the first dispute that waits."""

    upheld: bool
    because: str


@dataclass(frozen=True, kw_only=True)
class Retire(DeviceLine):
    """The operator retires the device for ever."""


@dataclass(frozen=True, kw_only=True)
class Announce(Line):
    """The operator announces maintenance of devices (`*` is all); `short_notice`: also if too late."""

    devices: tuple[str, ...]
    starts: Instant
    ends: Instant
    reason: str
    short_notice: bool | None = None


@dataclass(frozen=True, kw_only=True)
class AnnounceWeekly(Line):
    """The same on weekdays (`sat`) from one date to another, by the wall clock of the contract: `02:00`."""

    devices: tuple[str, ...]
    days: tuple[str, ...]
    starts: str
    ends: str
    first: str
    last: str
    reason: str
    short_notice: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Cancel(Line):
    """The operator cancels what stands announced for this reason."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Bounce(Line):
    """From now on every mail to this contact bounces."""

    contact: str


@dataclass(frozen=True, kw_only=True)
class Contract(Line):
    """The operator applies a later version of the contract, written as in its file."""

    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Issue(Line):
    """The operator asks for the statement of a period; without such lines they are issued when due."""

    period: Period


@dataclass(frozen=True, kw_only=True)
class Fail(Line):
    """A part of the provider's own side is out of order up to `until`: sweep, evaluator, mail or api."""

    part: str
    until: Instant
