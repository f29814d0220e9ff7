"""Made-up months: seeded, by the distributions that were asked for, priced by the same rules."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from support.months import CONTRACT, TERMS, a_contract

from makegood.rules.instants import parse_instant
from makegood.rules.statements import compute
from makegood_cli.backtest.assumed import (
    AssumptionsError,
    Months,
    Spread,
    parse_assumptions,
)
from makegood_cli.backtest.prices import at_most, price, promise_of, summarize
from makegood_cli.backtest.terms import doubts, put_into

Json = dict[str, Any]

SURE: Json = {
    "devices": 3,
    "outages_per_device_month": 2,
    "notified_after": {"median": "20m", "p90": "20m"},
    "planned_after": {"median": "30m", "p90": "30m"},
    "repaired_after": {"median": "5h", "p90": "5h"},
    "documented_after": {"median": "30m", "p90": "30m"},
}
"""Every outage goes the same way: told after 20 minutes, planned after 30, up after 300, done after 330."""


def made_up(number: int = 0, seed: int = 1, contract: Json = CONTRACT, **changes: Any) -> Json:
    return Months(contract, parse_assumptions({**SURE, **changes}), seed).facts(number)


def since(incident: Json, time: str) -> int | None:
    """Minutes from the outage's start."""
    at = incident[time]
    return None if at is None else (parse_instant(at) - parse_instant(incident["started_at"])) // 60


class Chance(random.Random):
    """A chance that is known."""

    def __init__(self, known: float) -> None:
        super().__init__()
        self.known = known

    def random(self) -> float:
        return self.known


@pytest.mark.parametrize(("chance", "seconds"), [(0.5, 3_600), (0.9, 14_400), (0.1, 900)])
def test_half_are_below_the_median_and_nine_in_ten_below_p90(chance: float, seconds: int) -> None:
    # Lognormal: as far below the median as above it, in factors of four.
    assert Spread(3_600, 14_400).draw(Chance(chance)) == seconds


def test_the_same_seed_makes_the_same_month_and_another_another() -> None:
    assert made_up(3) == made_up(3)
    assert made_up(3) != made_up(4)
    assert made_up(3) != made_up(3, seed=2)


def test_an_outage_is_told_planned_repaired_and_documented_as_assumed() -> None:
    incidents = made_up()["incidents"]
    assert incidents
    for incident in incidents:
        times = ("notified_at", "planned_at", "restored_at", "documented_at")
        assert [since(incident, time) for time in times] == [20, 30, 300, 330]


def test_what_comes_back_by_itself_documents_itself_unless_a_person_must() -> None:
    back: Json = {"back_by_itself": "100%", "back_after": {"median": "10m", "p90": "10m"}}
    for incident in made_up(**back)["incidents"]:
        times = ("notified_at", "planned_at", "restored_at", "documented_at")
        assert [since(incident, time) for time in times] == [20, None, 10, 10]
    asked = a_contract(outages={**TERMS, "repair": {**TERMS["repair"], "self_recovery": "document"}})
    for incident in made_up(contract=asked, **back)["incidents"]:
        assert since(incident, "documented_at") == 40


def test_people_work_in_business_hours_where_these_are_promised_unless_it_is_said_otherwise() -> None:
    hours = a_contract(outages={**TERMS, "hours": {"mon-fri": "08:00-18:00"}})
    for incident in made_up(contract=hours)["incidents"]:
        restored = parse_instant(incident["restored_at"])
        assert 13 * 3600 <= restored % 86_400 <= 18 * 3600 or 8 * 3600 <= restored % 86_400 <= 13 * 3600
        assert (restored // 86_400 + 3) % 7 < 5
    by_night = made_up(contract=hours, round_the_clock=True)["incidents"]
    assert {since(incident, "restored_at") for incident in by_night} == {300}


def test_outages_of_one_device_never_overlap() -> None:
    facts = made_up(outages_per_device_month=100, repaired_after={"median": "2d", "p90": "4d"})
    assert len(facts["incidents"]) > 30
    compute(facts)  # which refuses two at once


def test_there_are_as_many_outages_as_assumed() -> None:
    begun = sum(len(made_up(number, devices=10)["incidents"]) for number in range(50))
    # Ten devices, 59 days of 30.44 to a month, two a month, fifty times: 1,938, and none while one is down.
    assert 1_800 < begun < 2_000


def test_each_outage_costs_what_the_terms_say() -> None:
    facts = made_up()
    starts, ends = "2026-02-01T00:00:00Z", "2026-02-28T18:00:00Z"
    whole = [each for each in facts["incidents"] if starts <= each["started_at"] < ends]
    partly = [each for each in facts["incidents"] if "2026-01-31T18:00:00Z" <= each["started_at"] < starts]
    assert (facts["period"], partly) == ("2026-02", [])
    # Notice late: 5%. Repair late: 10%, and 2% each for two hours begun (330 minutes, due after 240).
    assert compute(facts)["refund_cents"] == min(len(whole) * 19_000, 100_000)
    assert len(whole) >= 3


def test_no_outage_costs_nothing() -> None:
    found = price(CONTRACT, parse_assumptions({**SURE, "outages_per_device_month": 0}), seed=1, runs=5)
    assert (found.mean_cents, found.worst_cents, found.free_bps, found.by_promise) == (0, 0, 10_000, {})


def test_a_practice_is_missed_as_often_as_assumed() -> None:
    promised = a_contract(practices={"backup": {"max_age": "1d", "refund_each": "1.00"}}, outages=None)
    never = parse_assumptions({**SURE, "practices": {"backup": {"devices": 2, "missed": "100%"}}})
    always = parse_assumptions({**SURE, "practices": {"backup": {"devices": 2}}})
    assert price(promised, never, seed=1, runs=2).mean_cents == 2 * 28 * 100  # February 2026
    assert price(promised, always, seed=1, runs=2).mean_cents == 0


def a_statement(refund: int, *lines: tuple[str, int]) -> Json:
    refunds = [{"line": line, "payable_cents": cents} for line, cents in lines]
    return {"fee_cents": 100_000, "refund_cents": refund, "refunds": refunds}


def test_months_are_summed_up() -> None:
    found = summarize(
        [
            a_statement(0),
            a_statement(100, ("modem-1/notify", 100)),
            a_statement(200, ("modem-2/notify", 150), ("practice/backup/each", 50)),
            a_statement(700, ("modem-3/repair", 400), ("modem-3/repair/late", 300)),
        ]
    )
    assert (found.mean_cents, found.median_cents, found.p90_cents, found.worst_cents) == (250, 100, 700, 700)
    # Deviations 250, 150, 50, 450: variance 290,000 / 3, so 1.96 times the root of 96,666.7 / 4 is 304.7.
    assert found.error_cents == 305
    assert found.free_bps == 2_500
    assert found.by_promise == {"backup each": 12, "notify": 62, "repair": 100, "repair late": 75}


def test_so_many_percent_do_not_exceed_it() -> None:
    values = [5, 1, 4, 2, 3, 6, 8, 7, 10, 9]
    assert [at_most(values, percent) for percent in (50, 90, 91, 100)] == [5, 9, 10, 10]


@pytest.mark.parametrize(
    ("line", "promise"),
    [
        ("till-20260401T000000Z/notify", "notify"),
        ("till-20260401T000000Z/repair/late", "repair late"),
        ("practice/backup", "backup"),
        ("practice/backup/each", "backup each"),
    ],
)
def test_a_line_belongs_to_a_promise(line: str, promise: str) -> None:
    assert promise_of(line) == promise


@settings(max_examples=30, deadline=None)
@given(
    seed=some.integers(0, 10**6),
    notify=some.integers(1, 60),
    repair=some.integers(1, 12),
    hours=some.sampled_from([None, {"mon-fri": "08:00-18:00"}, {"sun-thu": "22:00-06:00"}]),
    by_itself=some.sampled_from(["0%", "50%"]),
)
def test_a_month_under_its_own_terms_refunds_what_it_did(
    seed: int, notify: int, repair: int, hours: Json | None, by_itself: str
) -> None:
    outages = {
        "notify": {"within": f"{notify}m", "refund": "5%"},
        "plan": TERMS["plan"],
        "repair": {**TERMS["repair"], "within": f"{repair}h"},
        **({"hours": hours} if hours else {}),
    }
    contract = a_contract(outages=outages, practices={"backup": {"max_age": "2d", "refund_each": "1.00"}})
    brought = {"backup": {"devices": 2, "missed": "30%"}}
    facts = made_up(seed=seed, contract=contract, back_by_itself=by_itself, practices=brought)
    assert compute(put_into(facts, contract)) == compute(facts)
    assert doubts(facts, contract, is_first=True) == []


def test_wrong_assumptions_are_refused_each_by_its_path() -> None:
    with pytest.raises(AssumptionsError) as refused:
        parse_assumptions(
            {
                "devices": 0,
                "outages_per_device_month": "often",
                "planned_after": {"median": "1h", "p90": "30m"},
                "repaired": {"median": "1h"},
                "practices": {"backup": {"devices": 1, "missed": "200%"}},
            }
        )
    paths = {problem.path for problem in refused.value.problems}
    assert paths == {
        "devices",
        "outages_per_device_month",
        "planned_after.p90",
        "repaired",
        "repaired_after",
        "practices.backup.missed",
    }
