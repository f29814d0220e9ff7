"""The desk through its real handler: who gets in, what a page shows, and what a form does once."""

from __future__ import annotations

import hashlib
import io
import logging
import re
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from html import escape, unescape
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import boto3
import pytest
from botocore.exceptions import ClientError
from support.cast import (
    DESK,
    GRACE,
    HOUR,
    MINUTE,
    OWNER,
    START,
    TESS,
    TOM,
    a_contract,
    a_token,
    an_up_device,
    sign_up,
)
from support.deployment import Deployment
from support.events import Context, api_request, schedule_event

import desk
import heartbeat
import sweep
from makegood.advancing import advance
from makegood.keys import sign_link, verify_link
from makegood.rules.links import Link
from makegood.storage.devices import RETIRED, Device
from makegood.storage.incidents import find_incident, load_case, open_incidents, record_news
from makegood.storage.records import Incident

NAME = "modem-20260312T040000Z"
OPENED = START + GRACE + 10
NOON = START + 20 * MINUTE
EXPIRES = START + 30 * 24 * HOUR
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PLAN = {"cause": "Power supply", "steps": "Bring one\nSwap it", "eta": "by 02:30"}
REPAIR = {"cause": "Power supply", "work": "Swapped it"}
Answer = dict[str, Any]


@pytest.fixture(autouse=True)
def _silent_modem(deployment: Deployment) -> None:
    sign_up()
    an_up_device("modem", name="Front desk modem")
    deployment.now = OPENED
    sweep.handler(schedule_event(), Context())
    advance("acme-dental", NAME, OPENED)
    deployment.now = NOON


def a_link(person: str = TESS, incident: str = NAME, client: str = "acme-dental", **changes: Any) -> str:
    return sign_link(Link(**{**_incident_link(person, incident, client), **changes}))


def _incident_link(person: str, incident: str, client: str) -> dict[str, Any]:
    return {
        "purpose": "incident",
        "client": client,
        "incident": incident,
        "person": person,
        "expires_at": EXPIRES,
    }


def a_home_link(person: str = TESS) -> str:
    return a_link(person, incident="", client="", purpose="home")


def get(link: str, at: float = NOON, method: str = "GET") -> Answer:
    answer: Answer = desk.handler(api_request(method, f"/desk/{link}", at=at), Context())
    return answer


def post(
    link: str, action: str, fields: dict[str, str] | None = None, at: float = NOON, **request: Any
) -> Answer:
    request = {"body": urlencode(fields or {}), "headers": FORM, **request}
    answer: Answer = desk.handler(api_request("POST", f"/desk/{link}/{action}", at=at, **request), Context())
    return answer


def incident() -> Incident:
    found = find_incident("acme-dental", NAME)
    assert found is not None
    return found


def beats(first: int, last: int) -> None:
    headers = {"Authorization": f"Bearer {a_token('modem')}"}
    for at in range(first, last + 1, MINUTE):
        heartbeat.handler(api_request("POST", "/v1/heartbeat", at=at, headers=headers), Context())


def everything_stored() -> list[Any]:
    tables = boto3.resource("dynamodb")
    return [tables.Table(name).scan()["Items"] for name in ("Devices", "Records")]


# The home page.


def test_the_home_page_lists_the_most_urgent_clock_of_all_clients_first(deployment: Deployment) -> None:
    sign_up({**a_contract(), "client": "berg", "name": "Apotheke am Berg", "timezone": "Europe/Berlin"})
    an_up_device("server", last_seen=START - 50 * MINUTE, client="berg", name="Server")
    an_up_device("nas", last_seen=START + 3 * MINUTE, name="NAS")
    deployment.now = START + 10 * MINUTE
    sweep.handler(schedule_event(), Context())
    found = list(open_incidents())
    for each in found:
        advance(each.client, each.incident, deployment.now)
    for listed in (found, found[::-1]):
        with patch("desk_home.open_incidents", return_value=listed):
            page = get(a_home_link(), at=NOON)["body"]
        places = [page.index(device) for device in (">Server<", ">Front desk modem<", ">NAS<")]
        assert places == sorted(places)
    assert "Plan: 10 min late" in page
    assert "Plan: 40 min left" in page
    assert "Plan: 43 min left" in page


def test_a_row_leads_the_same_person_to_its_incident_for_as_long_as_the_home_link_works() -> None:
    page = get(a_home_link())["body"]
    link = re.search(r'href="https://makegood\.provider\.example/desk/([^"]+)"', page)
    assert link is not None
    assert verify_link(link[1], NOON) == Link("incident", "acme-dental", NAME, TESS, EXPIRES)
    assert get(link[1])["statusCode"] == 200


def test_an_incident_that_cannot_be_read_hides_no_other() -> None:
    an_up_device("nas", name="NAS", last_seen=START)
    sweep.handler(schedule_event(), Context())

    def load(client: str, name: str, now: int) -> Any:
        if name == NAME:
            raise ValueError("broken")
        return load_case(client, name, now)

    with patch("desk_home.load_case", load):
        page = get(a_home_link())["body"]
    assert ">NAS<" in page
    assert "1 not shown" in page


def test_without_open_incidents_the_home_page_says_so(deployment: Deployment) -> None:
    beats(NOON, NOON + 10 * MINUTE)
    deployment.now = NOON + 10 * MINUTE
    advance("acme-dental", NAME, deployment.now)
    assert "No open incidents" in get(a_home_link(), at=deployment.now)["body"]


# The page of an incident.


def test_a_page_shows_the_clocks_the_mails_and_the_forms() -> None:
    page = unescape(get(a_link())["body"])
    for words in (
        "Front desk modem",
        "silent for 20 min",
        "Nobody has it yet.",
        "40 min left",
        "3 h 40 min left",
        "A miss costs 5% of the fee (120.00 USD in a full month)",
        f"{OWNER}, 12 March 2026, 00:03:10 EDT (04:03:10 UTC)",
        "The silence was noticed",
    ):
        assert words in page
    actions = re.findall(r'action="[^"]*/desk/[^"/]+/(\w+)"', page)
    assert actions == ["acknowledge", "plan", "repair"]


def test_a_page_tells_how_late_a_stage_is_and_what_became_of_its_mails(deployment: Deployment) -> None:
    deployment.now = START + HOUR + 12 * MINUTE
    post(a_link(), "plan", PLAN, at=deployment.now)
    page = unescape(get(a_link(), at=deployment.now)["body"])
    assert "12 min late" in page
    assert "sent to the client" in page
    assert "Costs 5% of the fee" in page


def test_a_fixed_refund_is_named_in_the_currency_of_the_contract(deployment: Deployment) -> None:
    outages = {"plan": {"within": "1h", "refund": "25.00"}}
    sign_up({**a_contract(outages=outages), "client": "berg", "currency": "EUR"})
    an_up_device("modem", client="berg")
    sweep.handler(schedule_event(), Context())
    assert "A miss costs 25.00 EUR" in get(a_link(client="berg"))["body"]


def test_an_ended_incident_shows_no_forms_and_takes_nothing(deployment: Deployment) -> None:
    beats(NOON, NOON + 10 * MINUTE)
    deployment.now = NOON + 10 * MINUTE
    advance("acme-dental", NAME, deployment.now)
    page = get(a_link(), at=deployment.now)["body"]
    assert "<form" not in page
    assert "This incident is over." in page
    before = everything_stored()
    answer = post(a_link(), "plan", PLAN, at=deployment.now)
    assert answer["statusCode"] == 409
    assert "The incident is over" in answer["body"]
    assert everything_stored() == before


def test_an_incident_that_is_over_but_not_closed_yet_takes_nothing_either() -> None:
    Device("acme-dental", "modem").update([Device.state.set(RETIRED), Device.retired_at.set(NOON)])
    assert "<form" not in get(a_link())["body"]
    assert post(a_link(), "plan", PLAN)["statusCode"] == 409
    assert (incident().plan, incident().closed_at) == (None, None)


# Actions.


def test_i_have_it_is_recorded_with_who_and_when() -> None:
    answer = post(a_link(), "acknowledge")
    assert answer["statusCode"] == 303
    assert incident().acknowledged == {"by": TESS, "at": NOON}
    assert f"{TESS} has it since 12 March 2026, 00:20 EDT" in get(a_link())["body"]


def test_who_takes_an_incident_second_is_told_who_has_it() -> None:
    post(a_link(), "acknowledge")
    answer = post(a_link(TOM), "acknowledge", at=NOON + 1)
    assert answer["statusCode"] == 409
    assert f"{TESS} has it" in answer["body"]
    assert incident().acknowledged == {"by": TESS, "at": NOON}


def test_the_plan_is_mailed_at_once_and_stops_its_clock(deployment: Deployment) -> None:
    answer = post(a_link(), "plan", PLAN)
    assert answer["statusCode"] == 303
    assert answer["headers"]["Location"] == f"https://makegood.provider.example/desk/{a_link()}#plan"
    plan = "[Acme Dental Group] Front desk modem: our plan, estimated time by 02:30"
    assert [str(mail["To"]) for mail in deployment.mails if mail["Subject"] == plan] == [DESK, OWNER]
    case = load_case("acme-dental", NAME, NOON)
    assert case is not None
    assert case.facts.planned_at == NOON
    assert incident().plan == {"by": TESS, "at": NOON, **PLAN}
    assert deployment.executions()[-1] == "acme-dental_modem_20260312T040000Z_2"
    assert [entry.what for entry in case.timeline] == ["opened", "planned"]


def test_the_same_plan_twice_is_one_plan_and_one_mail_each(deployment: Deployment) -> None:
    post(a_link(), "plan", PLAN)
    stored, mails = everything_stored(), len(deployment.mails)
    assert post(a_link(), "plan", PLAN, at=NOON + 7)["statusCode"] == 303
    assert everything_stored() == stored
    assert len(deployment.mails) == mails


def test_another_plan_comes_too_late_and_is_given_back(deployment: Deployment) -> None:
    post(a_link(), "plan", PLAN)
    mails = len(deployment.mails)
    answer = post(a_link(TOM), "plan", {**PLAN, "steps": "Something else"}, at=NOON + 60)
    assert answer["statusCode"] == 409
    assert "Something else" in answer["body"]
    assert "Somebody was faster" in answer["body"]
    assert incident().plan == {"by": TESS, "at": NOON, **PLAN}
    assert len(deployment.mails) == mails


def test_of_two_plans_at_once_one_is_sent(deployment: Deployment) -> None:
    record = record_news
    answers: list[Answer] = []

    def be_slow(*news: Any) -> bool:
        with patch("desk_actions.record_news", record):
            answers.append(post(a_link(TOM), "plan", {**PLAN, "steps": "Tom's steps"}))
        return record(*news)

    with patch("desk_actions.record_news", be_slow):
        answers.append(post(a_link(), "plan", PLAN))
    assert [answer["statusCode"] for answer in answers] == [303, 409]
    assert incident().plan == {"by": TOM, "at": NOON, **PLAN, "steps": "Tom's steps"}
    assert len([mail for mail in deployment.mails if "our plan" in mail["Subject"]]) == 2


def test_the_repair_is_documented_at_the_end_of_the_second_in_which_it_arrived() -> None:
    post(a_link(), "repair", REPAIR, at=NOON + 0.001)
    assert incident().documented_at == NOON + 1
    assert incident().repair == {"by": TESS, "at": NOON + 1, **REPAIR}


def test_documenting_the_repair_of_a_device_that_is_back_closes_the_incident(deployment: Deployment) -> None:
    post(a_link(), "plan", PLAN)
    beats(NOON, NOON + 10 * MINUTE)
    deployment.now = NOON + HOUR
    advance("acme-dental", NAME, deployment.now)
    post(a_link(), "repair", REPAIR, at=deployment.now)
    assert incident().closed_at == NOON + HOUR
    closing = deployment.mails_to(OWNER)[-1]
    assert closing["Subject"] == "[Acme Dental Group] Front desk modem is repaired: every promise kept"
    body = closing.get_body(("plain",))
    assert body is not None
    assert "  > Swapped it" in body.get_content().splitlines()


def test_a_repair_may_be_documented_before_the_device_is_back() -> None:
    post(a_link(), "repair", REPAIR)
    page = get(a_link())["body"]
    assert "It counts once the device has been up for 10 min without a gap." in page
    assert "Swapped it" in page
    assert incident().closed_at is None


@pytest.mark.parametrize("failure", ["advance", "start_timer"])
def test_what_is_recorded_stands_when_the_rest_fails(
    deployment: Deployment, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = ClientError({"Error": {"Code": "InternalError", "Message": ""}}, "Operation")
    with patch(f"desk_actions.{failure}", side_effect=down):
        answer = post(a_link(), "plan", PLAN)
    assert answer["statusCode"] == 303
    assert incident().plan == {"by": TESS, "at": NOON, **PLAN}
    assert incident().wake_at == NOON  # in the past soon, so that the sweep starts the timer


def test_until_the_plan_is_mailed_the_page_says_that_it_will_be(deployment: Deployment) -> None:
    deployment.refuse_mail = {DESK, OWNER}
    post(a_link(), "plan", PLAN)
    assert "recorded, its mail leaves in a moment" in get(a_link())["body"]
    deployment.refuse_mail = set()
    advance("acme-dental", NAME, NOON + 30)
    assert "sent to the client" in get(a_link(), at=NOON + 30)["body"]


# What is typed.


def test_empty_fields_are_named_and_what_was_typed_stays(deployment: Deployment) -> None:
    before = everything_stored()
    answer = post(a_link(), "plan", {"cause": "Power <supply>", "steps": " \r\n ", "eta": ""})
    assert answer["statusCode"] == 400
    assert answer["body"].count("Please fill this in.") == 2
    assert "Power &lt;supply&gt;</textarea>" in answer["body"]
    assert "Nothing was sent yet" in answer["body"]
    assert everything_stored() == before


@pytest.mark.parametrize(
    ("field", "length", "status"),
    [("steps", 5_000, 303), ("steps", 5_001, 400), ("eta", 200, 303), ("eta", 201, 400)],
)
def test_a_text_may_have_5000_characters_and_a_line_200(field: str, length: int, status: int) -> None:
    answer = post(a_link(), "plan", {**PLAN, field: "é" * length})
    assert answer["statusCode"] == status


def test_lines_end_the_same_way_whatever_the_browser_sent_and_control_characters_go() -> None:
    post(a_link(), "plan", {"cause": "a\r\nb\rc\n", "steps": "\x00x\x1b[31m\ty", "eta": "now\r\nBcc: evil@x"})
    assert incident().plan == {
        "by": TESS,
        "at": NOON,
        "cause": "a\nb\nc",
        "steps": "x[31m    y",
        "eta": "now Bcc: evil@x",
    }


def test_a_body_in_base64_is_the_same() -> None:
    body = b64encode(urlencode(PLAN).encode()).decode()
    assert post(a_link(), "plan", body=body, base64=True)["statusCode"] == 303
    assert incident().plan == {"by": TESS, "at": NOON, **PLAN}


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"headers": {"Content-Type": "application/json"}}, 415),
        ({"headers": {}}, 415),
        ({"body": "not base64", "base64": True}, 415),
        ({"body": "cause=" + "x" * 262_144}, 413),
        ({"headers": {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}}, 303),
    ],
)
def test_a_body_that_no_form_sends_is_refused(request_: dict[str, Any], status: int) -> None:
    assert post(a_link(), "plan", PLAN, **request_)["statusCode"] == status


def test_seconds_from_sam_local_mean_the_same_instant() -> None:
    request = api_request("POST", f"/desk/{a_link()}/plan", at=NOON, body=urlencode(PLAN), headers=FORM)
    request["requestContext"]["timeEpoch"] = NOON
    assert desk.handler(request, Context())["statusCode"] == 303
    assert incident().plan == {"by": TESS, "at": NOON, **PLAN}


# Who gets in.


def _tampered(link: str) -> str:
    payload, _, mac = link.partition(".")
    content = urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).replace(b"tess@", b"tom@x")
    return f"{urlsafe_b64encode(content).decode().rstrip('=')}.{mac}"


FORGED: dict[str, Callable[[], str]] = {
    "nonsense": lambda: "nonsense",
    "a changed person": lambda: _tampered(a_link()),
    "another mac": lambda: a_link()[:-2] + ("AA" if a_link()[-2:] != "AA" else "BB"),
    "cut off": lambda: a_link()[:-1],
    "a link for another purpose": lambda: a_link(purpose="live"),
    "somebody who is no technician any more": lambda: a_link("gone@provider.example"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_link_that_is_not_ours_is_refused_the_same_way_before_anything_is_read(name: str) -> None:
    expected = get("nonsense")
    with (
        patch("desk.load_case", side_effect=AssertionError),
        patch("desk_home.open_incidents", side_effect=AssertionError),
    ):
        for answer in (get(FORGED[name]()), post(FORGED[name](), "plan", PLAN)):
            assert answer["statusCode"] == 403
            assert answer["body"] == expected["body"]
    assert "ask whoever runs the monitoring for a new mail" in expected["body"]


def test_a_home_link_is_for_reading_only() -> None:
    assert post(a_home_link(), "plan", PLAN)["statusCode"] == 403


@pytest.mark.parametrize(("at", "status"), [(EXPIRES - 1, 200), (EXPIRES, 403), (EXPIRES + 1, 403)])
def test_a_link_works_until_it_expires(at: int, status: int) -> None:
    answer = get(a_link(), at=at)
    assert answer["statusCode"] == status
    assert ("This link has expired" in answer["body"]) is (status == 403)


def test_a_link_to_one_incident_opens_no_other() -> None:
    sign_up({**a_contract(), "client": "berg", "name": "Berg"})
    an_up_device("modem", client="berg", name="Berg's modem")
    sweep.handler(schedule_event(), Context())
    assert "Acme" in get(a_link())["body"]
    assert "Berg" not in get(a_link())["body"]
    assert "Berg" in get(a_link(client="berg"))["body"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/desk/{link}/plan"),
        ("POST", "/desk/{link}"),
        ("POST", "/desk/{link}/pause"),
        ("PUT", "/desk/{link}"),
        ("GET", "/desk/"),
        ("GET", "/desk/a/b/c"),
    ],
)
def test_what_does_not_exist_is_a_page_too(method: str, path: str) -> None:
    request = api_request(method, path.format(link=a_link()), at=NOON, body="", headers=FORM)
    answer = desk.handler(request, Context())
    assert answer["statusCode"] == 404
    assert "There is nothing here" in answer["body"]


def test_an_unknown_incident_is_not_found() -> None:
    assert get(a_link(incident="modem-20260101T000000Z"))["statusCode"] == 404


# What a page may do.


def test_reading_changes_nothing(deployment: Deployment) -> None:
    before = (everything_stored(), len(deployment.mails), deployment.executions())
    for link in (a_link(), a_home_link()):
        for method in ("GET", "HEAD"):
            assert get(link, method=method)["statusCode"] == 200
    assert (everything_stored(), len(deployment.mails), deployment.executions()) == before


def test_head_answers_without_a_body() -> None:
    assert get(a_link(), method="HEAD")["body"] == ""


def answers() -> list[Answer]:
    """One of every kind: 200, 200, 303, 409, 400, 403, 403, 404, 413, 415, 503."""
    with patch("desk.load_case", side_effect=ClientError({"Error": {"Code": "X"}}, "Query")):
        failed = get(a_link())
    return [
        get(a_link()),
        get(a_home_link()),
        post(a_link(), "plan", PLAN),
        post(a_link(TOM), "plan", PLAN),
        post(a_link(), "repair"),
        get("nonsense"),
        get(a_link(), at=EXPIRES),
        get(a_link(incident="nothing")),
        post(a_link(), "repair", {"cause": "x" * 300_000}),
        post(a_link(), "repair", headers={}),
        failed,
    ]


def test_every_answer_keeps_browsers_caches_and_robots_out() -> None:
    statuses = []
    for answer in answers():
        headers = answer["headers"]
        statuses.append(answer["statusCode"])
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in headers
        assert answer["cookies"] == []
        policy = headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"} <= set(policy)
        assert "base-uri 'none'" in policy
    assert statuses == [200, 200, 303, 409, 400, 403, 403, 404, 413, 415, 503]


def test_a_page_holds_nothing_but_the_style_that_its_policy_names() -> None:
    for answer in answers():
        style = re.search(r"<style>(.*?)</style>", answer["body"], re.DOTALL)
        if style is None:
            assert answer["statusCode"] == 303
            continue
        digest = b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in answer["headers"]["Content-Security-Policy"]
        assert not re.search(r"<script|<img|<link|<iframe|\sstyle=|\son\w+=", answer["body"])
        assert "&#" not in style[1]


def test_a_form_is_labelled_and_its_errors_are_announced() -> None:
    page = post(a_link(), "plan", {"cause": "x"})["body"]
    for name in ("cause", "steps", "eta"):
        assert f'<label for="plan-{name}">' in page
        assert f'id="plan-{name}"' in page
    assert 'aria-describedby="plan-steps-hint plan-steps-error" aria-invalid="true"' in page
    assert 'role="alert"' in page
    assert "<title>Error: " in page


def test_when_aws_fails_the_page_says_to_try_again() -> None:
    answer = answers()[-1]
    assert answer["statusCode"] == 503
    assert answer["headers"]["Retry-After"] == "5"
    assert "try again" in answer["body"]


def test_a_link_stands_in_no_log() -> None:
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setFormatter(desk.logger.registered_formatter)
    logger = logging.getLogger("makegood")
    logger.addHandler(handler)
    try:
        answers()
    finally:
        logger.removeHandler(handler)
    assert "recorded" in log.getvalue()
    for link in (a_link(), a_link(TOM), a_home_link(), "nonsense"):
        assert link not in log.getvalue()
        assert link.partition(".")[2][:20] not in log.getvalue() or "." not in link


# Hostile text.

HOSTILE = (
    "<script>alert(1)</script>\"><img src=x onerror=alert(2)>' {{7*7}} {% raw %} ${7*7} 😀 مرحبا \u202edlrow"
    "\r\nBcc: evil@x.example\r\n\r\n\x00\x08<b>"
)
HOSTILE_NAME = "<script>alert(1)</script> {{7*7}} 😀 مرحبا\u202e\r\nBcc: e@x\x00"


class Elements(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_harmless(page: str) -> None:
    found = Elements(page)
    assert not found.tags & {"script", "img", "b", "iframe", "object", "link"}
    assert not {name for name in found.attributes if name.startswith("on")}
    assert "<script>alert(1)</script>" in found.text
    assert "{{7*7}}" in found.text
    assert "😀 مرحبا" in found.text
    assert not re.search(r"[\u202a-\u202e\x00\x08]", page)


def test_hostile_text_passes_the_pages_and_the_mails_harmlessly(deployment: Deployment) -> None:
    Device("acme-dental", "modem").update([Device.name.set(HOSTILE_NAME)])
    long = HOSTILE + "x" * (5_000 - len(HOSTILE) - 5)
    assert_harmless(post(a_link(), "plan", {"cause": long, "steps": "", "eta": HOSTILE})["body"])
    assert post(a_link(), "plan", {"cause": long, "steps": long, "eta": HOSTILE})["statusCode"] == 303
    assert_harmless(get(a_link())["body"])
    assert_harmless(post(a_link(TOM), "plan", {"cause": HOSTILE, "steps": HOSTILE, "eta": "x"})["body"])
    assert_harmless(get(a_home_link())["body"])
    post(a_link(), "repair", {"cause": HOSTILE, "work": long})
    beats(NOON, NOON + 10 * MINUTE)
    deployment.now = NOON + 10 * MINUTE
    advance("acme-dental", NAME, deployment.now)
    assert_harmless(get(a_link(), at=deployment.now)["body"])
    mails = [mail for mail in deployment.mails if "script" in mail["Subject"]]
    assert {kind for kind in ("our plan", "repaired") for mail in mails if kind in mail["Subject"]}
    for mail in mails:
        assert mail["Bcc"] is None
        assert "\n" not in mail["Subject"]
        assert "\r" not in mail["Subject"]
        assert mail["To"] in {DESK, OWNER, TESS, TOM}
        html = mail.get_body(("html",))
        assert html is not None
        assert_harmless(html.get_content())


def test_hostile_text_is_given_back_as_it_was_typed() -> None:
    page = post(a_link(), "plan", {"cause": "</textarea><script>x</script>", "steps": "", "eta": '"><b>'})[
        "body"
    ]
    assert escape("</textarea><script>x</script>") in page
    assert 'value="&#34;&gt;&lt;b&gt;"' in page
