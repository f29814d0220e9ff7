"""What a day is about to miss, by the rules of the statement, and which of it is the worst."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.months import a_contract, a_device, a_month, an_incident, at, evidence

from makegood.rules.facts import parse_facts
from makegood.rules.gaps import Gap, gaps_of
from makegood.rules.instants import LocalDay, days_between
from makegood.rules.statements import compute

OK = {"ok": True}
BAD = {"ok": False}
BACKUP: dict[str, Any] = {"backup": {"max_age": "1d", "refund_each": "10.00"}}


def the_day(number: int, zone: str = "UTC", month: int = 4) -> LocalDay:
    (day,) = days_between(date(2026, month, number), date(2026, month, number + 1), ZoneInfo(zone))
    return day


def gaps(day: LocalDay, practices: dict[str, Any] = BACKUP, **month: Any) -> tuple[Gap, ...]:
    contract = a_contract(practices=practices, effective_from="2026-04-01", **month.pop("contract", {}))
    devices = [a_device(practices=sorted(practices))]
    return gaps_of(parse_facts(a_month(**{"contract": contract, "devices": devices, **month})), day)


def named(found: tuple[Gap, ...]) -> list[tuple[str, str, str]]:
    return [(gap.terms.practice, day.device, day.verdict) for gap in found for day in gap.days]


@pytest.mark.parametrize(
    ("moment", "facts", "open_days"),
    [
        (at("10 00:00"), OK, []),
        (at("09 23:59:59"), OK, [("backup", "modem", "no_evidence")]),
        (at("10 23:59:59"), OK, []),
        (at("11 00:00"), OK, [("backup", "modem", "no_evidence")]),
        (at("10 12:00"), BAD, [("backup", "modem", "missed")]),
    ],
)
def test_a_day_is_open_until_evidence_of_it_counts(moment: str, facts: Any, open_days: Any) -> None:
    assert named(gaps(the_day(10), evidence=[evidence("backup", moment, facts)])) == open_days


def test_the_newest_evidence_is_told_however_old_it_is() -> None:
    old = [evidence("backup", at(moment), OK) for moment in ("02 06:00", "03 06:00", "11 00:00")]
    (gap,) = gaps(the_day(10), evidence=old)
    assert gap.days[0].evidence is not None
    assert gap.days[0].evidence.at == parse_facts(a_month(as_of=at("03 06:00"))).as_of


def test_a_device_that_was_never_heard_of_has_no_evidence_to_tell_of() -> None:
    (gap,) = gaps(the_day(10))
    assert gap.days[0].evidence is None


def test_an_outage_of_the_whole_day_excuses_it_and_a_shorter_one_does_not() -> None:
    silent = {"notified_at": None, "planned_at": None, "restored_at": None, "documented_at": None}
    for started, is_open in ((at("10 00:00"), False), (at("10 00:00:01"), True)):
        assert bool(gaps(the_day(10), incidents=[an_incident(started, **silent)])) is is_open


@pytest.mark.parametrize(("enrolled", "is_open"), [(at("10 00:00"), True), (at("10 00:00:01"), False)])
def test_a_day_on_which_a_device_came_is_not_asked_for(enrolled: str, is_open: bool) -> None:
    device = a_device(practices=["backup"], enrolled_at=enrolled)
    assert bool(gaps(the_day(10), devices=[device])) is is_open


def test_a_day_outside_of_the_contract_misses_nothing() -> None:
    assert gaps(the_day(10), contract={"effective_until": "2026-04-10"}) == ()
    assert gaps(the_day(10), contract={"effective_until": "2026-04-11"}) != ()


def test_a_test_restore_is_open_when_the_last_one_is_too_old() -> None:
    terms = {"restore_test": {"max_age": "7d"}}
    done = [evidence("restore_test", at("04 00:00"), {"ok": True, "hash_matches": True})]
    assert gaps(the_day(10), terms, evidence=done) == ()
    assert named(gaps(the_day(11), terms, evidence=done)) == [("restore_test", "modem", "no_evidence")]


def test_what_an_open_day_costs_is_what_the_statement_would_refund_more() -> None:
    """Two of ten days are without a backup: 10.00 each, and one more below 85 % breaks the practice."""
    practices = {"backup": {"max_age": "1d", "at_least": "85%", "refund": "5%", "refund_each": "10.00"}}
    done = [evidence("backup", at(f"{day:02} 06:00"), OK) for day in range(1, 9)]
    (nine,) = gaps(the_day(9), practices, evidence=done)
    assert (nine.cents, nine.score_bps) == (10_00, 8_888)
    (ten,) = gaps(the_day(10), practices, evidence=done)
    assert (ten.cents, ten.score_bps) == (60_00, 8_000)
    contract = a_contract(practices=practices, effective_from="2026-04-01")
    month = a_month(contract=contract, devices=[a_device(practices=["backup"])], as_of=at("11 00:00"))
    assert compute({**month, "evidence": done})["earned_cents"] == 70_00
    caught_up = [*done, evidence("backup", at("10 23:59:59"), OK)]
    assert compute({**month, "evidence": caught_up})["earned_cents"] == 10_00


def test_the_most_money_comes_first_then_the_lowest_score_then_the_order_of_the_contract() -> None:
    each = {"max_age": "1d", "refund_each": "10.00"}
    practices = {
        "quarantine": {"max_age": "1d"},
        "antivirus": {"max_age": "1d"},
        "patching": {"max_age": "1d"},
        "backup": each,
        "log_review": {**each, "refund_each": "10.01"},
    }
    good = {"critical_pending": 0, "reboot_pending": False}
    before = [
        evidence("patching", at("01 06:00"), good),
        evidence("log_review", at("01 06:00"), {"reviewed": True}),
    ]
    found = gaps(the_day(2), practices, evidence=before)
    assert [gap.terms.practice for gap in found] == [
        "log_review",
        "backup",
        "quarantine",
        "antivirus",
        "patching",
    ]
    assert [gap.cents for gap in found] == [10_01, 10_00, 0, 0, 0]
    assert [gap.score_bps for gap in found] == [5_000, 0, 0, 0, 5_000]


def test_all_devices_of_a_practice_are_one_gap() -> None:
    devices = [a_device(name, practices=["backup"]) for name in ("nas", "srv", "till")]
    done = [evidence("backup", at("10 06:00"), OK, device="srv")]
    (gap,) = gaps(the_day(10), devices=devices, evidence=done)
    assert [day.device for day in gap.days] == ["nas", "till"]
    assert gap.cents == 20_00


@pytest.mark.parametrize(
    ("day", "moment", "is_open"),
    [
        # Berlin's 29 March 2026 has 23 hours: from 28 March 23:00 to 29 March 22:00 UTC.
        (29, "2026-03-28T22:59:59Z", True),
        (29, "2026-03-28T23:00:00Z", False),
        (29, "2026-03-29T21:59:59Z", False),
        (29, "2026-03-29T22:00:00Z", True),
    ],
)
def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(day: int, moment: str, is_open: bool) -> None:
    contract = a_contract(timezone="Europe/Berlin", practices=BACKUP)
    month = a_month(
        contract=contract,
        period="2026-03",
        devices=[a_device(practices=["backup"])],
        evidence=[evidence("backup", moment, OK)],
    )
    assert bool(gaps_of(parse_facts(month), the_day(day, "Europe/Berlin", 3))) is is_open
