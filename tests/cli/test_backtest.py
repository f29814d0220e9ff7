"""Months under other terms: every expected value is worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.months import CONTRACT, TERMS, a_contract, a_device, a_month, a_pause, an_incident, at, evidence

from makegood.rules.statements import compute
from makegood_cli.backtest.drawing import bar, buckets
from makegood_cli.backtest.months import compute_again, refunds_under
from makegood_cli.backtest.ranges import WhatIf, parse_what_if
from makegood_cli.backtest.terms import doubts, put_into, refusals

Json = dict[str, Any]

VECTORS = Path(__file__).parents[1] / "vectors"
MONTHS = sorted(VECTORS.rglob("*.json"))


def terms(**outages: Any) -> Json:
    """The usual contract with other terms of outages; the fee is 1,000.00, so 1% is 1,000 cents."""
    return a_contract(outages={**TERMS, **outages})


def under(facts: Json, wanted: Json, before: list[Json] | None = None) -> int:
    return int(str(compute(put_into(facts, wanted, before or []))["refund_cents"]))


def began_under_its_contract(facts: Json) -> bool:
    mine = facts["contract"].get("outages")
    return all(incident.get("outages", mine) == mine for incident in facts["incidents"])


OWN = [month for month in MONTHS if began_under_its_contract(json.loads(month.read_text())["facts"])]


def test_most_worked_months_began_under_their_contract() -> None:
    assert len(OWN) >= 60


@pytest.mark.parametrize("month", OWN, ids=lambda month: str(month.relative_to(VECTORS)))
def test_a_month_under_its_own_terms_is_the_one_that_was_issued(month: Path) -> None:
    vector = json.loads(month.read_text())
    assert compute(put_into(vector["facts"], vector["facts"]["contract"])) == vector["statement"]


LATE_NOTICE = a_month(incidents=[an_incident(notified_at=at("10 08:20"))])


@pytest.mark.parametrize(
    ("notify", "refund"),
    [
        ({"within": "15m", "refund": "5%"}, 5_000),
        ({"within": "15m", "refund": "7.25%"}, 7_250),
        ({"within": "19m", "refund": "5%"}, 5_000),
        ({"within": "20m", "refund": "5%"}, 0),
        (None, 0),
    ],
)
def test_a_notice_after_twenty_minutes_is_judged_by_other_limits(notify: Json | None, refund: int) -> None:
    assert under(LATE_NOTICE, terms(notify=notify)) == refund


LATE_REPAIR = a_month(incidents=[an_incident(restored_at=at("10 13:00"), documented_at=at("10 14:30"))])


@pytest.mark.parametrize(
    ("within", "refund"),
    [
        ("4h", 16_000),  # 10% at 12:00, and 2% each at 12:00, 13:00, 14:00
        ("6h", 12_000),  # 10% and 2% at 14:00
        ("7h", 0),
    ],
)
def test_hours_of_lateness_are_counted_from_the_other_limit(within: str, refund: int) -> None:
    assert under(LATE_REPAIR, terms(repair={**TERMS["repair"], "within": within})) == refund


def test_the_fee_and_the_cap_are_the_other_contracts() -> None:
    assert under(LATE_REPAIR, a_contract(monthly_fee="2000.00")) == 32_000
    assert under(LATE_REPAIR, a_contract(refund_cap="12%")) == 12_000


def test_an_incident_is_judged_by_the_terms_that_are_tried_whatever_it_began_with() -> None:
    generous = {**TERMS, "notify": {"within": "2h", "refund": "5%"}}
    facts = a_month(incidents=[an_incident(notified_at=at("10 08:20"), outages=generous)])
    assert compute(facts)["refund_cents"] == 0
    assert under(facts, CONTRACT) == 5_000


def test_a_pause_ends_when_the_other_terms_would_have_ended_it() -> None:
    paused = an_incident(
        restored_at=at("10 15:00"),
        documented_at=at("10 15:00"),
        pauses=[a_pause(at("10 09:00"), at("10 13:00"))],
    )
    facts = a_month(incidents=[paused])
    assert under(facts, CONTRACT) == 0  # due at 12:00 and 4 hours of pause
    assert under(facts, terms(pause_at_most="2h")) == 12_000  # due at 14:00: 10%, and 2% for the hour begun


BACKUP = {"backup": {"max_age": "1d", "refund_each": "10.00"}}
FEW = a_device(practices=["backup"])
APRIL = a_month(
    contract=a_contract(practices=BACKUP),
    devices=[FEW],
    evidence=[evidence("backup", f"2026-04-{day:02}T03:00:00Z", {"ok": True}) for day in range(2, 31)],
)
MARCH = {
    **APRIL,
    "period": "2026-03",
    "as_of": "2026-04-03T09:00:00Z",
    "evidence": [evidence("backup", f"2026-03-{day:02}T03:00:00Z", {"ok": True}) for day in range(1, 32)],
}


def test_evidence_of_the_month_before_counts_where_the_other_terms_let_it() -> None:
    two_days = a_contract(practices={"backup": {"max_age": "2d", "refund_each": "10.00"}})
    assert under(APRIL, APRIL["contract"], [MARCH]) == 1_000  # the first of April is missing
    assert under(APRIL, two_days) == 1_000
    assert under(APRIL, two_days, [MARCH]) == 0
    assert refunds_under([MARCH, APRIL], two_days) == [0, 0]


def test_evidence_of_the_month_itself_is_that_of_its_own_facts() -> None:
    late = evidence("backup", "2026-04-01T03:00:00Z", {"ok": True})
    assert under(APRIL, APRIL["contract"], [{**MARCH, "evidence": [late]}]) == 1_000


def test_which_days_were_covered_is_no_term() -> None:
    half = {**LATE_REPAIR, "contract": a_contract(effective_from="2026-04-01", effective_until="2026-04-16")}
    found = compute(put_into(half, a_contract(effective_from="2030-01-01", effective_until="2031-01-01")))
    assert (found["fee_cents"], found["refund_cents"]) == (50_000, 8_000)  # 15 of 30 days; 16%


def test_months_are_shown_beside_what_was_issued() -> None:
    [month] = compute_again([LATE_REPAIR], terms(repair={**TERMS["repair"], "within": "6h"}))
    assert (month.period, month.incidents, month.broken, month.broken_practices) == ("2026-04", 1, 1, 0)
    assert (month.fee_cents, month.issued_refund_cents, month.refund_cents) == (100_000, 16_000, 12_000)
    assert month.doubts == ()


@pytest.mark.parametrize(
    ("facts", "wanted", "doubt"),
    [
        (a_month(contract=a_contract(outages=None)), CONTRACT, "nothing was promised about outages"),
        (
            a_month(
                contract=terms(plan=None),
                incidents=[an_incident(planned_at=None, outages={**TERMS, "plan": None})],
            ),
            CONTRACT,
            "plan was not promised, so nobody had to do it",
        ),
        (
            a_month(incidents=[an_incident(planned_at=None, documented_at=at("10 09:00"))]),
            terms(repair={**TERMS["repair"], "self_recovery": "document"}),
            "an outage documented itself",
        ),
        (
            a_month(
                contract=terms(repair={**TERMS["repair"], "self_recovery": "document"}),
                incidents=[an_incident(planned_at=None)],
            ),
            CONTRACT,
            "a person documented what may have documented itself",
        ),
        (
            a_month(
                incidents=[
                    an_incident(),
                    an_incident(
                        at("10 09:20"),
                        notified_at=at("10 09:25"),
                        planned_at=None,
                        restored_at=at("10 09:40"),
                        documented_at=at("10 09:40"),
                    ),
                ]
            ),
            terms(stable_for="30m"),
            "fell silent again within stable_for",
        ),
        (
            a_month(incidents=[an_incident(pauses=[a_pause(at("10 08:10"), at("15 08:10"))])]),
            terms(pause_at_most="7d"),
            "a longer pause_at_most",
        ),
        (a_month(), a_contract(practices=BACKUP), "backup: no device brings evidence"),
        (
            APRIL,
            a_contract(practices={"backup": {"max_age": "2d", "refund_each": "10.00"}}),
            "backup: there is no evidence from as long before",
        ),
        (
            a_month(
                maintenance=[
                    {
                        "devices": ["*"],
                        "from": at("20 00:00"),
                        "to": at("20 02:00"),
                        "announced_at": at("18 00:00"),
                    }
                ]
            ),
            a_contract(maintenance_notice="24h"),
            "by maintenance_notice other maintenance counts",
        ),
    ],
)
def test_what_facts_cannot_tell_is_said_and_only_under_other_terms(
    facts: Json, wanted: Json, doubt: str
) -> None:
    [found] = doubts(facts, wanted, is_first=True)
    assert doubt in found
    assert doubts(facts, facts["contract"], is_first=True) == []


def test_time_zone_and_currency_are_no_terms() -> None:
    elsewhere = a_contract(timezone="Europe/Berlin", currency="EUR")
    assert list(refusals(LATE_NOTICE, elsewhere)) == [
        "timezone: must be UTC, as in the months that are computed again, got Europe/Berlin",
        "currency: must be USD, as in the months that are computed again, got EUR",
    ]
    assert list(refusals(LATE_NOTICE, CONTRACT)) == []


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("5m..20m/5m", ("5m", "10m", "15m", "20m")),
        ("30m..2h/30m", ("30m", "60m", "90m", "120m")),
        ("1h..150m/45m", ("60m", "105m", "150m")),
        ("1h..3h/1h", ("1h", "2h", "3h")),
        ("5%..6%/0.5%", ("5%", "5.5%", "6%")),
        ("0%..100%/50%", ("0%", "50%", "100%")),
        ("5.00..6.00/0.50", ("5.00", "5.50", "6.00")),
        ("1..9/4", (1, 5, 9)),
        ("5m..14m/5m", ("5m", "10m")),
        ("5m,1h", ("5m", "1h")),
        ("document,system", ("document", "system")),
        ("3,7", (3, 7)),
    ],
)
def test_a_range_is_written_as_in_a_contract(written: str, values: tuple[str | int, ...]) -> None:
    assert parse_what_if(f"outages.notify.within={written}") == WhatIf("outages.notify.within", values)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("5m..60m/5m", "must name a term and its values"),
        ("outages.notify.within=", "must name a term and its values"),
        ("refund_cap=5m..60%/5m", "must be three values of one kind"),
        ("refund_cap=five..ten/one", "must be three values of one kind"),
        ("refund_cap=60%..5%/5%", "must go upwards in steps above 0"),
        ("refund_cap=5%..60%/0%", "must go upwards in steps above 0"),
        ("outages.notify.within=1s..1h/1s", "must be at most 200 values, got 3600"),
    ],
)
def test_a_range_that_is_none_is_refused_with_an_example(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_what_if(text)


def test_a_value_is_put_in_its_place_and_nothing_else_changes() -> None:
    what_if = parse_what_if("outages.repair.then.at_most=3,5")
    assert what_if.terms(CONTRACT, 3)["outages"]["repair"]["then"] == {
        "every": "1h",
        "refund": "2%",
        "at_most": 3,
    }
    assert TERMS["repair"]["then"]["at_most"] == 10
    assert parse_what_if("practices.backup.max_age=1d").terms(CONTRACT, "1d")["practices"] == {
        "backup": {"max_age": "1d"}
    }


def test_a_bar_is_as_long_as_its_value_to_an_eighth() -> None:
    assert bar(0, 100) == ""
    assert bar(100, 100, width=4) == "████"
    assert bar(50, 100, width=4) == "██"
    assert bar(40, 100, width=4) == "█▌"  # 12.8 eighths: 12 are whole
    assert bar(1, 1000, width=4) == "▏"
    assert bar(0, 0) == ""


def test_values_are_counted_in_equal_steps() -> None:
    assert buckets([0, 0, 10, 11, 20], count=2) == [(0, 0, 2), (0, 10, 1), (10, 20, 2)]
    assert buckets([0, 0]) == [(0, 0, 2)]
