"""The review of a device's logs: what an agent observed, and when a rule may do without a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_FAILED_LOGONS: Final = 20
BY_RULE: Final = "rule: nothing found"

_MOST: Final = {"failed_units": 0, "failed_logons": MOST_FAILED_LOGONS, "disk_errors": 0}


def reviewed(facts: Mapping[str, object]) -> dict[str, object] | None:
    """The evidence that the facts of an agent are; None when they are observations that a person must review.

    Who says by `reviewed` whether a review was done is believed. Without that, a rule reviews what shows
    nothing: no failed unit, no disk error and few failed logons, within a known time, and nothing that the
    agent could not determine.
    """
    if isinstance(facts.get("reviewed"), bool):
        return dict(facts)
    return {**facts, "reviewed": True, "by": BY_RULE} if _shows_nothing(facts) else None


def _shows_nothing(facts: Mapping[str, object]) -> bool:
    is_whole = facts.get("since") and facts.get("until") and not facts.get("undetermined")
    return bool(is_whole) and all(_is_at_most(facts.get(name), most) for name, most in _MOST.items())


def _is_at_most(value: object, most: int) -> bool:
    return type(value) is int and value <= most  # a bool is an int to isinstance
