"""The facts of an issued month with what turned out later: facts again, and the right sum."""

from __future__ import annotations

from typing import Any

import pytest
from support.months import a_device, a_month, an_excuse, an_incident, at

from makegood.rules.correcting import corrected_facts, forgiven_of, gains, on_a_statement
from makegood.rules.statements import compute

AS_OF = "2026-05-03T09:00:00Z"
MISSED = an_incident(at("10 08:00"), incident="missed", notified_at=None, pauses=[], excuses=[])
"""A notice that told nobody: 5 % of 1,000.00 USD."""


def an_outage(started_at: str, **changes: Any) -> dict[str, Any]:
    """One that nobody has done anything about."""
    nothing = dict.fromkeys(("notified_at", "planned_at", "restored_at", "documented_at"))
    return an_incident(
        started_at, **{"incident": started_at, **nothing, "pauses": [], "excuses": [], **changes}
    )


def refund(month: dict[str, Any]) -> int:
    cents: Any = compute(month)["refund_cents"]
    return int(cents)


@pytest.mark.parametrize("began", ["2026-05-01T00:00:00Z", "2026-05-03T08:40:00Z", AS_OF])
def test_an_outage_after_the_month_says_nothing_of_it_also_when_another_was_frozen_as_running(
    began: str,
) -> None:
    """The timer that would have noticed the return was late when the month was issued."""
    running = an_outage("2026-04-30T23:50:00Z", notified_at="2026-04-30T23:55:00Z")
    frozen = a_month(incidents=[{**MISSED, "notified_at": at("10 08:05")}, running])
    back = {**running, "restored_at": "2026-04-30T23:56:00Z", "documented_at": "2026-04-30T23:56:00Z"}
    corrected = corrected_facts(frozen, [MISSED, back, an_outage(began)])
    assert [incident["incident"] for incident in corrected["incidents"]] == ["missed", running["incident"]]
    assert corrected["incidents"][1] == running
    assert (refund(frozen), refund(corrected)) == (0, 5_000)


def test_an_outage_of_the_month_that_was_noticed_only_later_ends_the_one_that_was_frozen_as_running() -> None:
    running = an_outage("2026-04-30T20:00:00Z", notified_at="2026-04-30T20:05:00Z")
    back = {**running, "restored_at": "2026-04-30T22:00:00Z", "documented_at": "2026-04-30T22:00:00Z"}
    later = an_outage("2026-04-30T23:00:00Z")
    corrected = corrected_facts(a_month(incidents=[running]), [back, later])
    assert [incident["restored_at"] for incident in corrected["incidents"]] == [later["started_at"], None]
    # The plan, due at nine, was owed already; the second outage's notice was due at 23:15.
    assert (refund(a_month(incidents=[running])), refund(corrected)) == (5_000, 10_000)


def test_what_lies_apart_stays_as_it_was_frozen() -> None:
    first, second = an_outage(at("10 08:00"), restored_at=at("10 09:00")), an_outage(at("10 09:00"))
    other = an_outage(at("10 08:30"), device="nas", incident="nas")
    month = a_month(incidents=[first, second, other], devices=[a_device(), a_device("nas")])
    assert corrected_facts(month, month["incidents"]) == month


@pytest.mark.parametrize(
    ("granted", "cents"), [(at("11 09:00"), 0), (AS_OF, 0), ("2026-06-01T00:00:00Z", 0), (None, 5_000)]
)
def test_an_excuse_counts_whenever_it_was_granted_and_not_once_it_was_taken_back(
    granted: str | None, cents: int
) -> None:
    frozen = a_month(incidents=[{**MISSED, "excuses": [an_excuse("notify")]}])
    excuses = [] if granted is None else [an_excuse("notify", approved_at=granted)]
    assert refund(corrected_facts(frozen, [{**MISSED, "excuses": excuses}])) == cents


@pytest.mark.parametrize(
    ("told", "cents"), [(at("10 08:05"), 0), (AS_OF, 5_000), ("2026-05-03T09:00:01Z", 5_000)]
)
def test_a_correction_is_as_of_the_moment_of_issue_so_what_is_done_later_is_not_done(
    told: str, cents: int
) -> None:
    """The notice of then bounced; the one that reached somebody left when it did."""
    frozen = a_month(incidents=[{**MISSED, "notified_at": at("10 08:05")}])
    corrected = corrected_facts(frozen, [{**MISSED, "notified_at": told}])
    assert (corrected["as_of"], refund(frozen), refund(corrected)) == (AS_OF, 0, cents)
    [stage] = [each for each in compute(corrected)["stages"] if each["stage"] == "notify"]  # type: ignore[attr-defined]
    assert stage["done_at"] == (told if told <= AS_OF else None)


@pytest.mark.parametrize(
    ("corrections", "paid"),
    [
        ([], []),
        ([1_200], [1_200]),
        ([1_200, 500], [1_200, 500]),
        ([-1_200, 1_200], [0, 0]),
        ([1_200, -1_200, 1_200, 300], [1_200, 0, 0, 300]),
        ([1_200, -500, 700], [1_200, 0, 200]),
    ],
)
def test_what_no_statement_takes_is_paid_once_and_never_asked_back(
    corrections: list[int], paid: list[int]
) -> None:
    assert gains(corrections) == paid


@pytest.mark.parametrize(
    ("apart", "cents", "credited"),
    [
        ([], 1_200, 1_200),
        ([], -1_200, -1_200),
        ([1_200], 300, 300),
        ([1_200, -1_200], 1_200, 0),  # it was paid, and never asked back
        ([1_200, -1_200], 1_500, 300),
        ([1_200, -1_200], -300, -300),
        ([1_200, -500, 700], 100, 100),
    ],
)
def test_what_was_forgiven_is_not_given_again_on_a_statement(
    apart: list[int], cents: int, credited: int
) -> None:
    assert on_a_statement(cents, forgiven_of(apart)) == credited
