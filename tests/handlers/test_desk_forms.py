"""What technicians type: its limits, its encodings, and hostile text."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import Any
from urllib.parse import urlencode

import pytest
from support.cast import TESS, TOM
from support.deployment import Deployment
from support.hostile import HOSTILE, assert_harmless
from support.visits import (
    FORM,
    NOW,
    PLAN,
    a_link,
    everything_stored,
    fall_silent,
    get,
    incident,
    post,
)

import desk
from makegood_simulator.events import Context, api_request


@pytest.fixture(autouse=True)
def _silent_modem(deployment: Deployment) -> None:
    fall_silent(deployment)


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
        "at": NOW,
        "cause": "a\nb\nc",
        "steps": "x[31m    y",
        "eta": "now Bcc: evil@x",
    }


def test_a_body_in_base64_is_the_same() -> None:
    body = b64encode(urlencode(PLAN).encode()).decode()
    assert post(a_link(), "plan", body=body, base64=True)["statusCode"] == 303
    assert incident().plan == {"by": TESS, "at": NOW, **PLAN}


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
    request = api_request("POST", f"/desk/{a_link()}/plan", at=NOW, body=urlencode(PLAN), headers=FORM)
    request["requestContext"]["timeEpoch"] = NOW
    assert desk.handler(request, Context())["statusCode"] == 303
    assert incident().plan == {"by": TESS, "at": NOW, **PLAN}


# Hostile text.


def test_hostile_text_of_full_length_is_harmless_when_a_form_is_given_back(deployment: Deployment) -> None:
    long = HOSTILE + "x" * (5_000 - len(HOSTILE))
    faulty = post(a_link(), "plan", {"cause": long, "steps": "", "eta": HOSTILE})
    assert faulty["statusCode"] == 400
    assert_harmless(faulty["body"])
    post(a_link(), "plan", {"cause": long, "steps": long, "eta": HOSTILE})
    assert_harmless(get(a_link())["body"])
    late = post(a_link(TOM), "plan", {"cause": HOSTILE, "steps": HOSTILE, "eta": HOSTILE})
    assert late["statusCode"] == 409
    assert_harmless(late["body"])


def test_hostile_text_is_given_back_as_it_was_typed() -> None:
    page = post(a_link(), "plan", {"cause": "</textarea><script>x</script>", "steps": "", "eta": '"><b>'})[
        "body"
    ]
    assert escape("</textarea><script>x</script>") in page
    assert 'value="&#34;&gt;&lt;b&gt;"' in page
