"""Refund lines: what each broken promise earns, unit by unit, and what the cap leaves of it."""

from __future__ import annotations

from typing import Any

import pytest
from support.months import (
    TERMS,
    a_contract,
    a_device,
    a_pause,
    an_excuse,
    an_incident,
    at,
    evidence,
    the_statement,
)

from makegood.rules.refunds import Line, pay

INCIDENT = "modem-2026-04-10T08:00:00Z"
LATE = f"{INCIDENT}/repair/late"


def earned(**changes: Any) -> dict[str, int]:
    return {row["line"]: row["earned_cents"] for row in the_statement(**changes)["refunds"]}


def late(repaired_at: str | None, terms: dict[str, Any] | None = None, **changes: Any) -> int | None:
    """What the lateness of a repair that was due on the 10th at 12:00 earns, at 1.00 a unit."""
    then = {"every": "1h", "refund": "1.00", **(terms or {})}
    outages = {"repair": {"within": "4h", "then": then}}
    incident = an_incident(restored_at=repaired_at, documented_at=repaired_at, **changes.pop("incident", {}))
    contract = a_contract(outages=outages, **changes.pop("contract", {}))
    return earned(contract=contract, incidents=[incident], **changes).get(LATE)


def test_a_broken_stage_earns_its_refund() -> None:
    incident = an_incident(
        notified_at=at("10 08:15:01"), planned_at=at("10 09:00:01"), restored_at=at("10 09:00:01")
    )
    assert earned(incidents=[incident]) == {f"{INCIDENT}/notify": 5_000, f"{INCIDENT}/plan": 5_000}


def test_an_excused_stage_earns_nothing() -> None:
    excuses = [an_excuse("repair")]
    assert earned(incidents=[an_incident(documented_at=at("10 20:00"), excuses=excuses)]) == {}


def test_a_stage_without_a_refund_earns_nothing() -> None:
    outages = {"notify": {"within": "15m"}, "plan": {"within": "1h", "refund": "0%"}}
    incident = an_incident(notified_at=None, planned_at=None, restored_at=None, documented_at=None)
    assert earned(contract=a_contract(outages=outages), incidents=[incident]) == {}


@pytest.mark.parametrize(
    ("repaired_at", "cents"),
    [
        (at("10 12:00"), None),
        (at("10 12:00:01"), 100),
        (at("10 13:00"), 100),
        (at("10 13:00:01"), 200),
        (at("10 15:00"), 300),
        (at("10 15:00:01"), 400),
    ],
)
def test_each_started_unit_of_lateness_earns(repaired_at: str, cents: int | None) -> None:
    assert late(repaired_at) == cents


@pytest.mark.parametrize(("at_most", "cents"), [(0, None), (1, 100), (3, 300), (4, 400), (5, 400)])
def test_lateness_earns_for_so_many_units_at_most(at_most: int, cents: int | None) -> None:
    assert late(at("10 15:30"), {"at_most": at_most}) == cents


def test_a_percentage_of_lateness_is_of_the_fee() -> None:
    # 4 units of 0.33 % of 1,000.00
    assert late(at("10 15:30"), {"refund": "0.33%"}) == 1_320


@pytest.mark.parametrize(
    ("as_of", "cents"),
    [(at("10 12:00"), None), (at("10 12:59:59"), 100), (at("10 13:00"), 200), (at("10 13:00:01"), 200)],
)
def test_a_unit_that_begins_now_has_begun(as_of: str, cents: int | None) -> None:
    assert late(None, as_of=as_of) == cents


@pytest.mark.parametrize(
    ("retired_at", "cents"),
    [(at("10 12:00"), None), (at("10 12:00:01"), 100), (at("10 13:00"), 100), (at("10 13:00:01"), 200)],
)
def test_lateness_ends_when_the_device_is_retired(retired_at: str, cents: int | None) -> None:
    assert late(None, devices=[a_device(retired_at=retired_at)]) == cents


def test_after_the_deadline_a_pause_changes_nothing() -> None:
    incident = {"pauses": [a_pause(at("10 12:00"), at("10 15:00"))]}
    assert late(at("10 15:30"), incident=incident) == 400


@pytest.mark.parametrize(
    ("effective_until", "cents"), [("2026-04-11", 1_200), ("2026-04-12", 3_600), (None, 3_700)]
)
def test_lateness_earns_only_in_the_covered_time(effective_until: str | None, cents: int) -> None:
    assert late(at("12 00:00:01"), contract={"effective_until": effective_until}) == cents


def over_the_end_of_the_month(period: str, **terms: Any) -> list[tuple[str, int]]:
    """The lines of an outage on the last day of April at 20:00, repaired in May at 03:30."""
    then = {"every": "1h", "refund": "1.00", **terms}
    contract = a_contract(outages={"repair": {"within": "2h", "refund": "9.00", "then": then}})
    repaired: dict[str, Any] = {
        "restored_at": "2026-05-01T03:30:00Z",
        "documented_at": "2026-05-01T03:30:00Z",
    }
    incident = an_incident(at("30 20:00"), incident="x", notified_at=None, planned_at=None, **repaired)
    statement = the_statement(
        contract=contract, incidents=[incident], period=period, as_of="2026-06-03T09:00:00Z"
    )
    return [(row["line"], row["earned_cents"]) for row in statement["refunds"]]


def test_a_stage_earns_in_the_month_of_its_deadline_and_its_lateness_month_by_month() -> None:
    assert over_the_end_of_the_month("2026-03") == []
    assert over_the_end_of_the_month("2026-04") == [("x/repair", 900), ("x/repair/late", 200)]
    assert over_the_end_of_the_month("2026-05") == [("x/repair/late", 400)]
    assert over_the_end_of_the_month("2026-06") == []


def test_the_units_of_all_months_together_are_limited() -> None:
    assert over_the_end_of_the_month("2026-04", at_most=3) == [("x/repair", 900), ("x/repair/late", 200)]
    assert over_the_end_of_the_month("2026-05", at_most=3) == [("x/repair/late", 100)]
    assert over_the_end_of_the_month("2026-05", at_most=2) == []


@pytest.mark.parametrize(
    ("within", "month"), [("14399s", "2026-04"), ("4h", "2026-05"), ("14401s", "2026-05")]
)
def test_a_deadline_at_midnight_is_of_the_next_month(within: str, month: str) -> None:
    contract = a_contract(outages={"notify": {"within": within, "refund": "1.00"}})
    nothing: dict[str, Any] = dict.fromkeys(("notified_at", "planned_at", "restored_at", "documented_at"))
    incident = an_incident(at("30 20:00"), incident="x", **nothing)
    for period in ("2026-04", "2026-05"):
        lines = earned(contract=contract, incidents=[incident], period=period, as_of="2026-06-03T09:00:00Z")
        assert lines == ({"x/notify": 100} if period == month else {})


def test_an_incident_keeps_the_terms_it_started_with() -> None:
    outages = {"notify": {"within": "5m", "refund": "7.00"}}
    incident = an_incident(notified_at=at("10 08:05:01"), documented_at=None, outages=outages)
    assert earned(incidents=[incident]) == {f"{INCIDENT}/notify": 700}


def practice_lines(at_least: str, **refunds: str) -> dict[str, int]:
    """April's first three days: one done, one missed, one without evidence."""
    terms = {"max_age": "1d", "at_least": at_least, **refunds}
    return earned(
        contract=a_contract(practices={"backup": terms}),
        devices=[a_device(practices=["backup"])],
        as_of=at("04 00:00"),
        evidence=[
            evidence("backup", at("01 08:00"), {"ok": True}),
            evidence("backup", at("02 08:00"), {"ok": False}),
        ],
    )


def test_a_practice_earns_once_when_broken_and_for_each_day_it_failed() -> None:
    assert practice_lines("100%", refund="5%", refund_each="0.33%") == {
        "practice/backup": 5_000,
        "practice/backup/each": 660,
    }


def test_failed_days_earn_even_when_the_practice_was_kept() -> None:
    assert practice_lines("30%", refund="5%", refund_each="1.50") == {"practice/backup/each": 300}


def test_a_practice_without_refunds_earns_nothing() -> None:
    assert practice_lines("100%") == {}


def test_units_are_rounded_together_not_one_by_one() -> None:
    # 0.33 % of 1.51 is 0.004983: two are 0.009966, one cent; one alone would be nothing.
    contract = a_contract(monthly_fee="1.51", practices={"backup": {"max_age": "1d", "refund_each": "0.33%"}})
    devices = [a_device(practices=["backup"])]
    assert earned(contract=contract, devices=devices, as_of=at("03 00:00")) == {"practice/backup/each": 1}
    assert earned(contract=contract, devices=devices, as_of=at("02 00:00")) == {}


def paid(cap_cents: int, *lines: Line) -> list[tuple[str, int, int]]:
    payments = pay(lines, cap_cents)
    return [(payment.line, payment.earned_cents, payment.payable_cents) for payment in payments]


def test_lines_are_paid_in_order_of_breach() -> None:
    assert paid(250, Line("a", 3, 100), Line("b", 2, 100), Line("c", 1, 100)) == [
        ("c", 100, 100),
        ("b", 100, 100),
        ("a", 100, 50),
    ]


def test_lines_of_one_instant_are_paid_in_order_of_their_code_points() -> None:
    keys = ["é/plan", "a/plan", "B/plan", "a-b/plan", "a/plan/late"]
    assert [line for line, _, _ in paid(1_000, *(Line(key, 1, 1) for key in keys))] == [
        "B/plan",
        "a-b/plan",
        "a/plan",
        "a/plan/late",
        "é/plan",
    ]


@pytest.mark.parametrize(
    ("cap", "payable"), [(0, [0, 0]), (99, [99, 0]), (100, [100, 0]), (101, [100, 1]), (200, [100, 100])]
)
def test_what_is_above_the_cap_is_not_paid_but_stays_visible(cap: int, payable: list[int]) -> None:
    lines = paid(cap, Line("a", 1, 100), Line("b", 2, 100))
    assert [row[2] for row in lines] == payable
    assert [row[1] for row in lines] == [100, 100]


def test_lateness_breaches_with_its_first_unit_in_the_period() -> None:
    # Due in March at 22:30, so units begin in April at 00:30 and 01:30; notices were due at 00:20 and 00:40.
    outages = {
        "notify": {"within": "15m", "refund": "1.00"},
        "repair": {"within": "4h", "then": {"every": "1h", "refund": "1.00"}},
    }
    times: dict[str, Any] = {
        "planned_at": None,
        "restored_at": at("01 02:00"),
        "documented_at": at("01 02:00"),
    }
    old = an_incident("2026-03-31T18:30:00Z", incident="old", notified_at="2026-03-31T18:31:00Z", **times)
    first = an_incident(at("01 00:05"), incident="first", device="nas", notified_at=None, **times)
    second = an_incident(at("01 00:25"), incident="second", device="srv", notified_at=None, **times)
    lines = the_statement(
        contract=a_contract(outages=outages),
        devices=[a_device(), a_device("nas"), a_device("srv")],
        incidents=[second, old, first],
    )["refunds"]
    assert [(row["line"], row["earned_cents"]) for row in lines] == [
        ("first/notify", 100),
        ("old/repair/late", 200),
        ("second/notify", 100),
    ]


def test_practices_breach_at_the_end_of_the_period() -> None:
    # Also when the contract ended before: the repair was due after that, and its lateness is not covered.
    outages = {"repair": {"within": "2d", "refund": "1.00", "then": {"every": "1h", "refund": "1.00"}}}
    practices = {"backup": {"max_age": "1d", "refund": "1.00", "refund_each": "1.00"}}
    statement = the_statement(
        contract=a_contract(outages=outages, practices=practices, effective_until="2026-04-10"),
        devices=[a_device(practices=["backup"])],
        incidents=[an_incident(at("09 08:00"), incident="x", documented_at=at("20 08:00"))],
    )
    assert [(row["line"], row["earned_cents"]) for row in statement["refunds"]] == [
        ("x/repair", 100),
        ("practice/backup", 100),
        ("practice/backup/each", 900),
    ]


def test_practices_breach_at_the_end_of_the_period_also_while_it_lasts() -> None:
    # A unit of lateness begins this second, and its line's name comes after "practice".
    outages = {"repair": {"within": "4h", "then": {"every": "2d", "refund": "1.00"}}}
    practices = {"backup": {"max_age": "1d", "refund": "1.00"}}
    incident = an_incident("2026-03-30T20:00:00Z", incident="srv-x", device="srv", documented_at=None)
    statement = the_statement(
        contract=a_contract(outages=outages, practices=practices),
        devices=[a_device("nas", practices=["backup"]), a_device("srv")],
        incidents=[incident | {"notified_at": None, "planned_at": None, "restored_at": None}],
        as_of=at("02 00:00"),
    )
    assert [row["line"] for row in statement["refunds"]] == ["srv-x/repair/late", "practice/backup"]


def test_the_terms_of_the_example_earn_what_they_say() -> None:
    assert TERMS["repair"]["then"] == {"every": "1h", "refund": "2%", "at_most": 10}
    assert earned(incidents=[an_incident(documented_at=at("12 12:00"))]) == {
        f"{INCIDENT}/repair": 10_000,
        LATE: 20_000,
    }
