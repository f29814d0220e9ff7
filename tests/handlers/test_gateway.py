"""Requests as AWS hands them on, and as `sam local` does."""

from __future__ import annotations

from typing import Any

import pytest
from support.cast import START, a_token, enroll, sign_up
from support.deployment import Deployment

from heartbeat import handler
from makegood.gateway import request_header, request_instant, request_instant_up
from makegood.pages.forms import Form, read_form
from makegood_simulator.events import Context, api_request
from openapi_document import answer_document

FORM = Form("acknowledge", "Take the incident", "I have it", ())


def as_sent(event: dict[str, Any]) -> dict[str, Any]:
    """The same request under `sam local start-api`: capital letters, and time in seconds."""
    headers = {name.title(): value for name, value in event["headers"].items()}
    context = {**event["requestContext"], "timeEpoch": event["requestContext"]["timeEpoch"] // 1000}
    return {**event, "headers": headers, "requestContext": context}


@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
def test_a_header_is_found_however_it_is_written(name: str) -> None:
    assert request_header({"headers": {name: "Bearer token"}}, "authorization") == "Bearer token"


@pytest.mark.parametrize("event", [{}, {"headers": None}, {"headers": {"Accept": "*/*"}}])
def test_a_header_that_is_not_there_is_empty(event: dict[str, Any]) -> None:
    assert request_header(event, "authorization") == ""


def test_arrivals_in_seconds_and_in_milliseconds_are_the_same() -> None:
    event = api_request("GET", "/", at=START)
    for each in (event, as_sent(event)):
        assert (request_instant(each), request_instant_up(each)) == (START, START)


def test_a_beat_is_taken_under_sam_local(deployment: Deployment) -> None:
    sign_up()
    enroll("modem")
    bearer = {"Authorization": f"Bearer {a_token('modem')}"}
    event = api_request("POST", "/v1/heartbeat", at=START, headers=bearer)
    assert handler(as_sent(event), Context())["statusCode"] == 200


def test_a_form_is_read_under_sam_local() -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    event = api_request("POST", "/desk/link/acknowledge", at=START, headers=headers, body="")
    assert read_form(FORM, as_sent(event)).errors == {}


def test_what_is_known_already_is_not_sent_again_under_sam_local() -> None:
    etag = answer_document(api_request("GET", "/v1/openapi.json", at=START))["headers"]["ETag"]
    event = api_request("GET", "/v1/openapi.json", at=START, headers={"If-None-Match": etag})
    assert answer_document(as_sent(event))["statusCode"] == 304
