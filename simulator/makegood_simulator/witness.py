"""What happened, as seen where requests enter and where AWS is called: never read back from the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from makegood.rules.instants import Instant

Milliseconds = int
"""UTC epoch milliseconds, as API Gateway and SES tell the time."""


@dataclass(frozen=True)
class Heard:
    """A heartbeat that was put on record: when it arrived, rounded down and up.

    `quiet_since`: and regularly, never more than its grace apart, since that instant, whose beat
    is on record too; the beats in between are left out.
    """

    device: str
    at: Instant
    at_up: Instant
    quiet_since: Instant | None = None


@dataclass(frozen=True)
class Opened:
    """A heartbeat that came too late opened an outage at its arrival `at`; it may never be on record itself.

    `heard_before` is how many heartbeats had been put on record before.
    """

    device: str
    at: Instant
    heard_before: int


@dataclass(frozen=True)
class Proof:
    """It was put on record that devices could be heard: at `at`, and each minute since `since`.

    `heard_before` is how many heartbeats had been put on record before.
    """

    since: Instant
    at: Instant
    heard_before: int = 0


@dataclass(frozen=True)
class Brought:
    """Evidence that was put on record as received at `at`."""

    device: str
    practice: str
    at: Instant
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Enrolled:
    """A device as the operator enrolled it, at an instant."""

    device: str
    kind: str
    grace_seconds: int
    practices: tuple[str, ...]
    at: Instant
    via: str | None = None


@dataclass
class Accepted:
    """SES took a mail; `mail` is its name by its tag.

    `answered_at` is when its caller heard so; None when that died before, or has not heard yet.
    """

    mail: str
    to: str
    at: Milliseconds
    answered_at: Milliseconds | None = None


@dataclass
class Event:
    """SES reported what became of a mail: `kind` is Delivery, Bounce or Complaint.

    `handled_at` is when a function has answered that it took the report in; None while it is on its way.
    """

    mail: str
    kind: str
    permanent: bool
    at: Milliseconds
    handled_at: Milliseconds | None = None


@dataclass(frozen=True)
class Act:
    """What somebody did to an incident, put on record: take, plan, repair, call, pause, resume, excuse.

    `at` is the instant that counts: rounded up for what ends a duty, down for what begins a wait.
    `recorded_at` is when it was put on record, which may be some calls to AWS later. `details` are the fields
    of its line on the tape.
    """

    do: str
    device: str
    incident: str
    at: Instant
    recorded_at: Milliseconds
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WallTimes:
    """Every week on these days (`sat`) from one date to another, `02:00` to `04:00` by the client's clock."""

    days: tuple[str, ...]
    starts: str
    ends: str
    first: str
    last: str


@dataclass(frozen=True)
class Announced:
    """Maintenance that was put on record as announced at `at`: between two instants, or every week.

    `cancelled_at` is the instant at which its cancellation counts.
    """

    devices: tuple[str, ...]
    when: tuple[Instant, Instant] | WallTimes
    reason: str
    at: Instant
    recorded_at: Milliseconds
    cancelled_at: Instant | None = None


@dataclass
class Witness:
    """Everything an independent reading needs, in the order in which it happened."""

    client: str
    contracts: list[Mapping[str, Any]] = field(default_factory=list)
    enrolled: list[Enrolled] = field(default_factory=list)
    retired: dict[str, Instant] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    brought: list[Brought] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    announced: list[Announced] = field(default_factory=list)

    def copy(self) -> Witness:
        """What has been seen so far."""
        return Witness(
            self.client,
            contracts=list(self.contracts),
            enrolled=list(self.enrolled),
            retired=dict(self.retired),
            heard=list(self.heard),
            opened=list(self.opened),
            proofs=list(self.proofs),
            brought=list(self.brought),
            accepted=[replace(copy) for copy in self.accepted],
            events=[replace(event) for event in self.events],
            acts=list(self.acts),
            announced=list(self.announced),
        )
