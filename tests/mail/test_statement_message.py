"""What a statement's mail says, in its subject, on its page and in its plain text."""

from __future__ import annotations

import dataclasses
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
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
    evidence,
    the_statement,
)
from support.telling import told_mail, told_view

from makegood.mail.message import Message
from makegood.mail.statement_view import StatementView

VECTORS = sorted(Path(__file__).parents[1].joinpath("vectors").rglob("*.json"))
BACKUP = {"backup": {"max_age": "1d", "at_least": "90%", "refund": "5%", "refund_each": "10.00"}}


def view(**changes: Any) -> StatementView:
    return told_view(the_statement(**changes), a_month(**changes))


def message(**changes: Any) -> Message:
    return told_mail(the_statement(**changes), a_month(**changes))


def a_late_incident(**changes: Any) -> dict[str, Any]:
    """Down from 8:00 to 14:10, documented at 14:30: the plan is 30 minutes late, the repair 2 h 30."""
    late = {"planned_at": at("10 09:30"), "restored_at": at("10 14:10"), "documented_at": at("10 14:30")}
    return an_incident(**{**late, **changes})


def backups(*days: int) -> list[dict[str, Any]]:
    return [evidence("backup", at(f"{day:02} 12:00"), {"ok": True}) for day in days]


# The subject says it all.


def test_the_subject_of_a_good_month() -> None:
    assert view().subject == "Acme Dental Group, April 2026: healthy, nothing to refund, $1,000.00 due"


def test_the_subject_of_a_bad_month() -> None:
    # 5% for the plan, 10% for the repair, three times 2% for the hours begun after 12:00.
    assert view(incidents=[a_late_incident()]).subject == (
        "Acme Dental Group, April 2026: not healthy, $210.00 refunded, $790.00 due"
    )


def test_two_promises_of_another_month_are_counted() -> None:
    long = an_incident(
        "2026-03-31T12:00:00Z",
        notified_at="2026-03-31T12:05:00Z",
        planned_at="2026-03-31T18:00:00Z",
        restored_at=at("01 01:30"),
        documented_at=at("01 01:30"),
    )
    told = view(incidents=[long])
    assert told.headline == "Not healthy: 2 promises of another month were broken; $40.00 comes back to you"
    assert "An outage of modem broke 2 promises that belong to March 2026." in told.reasons
    other = {**long, "incident": "srv-other", "device": "srv"}
    both = view(devices=[a_device("modem"), a_device("srv")], incidents=[long, other])
    assert both.headline == "Not healthy: 4 promises of another month were broken; $80.00 comes back to you"


def test_what_was_kept_before_the_month_is_not_told_again() -> None:
    long = an_incident(
        "2026-03-31T21:00:00Z",
        notified_at="2026-03-31T21:05:00Z",
        planned_at="2026-03-31T21:30:00Z",
        restored_at=at("01 00:10"),
        documented_at=at("01 00:10"),
    )
    (outage,) = view(incidents=[long]).outages
    assert [(stage.promise.split(" within")[0], stage.verdict) for stage in outage.stages] == [
        ("Repaired and documented", "Kept")
    ]


def test_a_client_of_another_country_reads_as_there() -> None:
    german = view(contract=a_contract(locale="en_DE", currency="EUR"), incidents=[a_late_incident()])
    assert german.subject == (
        "Acme Dental Group, April 2026: not healthy, 210,00\u00a0€ refunded, 790,00\u00a0€ due"
    )
    assert german.days == "1 to 30 April 2026"
    assert german.outages[0].stages[1].happened.startswith("Sent 09:30, 30 min late")


@pytest.mark.parametrize(
    ("contract", "subject"),
    [
        ({"currency": "JPY", "monthly_fee": "100001"}, "¥21,000 refunded, ¥79,001 due"),
        ({"currency": "KWD", "monthly_fee": "10.001"}, "KWD\u00a02.100 refunded, KWD\u00a07.901 due"),
        ({"monthly_fee": "0"}, "nothing to refund, $0.00 due"),
        ({"refund_cap": "0%"}, "$0.00 refunded, $1,000.00 due"),
    ],
    ids=["no decimals", "three decimals", "no fee", "nothing left by the cap"],
)
def test_amounts_have_the_decimals_of_their_currency(contract: dict[str, Any], subject: str) -> None:
    told = view(contract=a_contract(**contract), incidents=[a_late_incident()]).subject
    assert told == f"Acme Dental Group, April 2026: not healthy, {subject}"


def test_more_credit_than_fee_is_a_credit() -> None:
    adjustment = {"period": "2026-03", "cents": 101_250, "reason": "notice bounced later"}
    told = view(adjustments=[adjustment])
    assert told.subject.endswith("healthy, nothing to refund, $12.50 credit")
    assert [(line.name, line.amount, line.note) for line in told.amounts] == [
        ("Fee for April 2026", "$1,000.00", ""),
        ("Nothing to refund", "$0.00", ""),
        ("Correction of March 2026", "−$1,012.50", "notice bounced later"),
    ]


def test_a_correction_against_the_client_says_that_it_is_taken_back() -> None:
    told = view(adjustments=[{"period": "2026-03", "cents": -1_200, "reason": "the repair was excused"}])
    assert (told.amounts[-1].name, told.amounts[-1].amount) == (
        "Correction of March 2026, taken back",
        "$12.00",
    )


def test_a_month_that_is_not_over_says_so() -> None:
    told = view(as_of=at("10 12:00"))
    assert told.subject == ("Acme Dental Group, April 2026 so far: healthy, nothing to refund, $1,000.00 due")
    assert told.headline == "Healthy so far: no promise was broken"
    assert told.days == "April 1 to 10, 2026"


def test_a_long_name_leaves_room_in_the_subject() -> None:
    told = view(contract=a_contract(name="Acme " * 30)).subject
    assert told == f"{'Acme ' * 11}Acme…, April 2026: healthy, nothing to refund, $1,000.00 due"


# The headline and what it rests on.


def test_a_good_month() -> None:
    told = view()
    assert told.headline == "Healthy: no promise was broken"
    assert told.reasons == ("There was no outage.",)


def test_an_excused_miss_is_told_in_the_headline_of_a_healthy_month() -> None:
    told = view(incidents=[a_late_incident(planned_at=at("10 08:30"), excuses=[an_excuse("repair")])])
    assert told.headline == "Healthy, with 1 promise missed and excused"
    assert told.reasons == (
        "1 outage with 3 promises: 2 kept, 1 missed and excused.",
        "What is missed and excused earns no refund, and stays on this page.",
    )


def test_broken_promises_are_counted_over_outages_and_practices() -> None:
    told = view(
        contract=a_contract(practices=BACKUP),
        devices=[a_device(practices=["backup"])],
        incidents=[a_late_incident()],
    )
    # 15% for plan and repair, 3 times 2% for the hours, 5% and 30 times $10 for the backup.
    assert told.headline == "Not healthy: 3 promises were broken; $560.00 comes back to you"
    assert told.reasons == (
        "1 outage with 3 promises: 1 kept, 2 broken.",
        "1 practice: 1 broken (Backup).",
    )


def test_a_practice_that_is_kept_but_costs_for_each_day_is_explained() -> None:
    told = view(
        contract=a_contract(practices=BACKUP),
        devices=[a_device(practices=["backup"])],
        evidence=backups(*range(2, 31)),
    )
    assert told.headline == "Not healthy: a practice was not shown every day; $10.00 comes back to you"
    assert told.reasons == (
        "There was no outage.",
        "1 practice: 1 kept.",
        "Backup was kept, yet each day without it earns a refund.",
    )


def test_a_promise_of_another_month_that_still_counts_is_explained() -> None:
    long = an_incident(
        "2026-03-31T12:00:00Z",
        notified_at="2026-03-31T12:05:00Z",
        planned_at="2026-03-31T12:30:00Z",
        restored_at=at("01 01:30"),
        documented_at=at("01 01:30"),
    )
    told = view(incidents=[long])
    assert told.headline == "Not healthy: 1 promise of another month was broken; $40.00 comes back to you"
    assert told.reasons == (
        "1 outage, without a promise that belongs to this month.",
        "An outage of modem broke a promise that belongs to March 2026.",
    )
    assert [stage.verdict for stage in told.outages[0].stages] == ["Broken"]
    # March has the eight hours begun from 16:00 on; two of the ten at most are left.
    assert [(line.title, line.why, line.amount) for line in told.refunds] == [
        (
            "Repair still late: outage of modem, March 31, 2026",
            "2% of the fee for each hour begun after the limit: 2 times in this month, at most 10 in all",
            "$40.00",
        )
    ]


# Refunds, line by line.


def test_each_refund_says_what_earned_it() -> None:
    told = view(incidents=[a_late_incident()])
    assert [(line.title, line.why, line.amount, line.capped) for line in told.refunds] == [
        (
            "Plan late: outage of modem, April 10, 2026",
            "Promised within 1 h, late by 30 min: 5% of the fee",
            "$50.00",
            "",
        ),
        (
            "Repair late: outage of modem, April 10, 2026",
            "Promised within 4 h, late by 2 h 30 min: 10% of the fee",
            "$100.00",
            "",
        ),
        (
            "Repair still late: outage of modem, April 10, 2026",
            "2% of the fee for each hour begun after the limit: 3 times in this month, at most 10 in all",
            "$60.00",
            "",
        ),
    ]
    assert told.cap == ""


def test_what_the_cap_takes_away_is_said_line_by_line() -> None:
    told = view(contract=a_contract(refund_cap="12%"), incidents=[a_late_incident()])
    assert [(line.amount, line.capped) for line in told.refunds] == [
        ("$50.00", ""),
        ("$70.00", "Earned $100.00; $30.00 is above the cap"),
        ("$0.00", "Earned $60.00; $60.00 is above the cap"),
    ]
    assert told.cap == (
        "$210.00 was earned; the contract limits a month's refunds to 12% of the fee, $120.00."
    )


def test_practices_earn_by_share_and_by_day() -> None:
    told = view(
        contract=a_contract(practices=BACKUP),
        devices=[a_device(practices=["backup"])],
        evidence=[*backups(*range(5, 31)), evidence("backup", at("04 12:00"), {"ok": False})],
    )
    assert [(line.title, line.why, line.amount) for line in told.refunds] == [
        ("Backup below its promise", "Promised 90%, was 86.66%: 5% of the fee", "$50.00"),
        (
            "Backup not shown on 4 days",
            "$10.00 for each day missed or without evidence: 4 days",
            "$40.00",
        ),
    ]


def test_a_fee_for_part_of_a_month_says_why() -> None:
    told = view(contract=a_contract(effective_from="2026-04-16"))
    assert told.amounts[0].amount == "$500.00"
    assert told.amounts[0].note == "$1,000.00 a month, for the part of the month that the contract covers"
    assert told.days == "April 16 to 30, 2026"


# Outages, promised against actual.


def test_every_promise_of_an_outage_with_its_limit_and_what_happened() -> None:
    (outage,) = view(incidents=[a_late_incident()]).outages
    assert outage.title == "modem (router), April 10, 2026"
    assert outage.when == "Down from 8:00 AM to 2:10 PM, for 6 h 10 min"
    assert [(stage.promise, stage.happened, stage.verdict, stage.notes) for stage in outage.stages] == [
        ("You are told of it within 15 min, by 8:15 AM", "Told 8:05 AM", "Kept", ()),
        ("You get the plan within 1 h, by 9:00 AM", "Sent 9:30 AM, 30 min late", "Broken", ()),
        ("Repaired and documented within 4 h, by 12:00 PM", "Done 2:30 PM, 2 h 30 min late", "Broken", ()),
    ]


def test_a_second_late_is_told_to_the_second() -> None:
    (outage,) = view(incidents=[an_incident(planned_at=at("10 09:00:01"))]).outages
    # Back at nine, before the limit had passed: the plan was not needed any more.
    assert (outage.stages[1].verdict, outage.stages[1].happened) == ("Not needed", "Sent 9:00:01 AM")
    (outage,) = view(incidents=[an_incident(notified_at=at("10 08:15:01"))]).outages
    assert (outage.stages[0].verdict, outage.stages[0].happened) == ("Broken", "Told 8:15:01 AM, 1 s late")


def test_an_excuse_is_told_with_reason_person_and_time() -> None:
    (outage,) = view(incidents=[a_late_incident(excuses=[an_excuse("repair")])]).outages
    assert outage.stages[2].verdict == "Missed, excused"
    assert outage.stages[2].notes == (
        "Excused: client caused, by owner@acme.example, April 11, 2026, 9:00 AM",
    )


def test_pauses_are_told_with_what_they_add() -> None:
    pause = a_pause(at("10 10:00"), at("10 11:30"))
    (outage,) = view(incidents=[a_late_incident(pauses=[pause])]).outages
    assert outage.notes == ("Plan and repair waited from 10:00 AM to 11:30 AM: awaiting client",)
    assert outage.stages[2].promise == (
        "Repaired and documented within 4 h, by 1:30 PM with 1 h 30 min of waiting added"
    )


def test_an_open_incident_is_told_as_open() -> None:
    still = an_incident(at("30 22:00"), notified_at=at("30 22:05"), planned_at=at("30 22:30"))
    open_end = {**still, "restored_at": None, "documented_at": None}
    (outage,) = view(incidents=[open_end], as_of="2026-05-01T01:00:00Z").outages
    assert outage.when == "Down since 10:00 PM, still down May 1, 2026, 1:00 AM"
    repair = outage.stages[2]
    assert (repair.happened, repair.verdict, repair.tone) == ("Not done yet", "Open", "calm")
    assert repair.promise == "Repaired and documented within 4 h, by May 1, 2:00 AM"
    assert repair.notes == ("Belongs to May 2026",)


def test_a_repair_that_was_never_documented_says_what_is_missing() -> None:
    (outage,) = view(incidents=[an_incident(planned_at=None, documented_at=None)]).outages
    plan, repair = outage.stages[1:]
    assert (plan.verdict, plan.happened) == ("Not needed", "Not needed: back before the limit")
    assert (repair.verdict, repair.happened) == ("Broken", "Back, but the repair is not documented")
    # From 12:00 on the 10th to the moment of issue, 9:00 on 3 May.
    assert repair.notes == ("22 d 21 h late on May 3, 2026, 9:00 AM",)


def test_the_outage_of_a_device_that_was_retired_ends_there() -> None:
    gone = an_incident(planned_at=None, restored_at=None, documented_at=None)
    (outage,) = view(devices=[a_device(retired_at=at("10 08:20"))], incidents=[gone]).outages
    assert outage.when == "Down from 8:00 AM to its retirement, 8:20 AM, for 20 min"
    assert [stage.verdict for stage in outage.stages] == ["Kept", "Not needed", "Not needed"]
    assert outage.stages[2].happened == "Not needed: retired before the limit"


def test_an_outage_keeps_the_terms_it_began_with() -> None:
    old = {**TERMS, "plan": {"within": "2h"}}
    (outage,) = view(incidents=[a_late_incident(outages=old)]).outages
    assert outage.stages[1].promise == "You get the plan within 2 h, by 10:00 AM"


def test_what_happened_after_the_moment_of_issue_is_not_told() -> None:
    later = "2026-05-03T09:00:01Z"
    incident = a_late_incident(
        documented_at=later, excuses=[an_excuse("plan", approved_at=later)], pauses=[a_pause(later, None)]
    )
    (outage,) = view(incidents=[incident]).outages
    assert outage.notes == ()
    assert [stage.verdict for stage in outage.stages] == ["Kept", "Broken", "Broken"]
    assert outage.stages[2].happened == "Back, but the repair is not documented"


def test_an_outage_that_was_over_before_the_month_is_told_for_a_limit_that_lies_in_it() -> None:
    evening = an_incident(
        "2026-03-31T22:00:00Z",
        notified_at="2026-03-31T22:05:00Z",
        planned_at="2026-03-31T22:20:00Z",
        restored_at="2026-03-31T22:30:00Z",
        documented_at="2026-03-31T22:40:00Z",
    )
    (outage,) = view(incidents=[evening]).outages
    assert [stage.promise[:8] for stage in outage.stages] == ["Repaired"]
    assert outage.stages[0].notes == ()


def test_an_outage_from_before_the_contract_is_not_told() -> None:
    told = view(contract=a_contract(effective_from="2026-04-11"), incidents=[a_late_incident()])
    assert told.outages == ()
    assert told.headline == "Healthy: no promise was broken"


# Practices and availability.


def test_days_that_failed_are_named() -> None:
    told = view(
        contract=a_contract(practices=BACKUP),
        devices=[a_device("nas", practices=["backup"]), a_device("srv", practices=["backup"])],
        evidence=[
            {**item, "device": device, "facts": {"ok": not (device == "srv" and number == 4)}}
            for device in ("nas", "srv")
            for number, item in enumerate(backups(*range(1, 31)), start=1)
            if device == "nas" or number not in {7, 8, 20, 21, 22}
        ],
    )
    (practice,) = told.practices
    assert practice.name == "Backup: 90.00%"
    assert practice.promise == "Promised on at least 90% of days, with evidence of the day itself"
    assert practice.notes == (
        "Days: 54 done, 1 missed, 5 no evidence",
        "Missed: srv on April 4",
        "No evidence: srv on April 7, 8, 20 to 22",
    )
    assert practice.verdict == "Kept"


def a_month_of_many() -> dict[str, Any]:
    devices = [a_device(f"pc-{number:02}", practices=["backup"]) for number in range(14)]
    return {"contract": a_contract(practices=BACKUP), "devices": devices}


def test_of_many_devices_that_failed_the_first_twelve_are_named_on_the_mails_page() -> None:
    month = a_month_of_many()
    (practice,) = told_view(the_statement(**month), a_month(**month), whole=False).practices
    named = practice.notes[1].split("; ")
    assert len(named) == 13
    assert named[0] == "No evidence: pc-00 on April 1 to 30"
    assert named[11:] == ["pc-11 on April 1 to 30", "and 2 devices more"]


def test_every_day_that_earned_money_stands_in_the_plain_text_and_in_the_whole_view() -> None:
    month = a_month_of_many()
    (practice,) = view(**month).practices
    assert practice.calendar is not None
    assert [row.name for row in practice.calendar.rows] == [f"pc-{number:02}" for number in range(14)]
    plain = message(**month).text
    assert all(f"pc-{number:02} on April 1 to 30" in plain for number in range(14))


def test_the_days_on_which_an_outage_excused_a_device_are_named() -> None:
    outage = an_incident(
        at("10 00:00"), restored_at=at("13 12:00"), documented_at=at("13 12:00"), device="srv"
    )
    (practice,) = view(
        contract=a_contract(practices=BACKUP),
        devices=[a_device("srv", practices=["backup"])],
        incidents=[outage],
        evidence=[
            evidence("backup", at(f"{day:02} 12:00"), {"ok": True}, "srv")
            for day in range(1, 31)
            if day not in range(10, 13)
        ],
    ).practices
    assert practice.notes == ("Days: 27 done, 3 excused by an outage", "Excused: srv on April 10 to 12")


def test_a_practice_without_a_day_to_count_is_neither_kept_nor_broken() -> None:
    (practice,) = view(contract=a_contract(practices=BACKUP)).practices
    assert (practice.name, practice.notes, practice.verdict) == (
        "Backup",
        ("No day to count",),
        "Nothing to count",
    )


def test_availability_is_rounded_down_and_maintenance_is_told() -> None:
    window = {
        "devices": ["modem"],
        "from": at("20 00:00"),
        "to": at("20 02:00"),
        "announced_at": at("01 00:00"),
    }
    (device,) = view(incidents=[an_incident()], maintenance=[window]).devices
    # 2,584,800 of 720 hours less two are watched, 3,600 of them down: 99.8607...%
    assert device.availability == "99.86%"
    assert device.note == "Down 1 h of 29 d 22 h; announced maintenance of 2 h does not count"


def a_window(start: str, end: str, announced_at: str = "2026-03-30T00:00:00Z", **more: Any) -> dict[str, Any]:
    return {"devices": ["modem"], "from": start, "to": end, "announced_at": announced_at, **more}


def test_announced_maintenance_is_named_with_its_reason_and_whether_it_counts() -> None:
    late = a_window(at("10 02:00"), at("11 04:00"), at("09 00:00"), reason="a new line")
    weekly = [a_window(at(f"{day} 02:00"), at(f"{day} 04:00"), reason="updates") for day in (12, 19)]
    other_month = a_window("2026-03-20T00:00:00Z", "2026-03-20T01:00:00Z")
    found = view(maintenance=[*weekly, late, other_month]).maintenance
    assert [(work.devices, work.standing, *work.notes) for work in found] == [
        (
            "modem",
            "Too late, does not count",
            "Announced on April 9, 2026, 12:00 AM: a new line",
            "April 10, 2026, 2:00 AM to April 11, 4:00 AM",
        ),
        (
            "modem",
            "In time",
            "Announced on March 30, 2026, 12:00 AM: updates",
            "April 12, 2026, 2:00 AM to 4:00 AM; April 19, 2026, 2:00 AM to 4:00 AM",
        ),
    ]


def test_both_forms_of_the_mail_name_the_maintenance_and_neither_when_there_is_none() -> None:
    works = [a_window(at("10 02:00"), at("10 04:00"), reason="<b>firmware</b>", devices=["*"])]
    mail = message(maintenance=works)
    for text in (mail.text, mail.html):
        assert "announced maintenance" in text.lower()
        assert "All devices" in text
    assert "&lt;b&gt;firmware" in mail.html
    assert "announced maintenance" not in message().html.lower()


def test_of_many_windows_ten_are_named() -> None:
    works = [a_window(at(f"{day:02} 02:00"), at(f"{day:02} 04:00")) for day in range(5, 17)]
    (found,) = view(maintenance=works).maintenance
    assert found.notes[1].count("to 4:00 AM") == 10
    assert found.notes[1].endswith("; and 2 more")


def test_time_in_which_nobody_could_be_heard_is_told_as_that() -> None:
    gap = {"from": at("20 00:00"), "to": at("20 00:10")}
    (device,) = view(unmonitored=[gap]).devices
    assert device.availability == "100%"
    assert device.note == (
        "Never down in 29 d 23 h 50 min; could not be monitored for 10 min, not counted as up or down"
    )


def test_many_devices_that_could_not_be_heard_are_told_together() -> None:
    gaps = [
        {"from": at("20 00:00"), "to": at("20 00:10")},
        {"from": at("21 00:00"), "to": at("21 00:05"), "devices": ["pc-03"]},
    ]
    devices = [a_device(f"pc-{number:02}") for number in range(30)]
    names = ", ".join(f"pc-{number:02}" for number in range(30))
    (all_of_them,) = view(devices=devices, unmonitored=gaps[:1]).devices
    told = "could not be monitored for 10 min, not counted as up or down"
    assert (all_of_them.name, all_of_them.note) == ("30 more devices", f"Never down; {told}: {names}")
    (all_of_them,) = view(devices=devices, unmonitored=gaps).devices
    assert all_of_them.note == f"Never down; {told.replace('10', 'up to 15')}: {names}"


def test_many_devices_that_were_never_down_are_told_together() -> None:
    devices = [a_device(f"pc-{number:02}") for number in range(30)]
    told = view(devices=devices, incidents=[an_incident(device="pc-07")]).devices
    assert [(device.name, device.availability) for device in told] == [
        ("pc-07 (router)", "99.86%"),
        ("29 more devices", "100%"),
    ]


# Both forms, all months.


def every_text(part: object) -> Iterator[str]:
    if dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            if field.name not in {"subject", "tone", "is_over"}:
                yield from every_text(getattr(part, field.name))
    elif isinstance(part, tuple):
        for item in part:
            yield from every_text(item)
    elif part:
        yield str(part)


def words(text: str) -> str:
    return " ".join(text.split()).casefold()


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_page_and_text_say_all_there_is_to_say(path: Path) -> None:
    vector = json.loads(path.read_text())
    told = told_view(vector["statement"], vector["facts"])
    sent = told_mail(vector["statement"], vector["facts"])
    body = sent.html.split("<body", 1)[1]
    page = words(html.unescape(re.sub(r"<[^>]+>", " ", body)))
    plain = words(sent.text)
    # The calendar draws once more what the notes say in words.
    drawn = dataclasses.replace(
        told,
        legend=(),
        practices=tuple(dataclasses.replace(practice, calendar=None) for practice in told.practices),
    )
    for text in every_text(drawn):
        assert words(text) in page
        assert words(text) in plain
    assert len(told.refunds) == len(vector["statement"]["refunds"])
    assert {stage["incident"] for stage in vector["statement"]["stages"]} <= {
        outage["incident"] for outage in vector["facts"]["incidents"]
    }


def test_the_page_uses_only_what_every_mail_program_draws() -> None:
    page = message(incidents=[a_late_incident()]).html
    for forbidden in (
        "<svg",
        "<img",
        "<script",
        "<link",
        "flex",
        "grid",
        "http:",
        "https:",
        "url(",
        "@import",
    ):
        assert forbidden not in page
    assert page.count("<table") == page.count('<table role="presentation"')
    assert "prefers-color-scheme: dark" in page
    assert page.isascii() or 'charset="utf-8"' in page


def test_a_local_time_that_comes_twice_is_told_with_its_offset() -> None:
    """In New York 1:30 on November 1, 2026 comes twice."""
    contract = a_contract(timezone="America/New_York")
    month = {"contract": contract, "period": "2026-11", "as_of": "2026-12-03T14:00:00Z"}
    incident = an_incident(
        "2026-11-01T05:30:00Z",
        notified_at="2026-11-01T05:35:00Z",
        planned_at="2026-11-01T05:50:00Z",
        restored_at="2026-11-01T06:30:00Z",
        documented_at="2026-11-01T07:30:00Z",
    )
    (outage,) = view(**month, incidents=[incident]).outages
    assert outage.when == "Down from 1:30 AM (UTC-0400) to 1:30 AM (UTC-0500), for 1 h"
    assert outage.stages[2].happened == "Done 2:30 AM"


def test_what_people_typed_is_read_from_its_own_side() -> None:
    told = message(
        contract=a_contract(name='משרד הנמל (Haifa Port Law) בע"מ'),
        adjustments=[{"period": "2026-03", "cents": 1_200, "reason": "ההודעה חזרה (bounced)"}],
    ).html
    assert re.search(r'<h1[^>]* dir="auto"[^>]*>משרד', told)
    assert '<div dir="auto">ההודעה' in told
