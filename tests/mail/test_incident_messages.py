"""What the mails of an incident say, kind by kind, to the client and to the technicians."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from html import unescape
from typing import Any

import pytest
from support.cases import NAME, a_case, a_mail, a_plan, a_repair
from support.cast import ACME, DESK, HOUR, MINUTE, OWNER, START, TESS, TOM, a_contract

from makegood.keys import verify_link
from makegood.mail.incident_messages import incident_message
from makegood.mail.outbox import Message, compose
from makegood.rules.instants import parse_instant
from makegood.rules.links import Link
from makegood.rules.mails import order
from makegood.storage.incidents import Case
from makegood.storage.records import Excuse, Pause
from makegood.storage.records import MailRecord as Mail

EXPIRES = START + 30 * 24 * HOUR
TOLD = a_mail("notice", at=START + 4 * MINUTE)
PLANNED = (TOLD, a_mail("plan", at=START + 50 * MINUTE))
PLANNED_LATE = (TOLD, a_mail("plan", at=START + 72 * MINUTE))
BACK: dict[str, Any] = {"restored_at": START + 2 * HOUR}
REPAIRED: dict[str, Any] = {**BACK, "documented_at": START + 3 * HOUR, "repair": a_repair(START + 3 * HOUR)}
LATE_END = START + 5 * HOUR + 11 * MINUTE + 5
REPAIRED_LATE: dict[str, Any] = {**BACK, "documented_at": LATE_END, "repair": a_repair(LATE_END)}


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"current": "k1", "k1": "a test's secret"}
    monkeypatch.setattr("makegood.keys.parameters.get_secret", lambda *_, **__: keys)


def a_message(kind: str, to: str, at: int, mails: tuple[Mail, ...] = (TOLD,), **changes: Any) -> Message:
    """The mail of a kind at so many seconds after the device was last heard from."""
    return the_message(kind, to, at, a_case(mails=mails, **changes))


def the_message(kind: str, to: str, at: int, case: Case) -> Message:
    return incident_message(order(f"incident#{NAME}", kind, to), case, START + at)


def links_in(message: Message) -> list[Link]:
    found = re.findall(r"https://makegood\.provider\.example/desk/(\S+)", message.text)
    assert re.findall(r'href="https://makegood\.provider\.example/desk/([^"]+)"', message.html) == found
    return [verify_link(text, START) for text in found]


def flat(text: str) -> str:
    """The words of a plain text, however they are wrapped."""
    return " ".join(text.split())


EVERY_KIND: dict[str, tuple[str, int, dict[str, Any]]] = {
    "notice": (DESK, 4 * MINUTE, {"mails": ()}),
    "alert": (TESS, 4 * MINUTE, {"mails": ()}),
    "notify-half": (TESS, 8 * MINUTE, {"mails": (a_mail("notice", status="bounced"),)}),
    "notify-limit": (TESS, 15 * MINUTE + 3, {"mails": ()}),
    "plan-half": (TESS, 30 * MINUTE, {}),
    "plan-limit": (TESS, HOUR + 3, {}),
    "repair-half": (TESS, 2 * HOUR, {"mails": PLANNED}),
    "repair-limit": (TESS, 4 * HOUR + 3, {"mails": PLANNED}),
    "plan": (OWNER, 49 * MINUTE, {"plan": a_plan(START + 49 * MINUTE)}),
    "recovery": (OWNER, 2 * HOUR + 600, {"mails": PLANNED, **BACK}),
    "closing": (OWNER, 5 * HOUR + 12 * MINUTE, {"mails": PLANNED_LATE, **REPAIRED_LATE}),
}
TO_CLIENTS = ("notice", "plan", "recovery", "closing")


def a_mail_of(kind: str, to: str | None = None) -> Message:
    addressee, at, changes = EVERY_KIND[kind]
    return a_message(kind, to or addressee, at, **changes)


# Subjects say it all.


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("notice", "Front desk modem is silent since 00:00 EDT: we are on it"),
        ("alert", "Front desk modem is silent since 00:00 EDT: plan due 01:00 EDT, repair due 04:00 EDT"),
        ("notify-half", "Front desk modem: 7 min left to tell the client"),
        ("notify-limit", "Front desk modem: the client has not been told in time, due 00:15 EDT"),
        ("plan-half", "Front desk modem: 30 min left to send the plan"),
        ("plan-limit", "Front desk modem: the plan is late, due 01:00 EDT"),
        ("repair-half", "Front desk modem: 2 h left to repair it and document the repair"),
        ("repair-limit", "Front desk modem: the repair is late, due 04:00 EDT"),
        ("plan", "Front desk modem: our plan, estimated time by 02:30"),
        ("recovery", "Front desk modem is back since 02:00 EDT"),
        ("closing", "Front desk modem is repaired: we broke 2 of 3 promises"),
    ],
)
def test_a_subject_says_what_is_and_what_is_due(kind: str, subject: str) -> None:
    assert a_mail_of(kind).subject == f"[Acme Dental Group] {subject}"


def test_the_winter_has_its_own_name_for_the_zone() -> None:
    start = parse_instant("2026-01-12T09:15:00Z")
    message = a_message("notice", DESK, start - START, mails=(), started_at=start, opened_at=start)
    assert message.subject == "[Acme Dental Group] Front desk modem is silent since 04:15 EST: we are on it"
    assert "12 January 2026, 04:15 EST (09:15 UTC)" in message.text


def test_a_zone_without_letters_is_named_by_its_distance_and_the_utc_date_is_given() -> None:
    contract = a_contract(timezone="America/Sao_Paulo")
    start = parse_instant("2026-03-12T01:30:05Z")
    message = a_message("notice", DESK, 300, mails=(), contract=contract, started_at=start)
    assert "11 March 2026, 22:30:05 UTC-03 (12 March 2026, 01:30:05 UTC)" in flat(message.text)


def test_in_utc_a_time_is_given_once() -> None:
    message = a_message("notice", DESK, 300, mails=(), contract=a_contract(timezone="Etc/UTC"))
    assert "We last heard from it on 12 March 2026, 04:00 UTC." in message.text


# To the client.


@pytest.mark.parametrize("kind", TO_CLIENTS)
def test_a_client_never_gets_a_link(kind: str) -> None:
    message = a_mail_of(kind)
    assert "/desk/" not in message.text + message.html
    assert "http" not in message.text
    assert "Reply to this mail to reach us." in message.text


def test_the_notice_tells_since_when_and_what_is_promised_until_when() -> None:
    text = flat(a_mail_of("notice").text)
    assert "We last heard from it on 12 March 2026, 00:00 EDT (04:00 UTC)." in text
    for promise in (
        "You are told of it within 15 min: WITH THIS MAIL Limit: 12 March 2026, 00:15 EDT (04:15 UTC)",
        "You get the plan within 1 h: OPEN Limit: 12 March 2026, 01:00 EDT (05:00 UTC)",
        "Repaired and documented within 4 h: OPEN Limit: 12 March 2026, 04:00 EDT (08:00 UTC)",
    ):
        assert promise in text
    assert "WHAT HAPPENS NEXT" in text
    assert "Device: Front desk modem (modem, router)" in text


def test_a_notice_that_is_late_says_so() -> None:
    text = flat(a_message("notice", DESK, 15 * MINUTE + 1, mails=()).text)
    assert "You are told of it within 15 min: BROKEN" in text
    assert "Not told until now, 1 s late" in text


def test_a_notice_on_the_limit_still_keeps_the_promise() -> None:
    assert "WITH THIS MAIL" in a_message("notice", DESK, 15 * MINUTE, mails=()).text


def test_a_notice_tells_that_the_device_answers_again() -> None:
    answering = a_message("notice", DESK, 300, mails=(), device={"back_since": START + 240})
    assert "It answers again since 12 March 2026, 00:04 EDT (04:04 UTC)." in flat(answering.text)
    over = a_message("notice", DESK, 1200, mails=(), restored_at=START + 240)
    assert over.subject.endswith("Front desk modem was silent from 00:00 EDT to 00:04 EDT: we are on it")


def test_the_plan_carries_every_line_of_it_and_by_whom() -> None:
    message = a_mail_of("plan")
    assert "> 1. Bring a new power supply.\n  > 2. Put the modem back in place.\n" in message.text
    assert "Written by tess@provider.example." in flat(message.text)
    assert "You get the plan within 1 h: WITH THIS MAIL" in message.text
    for words in ("The power supply of the modem has failed.", "3. Test the line.", "by 02:30"):
        assert words in message.html


def test_the_recovery_says_since_when_and_that_it_is_not_over() -> None:
    text = flat(a_mail_of("recovery").text)
    assert "It answers again since 12 March 2026, 02:00 EDT (06:00 UTC) and has stayed up for 10 min" in text
    assert "It had been silent for 2 h." in text
    assert "Until then this incident stays open" in text


def test_the_closing_says_of_each_promise_how_it_ended_and_what_is_refunded() -> None:
    text = flat(a_mail_of("closing").text)
    assert "You are told of it within 15 min: KEPT" in text
    assert "Sent 12 March 2026, 01:12 EDT (05:12 UTC), 12 min late" in text
    assert (
        "Your refund: 5% of the fee (120.00 USD in a full month). "
        "It will stand on your statement for March 2026" in text
    )
    assert "Done 12 March 2026, 05:11:05 EDT (09:11:05 UTC), 1 h 11 min 5 s late" in text
    assert (
        "Your refund: 10% of the fee (240.00 USD in a full month), and 2% of the fee for each 1 h "
        "begun after the limit, at most 10 times. It will stand on your statement for March 2026" in text
    )
    assert "> Replaced the power supply. > Tested the line for ten minutes." in text
    assert "Documented by tess@provider.example, 12 March 2026, 05:11:05 EDT" in text


def test_the_refund_stands_in_the_local_month_of_the_deadline() -> None:
    start = parse_instant("2026-04-01T02:30:00Z")  # 31 March, 22:30 in New York; the plan is due at 23:30
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
    assert "Your refund: 25.00 USD. It will stand on" in flat(message.text)
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
    assert "Limit: 12 March 2026, 04:10 EDT (08:10 UTC) The limit moved by 10 min" in text


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


# To the technicians.


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
    assert message.subject.endswith("Front desk modem is back since 02:00 EDT: document the repair")
    assert len(links_in(message)) == 2


def test_a_clock_says_how_much_is_left_and_what_a_miss_costs() -> None:
    text = flat(a_mail_of("plan-half").text)
    assert "Plan within 1 h: 30 MIN LEFT" in text
    assert "A miss costs 5% of the fee (120.00 USD in a full month)." in text
    assert "Repair within 4 h: 3 H 30 MIN LEFT" in text
    assert "Nobody has taken the incident yet." in text


def test_below_two_minutes_the_seconds_are_counted() -> None:
    assert "1 min 59 s left" in a_message("plan-half", TESS, HOUR - 119).subject
    assert "2 min left" in a_message("plan-half", TESS, HOUR - 120).subject
    assert "0 s left" in a_message("plan-half", TESS, HOUR).subject


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
            "The device is back since 12 March 2026, 02:00 EDT (06:00 UTC); the repair is",
        ),
    ],
)
def test_a_warning_says_what_is_missing(kind: str, changes: dict[str, Any], words: str) -> None:
    _, at, usual = EVERY_KIND[kind]
    assert words in flat(a_message(kind, TESS, at, **usual | changes).text)


def test_a_warning_about_the_notice_lists_the_addresses_that_did_not_work() -> None:
    assert "front-desk@acme.example: bounced" in a_mail_of("notify-half").text


def test_a_limit_that_passed_says_how_long_ago() -> None:
    text = flat(a_mail_of("plan-limit").text)
    assert "The limit is 12 March 2026, 01:00 EDT (05:00 UTC). It passed 3 s ago. This costs 5%" in text


# Of every mail.


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_both_forms_say_the_same(kind: str) -> None:
    message = a_mail_of(kind)
    shown = unescape(re.sub(r"<style>.*?</style>|<!--.*?-->|<[^>]+>", " ", message.html, flags=re.DOTALL))
    text = re.sub(r"https://\S+", "", message.text)
    assert words_of(text) == words_of(shown)


def words_of(text: str) -> set[str]:
    return {word.strip(".,:;()*>-·").casefold() for word in text.split()} - {""}


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_mail_loads_nothing_and_is_made_for_outlook_phones_and_the_dark(kind: str) -> None:
    page = a_mail_of(kind).html
    assert not re.search(r"<img|<svg|<script|<link|src=|url\(|display:\s*(flex|grid)", page)
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in page
    assert 'bgcolor="' in page
    assert page.count("<table") == page.count('role="presentation"')


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_no_line_of_plain_text_is_too_long_but_those_with_a_link(kind: str) -> None:
    for line in a_mail_of(kind).text.splitlines():
        assert len(line) <= 76 or "/desk/" in line


HOSTILE = '<script>x</script>"><img src=x> {{7*7}} {% raw %} 😀 مرحبا \u202eright\r\nBcc: evil@x.example\x00'


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_hostile_text_stays_text(kind: str) -> None:
    to, at, changes = EVERY_KIND[kind]
    texts = {"cause": HOSTILE * 40, "by": HOSTILE}
    written = {
        "plan": a_plan(START, steps=HOSTILE, eta=HOSTILE, **texts),
        "repair": a_repair(START, work=HOSTILE, **texts),
    }
    hostile = {key: written[key] for key in written if key in changes}
    device = {"name": HOSTILE, "kind": HOSTILE}
    message = a_message(kind, to, at, **{**changes, **hostile, "device": device})
    assert not re.search(r"<script|<img", message.html)
    assert "&lt;script&gt;" in message.html
    assert "{{7*7}}" in message.html
    assert not re.search(r"[\u202e\x00]", message.html + message.text + message.subject)
    assert not re.search(r"[\r\n]", message.subject)
    assert len(message.subject) <= 180
    mime = message_from_bytes(compose(to, message), policy=policy.default)
    assert {name.lower() for name in mime} == {
        *("from", "to", "reply-to", "subject", "auto-submitted", "mime-version", "content-type"),
    }
    assert mime["Subject"] == message.subject
    assert mime["To"] == to
