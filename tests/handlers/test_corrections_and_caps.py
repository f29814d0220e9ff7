"""Corrections of an outage over a month's end: each month has its own cap, its own sum, its own entry.

All worked out by hand, of 2,400.00 USD a month. The modem is silent from 31 March, 6 PM in New York. Its
repair was due at 10 PM and is done at 1:30 AM: 10% = 240.00 for the miss and 2% = 48.00 for each started
hour, of which those of 10 and 11 PM are March's and those of midnight and 1 AM are April's. So March earns
240.00 + 96.00 = 336.00, April 96.00. A notice that told nobody is 5% = 120.00 of March.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.cast import a_contract
from support.deployment import Deployment

import deliveries
from makegood import aws
from makegood.adjusting import correct
from makegood.issuing import issue
from makegood.rules.instants import parse_instant
from makegood.rules.mails import order
from makegood.settings import settings
from makegood.storage.adjusting import dirty
from makegood.storage.records import Adjustment, Excuse
from makegood.storage.transactions import write_together
from makegood_local.load_facts import store_facts
from makegood_simulator.events import Context, ses_notification, sqs_event

CLIENT = "acme-dental"
OWNER = "owner@acme.example"
PROVIDER = "help@provider.example"
NAME = "modem-20260331T220000Z"
LATER = parse_instant("2026-05-05T10:00:00Z")

Json = dict[str, Any]


def fall_silent(**terms: Any) -> None:
    contract = a_contract(contacts={"outages": [OWNER], "statements": [OWNER]}, practices={}, **terms)
    modem = {"device": "modem", "kind": "router", "enrolled_at": "2026-01-01T05:00:00Z", "retired_at": None}
    incident = {
        "incident": NAME,
        "device": "modem",
        "started_at": "2026-03-31T22:00:00Z",
        "notified_at": "2026-03-31T22:05:00Z",
        "planned_at": "2026-03-31T22:30:00Z",
        "restored_at": "2026-04-01T05:00:00Z",
        "documented_at": "2026-04-01T05:30:00Z",
        "pauses": [],
        "excuses": [],
    }
    month = {"period": "2026-03", "as_of": "2026-04-03T13:00:00Z", "incidents": [incident]}
    nothing: Json = {name: [] for name in ("evidence", "maintenance", "adjustments")}
    store_facts({"contract": contract, "devices": [{**modem, "practices": []}], **month, **nothing})


def issue_both(deployment: Deployment, **terms: Any) -> list[int]:
    """March and April as they are issued; answers what they refund."""
    fall_silent(**terms)
    refunds = [issued(deployment, period)["refund_cents"] for period in ("2026-03", "2026-04")]
    deployment.mails.clear()
    deployment.now = LATER
    return refunds


def issued(deployment: Deployment, period: str) -> Json:
    """The statement of a month, issued on the third of the next at 9 in New York."""
    deployment.now = parse_instant(f"2026-{int(period[5:]) + 1:02}-03T13:00:00Z")
    issue(CLIENT, period, deployment.now)
    key = f"{CLIENT}/{period}/statement.json"
    stored = aws.s3().get_object(Bucket=settings().statements_bucket, Key=key)["Body"].read()
    statement: Json = json.loads(stored)
    return statement


def bounce() -> None:
    tags = {"client": CLIENT, "mail": order(f"incident#{NAME}", "notice", OWNER).mail}
    event = sqs_event(ses_notification("Bounce", tags, "2026-03-31T22:05:03.000Z"))
    assert deliveries.handler(event, Context()) == {"batchItemFailures": []}


def excuse(at: int) -> None:
    granted = Excuse(CLIENT, f"incident#{NAME}#excuse#repair", incident=NAME, stage="repair")
    granted.reason, granted.approved_by, granted.approved_at = "client_caused", OWNER, at
    changed = dirty(CLIENT, NAME, "a miss of the repair is excused", at)
    write_together(lambda transaction: transaction.save(granted), changed)


def take_back(at: int) -> None:
    Excuse(CLIENT, f"incident#{NAME}#excuse#repair").delete()
    write_together(dirty(CLIENT, NAME, "the excuse of the repair was taken back", at))


def adjustments() -> list[tuple[str, str, int]]:
    """Where each is settled, of which month it is, and what it comes to."""
    found = Adjustment.query(CLIENT, Adjustment.sk.startswith("adjustment#"))
    return sorted((entry.settled_in, entry.period, entry.cents) for entry in found)


@pytest.mark.parametrize(
    ("cap", "refunds", "excused"),
    [
        ("100%", [33_600, 9_600], [-33_600, -9_600]),
        ("14%", [33_600, 9_600], [-33_600, -9_600]),
        # What March's cap took away (96.00) is not April's to pay, and not given back.
        ("10%", [24_000, 9_600], [-24_000, -9_600]),
        ("3%", [7_200, 7_200], [-7_200, -7_200]),
        ("0%", [0, 0], []),
    ],
)
def test_an_excuse_takes_back_of_each_month_what_that_month_paid(
    deployment: Deployment, cap: str, refunds: list[int], excused: list[int]
) -> None:
    assert issue_both(deployment, refund_cap=cap) == refunds
    excuse(LATER)
    correct(CLIENT, LATER)
    months = ["2026-03", "2026-04"]
    assert adjustments() == [("2026-05", month, cents) for month, cents in zip(months, excused, strict=False)]


@pytest.mark.parametrize(
    ("cap", "more"),
    [
        ("100%", [12_000]),
        ("19%", [12_000]),  # 336.00 + 120.00 = 456.00 are 19% exactly
        ("15%", [2_400]),  # up to 360.00
        ("14%", []),  # 336.00 were all of it
        ("10%", []),
    ],
)
def test_a_late_bounce_gives_no_more_than_its_own_months_cap_has_left(
    deployment: Deployment, cap: str, more: list[int]
) -> None:
    issue_both(deployment, refund_cap=cap)
    bounce()
    correct(CLIENT, LATER)
    assert adjustments() == [("2026-05", "2026-03", cents) for cents in more]


def test_each_correction_is_what_all_before_it_left_and_stands_on_one_statement_outside_its_cap(
    deployment: Deployment,
) -> None:
    assert issue_both(deployment, refund_cap="15%") == [33_600, 9_600]
    bounce()
    correct(CLIENT, LATER)
    excuse(LATER + 60)
    correct(CLIENT, LATER + 60)
    # March comes to 120.00 for its notice alone: 120.00 - 336.00 - 24.00 = -240.00.
    assert adjustments() == [
        ("2026-05", "2026-03", -24_000),
        ("2026-05", "2026-03", 2_400),
        ("2026-05", "2026-04", -9_600),
    ]
    may = issued(deployment, "2026-05")
    said = [(entry["period"], entry["cents"]) for entry in may["adjustments"]]
    assert said == [("2026-03", 2_400), ("2026-03", -24_000), ("2026-04", -9_600)]
    # 2,400.00 - 24.00 + 240.00 + 96.00
    assert (may["refund_cents"], may["due_cents"]) == (0, 271_200)
    june = issued(deployment, "2026-06")
    assert (june["adjustments"], june["due_cents"]) == ([], 240_000)
    take_back(deployment.now)
    correct(CLIENT, deployment.now)
    # What was taken back comes again, on the first statement that is open: July's.
    assert adjustments()[-2:] == [("2026-07", "2026-03", 24_000), ("2026-07", "2026-04", 9_600)]
    assert issued(deployment, "2026-07")["due_cents"] == 240_000 - 24_000 - 9_600


def test_an_adjustment_is_paid_in_full_where_the_month_that_it_stands_on_is_at_its_cap(
    deployment: Deployment,
) -> None:
    """March is issued as excused, which is taken back while April runs. The cap is 3% = 72.00 of each."""
    fall_silent(refund_cap="3%")
    excuse(parse_instant("2026-04-02T10:00:00Z"))
    assert issued(deployment, "2026-03")["refund_cents"] == 0
    deployment.now = parse_instant("2026-04-05T10:00:00Z")
    take_back(deployment.now)
    correct(CLIENT, deployment.now)
    assert adjustments() == [("2026-04", "2026-03", 7_200)]
    april = issued(deployment, "2026-04")
    assert (april["earned_cents"], april["refund_cents"], april["cap_cents"]) == (9_600, 7_200, 7_200)
    assert april["due_cents"] == 240_000 - 7_200 - 7_200


def test_the_last_month_is_corrected_by_the_fee_and_the_cap_of_its_covered_days(
    deployment: Deployment,
) -> None:
    """The contract ends with 10 April: 10 of 30 days are 800.00, two units of 2% of it 32.00."""
    assert issue_both(deployment, refund_cap="10%", effective_until="2026-04-11") == [24_000, 3_200]
    excuse(LATER)
    correct(CLIENT, LATER)
    assert adjustments() == [("payment", "2026-03", -24_000), ("payment", "2026-04", -3_200)]
    assert deployment.mails == []  # it is not asked for
    take_back(LATER + 60)
    correct(CLIENT, LATER + 60)
    assert deployment.mails == []  # it was never taken
    assert sum(cents for _, _, cents in adjustments()) == 0


def test_after_the_end_what_is_in_the_clients_favour_is_paid_in_full_after_what_was_not_asked_for(
    deployment: Deployment,
) -> None:
    issue_both(deployment, effective_until="2026-05-01")
    for at, change in ((LATER, excuse), (LATER + 60, take_back)):
        change(at)
        correct(CLIENT, at)
    bounce()
    correct(CLIENT, LATER + 120)
    [told] = deployment.mails_to(OWNER)
    [owed] = deployment.mails_to(PROVIDER)
    assert "$120.00 more for you" in told["Subject"]
    assert "pay $120.00" in owed["Subject"]
    assert adjustments()[0][0] == "payment"
