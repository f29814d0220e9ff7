"""The ping calls of Healthchecks and the push calls of Uptime Kuma: their answers, and what logs tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from support.cast import GRACE, HOUR, MINUTE, START, a_token, an_up_device, enroll, sign_up
from support.crashes import calls, throttled
from support.deployment import Deployment
from support.logs import logged
from support.pinging import request
from support.pings import CASES, Case

import heartbeat
from makegood.rules.tokens import token_hash
from makegood.storage.devices import DOWN, FEED, RETIRED, UP, Device, find_device
from makegood.storage.incidents import open_incidents
from makegood.storage.records import Words
from makegood_simulator.events import Context, api_request

WRONG = a_token("modem", secret=2)


@pytest.fixture(autouse=True)
def acme(deployment: Deployment) -> None:
    sign_up()
    an_up_device("modem", practices={"backup"})
    enroll("nightly", state=FEED, feed_practice="backup", feed_device="modem", grace_seconds=4 * HOUR)


def device(name: str = "modem") -> Device:
    row = find_device("acme-dental", name)
    assert row is not None
    return row


@pytest.mark.parametrize("who", ["modem", "nightly"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_request_is_answered_as_its_tool_expects(case: Case, who: str) -> None:
    path = case.path.format(token=a_token(who), wrong=WRONG)
    headers = {"Content-Type": case.content_type} if case.content_type else {}
    answer = request(case.method, path, at=START + MINUTE, body=case.body, headers=headers)
    assert (answer["statusCode"], answer["body"]) == (case.status, case.answer)
    given = answer["headers"]
    assert (given["Access-Control-Allow-Origin"], given["Cache-Control"]) == ("*", "no-store")
    is_push = path.startswith("/api/push/")
    is_plain = case.method in ("OPTIONS", "DELETE") or not is_push
    assert given["Content-Type"] == ("text/plain" if is_plain else "application/json")
    is_taken = case.status == 200 and case.method != "OPTIONS" and not is_push
    assert given.get("Ping-Body-Limit") == ("10000" if is_taken else None)


def test_no_answer_is_one_that_a_tool_takes_for_something_else() -> None:
    assert {case.status for case in CASES} == {200, 400, 404, 405}


def test_the_success_of_a_device_that_is_up_is_the_same_one_write_as_a_heartbeat() -> None:
    for path in ("/ping/{}", "/ping/{}/0", "/api/push/{}"):
        with calls() as seen:
            assert request("GET", path.format(a_token("modem")), at=START + MINUTE)["statusCode"] == 200
        assert seen.made == ["UpdateItem"]
    assert (device().last_seen, device().due_at) == (START + MINUTE, START + MINUTE + GRACE)


def test_what_cannot_be_a_token_is_refused_before_any_call() -> None:
    with calls() as seen:
        request("GET", f"/ping/{a_token('modem')[:-1]}")
        request("GET", f"/ping/{a_token('modem')}/foo")
        request("OPTIONS", f"/ping/{a_token('modem')}")
        request("DELETE", f"/ping/{a_token('modem')}")
    assert seen.made == []


def test_a_browser_may_ask_whether_it_may_ask() -> None:
    headers = request("OPTIONS", f"/ping/{a_token('modem')}")["headers"]
    assert headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, PUT"
    assert headers["Access-Control-Allow-Headers"] == "*"


@pytest.mark.parametrize("suffix", ["/start", "/log", "/256", "?rid=1", "/start?rid=1"])
def test_what_is_no_news_of_a_device_changes_nothing(suffix: str) -> None:
    enroll("new")
    before = {name: device(name).attribute_values for name in ("modem", "new", "nightly")}
    for name in before:
        request("POST", f"/ping/{a_token(name)}{suffix}", at=START + MINUTE, body=b"said")
    after = {name: device(name).attribute_values for name in ("modem", "new", "nightly")}
    if suffix == "/start":
        assert after.pop("nightly") != before.pop("nightly")
    assert after == before
    assert list(open_incidents()) == []


def logged_words() -> list[tuple[str, int, str]]:
    found = Words.query("acme-dental", Words.sk.startswith("words#"))
    return [(row.sk, row.at, row.said) for row in found]


@pytest.mark.parametrize("who", ["modem", "nightly"])
def test_of_what_is_logged_the_newest_body_of_the_day_is_kept(who: str) -> None:
    for at, body in ((0, b"first"), (2, b"third\x1b[31m\n\xff"), (1, b"second, late"), (3, b"")):
        request("POST", f"/ping/{a_token(who)}/log", at=START + at, body=body)
    assert logged_words() == [(f"words#{who}#2026-03-12", START + 2, "third[31m\n\ufffd")]
    # The device's day in New York ends at 04:00 UTC.
    request("POST", f"/ping/{a_token(who)}/log", at=START + 24 * HOUR - 0.5, body=b"x" * 10_001)
    request("POST", f"/ping/{a_token(who)}/log", at=START + 24 * HOUR, body=b"tomorrow")
    assert logged_words() == [
        (f"words#{who}#2026-03-12", START + 24 * HOUR - 1, "x" * 10_000),
        (f"words#{who}#2026-03-13", START + 24 * HOUR, "tomorrow"),
    ]


@pytest.mark.parametrize("path", ["{wrong}/log", "{token}/log?rid=1", "{token}/start", "{token}"])
def test_nothing_else_is_kept_of_what_a_body_says(path: str) -> None:
    request("POST", "/ping/" + path.format(token=a_token("modem"), wrong=WRONG), at=START + 1, body=b"said")
    assert logged_words() == []


def test_when_what_is_logged_cannot_be_kept_it_is_to_be_sent_again() -> None:
    with calls(2, throttled) as seen:
        answer = request("POST", f"/ping/{a_token('modem')}/log", at=START + 1, body=b"said")
    assert seen.struck
    assert answer["statusCode"] == 503


def test_a_device_that_was_never_seen_starts_its_life_with_its_first_ping() -> None:
    enroll("new")
    assert request("HEAD", f"/ping/{a_token('new')}", at=START + 0.9)["statusCode"] == 200
    assert (device("new").state, device("new").enrolled_at, device("new").last_seen) == (UP, START, START)


def test_a_device_that_was_down_returns_by_a_ping() -> None:
    request("GET", f"/ping/{a_token('modem')}", at=START + HOUR)
    assert (device().state, device().back_since) == (DOWN, START + HOUR)


@pytest.mark.parametrize("suffix", ["", "/start", "/fail", "/log", "/256"])
@pytest.mark.parametrize("who", ["modem", "nightly"])
def test_a_retired_token_is_nobodys(who: str, suffix: str) -> None:
    device(who).update([Device.state.set(RETIRED)])
    assert request("GET", f"/ping/{a_token(who)}{suffix}", at=START + 1)["statusCode"] == 404
    assert device(who).state == RETIRED


@pytest.mark.parametrize("suffix", ["", "/fail", "/start"])
@pytest.mark.parametrize("who", ["modem", "nightly"])
def test_the_first_ping_with_a_new_token_ends_the_old_one(who: str, suffix: str) -> None:
    new = a_token(who, secret=2)
    device(who).update(
        [Device.next_token_hash.set(token_hash(new)), Device.token_expires_at.set(START + HOUR)]
    )
    assert request("GET", f"/ping/{a_token(who)}{suffix}", at=START + 1)["statusCode"] == 200
    assert request("GET", f"/ping/{new}{suffix}", at=START + 2)["statusCode"] == 200
    assert request("GET", f"/ping/{a_token(who)}{suffix}", at=START + 3)["statusCode"] == 404


@pytest.mark.parametrize("who", ["modem", "nightly"])
@pytest.mark.parametrize("suffix", ["", "/start", "/fail", "/256"])
def test_when_aws_is_overloaded_the_ping_is_to_be_sent_again(who: str, suffix: str) -> None:
    with calls(1, throttled) as seen:
        answer = request("GET", f"/ping/{a_token(who)}{suffix}", at=START + 1)
    assert seen.struck
    assert (answer["statusCode"], answer["body"], answer["headers"]["Retry-After"]) == (503, "try again", "5")
    with calls(1, throttled):
        answer = request("GET", f"/api/push/{a_token(who)}", at=START + 1)
    assert (answer["statusCode"], answer["body"]) == (503, '{"ok":false,"msg":"Try again."}')
    assert answer["headers"]["Retry-After"] == "5"


def test_a_feed_is_no_agent() -> None:
    headers = {"Authorization": f"Bearer {a_token('nightly')}"}
    answer = heartbeat.handler(api_request("POST", "/v1/heartbeat", at=START, headers=headers), Context())
    assert answer["statusCode"] == 401
    assert device("nightly").last_seen is None


def test_no_setting_of_the_environment_makes_the_log_tell_requests() -> None:
    asked = api_request("GET", "/ping/a-secret", at=START, route="ANY /ping/{proxy+}")
    script = (
        "import json, sys; sys.path[:0] = json.loads(sys.argv[1]); import heartbeat\n"
        "from makegood_simulator.events import Context\n"
        "print(heartbeat.handler(json.loads(sys.argv[2]), Context())['statusCode'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(sys.path), json.dumps(asked)],
        env={**os.environ, "POWERTOOLS_LOGGER_LOG_EVENT": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "404\n"


def test_a_token_stands_in_no_log() -> None:
    with logged() as log:
        _ping_in_every_way()
    for told in ("a ping could not be recorded", "opened on a failure", "a timer could not be started"):
        assert told in log.getvalue()
    for token in (a_token("modem"), a_token("nightly"), a_token("till"), WRONG):
        assert token.split(".")[2] not in log.getvalue()
        assert token_hash(token) not in log.getvalue()


def _ping_in_every_way() -> None:
    for who in ("modem", "nightly"):
        for case in CASES:
            request(case.method, case.path.format(token=a_token(who), wrong=WRONG), at=START + MINUTE)
        for suffix in ("", "/fail"):
            with calls(1, throttled):
                request("GET", f"/ping/{a_token(who)}{suffix}", at=START + MINUTE)
    an_up_device("till")
    refusal = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "StartExecution")
    with patch("slow_path.wake", side_effect=refusal):
        request("GET", f"/ping/{a_token('till')}/fail", at=START + MINUTE)
