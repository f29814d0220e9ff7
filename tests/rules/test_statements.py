"""The statement as a whole: the fee, which stages it lists, what is due, and whether all was well."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.months import (
    TERMS,
    a_contract,
    a_device,
    a_month,
    a_pause,
    an_excuse,
    an_incident,
    at,
    the_statement,
)

from makegood.rules.facts import FactsError
from makegood.rules.statements import compute

INCIDENT = "modem-2026-04-10T08:00:00Z"
NOTHING: dict[str, Any] = dict.fromkeys(("notified_at", "planned_at", "restored_at", "documented_at"))
MAY = {"period": "2026-05", "as_of": "2026-06-03T09:00:00Z"}


def listed(**changes: Any) -> list[tuple[str, str, str]]:
    rows = the_statement(**changes)["stages"]
    return [(row["incident"], row["stage"], row["verdict"]) for row in rows]


def stages_of(incident: dict[str, Any], **changes: Any) -> list[tuple[str, str]]:
    return [(stage, verdict) for _, stage, verdict in listed(incidents=[incident], **changes)]


def test_a_quiet_month_is_healthy_and_due_in_full() -> None:
    assert the_statement(devices=[]) == {
        "client": "acme-dental",
        "period": "2026-04",
        "as_of": "2026-05-03T09:00:00Z",
        "starts_at": "2026-04-01T00:00:00Z",
        "ends_at": "2026-05-01T00:00:00Z",
        "fee_cents": 100_000,
        "currency": "USD",
        "stages": [],
        "practices": [],
        "availability": [],
        "refunds": [],
        "adjustments": [],
        "cap_cents": 100_000,
        "earned_cents": 0,
        "refund_cents": 0,
        "due_cents": 100_000,
        "healthy": True,
    }


def test_a_statement_is_json() -> None:
    statement = the_statement(incidents=[an_incident(**NOTHING)])
    assert json.loads(json.dumps(statement)) == statement


def test_refused_facts_have_no_statement() -> None:
    with pytest.raises(FactsError, match="period: must be a month such as 2026-03, got 'April'"):
        compute(a_month(period="April"))


@pytest.mark.parametrize(
    ("effective_from", "effective_until", "fee"),
    [
        ("2026-04-01", None, 100_000),
        ("2026-04-16", None, 50_000),
        ("2026-01-01", "2026-04-11", 33_333),
        ("2026-04-11", "2026-04-12", 3_333),
        ("2026-01-01", "2026-04-01", 0),
        ("2026-05-01", None, 0),
        ("2026-06-01", None, 0),
        ("2026-01-01", "2026-02-01", 0),
    ],
)
def test_the_fee_is_for_the_covered_part(effective_from: str, effective_until: str | None, fee: int) -> None:
    contract = a_contract(effective_from=effective_from, effective_until=effective_until)
    statement = the_statement(contract=contract)
    assert (statement["fee_cents"], statement["cap_cents"]) == (fee, fee)


def test_the_fee_is_by_the_second_also_where_clocks_change() -> None:
    # March in Berlin has 743 hours, its last three days 71 of them: 95.558... of 1,000.00.
    contract = a_contract(timezone="Europe/Berlin", effective_from="2026-03-29")
    assert the_statement(contract=contract, period="2026-03")["fee_cents"] == 9_556


def test_halves_of_a_cent_are_rounded_up() -> None:
    contract = a_contract(monthly_fee="0.01", effective_from="2026-04-16")
    assert the_statement(contract=contract)["fee_cents"] == 1


def test_the_cap_is_a_share_of_the_fee() -> None:
    statement = the_statement(
        contract=a_contract(refund_cap="12.5%", monthly_fee="1000.04"),
        incidents=[an_incident(documented_at=at("12 12:00"))],
    )
    assert statement["cap_cents"] == 12_501
    assert (statement["earned_cents"], statement["refund_cents"]) == (30_001, 12_501)
    assert statement["due_cents"] == 100_004 - 12_501


def test_adjustments_come_off_what_is_due_outside_the_cap() -> None:
    adjustments = [
        {"period": "2026-02", "cents": 1_200, "reason": "the notice bounced later"},
        {"period": "2026-01", "cents": -200, "reason": "excused later"},
    ]
    statement = the_statement(adjustments=adjustments, contract=a_contract(refund_cap="0%"))
    assert statement["adjustments"] == adjustments
    assert (statement["due_cents"], statement["cap_cents"], statement["healthy"]) == (99_000, 0, True)


def test_what_is_due_may_be_a_credit() -> None:
    adjustments = [{"period": "2026-02", "cents": 100_001, "reason": "corrected"}]
    assert the_statement(adjustments=adjustments)["due_cents"] == -1


def test_stages_are_listed_by_deadline_then_incident_then_stage() -> None:
    devices = [a_device("a"), a_device("b")]
    same = {"notify": {"within": "1h"}, "plan": {"within": "1h"}, "repair": {"within": "1h"}}
    incidents = [
        an_incident(at("10 08:00"), device="b", incident="z"),
        an_incident(at("10 08:00"), device="a", incident="é"),
        an_incident(at("10 07:30"), device="a", incident="zz", **NOTHING | {"restored_at": at("10 07:40")}),
    ]
    rows = listed(devices=devices, incidents=incidents, contract=a_contract(outages=same))
    assert [row[:2] for row in rows] == [
        *[("zz", stage) for stage in ("notify", "plan", "repair")],
        *[("z", stage) for stage in ("notify", "plan", "repair")],
        *[("é", stage) for stage in ("notify", "plan", "repair")],
    ]


@pytest.mark.parametrize(
    ("started_at", "listed_in_april"), [(at("30 23:44:59"), True), (at("30 23:45"), False)]
)
def test_a_stage_is_listed_in_the_month_of_its_deadline(started_at: str, listed_in_april: bool) -> None:
    outages = {"notify": {"within": "15m"}}
    incident = an_incident(started_at, **NOTHING | {"notified_at": started_at})
    both = [{"period": "2026-04", "as_of": MAY["as_of"]}, MAY]
    found = [bool(stages_of(incident, contract=a_contract(outages=outages), **month)) for month in both]
    assert found == [listed_in_april, not listed_in_april]


def waiting(**changes: Any) -> dict[str, Any]:
    """An outage whose plan is due on the last evening of April, but waits for the client since then."""
    handled = {"notified_at": at("30 22:01"), **changes}
    return an_incident(at("30 22:00"), **NOTHING | {"pauses": [a_pause(at("30 22:30"), None)]} | handled)


PLAN_ONLY = a_contract(outages={"plan": {"within": "1h", "refund": "1.00"}})


def test_a_pending_stage_is_also_listed_where_it_would_have_been_due() -> None:
    as_of = "2026-05-03T09:00:00Z"
    for period in ("2026-04", "2026-05"):
        rows = the_statement(contract=PLAN_ONLY, incidents=[waiting()], period=period, as_of=as_of)["stages"]
        assert [(row["verdict"], row["deadline"]) for row in rows] == [("pending", "2026-05-03T09:30:00Z")]


def test_what_is_not_required_any_more_is_also_listed_where_it_would_have_been_due() -> None:
    devices = [a_device(retired_at="2026-05-02T00:00:00Z")]
    for period, found in (("2026-03", []), ("2026-04", [("plan", "not_required")]), ("2026-05", [])):
        month = {"period": period, "as_of": "2026-06-03T09:00:00Z"}
        assert stages_of(waiting(), contract=PLAN_ONLY, devices=devices, **month) == found


def test_what_was_done_is_listed_in_the_month_of_its_deadline_only() -> None:
    done = waiting(planned_at="2026-05-02T00:00:00Z")
    assert stages_of(done, contract=PLAN_ONLY) == []
    assert stages_of(done, contract=PLAN_ONLY, **MAY) == [("plan", "kept")]
    late = waiting(planned_at="2026-05-02T12:00:00Z", restored_at="2026-05-02T00:00:00Z")
    late["pauses"] = [a_pause(at("30 22:30"), "2026-05-02T00:00:00Z")]
    assert stages_of(late, contract=PLAN_ONLY) == []
    assert stages_of(late, contract=PLAN_ONLY, **MAY) == [("plan", "not_required")]


def test_what_is_broken_is_listed_in_the_month_of_its_deadline_only() -> None:
    broken = waiting(pauses=[a_pause(at("30 22:30"), "2026-05-02T00:00:00Z")])
    assert stages_of(broken, contract=PLAN_ONLY) == []
    assert stages_of(broken, contract=PLAN_ONLY, **MAY) == [("plan", "broken")]


def test_a_stage_as_listed_says_when_and_how_late() -> None:
    (row,) = the_statement(
        contract=PLAN_ONLY, incidents=[an_incident(planned_at=at("10 09:00:30"), restored_at=at("10 09:01"))]
    )["stages"]
    assert row == {
        "incident": INCIDENT,
        "stage": "plan",
        "deadline": at("10 09:00"),
        "done_at": at("10 09:00:30"),
        "verdict": "broken",
        "late_seconds": 30,
    }


@pytest.mark.parametrize(
    ("started_at", "counts"),
    [(at("04 23:59:59"), False), (at("05 00:00"), True), (at("09 23:59:59"), True), (at("10 00:00"), False)],
)
def test_incidents_that_start_outside_of_the_contract_are_ignored(started_at: str, counts: bool) -> None:
    contract = a_contract(effective_from="2026-04-05", effective_until="2026-04-10")
    incident = an_incident(started_at, **NOTHING)
    statement = the_statement(contract=contract, incidents=[incident])
    assert (len(statement["stages"]), statement["healthy"]) == ((3, False) if counts else (0, True))


def test_what_an_incident_owes_stays_owed_after_the_contract_ended() -> None:
    contract = a_contract(
        effective_until="2026-04-10", outages=TERMS | {"notify": {"within": "2d", "refund": "1.00"}}
    )
    incident = an_incident(at("09 12:00"), **NOTHING)
    lines = {
        row["line"]: row["earned_cents"]
        for row in the_statement(contract=contract, incidents=[incident])["refunds"]
    }
    name = incident["incident"]
    # The fee is 300.00 for nine days; lateness began on the 9th at 16:00 and counts 8 hours, to the end.
    assert lines == {
        f"{name}/notify": 100,
        f"{name}/plan": 1_500,
        f"{name}/repair": 3_000,
        f"{name}/repair/late": 4_800,
    }


def test_without_terms_nothing_is_promised() -> None:
    statement = the_statement(contract=a_contract(outages=None), incidents=[an_incident(**NOTHING)])
    assert (statement["stages"], statement["healthy"]) == ([], True)


def is_healthy(incident: dict[str, Any], outages: dict[str, Any], **changes: Any) -> bool:
    return bool(
        the_statement(contract=a_contract(outages=outages), incidents=[incident], **changes)["healthy"]
    )


UNPAID = {"notify": {"within": "15m"}}


def test_a_broken_stage_is_not_healthy_even_where_nothing_is_paid_for_it() -> None:
    assert not is_healthy(an_incident(notified_at=at("10 08:15:01")), UNPAID)
    assert is_healthy(an_incident(notified_at=at("10 08:15")), UNPAID)


def test_an_excused_stage_leaves_the_month_healthy() -> None:
    assert is_healthy(an_incident(notified_at=at("10 08:20"), excuses=[an_excuse("notify")]), UNPAID)


@pytest.mark.parametrize(
    ("restored_at", "healthy"),
    [
        ("2026-04-30T23:00:00Z", True),
        ("2026-05-01T00:00:00Z", True),
        ("2026-05-01T00:00:01Z", False),
        (None, False),
    ],
)
def test_an_outage_with_a_broken_stage_spoils_every_month_it_lasts_into(
    restored_at: str | None, healthy: bool
) -> None:
    incident = an_incident(at("30 20:00"), **NOTHING | {"restored_at": restored_at})
    assert is_healthy(incident, UNPAID, **MAY) == healthy
    assert not is_healthy(incident, UNPAID)


def test_an_outage_that_a_retirement_ended_spoils_no_later_month() -> None:
    incident = an_incident(at("30 20:00"), **NOTHING)
    for retired_at, healthy in (("2026-05-01T00:00:00Z", True), ("2026-05-01T00:00:01Z", False)):
        assert is_healthy(incident, UNPAID, devices=[a_device(retired_at=retired_at)], **MAY) == healthy


def test_an_incident_with_a_listed_stage_spoils_the_month_by_any_of_its_stages() -> None:
    # Back in April and never told; the repair, documented in May, was due in May and is kept.
    outages = {"notify": {"within": "15m"}, "repair": {"within": "8h"}}
    incident = an_incident(
        at("30 20:00"),
        **NOTHING | {"restored_at": at("30 21:00"), "documented_at": "2026-05-01T01:00:00Z"},
    )
    assert stages_of(incident, contract=a_contract(outages=outages), **MAY) == [("repair", "kept")]
    assert not is_healthy(incident, outages, **MAY)


def test_a_broken_practice_is_not_healthy_even_where_nothing_is_paid_for_it() -> None:
    statement = the_statement(
        contract=a_contract(practices={"backup": {"max_age": "1d"}}), devices=[a_device(practices=["backup"])]
    )
    assert (statement["earned_cents"], statement["healthy"]) == (0, False)


def test_a_failed_day_that_earns_is_not_healthy_though_the_practice_was_kept() -> None:
    terms = {"max_age": "1d", "at_least": "0%", "refund_each": "1.00"}
    statement = the_statement(
        contract=a_contract(practices={"backup": terms}), devices=[a_device(practices=["backup"])]
    )
    assert (statement["practices"][0]["verdict"], statement["healthy"]) == ("kept", False)


def test_a_month_as_seen_while_it_happens_knows_nothing_later() -> None:
    incident = an_incident(planned_at=at("10 09:30"), restored_at=at("10 09:31"))
    assert stages_of(incident, as_of=at("10 07:59:59")) == []
    assert stages_of(incident, as_of=at("10 08:00")) == [
        ("notify", "pending"),
        ("plan", "pending"),
        ("repair", "pending"),
    ]
    assert stages_of(incident, as_of=at("10 09:00:01")) == [
        ("notify", "kept"),
        ("plan", "broken"),
        ("repair", "pending"),
    ]


@pytest.mark.parametrize(
    ("currency", "fee", "minor"),
    [("JPY", "100001", 100_001), ("KWD", "3349.050", 3_349_050), ("USD", "1.5", 150)],
)
def test_money_is_in_the_currencys_minor_units(currency: str, fee: str, minor: int) -> None:
    statement = the_statement(contract=a_contract(currency=currency, monthly_fee=fee))
    assert (statement["fee_cents"], statement["currency"]) == (minor, currency)
