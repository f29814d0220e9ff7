"""The review of logs: what a rule may do without a person, a tick before, at and after each of its limits."""

from __future__ import annotations

from typing import Any

import pytest

from makegood.rules.evidence import shows_done
from makegood.rules.instants import format_instant, parse_instant
from makegood.rules.log_review import reviewed
from makegood.rules.practice_facts import problems_of

QUIET: dict[str, Any] = {
    "failed_units": 0,
    "failed_logons": 20,
    "disk_errors": 0,
    "since": "2026-03-11T04:00:00Z",
    "until": "2026-03-12T04:00:00Z",
}
NOW = parse_instant("2026-03-12T04:00:00Z")
HOUR = 3_600


def review(facts: dict[str, Any], *, waits: bool = False) -> dict[str, object] | None:
    return reviewed(facts, NOW, lambda: waits)


def test_a_quiet_log_is_reviewed_by_the_rule_which_says_so() -> None:
    evidence = review(QUIET)
    assert evidence == {**QUIET, "reviewed": True, "by": "rule: nothing found"}
    assert shows_done("log_review", evidence, grace_days=7)
    assert problems_of("log_review", evidence, signed=True) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"failed_logons": 21},
        {"failed_units": 1},
        {"disk_errors": 1},
        {"failed_units": None},
        {"failed_logons": None},
        {"disk_errors": None},
        {"disk_errors": False},
        {"since": None},
        {"until": None},
        {"undetermined": "disk errors: no access to the kernel's log"},
        {"reviewed": None, "failed_units": 1},
    ],
)
def test_what_shows_something_or_leaves_something_open_is_for_a_person(changes: dict[str, Any]) -> None:
    assert review({**QUIET, **changes}) is None


def test_a_missing_count_is_for_a_person_too() -> None:
    for name in QUIET:
        assert review({key: value for key, value in QUIET.items() if key != name}) is None


@pytest.mark.parametrize("facts", [{"reviewed": True}, {"reviewed": False}, {**QUIET, "reviewed": False}])
def test_who_says_whether_a_review_was_done_is_taken_at_their_word(facts: dict[str, Any]) -> None:
    assert review(facts) == facts


def test_an_empty_remark_on_what_is_open_leaves_nothing_open() -> None:
    assert review({**QUIET, "undetermined": ""}) is not None


@pytest.mark.parametrize(
    ("since", "until", "is_cleared"),
    [
        (NOW - 23 * HOUR, NOW, True),
        (NOW - 23 * HOUR + 1, NOW, False),
        (NOW, NOW, False),
        (NOW - 25 * HOUR, NOW - 24 * HOUR, False),
        (NOW - 48 * HOUR, NOW - 24 * HOUR, True),
        (NOW - 48 * HOUR, NOW - 24 * HOUR - 1, False),
        (NOW - 24 * HOUR, NOW + 300, True),
        (NOW - 24 * HOUR, NOW + 301, False),
        (parse_instant("2001-03-11T04:00:00Z"), parse_instant("2001-03-12T04:00:00Z"), False),
        (NOW - 240 * HOUR, NOW, True),
    ],
)
def test_a_rule_reviews_only_what_is_of_about_the_last_day(since: int, until: int, is_cleared: bool) -> None:
    span = {"since": format_instant(since), "until": format_instant(until)}
    assert (review({**QUIET, **span}) is not None) is is_cleared


def test_a_rule_reviews_nothing_while_something_waits_for_a_person() -> None:
    assert review(QUIET, waits=True) is None
    assert review({**QUIET, "reviewed": True}, waits=True) == {**QUIET, "reviewed": True}
