"""A sweep that finds something due since the canary's last beat proves by one of its own that we can hear."""

from __future__ import annotations

import urllib.error
import urllib.request
from email.message import Message
from unittest.mock import Mock, patch

import pytest
from support.cast import GRACE, START, a_contract, a_token, an_up_device, enroll, sign_up
from support.deployment import Deployment
from support.pinging import ping

import canary
import heartbeat
import own_beat
import sweep
from hearing import LATE_SECONDS
from makegood import aws
from makegood.rules.silence import OVERTAKE_SECONDS
from makegood.storage.canary import gaps_since, last_proof
from makegood.storage.devices import FEED
from makegood.storage.holds import last_hold
from makegood.storage.incidents import open_incidents
from makegood.storage.sites import Sites
from makegood_simulator.cloud import ENVIRONMENT
from makegood_simulator.events import Context, api_request, schedule_event

DUE = START + GRACE
LAST = DUE - 1
"""When the canary beats for the last time before the device is due."""


@pytest.fixture(autouse=True)
def _acme(deployment: Deployment) -> None:
    sign_up()
    an_up_device("modem")
    for at in range(LAST - 240, LAST + 1, 60):
        deployment.now, deployment.api_answers = at, True
        canary.handler(schedule_event(), Context())


def run_sweep(deployment: Deployment, at: int) -> int:
    deployment.now = at
    return int(sweep.handler(schedule_event(), Context())["opened"])


def started() -> list[int]:
    return [incident.started_at for incident in open_incidents()]


def test_what_fell_due_since_the_canarys_beat_is_opened_by_the_next_sweep(deployment: Deployment) -> None:
    assert run_sweep(deployment, DUE + OVERTAKE_SECONDS) == 0
    assert last_proof() == LAST
    assert run_sweep(deployment, DUE + OVERTAKE_SECONDS + 1) == 1
    assert last_proof() == DUE + OVERTAKE_SECONDS + 1
    assert started() == [START]
    assert gaps_since(0) == ()


def test_a_beat_of_our_own_that_does_not_come_through_opens_nothing(deployment: Deployment) -> None:
    deployment.api_answers = False
    assert run_sweep(deployment, DUE + 30) == 0
    assert last_proof() == LAST
    deployment.api_answers = True
    assert run_sweep(deployment, DUE + 60) == 1


def test_a_beat_of_our_own_whose_answer_is_lost_is_a_proof(deployment: Deployment) -> None:
    ours = own_beat.post_heartbeat

    def post(token: str) -> int:
        ours(token)
        raise TimeoutError("timed out")

    with patch.object(own_beat, "post_heartbeat", post):
        assert run_sweep(deployment, DUE + 30) == 1
    assert started() == [START]


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_beat_of_our_own_that_is_refused_opens_nothing(deployment: Deployment, status: int) -> None:
    with patch.object(own_beat, "post_heartbeat", return_value=status) as post:
        assert run_sweep(deployment, DUE + 30) == 0
    post.assert_called_once()


def test_without_the_key_the_sweep_does_the_rest(deployment: Deployment) -> None:
    an_up_device("srv", last_seen=START - 60)
    with patch.object(own_beat, "own_token", side_effect=RuntimeError("no such secret")):
        assert run_sweep(deployment, DUE + 30) == 1
    assert started() == [START - 60]


def test_while_nothing_fell_due_since_the_canarys_beat_none_is_posted(deployment: Deployment) -> None:
    an_up_device("srv", last_seen=START - 60)
    with patch.object(own_beat, "post_heartbeat") as post:
        assert run_sweep(deployment, DUE + OVERTAKE_SECONDS) == 1
        an_up_device("modem", last_seen=DUE)
        assert run_sweep(deployment, DUE + 60) == 0
    assert not post.called


def test_what_the_last_seconds_brought_may_not_be_on_record_yet(deployment: Deployment) -> None:
    with patch("sweep.Sites", wraps=Sites) as sites:
        assert run_sweep(deployment, DUE + 30) == 1
    assert sites.call_args.args[0] == DUE + 30 - OVERTAKE_SECONDS


def test_a_canary_that_is_late_is_not_stood_in_for(deployment: Deployment) -> None:
    """While the API is down every device may be due: none of them is fetched, and no time lost on asking."""
    fetched: list[dict[str, object]] = []
    events = aws.dynamodb().meta.events
    events.register(
        "after-call.dynamodb.Scan", lambda parsed, **_: fetched.extend(parsed["Items"]), unique_id="scans"
    )
    try:
        with patch.object(own_beat, "post_heartbeat") as post:
            assert run_sweep(deployment, LAST + LATE_SECONDS + OVERTAKE_SECONDS + 1) == 0
    finally:
        events.unregister("after-call.dynamodb.Scan", unique_id="scans")
    assert not post.called
    assert not [row for row in fetched if "kind" in row]


def test_a_device_that_is_heard_while_we_ask_is_not_out(deployment: Deployment) -> None:
    headers = {"Authorization": f"Bearer {a_token('modem')}"}
    ours = own_beat.post_heartbeat

    def post(token: str) -> int:
        request = api_request("POST", "/v1/heartbeat", at=DUE, headers=headers)
        assert heartbeat.handler(request, Context())["statusCode"] == 200
        return ours(token)

    with patch.object(own_beat, "post_heartbeat", post):
        assert run_sweep(deployment, DUE + 30) == 0
    assert started() == []


def test_an_outage_of_the_api_is_a_gap_though_the_sweep_tried_in_between(deployment: Deployment) -> None:
    """Down for 170 seconds in which the device fell due, and never heard again: it has one grace from the
    gap's end on."""
    deployment.api_answers = False
    for at in (LAST + 50, LAST + 110, LAST + 165):
        assert run_sweep(deployment, at) == 0
    deployment.api_answers = True
    assert run_sweep(deployment, LAST + 172) == 0
    assert last_proof() == LAST
    opened = []
    for at in range(LAST + 180, LAST + 180 + GRACE + 61, 60):
        deployment.now = at
        canary.handler(schedule_event(), Context())
        opened.append(run_sweep(deployment, at + OVERTAKE_SECONDS))
    assert gaps_since(0) == ((LAST, LAST + 180),)
    assert opened == [0, 0, 0, 0, 1]
    assert started() == [START]


def test_a_mass_silence_is_held_though_the_sweep_is_heard(deployment: Deployment) -> None:
    sign_up(a_contract(client="zoo"))
    an_up_device("modem", client="zoo")
    assert run_sweep(deployment, DUE + 30) == 0
    hold = last_hold()
    assert hold is not None
    assert (last_proof(), hold.began) == (DUE + 30, DUE + 30)


def test_what_stands_behind_an_agent_is_part_of_its_incident(deployment: Deployment) -> None:
    an_up_device("printer", via="modem")
    assert run_sweep(deployment, DUE + OVERTAKE_SECONDS + 1) == 1
    assert [incident.device for incident in open_incidents()] == ["modem"]


@pytest.mark.parametrize(("answers", "failed"), [(True, 1), (False, 0)])
def test_a_job_that_never_ends_fails_once_it_is_proven_that_its_end_was_not_heard(
    deployment: Deployment, *, answers: bool, failed: int
) -> None:
    an_up_device("modem", last_seen=DUE + 60)
    enroll("nightly", state=FEED, feed_practice="backup", feed_device="modem", grace_seconds=GRACE)
    ping("nightly", "/start")
    deployment.now, deployment.api_answers = DUE + 30, answers
    assert sweep.handler(schedule_event(), Context())["unended"] == failed


def test_it_is_posted_to_the_public_address_as_agents_do() -> None:
    answer = Mock(status=200)
    answer.__enter__, answer.__exit__ = Mock(return_value=answer), Mock(return_value=None)
    with patch.object(urllib.request, "urlopen", return_value=answer) as opened:
        assert REAL_POST("of-canary") == 200
    (request,) = opened.call_args.args
    assert (request.method, request.full_url) == ("POST", f"{ENVIRONMENT['BASE_URL']}/v1/heartbeat")
    assert request.get_header("Authorization") == "Bearer of-canary"


def test_an_answer_that_is_no_success_is_a_status_too() -> None:
    refused = urllib.error.HTTPError("https://x.example", 503, "", Message(), None)
    with patch.object(urllib.request, "urlopen", side_effect=refused):
        assert REAL_POST("of-canary") == 503


REAL_POST = own_beat.post_heartbeat
