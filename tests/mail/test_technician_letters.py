"""What technicians read of an incident."""

from __future__ import annotations

from typing import Any

import pytest
from support.cases import NAME, a_plan
from support.cast import HOUR, START, TESS, TOM
from support.letters import BACK, EVERY_KIND, EXPIRES, PLANNED, a_mail_of, a_message, flat, links_in

from makegood.rules.links import Link


@pytest.mark.parametrize("kind", [kind for kind in EVERY_KIND if kind not in ("notice", "plan")])
def test_a_technician_gets_a_link_to_the_incident_and_one_to_the_home_page(kind: str) -> None:
    for person in (TESS, TOM):
        assert links_in(a_mail_of(kind, person)) == [
            Link("incident", "acme-dental", NAME, person, EXPIRES),
            Link("home", "", "", person, EXPIRES),
        ]


def test_a_mail_that_is_sent_again_later_holds_the_same_links() -> None:
    first, again = a_message("alert", TESS, 240), a_message("alert", TESS, 999)
    assert links_in(first) == links_in(again)
    assert a_message("alert", TESS, 240) == first


def test_a_technician_who_is_a_contact_too_gets_the_technicians_form() -> None:
    message = a_message("recovery", TESS, 2 * HOUR + 600, mails=PLANNED, **BACK)
    assert message.subject.endswith("Front desk modem is back since 2:00 AM EDT: document the repair")
    assert len(links_in(message)) == 2


def test_a_clock_says_how_much_is_left_and_what_a_miss_costs() -> None:
    text = flat(a_mail_of("plan-50").text)
    assert "Plan within 1 h: 30 MIN LEFT" in text
    assert "A miss costs 5% of the fee ($120.00 in a full month)." in text
    assert "Repair within 4 h: 3 H 30 MIN LEFT" in text
    assert "Nobody has taken the incident yet." in text


def test_below_two_minutes_the_seconds_are_counted() -> None:
    assert "1 min 59 s left" in a_message("plan-50", TESS, HOUR - 119).subject
    assert "2 min left" in a_message("plan-50", TESS, HOUR - 120).subject
    assert "0 s left" in a_message("plan-50", TESS, HOUR).subject


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("notify-limit", {}, "No notice has reached any of the client's contacts. Call them"),
        ("plan-limit", {"acknowledged": {"by": TOM, "at": START + 60}}, "tom@provider.example has it since"),
        ("plan-limit", {"plan": a_plan(START)}, "A plan is on record, but its mail has reached nobody."),
        ("repair-limit", {"documented_at": START + HOUR}, "The repair is documented. It counts once"),
        (
            "repair-limit",
            BACK,
            "The device is back since March 12, 2026, 2:00 AM EDT (6:00 AM UTC); the repair is",
        ),
    ],
)
def test_a_warning_says_what_is_missing(kind: str, changes: dict[str, Any], words: str) -> None:
    _, at, usual = EVERY_KIND[kind]
    assert words in flat(a_message(kind, TESS, at, **usual | changes).text)


def test_a_warning_about_the_notice_lists_the_addresses_that_did_not_work() -> None:
    assert "front-desk@acme.example: bounced" in a_mail_of("notify-50").text


def test_a_limit_that_passed_says_how_long_ago() -> None:
    text = flat(a_mail_of("plan-limit").text)
    assert "The limit is March 12, 2026, 1:00 AM EDT (5:00 AM UTC). It passed 3 s ago. This costs 5%" in text
