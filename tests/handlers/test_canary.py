"""Our own failures: while the canary is not heard nothing is called an outage, and the time is a gap."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from support.cast import GRACE, START, a_contract, a_token, an_up_device, sign_up
from support.deployment import Deployment

import canary
import heartbeat
import outside
import own_beat
import sweep
from makegood import aws
from makegood.rules.contracts import ContractError
from makegood.rules.intervals import Interval
from makegood.storage.canary import CLIENT, DEVICE, STALE_SECONDS, gaps_since, last_proof
from makegood.storage.changes import Operator
from makegood.storage.clients import apply_contract
from makegood.storage.devices import DOWN, UP, Device, find_device
from makegood.storage.facts import gather_facts
from makegood.storage.incidents import open_incidents
from makegood_simulator.events import Context, api_request, schedule_event
from silence import SEGMENTS

ACME = "acme-dental"
LAST = START + 60  # the canary's last heartbeat before it falls silent
DUE = START + GRACE


@pytest.fixture(autouse=True)
def _acme(deployment: Deployment) -> None:
    sign_up()
    deployment.now = START


def run_canary(deployment: Deployment, at: int) -> None:
    deployment.now, deployment.api_answers = at, True
    canary.handler(schedule_event(), Context())
    deployment.api_answers = False


def run_sweep(deployment: Deployment, at: int) -> int:
    deployment.now = at
    return int(sweep.handler(schedule_event(), Context())["opened"])


def beat(device: str, at: int) -> int:
    request = api_request(
        "POST", "/v1/heartbeat", at=at, headers={"Authorization": f"Bearer {a_token(device)}"}
    )
    return int(heartbeat.handler(request, Context())["statusCode"])


def started() -> list[tuple[str, int]]:
    return sorted((incident.device, incident.started_at) for incident in open_incidents())


def test_the_canary_registers_itself_and_is_heard_through_the_agents_door(deployment: Deployment) -> None:
    run_canary(deployment, START)
    row = find_device(CLIENT, DEVICE)
    assert row is not None
    assert (row.state, row.last_seen, row.due_at) == (UP, START, START + STALE_SECONDS)
    run_canary(deployment, START + 60)
    assert last_proof() == START + 60
    assert gaps_since(0) == ()


def test_a_canary_whose_key_was_changed_is_heard_again(deployment: Deployment) -> None:
    run_canary(deployment, START)
    row = find_device(CLIENT, DEVICE)
    assert row is not None
    row.update([Device.token_hash.set("of an earlier key")])
    run_canary(deployment, START + 60)
    assert last_proof() == START + 60


def test_a_canary_that_is_not_heard_fails_loudly(deployment: Deployment) -> None:
    with (
        patch.object(own_beat, "post_heartbeat", side_effect=TimeoutError("timed out")),
        pytest.raises(canary.CanaryError, match="timed out"),
    ):
        canary.handler(schedule_event(), Context())
    with (
        patch.object(own_beat, "post_heartbeat", return_value=503) as post,
        pytest.raises(canary.CanaryError, match="503"),
    ):
        canary.handler(schedule_event(), Context())
    assert post.call_count == 2
    assert find_device(CLIENT, DEVICE) is None


def test_nobody_can_be_a_client_of_the_canarys_name() -> None:
    with pytest.raises(ContractError, match="client: must be another name"):
        apply_contract(a_contract(client=CLIENT), Operator("tess", START), 240)


def test_before_there_is_a_canary_the_sweep_judges_by_its_own_clock(deployment: Deployment) -> None:
    an_up_device("modem")
    assert run_sweep(deployment, DUE + 6) == 1
    row = find_device(ACME, "modem")
    assert row is not None
    assert row.state == DOWN


def test_the_sweep_opens_what_fell_due_before_the_canary_was_heard_and_not_a_second_later(
    deployment: Deployment,
) -> None:
    run_canary(deployment, START)
    an_up_device("early", last_seen=START - 1)
    an_up_device("late", last_seen=START)
    run_canary(deployment, START + 60)
    run_canary(deployment, START + 120)
    run_canary(deployment, START + 180)
    assert run_sweep(deployment, START + 200) == 1
    assert started() == [("early", START - 1)]
    run_canary(deployment, START + 240)
    assert run_sweep(deployment, START + 250) == 1
    assert started() == [("early", START - 1), ("late", START)]


def test_while_the_canary_is_not_heard_nothing_opens_and_the_gap_is_kept(deployment: Deployment) -> None:
    run_canary(deployment, START)
    run_canary(deployment, LAST)
    an_up_device("modem", last_seen=START + 30)
    an_up_device("srv", last_seen=START + 40)
    for minute in range(2, 11):
        assert run_sweep(deployment, START + 60 * minute + 20) == 0
    assert gaps_since(0) == ()
    run_canary(deployment, LAST + 600)
    assert gaps_since(0) == (Interval(LAST, LAST + 600),)
    assert beat("modem", LAST + 630) == 200
    run_canary(deployment, LAST + 660)
    run_canary(deployment, LAST + 720)
    run_canary(deployment, LAST + 780)
    assert beat("modem", LAST + 790) == 200
    assert run_sweep(deployment, LAST + 800) == 0
    run_canary(deployment, LAST + 840)
    assert run_sweep(deployment, LAST + 850) == 1
    assert started() == [("srv", START + 40)]


def test_ten_minutes_in_which_no_beat_comes_through_are_ten_in_the_facts(deployment: Deployment) -> None:
    run_canary(deployment, START)
    run_canary(deployment, START + 660)
    facts = gather_facts(ACME, "2026-03", START + 720)
    assert facts["unmonitored"] == [{"from": "2026-03-12T04:01:00Z", "to": "2026-03-12T04:11:00Z"}]
    for period in ("2026-02", "2026-04"):
        assert "unmonitored" not in gather_facts(ACME, period, START + 720)


def test_a_gap_that_has_not_ended_is_in_the_facts_as_far_as_it_goes(deployment: Deployment) -> None:
    run_canary(deployment, START)
    assert "unmonitored" not in gather_facts(ACME, "2026-03", START + STALE_SECONDS)
    facts = gather_facts(ACME, "2026-03", START + 660)
    assert facts["unmonitored"] == [{"from": "2026-03-12T04:01:00Z", "to": "2026-03-12T04:11:00Z"}]


def test_a_device_that_beats_before_the_canary_does_was_not_out(deployment: Deployment) -> None:
    run_canary(deployment, START)
    run_canary(deployment, LAST)
    an_up_device("modem", last_seen=START + 30)
    deployment.now = LAST + 590
    assert beat("modem", LAST + 590) == 200
    run_canary(deployment, LAST + 600)
    assert started() == []


@pytest.mark.parametrize(("silent_for", "incidents"), [(STALE_SECONDS, 1), (STALE_SECONDS + 1, 0)])
def test_a_late_beat_counts_a_canary_as_missing_only_once_it_is_stale(
    deployment: Deployment, silent_for: int, incidents: int
) -> None:
    run_canary(deployment, START)
    run_canary(deployment, LAST)
    an_up_device("modem", last_seen=LAST - GRACE + 100)  # due 100 seconds after the canary was heard
    deployment.now = LAST + silent_for
    assert beat("modem", LAST + silent_for) == 200
    assert len(started()) == incidents


def test_a_silence_from_before_our_outage_keeps_running(deployment: Deployment) -> None:
    run_canary(deployment, START)
    an_up_device("modem", last_seen=START - GRACE - 1)
    run_canary(deployment, START + 600)
    assert gaps_since(0) == (Interval(START, START + 600),)
    assert run_sweep(deployment, START + 610) == 1
    assert started() == [("modem", START - GRACE - 1)]


def test_a_gap_begins_when_two_beats_lie_further_apart_than_the_limit(deployment: Deployment) -> None:
    run_canary(deployment, START)
    run_canary(deployment, START + STALE_SECONDS)
    assert gaps_since(0) == ()
    run_canary(deployment, START + 2 * STALE_SECONDS + 1)
    assert gaps_since(0) == (Interval(START + STALE_SECONDS, START + 2 * STALE_SECONDS + 1),)


def test_the_same_beat_taken_twice_leaves_one_gap(deployment: Deployment) -> None:
    run_canary(deployment, START)
    run_canary(deployment, START + 600)
    run_canary(deployment, START + 600)
    run_canary(deployment, START + 590)
    assert last_proof() == START + 600
    assert gaps_since(0) == (Interval(START, START + 600),)


def test_a_broken_canary_does_not_blind_us_while_half_of_the_devices_are_heard(
    deployment: Deployment,
) -> None:
    run_canary(deployment, START)
    an_up_device("dead", last_seen=START - 30)
    for at in range(START + 60, START + 600, 60):
        an_up_device("srv", last_seen=at)
        an_up_device("modem", last_seen=at + 10)
        run_sweep(deployment, at + 35)
    assert started() == [("dead", START - 30)]
    # Every second sweep finds the proof over 90 seconds old, and that half of the devices were heard since.
    assert last_proof() == START + 490
    assert gaps_since(0) == ()


def test_a_few_that_come_through_do_not_prove_that_all_are_heard(deployment: Deployment) -> None:
    run_canary(deployment, START)
    for number in range(3):
        an_up_device(f"d{number}", last_seen=START - 30)
    an_up_device("srv", last_seen=START + 200)
    assert run_sweep(deployment, START + 230) == 0
    assert last_proof() == START


def test_a_canary_that_beats_is_never_looked_behind(deployment: Deployment) -> None:
    run_canary(deployment, START)
    with patch("hearing.last_seen_of_devices") as count:
        run_sweep(deployment, START + 90)
    assert not count.called


def test_the_canary_itself_is_no_device_to_be_silent(deployment: Deployment) -> None:
    run_canary(deployment, START)
    an_up_device("srv", last_seen=START + 990)
    assert run_sweep(deployment, START + 1_000) == 0
    row = find_device(CLIENT, DEVICE)
    assert row is not None
    assert row.state == UP


def test_the_sweep_reads_no_more_than_the_canarys_row_while_all_is_well(deployment: Deployment) -> None:
    run_canary(deployment, START)
    an_up_device("modem")
    reads: list[str] = []
    events = aws.dynamodb().meta.events
    events.register("before-call.dynamodb", lambda model, **_: reads.append(model.name), unique_id="reads")
    try:
        run_sweep(deployment, START + 20)
    finally:
        events.unregister("before-call.dynamodb", unique_id="reads")
    assert reads.count("Scan") == SEGMENTS
    assert reads.count("GetItem") == 1


def test_after_a_sweep_that_worked_the_outside_address_is_asked_for(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with patch("urllib.request.urlopen") as opened:
        run_sweep(deployment, START)
        assert not opened.called
        monkeypatch.setattr(outside, "settings", lambda: _Settings("https://checks.example/ping/1"))
        run_sweep(deployment, START)
        opened.assert_called_once_with("https://checks.example/ping/1", timeout=3)


def test_an_outside_address_that_fails_fails_no_sweep(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "settings", lambda: _Settings("https://checks.example/ping/1"))
    with patch("urllib.request.urlopen", side_effect=OSError("no route")):
        assert run_sweep(deployment, START) == 0


def test_a_sweep_that_failed_says_nothing_outside(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "settings", lambda: _Settings("https://checks.example/ping/1"))
    an_up_device("orphan", client="no-such-client")
    with patch("urllib.request.urlopen") as opened, pytest.raises(sweep.SweepError):
        run_sweep(deployment, DUE + 6)
    assert not opened.called


class _Settings:
    def __init__(self, outside_ping_url: str) -> None:
        self.outside_ping_url = outside_ping_url
