"""The terms of a contract: what is promised to a client, and what a broken promise earns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from makegood.rules.clocks import ROUND_THE_CLOCK, BusinessHours, Clock
from makegood.rules.levels import WARNINGS, Level

if TYPE_CHECKING:
    from datetime import date

    from makegood.rules.values import MaxAge, Refund

STAGES: Final = ("notify", "plan", "repair")
STAGE_NAMES: Final = {"notify": "Notice", "plan": "Plan", "repair": "Repair"}
"""As clients read them."""


@dataclass(frozen=True)
class LateTerms:
    """What lateness earns: `refund` for each started unit of `every` seconds, for `at_most` so many units."""

    every: int
    refund: Refund | None
    at_most: int | None


@dataclass(frozen=True)
class StageTerms:
    """A stage is to be done `within` so many seconds; broken, it earns `refund` and then what `late` says.

    `clock` counts these seconds and those of `late`.
    """

    within: int
    refund: Refund | None
    late: LateTerms | None
    clock: Clock = ROUND_THE_CLOCK


@dataclass(frozen=True)
class Outages:
    """The stages of an incident; one that is None is not promised.

    A device that is back for `stable_for` seconds is repaired. `self_recovery` says who documents one that
    came back by itself: the "system", or a person, who is asked to "document" it. Technicians are warned at
    these shares of each stage's time, in percent, and alerted level by level; without levels it is the
    deployment's technicians. A pause ends after `pause_at_most` seconds.
    """

    notify: StageTerms | None
    plan: StageTerms | None
    repair: StageTerms | None
    stable_for: int
    self_recovery: str
    warnings: tuple[int, ...] = WARNINGS
    escalation: tuple[Level, ...] = ()
    pause_at_most: int = 5 * 86_400

    def promised(self) -> dict[str, StageTerms]:
        """The terms by stage, of those that are promised."""
        stages = zip(STAGES, (self.notify, self.plan, self.repair), strict=True)
        return {stage: terms for stage, terms in stages if terms is not None}

    @property
    def hours(self) -> BusinessHours | None:
        """The business hours in which plan and repair are counted; None: round the clock."""
        clocks = (terms.clock for terms in (self.plan, self.repair) if terms is not None)
        return next((clock for clock in clocks if isinstance(clock, BusinessHours)), None)


@dataclass(frozen=True)
class PracticeTerms:
    """`at_least_bps` of the device-days must be done, by evidence of at most `max_age`."""

    practice: str
    max_age: MaxAge
    at_least_bps: int
    grace_days: int
    refund: Refund | None
    refund_each: Refund | None


@dataclass(frozen=True)
class Contacts:
    """E-mail addresses: who is told of outages, who gets the statements."""

    outages: tuple[str, ...]
    statements: tuple[str, ...]
    phone: tuple[str, ...] = ()


@dataclass(frozen=True)
class StatementTerms:
    """The local day and hour of the next month at which a period's statement is issued."""

    day: int = 3
    hour: int = 9


@dataclass(frozen=True)
class Contract:
    """One version of a client's contract; `monthly_fee` is in minor units, the dates are local.

    `locale` is how the client reads amounts and dates; None: as in the country of the zone.
    """

    client: str
    name: str
    timezone: str
    currency: str
    monthly_fee: int
    effective_from: date
    effective_until: date | None
    contacts: Contacts
    outages: Outages | None
    practices: tuple[PracticeTerms, ...]
    refund_cap_bps: int
    maintenance_notice_seconds: int
    statement: StatementTerms
    locale: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
