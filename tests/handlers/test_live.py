"""The client's pages: who gets in, what a link is good for, and what is recorded, once."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from support.cast import DESK, HOUR, MINUTE, OWNER, TESS, TOM, a_contract, an_up_device, sign_up
from support.deployment import Deployment
from support.live import a_live_link, live_links, look, mailed, send
from support.visits import EXPIRES, NAME, NOW, a_link, everything_stored, fall_silent, post

import live_visits
import sweep
from makegood.advancing import advance
from makegood.rules.instants import format_instant
from makegood.storage.cases import Case, load_case
from makegood.storage.records import ContractVersion
from makegood_simulator.events import Context, schedule_event

PAUSE = f"pause-{NOW}"
WAIT = {"seen": "0", "reason": "awaiting_access", "awaited": "The key to the server room."}
PLEA = {
    "seen": "0",
    "stage": "plan",
    "reason": "client_caused",
    "evidence": "The breaker was switched off.",
    "ask": "client",
}
EXCUSE = "excuse-plan-1"


@pytest.fixture(autouse=True)
def _silent_modem(deployment: Deployment) -> None:
    fall_silent(deployment)
    post(a_link(), "pause", WAIT)


def the_case() -> Case:
    case = load_case("acme-dental", NAME, NOW)
    assert case is not None
    return case


def answer_link(**changes: str) -> str:
    return a_live_link("answer", PAUSE, **changes)


# Who gets in.


FORGED: dict[str, Callable[[], str]] = {
    "nonsense": lambda: "nonsense",
    "cut off": lambda: answer_link()[:-1],
    "a technician's link": a_link,
    "somebody who is no contact": lambda: answer_link(person="gone@acme.example"),
    "a technician as a contact": lambda: answer_link(person=TESS),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_link_that_is_not_the_contacts_is_refused_the_same_way(name: str) -> None:
    expected = look("nonsense")
    before = everything_stored()
    for given in (look(FORGED[name]()), send(FORGED[name](), "answer", {"text": "Open."})):
        assert (given["statusCode"], given["body"]) == (403, expected["body"])
    assert everything_stored() == before


def test_nothing_is_read_for_a_link_that_we_did_not_sign() -> None:
    with patch.object(live_visits, "load_case", side_effect=AssertionError):
        for link in ("nonsense", answer_link()[:-2] + "AA", a_link(), a_live_link("home", "")):
            assert look(link)["statusCode"] == 403


@pytest.mark.parametrize(("at", "status"), [(EXPIRES - 1, 200), (EXPIRES, 403)])
def test_a_link_works_until_it_expires(at: int, status: int) -> None:
    answer = look(answer_link(), at=at)
    assert answer["statusCode"] == status
    assert ("This link has expired" in answer["body"]) is (status == 403)


def test_a_link_is_good_for_its_purpose_its_matter_and_its_incident_only() -> None:
    post(a_link(), "excuse", PLEA)
    before = everything_stored()
    for link in (answer_link(), a_live_link("disagree", "incident")):
        assert send(link, "agree")["statusCode"] == 404
    for link in (a_live_link("excuse", EXCUSE), a_live_link("disagree", PAUSE)):
        assert send(link, "answer", {"text": "Here."})["statusCode"] == 404
    assert send(a_live_link("answer", "pause-1"), "answer", {"text": "Here."})["statusCode"] == 404
    assert look(a_live_link("answer", "pause-1"))["statusCode"] == 404
    assert look(a_live_link("disagree", "excuse-plan-7"))["statusCode"] == 404
    assert look(answer_link(incident="modem-20260101T000000Z"))["statusCode"] == 404
    assert everything_stored() == before


def test_another_clients_incident_of_the_same_name_is_out_of_reach() -> None:
    contacts = {"outages": ["boss@berg.example"], "statements": ["boss@berg.example"]}
    sign_up({**a_contract(contacts=contacts), "client": "berg", "name": "Berg"})
    an_up_device("modem", client="berg", name="Berg's modem")
    sweep.handler(schedule_event(), Context())
    assert look(answer_link(client="berg"))["statusCode"] == 403
    assert look(a_live_link("disagree", "incident", "boss@berg.example", client="berg"))["statusCode"] == 200


def test_who_is_no_contact_any_more_is_out() -> None:
    link = answer_link(person=DESK)
    assert look(link)["statusCode"] == 200
    contacts = {"outages": [OWNER], "statements": [OWNER]}
    version = ContractVersion.get("acme-dental", "contract#2026-01-01")
    version.update(actions=[ContractVersion.terms.set(a_contract(contacts=contacts))])
    assert look(link)["statusCode"] == 403


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_changes_nothing(deployment: Deployment, method: str) -> None:
    post(a_link(), "excuse", PLEA)
    before = (everything_stored(), len(deployment.mails), deployment.executions())
    for link in (answer_link(), a_live_link("excuse", EXCUSE), a_live_link("disagree", "incident")):
        answer = look(link, method=method)
        assert answer["statusCode"] == 200
        assert (answer["body"] == "") is (method == "HEAD")
    assert (everything_stored(), len(deployment.mails), deployment.executions()) == before


def test_a_page_may_do_nothing_but_be_read_and_sent() -> None:
    with patch.object(live_visits, "load_case", side_effect=ClientError({"Error": {"Code": "X"}}, "Query")):
        failed = look(answer_link())
    desk_page = desk_headers()
    answers = [
        look(answer_link()),
        look("nonsense"),
        failed,
        send(answer_link(), "answer", {"text": "Here."}),
    ]
    assert [answer["statusCode"] for answer in answers] == [200, 403, 503, 303]
    for answer in answers:
        for header in desk_page:
            assert answer["headers"][header] == desk_page[header]
        assert "<script" not in answer["body"]


def desk_headers() -> dict[str, str]:
    import desk  # noqa: PLC0415 - beside the page under test
    from makegood_simulator.events import api_request  # noqa: PLC0415 - the same

    headers: dict[str, str] = desk.handler(api_request("GET", "/desk/x", at=NOW), Context())["headers"]
    return {name: value for name, value in headers.items() if name != "Content-Type"}


@pytest.mark.parametrize(("headers", "status"), [({"Content-Type": "application/json"}, 415)])
def test_what_is_no_form_is_told_so(headers: dict[str, str], status: int) -> None:
    assert send(answer_link(), "answer", headers=headers)["statusCode"] == status


# Answering.


def test_the_link_in_the_mail_opens_the_page_and_the_answer_ends_the_pause(deployment: Deployment) -> None:
    (text,) = mailed(deployment, OWNER, f"{PAUSE}-started")
    link, _disagree = live_links(text)
    page = unescape(look(link, at=NOW + MINUTE)["body"])
    assert "We wait for your answer" in page
    assert "The key to the server room." in page
    answer = send(link, "answer", {"text": "It is at the front desk."}, at=NOW + HOUR)
    assert answer["statusCode"] == 303
    (pause,) = the_case().pauses
    assert (pause.end, pause.ended_by, pause.answer) == (NOW + HOUR, OWNER, "It is at the front desk.")
    assert "We wait no longer" in look(link, at=NOW + HOUR)["body"]


def test_the_answer_wakes_the_timer_and_its_step_tells_everybody(deployment: Deployment) -> None:
    before = set(deployment.executions())
    send(answer_link(), "answer", {"text": "It is at the front desk."}, at=NOW + HOUR)
    assert len(set(deployment.executions()) - before) == 1
    deployment.now = NOW + HOUR
    advance("acme-dental", NAME, deployment.now)
    for person in (OWNER, DESK, TESS, TOM):
        assert "It is at the front desk." in mailed(deployment, person, f"{PAUSE}-ended")[0]


def test_an_answer_sent_twice_is_one_and_one_that_comes_second_is_told_so() -> None:
    send(answer_link(), "answer", {"text": "Here."}, at=NOW + HOUR)
    before = everything_stored()
    assert send(answer_link(), "answer", {"text": "Here."}, at=NOW + HOUR + 5)["statusCode"] == 303
    late = send(answer_link(person=DESK), "answer", {"text": "There."}, at=NOW + HOUR + 5)
    assert late["statusCode"] == 409
    assert "There." in late["body"], "what was typed is not lost"
    assert "We waited no longer when this came. How it ended stands below." in late["body"]
    assert f"{OWNER} answered on March 12, 2026, 1:20 AM EDT" in late["body"]
    assert format_instant(NOW + HOUR) not in late["body"], "clients read their own clock"
    assert everything_stored() == before


@pytest.mark.parametrize(("second", "status"), [(-1, 303), (0, 409)])
def test_an_answer_comes_in_time_until_the_maximum_is_over(second: int, status: int) -> None:
    at = NOW + 5 * 24 * HOUR + second
    assert send(answer_link(), "answer", {"text": "Here."}, at=at)["statusCode"] == status


def test_an_answer_is_dated_by_its_receipt_rounded_up() -> None:
    send(answer_link(), "answer", {"text": "Here."}, at=NOW + 60.25)
    assert the_case().pauses[0].end == NOW + 61


@pytest.mark.parametrize(
    ("text", "says"), [("  ", "Please fill this in."), ("x" * 5_001, "at most 5,000 characters")]
)
def test_an_empty_or_endless_answer_is_given_back(text: str, says: str) -> None:
    answer = send(answer_link(), "answer", {"text": text})
    assert (answer["statusCode"], says in answer["body"]) == (400, True)
    assert the_case().pauses[0].end is None


def test_hostile_words_stay_words() -> None:
    send(answer_link(), "answer", {"text": "<script>alert(1)</script>\u202e"}, at=NOW + HOUR)
    page = look(answer_link(), at=NOW + HOUR)["body"]
    assert "<script>" not in page
    assert "\u202e" not in page


# Excuses.


def test_the_client_agrees_by_the_link_that_only_its_contacts_got(deployment: Deployment) -> None:
    post(a_link(), "excuse", PLEA)
    (text,) = mailed(deployment, OWNER, f"{EXCUSE}-asked")
    (link,) = live_links(text)
    page = unescape(look(link)["body"])
    assert "Do you agree to excuse the plan?" in page
    assert "The breaker was switched off." in page
    assert send(link, "agree", at=NOW + HOUR)["statusCode"] == 303
    (excuse,) = the_case().facts.excuses
    assert (excuse.approved_by, excuse.approved_at) == (OWNER, NOW + HOUR)
    assert "is decided" in look(link, at=NOW + HOUR)["body"]


def test_who_does_not_agree_says_why_and_nobody_can_approve_it_any_more(deployment: Deployment) -> None:
    post(a_link(), "excuse", PLEA)
    link = a_live_link("excuse", EXCUSE)
    assert send(link, "refuse", {"because": ""})["statusCode"] == 400
    assert send(link, "refuse", {"because": "We touched nothing."})["statusCode"] == 303
    assert post(a_link(TOM), f"approve-{EXCUSE}")["statusCode"] == 409
    assert the_case().facts.excuses == ()
    advance("acme-dental", NAME, NOW)
    assert "We touched nothing." in mailed(deployment, TESS, f"{EXCUSE}-refused")[0]


def test_of_two_contacts_the_first_decides_and_the_second_is_told() -> None:
    post(a_link(), "excuse", PLEA)
    send(a_live_link("excuse", EXCUSE), "agree")
    late = send(a_live_link("excuse", EXCUSE, DESK), "refuse", {"because": "No."})
    assert (late["statusCode"], f"Approved by {OWNER} on March 12, 2026, 12:20 AM EDT" in late["body"]) == (
        409,
        True,
    )
    assert "It had been decided when this came. By whom stands below." in late["body"]
    assert format_instant(NOW) not in late["body"], "clients read their own clock"


# Disagreeing.


def test_somebody_who_disagrees_with_the_whole_says_with_what(deployment: Deployment) -> None:
    link = a_live_link("disagree", "incident")
    page = unescape(look(link)["body"])
    assert "The pause from March 12, 2026" in page
    assert '<h1 dir="auto">Do you disagree?</h1>' in page
    assert send(link, "disagree", {"about": "excuse-plan-1", "text": "No."})["statusCode"] == 400
    assert send(link, "disagree", {"about": PAUSE, "text": "The door was open."})["statusCode"] == 303
    (dispute,) = the_case().disputes
    assert (dispute.about, dispute.text, dispute.by, dispute.at) == (PAUSE, "The door was open.", OWNER, NOW)
    assert "waits for a decision" in look(link)["body"]
    assert '<h1 dir="auto">You disagree</h1>' in look(link)["body"]
    assert "Do you disagree?" in look(a_live_link("disagree", "incident", DESK))["body"]
    advance("acme-dental", NAME, NOW)
    assert "The door was open." in mailed(deployment, TESS, "dispute-1-opened")[0]


def test_a_disagreement_sent_twice_is_one_and_another_is_another() -> None:
    link = a_live_link("disagree", PAUSE)
    for text in ("The door was open.", "The door was open.", "And the key was there."):
        assert send(link, "disagree", {"text": text})["statusCode"] == 303
    assert [dispute.number for dispute in the_case().disputes] == [1, 2]


def test_nobody_sees_what_another_contact_wrote() -> None:
    send(a_live_link("disagree", PAUSE), "disagree", {"text": "Between us."})
    assert "Between us." in look(a_live_link("disagree", PAUSE))["body"]
    assert "Between us." not in look(a_live_link("disagree", PAUSE, DESK))["body"]
