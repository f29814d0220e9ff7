"""The review of a device's logs: what an agent observed, and when a rule may do without a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from makegood.rules.instants import DAY_SECONDS, parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from makegood.rules.instants import Instant

MOST_FAILED_LOGONS: Final = 20
BY_RULE: Final = "rule: nothing found"
SHORTEST_SECONDS: Final = DAY_SECONDS - 3_600
"""A report is of a day; what reads the log may begin a little late."""
AHEAD_SECONDS: Final = 300
"""So far a device's clock may be ahead."""

_MOST: Final = {"failed_units": 0, "failed_logons": MOST_FAILED_LOGONS, "disk_errors": 0}


def reviewed(
    facts: Mapping[str, object], now: Instant, is_waiting: Callable[[], bool]
) -> dict[str, object] | None:
    """The evidence that the facts of an agent are; None when they are observations that a person must review.

    Who says by `reviewed` whether a review was done is believed. Without that, a rule reviews what shows
    nothing of about the last day, unless `is_waiting`: an earlier observation of the device still waits for
    a person, who then looks at this one too. It is asked only when all else is in order.
    """
    if isinstance(facts.get("reviewed"), bool):
        return dict(facts)
    clears = shows_nothing(facts) and _is_of_the_last_day(facts, now) and not is_waiting()
    return {**facts, "reviewed": True, "by": BY_RULE} if clears else None


def shows_nothing(facts: Mapping[str, object]) -> bool:
    """Whether there is no failed unit, no disk error, few failed logons, and nothing undetermined."""
    counted = all(_is_at_most(facts.get(name), most) for name, most in _MOST.items())
    return counted and not facts.get("undetermined")


def _is_of_the_last_day(facts: Mapping[str, object], now: Instant) -> bool:
    since, until = facts.get("since"), facts.get("until")
    if not isinstance(since, str) or not isinstance(until, str):
        return False
    end = parse_instant(until)
    is_recent = now - DAY_SECONDS <= end <= now + AHEAD_SECONDS
    return is_recent and end - parse_instant(since) >= SHORTEST_SECONDS


def _is_at_most(value: object, most: int) -> bool:
    return type(value) is int and value <= most  # a bool is an int to isinstance
