"""What the client's contacts read of an incident."""

from __future__ import annotations

import pytest
from support.cases import NAME, a_case, a_mail
from support.cast import ACME, DESK, HOUR, MINUTE, OWNER, START, a_contract
from support.letters import (
    EVERY_KIND,
    PLANNED,
    PLANNED_LATE,
    REPAIRED,
    REPAIRED_LATE,
    TOLD,
    a_mail_of,
    a_message,
    flat,
    the_message,
)

from makegood.rules.instants import parse_instant
from makegood.storage.records import Excuse, Pause

TO_CLIENTS = ("notice", "plan", "recovery", "closing")


@pytest.mark.parametrize("kind", TO_CLIENTS)
def test_a_client_never_gets_a_link_to_the_desk(kind: str) -> None:
    message = a_mail_of(kind)
    assert "/desk/" not in message.text + message.html
    assert message.text.count("http") == message.text.count("/live/") == 1 + (kind == "closing")
    assert "Reply to this mail to reach us." in message.text


def test_the_notice_tells_since_when_and_what_is_promised_until_when() -> None:
    text = flat(a_mail_of("notice").text)
    assert "We last heard from it on March 12, 2026, 12:00 AM EDT (4:00 AM UTC)." in text
    for promise in (
        "You are told of it within 15 min: WITH THIS MAIL Limit: March 12, 2026, 12:15 AM EDT (4:15 AM UTC)",
        "You get the plan within 1 h: OPEN Limit: March 12, 2026, 1:00 AM EDT (5:00 AM UTC)",
        "Repaired and documented within 4 h: OPEN Limit: March 12, 2026, 4:00 AM EDT (8:00 AM UTC)",
    ):
        assert promise in text
    assert "WHAT HAPPENS NEXT" in text
    assert "Device: Front desk modem (modem, router)" in text


def test_a_notice_that_is_late_says_so() -> None:
    text = flat(a_message("notice", DESK, 15 * MINUTE + 1, mails=()).text)
    assert "You are told of it within 15 min: BROKEN" in text
    assert "Told with this mail, 1 s late" in text
    assert "until now" not in text


def test_a_plan_that_is_late_is_sent_by_its_very_mail() -> None:
    text = flat(a_message("plan", DESK, HOUR + 12 * MINUTE, **EVERY_KIND["plan"][2]).text)
    assert "You get the plan within 1 h: BROKEN" in text
    assert "Sent with this mail, 12 min late" in text
    assert "Not sent" not in text


def test_a_notice_on_the_limit_still_keeps_the_promise() -> None:
    assert "WITH THIS MAIL" in a_message("notice", DESK, 15 * MINUTE, mails=()).text


def test_a_notice_tells_that_the_device_answers_again() -> None:
    answering = a_message("notice", DESK, 300, mails=(), device={"back_since": START + 240})
    assert "It answers again since March 12, 2026, 12:04 AM EDT (4:04 AM UTC)." in flat(answering.text)
    over = a_message("notice", DESK, 1200, mails=(), restored_at=START + 240)
    assert over.subject.endswith(
        "Front desk modem was silent from 12:00 AM EDT to 12:04 AM EDT: we are on it"
    )


def test_the_plan_carries_every_line_of_it_and_by_whom() -> None:
    message = a_mail_of("plan")
    assert "> 1. Bring a new power supply.\n  > 2. Put the modem back in place.\n" in message.text
    assert "Written by tess@provider.example." in flat(message.text)
    assert "You get the plan within 1 h: WITH THIS MAIL" in message.text
    for words in ("The power supply of the modem has failed.", "3. Test the line.", "by 02:30"):
        assert words in message.html


def test_the_recovery_says_since_when_and_that_it_is_not_over() -> None:
    text = flat(a_mail_of("recovery").text)
    assert (
        "It answers again since March 12, 2026, 2:00 AM EDT (6:00 AM UTC) and has stayed up for 10 min"
        in text
    )
    assert "It had been silent for 2 h." in text
    assert "Until then this incident stays open" in text


def test_the_closing_says_of_each_promise_how_it_ended_and_what_is_refunded() -> None:
    text = flat(a_mail_of("closing").text)
    assert "You are told of it within 15 min: KEPT" in text
    assert "Sent March 12, 2026, 1:12 AM EDT (5:12 AM UTC), 12 min late" in text
    assert (
        "Your refund: 5% of the fee ($120.00 in a full month). "
        "It will stand on your statement for March 2026" in text
    )
    assert "Done March 12, 2026, 5:11:05 AM EDT (9:11:05 AM UTC), 1 h 11 min 5 s late" in text
    assert (
        "Your refund: 10% of the fee ($240.00 in a full month), and 2% of the fee for each hour "
        "begun after the limit, at most 10 times. It will stand on your statement for March 2026" in text
    )
    assert "for March 2026, whose refunds come to at most 100% of a month's fee" in text
    assert "> Replaced the power supply. > Tested the line for ten minutes." in text
    assert "Documented by tess@provider.example, March 12, 2026, 5:11:05 AM EDT" in text


def test_no_more_is_promised_than_the_contract_refunds_in_a_month() -> None:
    contract = a_contract(refund_cap="2.5%")
    message = a_message("closing", OWNER, 6 * HOUR, mails=PLANNED_LATE, contract=contract, **REPAIRED_LATE)
    assert flat(message.text).count("whose refunds come to at most 2.5% of a month's fee") == 2


def test_the_refund_stands_in_the_local_month_of_the_deadline() -> None:
    start = parse_instant("2026-04-01T02:30:00Z")  # March 31, 10:30 PM in New York; the plan is due at 23:30
    case = a_case(
        started_at=start,
        mails=(a_mail("notice", at=start), a_mail("plan", at=start + HOUR + 1)),
        restored_at=start + 2 * HOUR,
        documented_at=start + 5 * HOUR + 1,
    )
    text = flat(the_message("closing", OWNER, start + 6 * HOUR - START, case).text)
    plan, repair = text.split("Repaired and documented within")
    assert "your statement for March 2026" in plan
    assert "your statement for April 2026" in repair


def test_lateness_that_lasts_into_the_next_month_stands_on_its_statements() -> None:
    start = parse_instant("2026-03-31T23:00:00Z")  # the repair is due at 23:00 in New York
    case = a_case(
        started_at=start,
        mails=(a_mail("notice", at=start), a_mail("plan", at=start + 60)),
        restored_at=start + HOUR,
        documented_at=start + 6 * HOUR,
    )
    text = flat(the_message("closing", OWNER, start + 7 * HOUR - START, case).text)
    assert "It will stand on the statements from March 2026 on" in text


def test_a_fixed_refund_is_named_as_it_is_and_none_as_none() -> None:
    outages = {"plan": {"within": "1h", "refund": "25.00"}, "repair": {"within": "4h"}}
    message = a_message(
        "closing",
        OWNER,
        6 * HOUR,
        mails=PLANNED_LATE,
        contract=a_contract(outages=outages),
        **REPAIRED_LATE,
    )
    assert "Your refund: $25.00. It will stand on" in flat(message.text)
    assert "No refund is agreed for this promise" in message.text


def test_an_excused_miss_says_who_excused_it_and_why_and_earns_nothing() -> None:
    excuse = Excuse(
        "acme-dental",
        "x",
        incident=NAME,
        stage="repair",
        reason="client_caused",
        approved_by="boss@provider.example",
        approved_at=START,
    )
    message = a_message("closing", OWNER, 6 * HOUR, mails=PLANNED, excuses=(excuse,), **REPAIRED_LATE)
    assert message.subject.endswith("is repaired: 1 of 3 promises missed, excused")
    assert "Repaired and documented within 4 h: MISSED, EXCUSED" in flat(message.text)
    assert "Excused by boss@provider.example: client caused" in message.text
    assert "Your refund" not in message.text


def test_a_pause_shows_by_how_much_it_moved_the_limit() -> None:
    pause = Pause(
        "acme-dental", "x", incident=NAME, start=START + HOUR, end=START + 70 * MINUTE, reason="waiting"
    )
    text = flat(a_message("closing", OWNER, 6 * HOUR, mails=PLANNED, pauses=(pause,), **REPAIRED_LATE).text)
    assert "Limit: March 12, 2026, 4:10 AM EDT (8:10 AM UTC) The limit moved by 10 min" in text


def test_a_device_that_came_back_by_itself_and_one_that_was_retired() -> None:
    alone = a_message(
        "closing",
        OWNER,
        HOUR,
        restored_at=START + 20 * MINUTE,
        documented_at=START + 20 * MINUTE,
        by_itself=True,
    )
    assert alone.subject.endswith("Front desk modem came back by itself: every promise kept")
    assert "nobody had to repair it" in flat(alone.text)
    assert "You get the plan within 1 h: NOT REQUIRED" in alone.text
    retired = a_message("closing", OWNER, HOUR, device={"retired_at": START + 40 * MINUTE})
    assert retired.subject.endswith("Front desk modem was retired: every promise kept")
    assert "The device was retired before then" in retired.text


def test_what_was_recorded_in_this_very_step_counts() -> None:
    plan_mail = a_mail("plan", at=START + 3 * HOUR + 1)  # SES answered after the step began
    message = a_message("closing", OWNER, 3 * HOUR, mails=(TOLD, plan_mail), **REPAIRED)
    assert "2 h 1 s late" in flat(message.text)


def test_without_promises_a_mail_still_says_what_happened() -> None:
    contract = {key: value for key, value in ACME.items() if key != "outages"}
    message = a_message("closing", OWNER, 6 * HOUR, contract=contract, **REPAIRED)
    assert message.subject.endswith("Front desk modem is repaired: the incident is closed")
