"""What an agent tells of its life while it could deliver nothing: proof for people, no verdict."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.cast import MINUTE, START, a_token, an_up_device, sign_up
from support.deployment import Deployment

from heartbeat import handler
from makegood.storage.devices import find_device
from makegood.storage.records import Offline
from makegood_simulator.events import Context, api_request

CLIENT = "acme-dental"
SPAN = {"from": "2026-03-12T01:00:00Z", "to": "2026-03-12T02:30:00Z", "beats": 90}
LONGER = {"from": "2026-03-12T01:00:00Z", "to": "2026-03-12T02:31:00Z", "beats": 91}


@pytest.fixture(autouse=True)
def _acme(deployment: Deployment) -> None:
    sign_up()
    an_up_device("modem")


def tell(*spans: Any, at: int = START + MINUTE) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {a_token('modem')}"}
    body = json.dumps({"offline": spans})
    answer = handler(api_request("POST", "/v1/heartbeat", at=at, body=body, headers=headers), Context())
    return {**answer, "json": json.loads(answer["body"])}


def told() -> list[tuple[str, int, int, int]]:
    found = Offline.query(CLIENT, Offline.sk.startswith("offline#"))
    return [(each.sk, each.end - each.start, each.beats, each.received_at) for each in found]


def test_a_span_is_stored_under_its_beginning() -> None:
    assert tell(SPAN)["statusCode"] == 200
    assert told() == [("offline#modem#2026-03-12T01:00:00Z", 5_400, 90, START + MINUTE)]


def test_a_span_told_twice_is_stored_once() -> None:
    tell(SPAN)
    tell(SPAN, at=START + 2 * MINUTE)
    assert told() == [("offline#modem#2026-03-12T01:00:00Z", 5_400, 90, START + MINUTE)]


def test_a_span_that_grew_before_its_answer_arrived_is_stored_as_it_grew() -> None:
    tell(SPAN)
    tell(LONGER, at=START + 2 * MINUTE)
    tell(SPAN, at=START + 3 * MINUTE)
    assert told() == [("offline#modem#2026-03-12T01:00:00Z", 5_460, 91, START + 2 * MINUTE)]


def test_the_word_of_an_agent_moves_no_time_that_counts() -> None:
    before = find_device(CLIENT, "modem")
    tell(SPAN)
    after = find_device(CLIENT, "modem")
    assert before is not None
    assert after is not None
    assert after.last_seen == START + MINUTE
    assert (after.state, after.enrolled_at) == (before.state, before.enrolled_at)


@pytest.mark.parametrize(
    ("span", "fields"),
    [
        ({**SPAN, "beats": 0}, ["offline[0].beats"]),
        ({**SPAN, "beats": True}, ["offline[0].beats"]),
        ({**SPAN, "to": "2026-03-12T00:59:59Z"}, ["offline[0].to"]),
        ({**SPAN, "from": "2026-03-12 01:00"}, ["offline[0].from"]),
        ({**SPAN, "from": 3}, ["offline[0].from"]),
        ({**SPAN, "device": "srv"}, ["offline[0].device"]),
        ({}, ["offline[0].from", "offline[0].to", "offline[0].beats"]),
        (7, ["offline[0]", "offline[0].from", "offline[0].to", "offline[0].beats"]),
    ],
)
def test_a_span_that_is_none_is_refused_by_name(span: Any, fields: list[str]) -> None:
    answer = tell(span)
    assert answer["statusCode"] == 400
    assert [error["field"] for error in answer["json"]["errors"]] == fields
    assert told() == []


def test_a_moment_is_a_span_and_fifty_are_taken_and_fifty_one_are_not() -> None:
    moments = [
        {"from": f"2026-03-12T01:{n:02}:00Z", "to": f"2026-03-12T01:{n:02}:00Z", "beats": 1}
        for n in range(51)
    ]
    assert tell(*moments)["statusCode"] == 400
    assert tell(*moments[:50])["statusCode"] == 200
    assert len(told()) == 50
