"""Who gets into the desk, and how little a page may do in a browser."""

from __future__ import annotations

import hashlib
import io
import logging
import re
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from support.cast import TOM, a_contract, an_up_device, sign_up
from support.deployment import Deployment
from support.visits import (
    EXPIRES,
    FORM,
    NOW,
    PLAN,
    Answer,
    a_home_link,
    a_link,
    everything_stored,
    fall_silent,
    get,
    post,
)

import desk
import sweep
from makegood_simulator.events import Context, api_request, schedule_event


@pytest.fixture(autouse=True)
def _silent_modem(deployment: Deployment) -> None:
    fall_silent(deployment)


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
        ("POST", "/desk/{link}/stop"),
        ("POST", "/desk/{link}/resume-pause-1"),
        ("PUT", "/desk/{link}"),
        ("GET", "/desk/"),
        ("GET", "/desk/a/b/c/d"),
    ],
)
def test_what_does_not_exist_is_a_page_too(method: str, path: str) -> None:
    request = api_request(method, path.format(link=a_link()), at=NOW, body="", headers=FORM)
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
        assert headers["Cache-Control"] == "private, no-store"
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
