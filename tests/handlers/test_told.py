"""Was the client told? What SES reports, who is flagged, who is called, what is reckoned again."""

from __future__ import annotations

from typing import Any

import pytest
from support.cast import ACME, DESK, MINUTE, OWNER, START, TESS, TOM, a_contract, sign_up
from support.deployment import Deployment
from support.visits import NAME, NOW, OPENED, a_link, fall_silent, get, post

import deliveries
from makegood.advancing import advance
from makegood.rules.instants import format_instant, parse_instant
from makegood.rules.mails import mail_key, order
from makegood.storage.adjusting import marks_of
from makegood.storage.cases import Case, load_case
from makegood.storage.contacts import find_contact, flag_bounce, unreachable_of
from makegood.storage.records import Call, MailRecord
from makegood_simulator.events import Context, ses_notification, sqs_event

APRIL = parse_instant("2026-04-01T04:00:00Z")
"""The first of April begins in New York."""

CALL = {"reached": "Dana Reyes", "number": "+1 212 555 0100", "at": "2026-03-12T00:14"}


@pytest.fixture(autouse=True)
def _silent_modem(deployment: Deployment) -> None:
    fall_silent(deployment)


def report(kind: str, to: str = OWNER, at: int = OPENED + 2, what: str = "notice", **more: Any) -> None:
    tags = {"client": "acme-dental", "mail": order(f"incident#{NAME}", what, to).mail}
    event = sqs_event(ses_notification(kind, tags, format_instant(at), **more))
    assert deliveries.handler(event, Context()) == {"batchItemFailures": []}


def mail(to: str = OWNER, what: str = "notice") -> MailRecord:
    return MailRecord.get("acme-dental", mail_key(order(f"incident#{NAME}", what, to).mail))


def case(at: int = NOW) -> Case:
    found = load_case("acme-dental", NAME, at)
    assert found is not None
    return found


def nobody_is_reached(at: int = OPENED + 5) -> None:
    for to in (DESK, OWNER):
        report("Bounce", to, at)


# What SES reports.


def test_a_delay_is_kept_with_its_newest_time_and_changes_no_verdict() -> None:
    for at in (OPENED + 600, OPENED + 300):
        report("DeliveryDelay", at=at)
    assert (mail().status, mail().delayed_at) == ("sent", OPENED + 600)
    assert case().facts.notified_at == OPENED
    assert "on its way, delayed at 12:13 AM EDT" in get(a_link())["body"]


def test_a_complaint_means_that_they_were_told_and_flags_the_contact() -> None:
    report("Delivery")
    report("Complaint", at=OPENED + 60)
    report("Complaint", at=OPENED + 60)
    assert (mail().status, mail().delivered_at, mail().complained_at) == (
        "delivered",
        OPENED + 2,
        OPENED + 60,
    )
    [flag] = unreachable_of("acme-dental", [DESK, OWNER])
    assert (flag.contact, flag.since, flag.why) == (OWNER, OPENED + 60, "complained")


def test_a_complaint_about_a_mail_that_seemed_to_come_back_tells_that_it_arrived() -> None:
    report("Bounce", bounce_type="Transient")
    report("Complaint", at=OPENED + 60)
    assert (mail().status, mail().delivered_at) == ("delivered", OPENED + 60)


@pytest.mark.parametrize(
    ("events", "since"),
    [
        ([("Bounce", 10), ("Bounce", 20)], 10),
        ([("Bounce", 20), ("Bounce", 10)], 10),
        ([("Bounce", 10), ("Delivery", 20)], None),
        ([("Delivery", 20), ("Bounce", 10)], None),
        ([("Delivery", 20), ("Bounce", 20)], 20),
        ([("Bounce", 20), ("Delivery", 20)], 20),
        ([("Bounce", 10), ("Bounce", 30), ("Delivery", 20)], 30),
        ([("Delivery", 20), ("Bounce", 30), ("Bounce", 10)], 30),
    ],
)
def test_whether_a_contact_is_reached_does_not_depend_on_the_order_of_the_events(
    events: list[tuple[str, int]], since: int | None
) -> None:
    for number, (kind, at) in enumerate(events):
        to = DESK
        kinds = ("notice", "closing", "recovery")
        MailRecord(
            "acme-dental",
            mail_key(order(f"incident#{NAME}", kinds[number], to).mail),
            client="acme-dental",
            mail="",
            about=f"incident#{NAME}",
            kind=kinds[number],
            to=to,
            subject="",
            status="sent",
            rank=2,
            claimed_until=0,
            attempts=1,
        ).save()
        for _ in range(2):
            report(kind, to, START + at, kinds[number])
    found = unreachable_of("acme-dental", [DESK])
    assert [flag.since for flag in found] == ([] if since is None else [START + since])


def test_a_full_mailbox_flags_nobody() -> None:
    report("Bounce", bounce_type="Transient")
    assert unreachable_of("acme-dental", [OWNER]) == ()


def test_technicians_are_no_contacts() -> None:
    report("Delivery", TESS, what="alert")
    assert find_contact("acme-dental", TESS) is None
    report("Delivery")
    known = find_contact("acme-dental", OWNER)
    assert known is not None
    assert known.confirmed_at == OPENED + 2


def test_a_notice_without_any_report_is_shown_as_handed_over_after_an_hour() -> None:
    page = get(a_link(), at=OPENED + 3_599)["body"]
    assert "handed over, not confirmed" not in page
    report("Delivery", DESK)
    page = get(a_link(), at=OPENED + 3_600)["body"]
    assert "handed over, not confirmed" in page
    assert (
        case().facts.notified_how == "handed over"
    )  # the owner's copy left first, and nothing is known of it


def test_a_notice_that_was_delivered_needs_no_word() -> None:
    report("Delivery", DESK, OPENED)
    report("Delivery", OWNER, OPENED)
    assert case().facts.notified_how == ""


# Late news.


def test_news_of_a_notice_within_its_month_marks_nothing(deployment: Deployment) -> None:
    deployment.now = APRIL - 601
    report("Bounce")
    assert marks_of("acme-dental") == []


def test_news_of_a_notice_after_its_month_is_marked_once(deployment: Deployment) -> None:
    """Or so shortly before its end that another clock may be there already."""
    deployment.now = APRIL - 600
    report("Bounce")
    report("Bounce")
    [mark] = marks_of("acme-dental")
    assert (mark.incident, mark.at) == (NAME, APRIL - 600)
    assert mark.reason == f"the notice to {OWNER} came back"


def test_news_that_changes_nothing_and_news_of_other_mails_mark_nothing(deployment: Deployment) -> None:
    report("Bounce", OWNER)
    deployment.now = APRIL
    report("Delivery", OWNER)
    report("DeliveryDelay", DESK)
    report("Bounce", TESS, what="alert")
    assert marks_of("acme-dental") == []


# Nobody was reached.


def test_when_every_notice_comes_back_each_technician_is_asked_once_to_call(deployment: Deployment) -> None:
    report("Bounce", OWNER)
    advance("acme-dental", NAME, NOW)
    assert not [each for each in deployment.subjects() if "call the client" in each]
    report("Bounce", DESK)
    for _ in range(2):
        advance("acme-dental", NAME, NOW)
    for person in (TESS, TOM):
        [asked] = [m for m in deployment.mails_to(person) if "call the client" in str(m["Subject"])]
        text = asked.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        for said in ("Every notice came back", "#call", OWNER):
            assert said in text


def test_the_mail_to_call_names_the_numbers_of_the_contract(deployment: Deployment) -> None:
    contacts = {**ACME["contacts"], "phone": ["Dana Reyes, +1 212 555 0100"]}
    sign_up(a_contract(contacts=contacts))
    nobody_is_reached()
    advance("acme-dental", NAME, NOW)
    [asked] = [m for m in deployment.mails_to(TESS) if "call the client" in str(m["Subject"])]
    assert "Dana Reyes: +1 212 555 0100" in asked.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "The contract names: Dana Reyes, +1 212 555 0100." in get(a_link())["body"]


def test_the_form_for_a_call_is_there_only_while_nobody_was_told() -> None:
    assert 'id="call-reached"' not in get(a_link())["body"]
    nobody_is_reached()
    assert 'id="call-reached"' in get(a_link())["body"]


def test_a_call_counts_from_when_it_was_made_by_the_word_of_who_made_it() -> None:
    nobody_is_reached()
    assert case().facts.notified_at is None
    for _ in range(2):
        assert post(a_link(), "call", CALL)["statusCode"] == 303
    [call] = Call.query("acme-dental", Call.sk.startswith(f"incident#{NAME}#call#"))
    assert (call.at, call.recorded_at, call.by) == (START + 14 * MINUTE, NOW, TESS)
    facts = case().facts
    assert (facts.notified_at, facts.notified_how) == (START + 14 * MINUTE, "called")
    page = get(a_link())["body"]
    assert 'id="call-reached"' not in page
    assert "Dana Reyes, +1 212 555 0100" in page
    assert f"by the word of {TESS}" in page


def test_a_call_recorded_long_after_it_counts_from_an_hour_before_it_was_recorded() -> None:
    nobody_is_reached()
    late = START + 100 * MINUTE
    assert post(a_link(), "call", CALL, at=late)["statusCode"] == 303
    assert case(late).facts.notified_at == late - 3_600


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-03-11T23:59", "The outage began on March 12, 2026, 12:00 AM EDT"),
        ("2026-03-12T00:21", "This is in the future"),
        ("yesterday", "Please give a date and a time"),
        ("9999-12-31T23:59", "Please give a date and a time"),
        ("0001-01-01T00:00", "Please give a date and a time"),
        ("2026-03-12T00:10+05:00", "Please give a date and a time"),
        ("", "Please fill this in"),
    ],
)
def test_a_call_before_the_outage_or_in_the_future_is_refused_and_what_was_typed_is_kept(
    at: str, said: str
) -> None:
    nobody_is_reached()
    answer = post(a_link(), "call", {**CALL, "at": at})
    assert answer["statusCode"] == 400
    assert said in answer["body"]
    assert "Dana Reyes" in answer["body"]
    assert case().calls == ()


@pytest.mark.parametrize(("at", "counted"), [("2026-03-12T00:00", START), ("2026-03-12T00:20", NOW)])
def test_a_call_may_be_as_early_as_the_outage_and_as_late_as_now(at: str, counted: int) -> None:
    nobody_is_reached()
    assert post(a_link(), "call", {**CALL, "at": at})["statusCode"] == 303
    assert case().facts.notified_at == counted


@pytest.mark.parametrize("number", ["Dana", "12", ""])
def test_a_call_needs_a_number(number: str) -> None:
    nobody_is_reached()
    assert post(a_link(), "call", {**CALL, "number": number})["statusCode"] == 400


def test_flagged_contacts_are_shown_before_anybody_relies_on_them(deployment: Deployment) -> None:
    flag_bounce("acme-dental", OWNER, START)
    assert f"{OWNER}: mails come back since March 12, 2026, 12:00 AM EDT" in get(a_link())["body"]


# Mails that cannot leave.


def test_notices_leave_when_an_outage_of_ses_ends_and_the_timeline_says_why_they_were_late(
    deployment: Deployment,
) -> None:
    deployment.ses_is_down = True
    nobody_is_reached()
    first = order(f"incident#{NAME}", "call", TESS)
    for minute in range(10):
        deployment.now = NOW + minute * MINUTE
        advance("acme-dental", NAME, deployment.now)
    deployment.ses_is_down = False
    deployment.now = NOW + 10 * MINUTE
    advance("acme-dental", NAME, deployment.now)
    record = MailRecord.get("acme-dental", mail_key(first.mail))
    assert (record.refused_since, record.sent_at, record.attempts) == (NOW, NOW + 10 * MINUTE, 11)
    [entry] = [entry for entry in case().timeline if entry.what == "mail-refused"]
    assert (entry.at, entry.said) == (NOW, "EndpointConnectionError")
    page = get(a_link(), at=deployment.now)["body"]
    assert "Mails could not leave" in page
    assert "could not leave at 12:20 AM EDT, tried 11 times: EndpointConnectionError" in page
