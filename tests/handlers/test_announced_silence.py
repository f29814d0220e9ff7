"""Silence in announced maintenance opens nothing; still silent at its end, it counts from there."""

from __future__ import annotations

import pytest
from support.cast import GRACE, HOUR, START, a_token, an_up_device, sign_up
from support.deployment import Deployment

import heartbeat
import sweep
from makegood.rules.announcing import Plan
from makegood.rules.intervals import Interval
from makegood.rules.silence import OVERTAKE_SECONDS
from makegood.storage.changes import Operator
from makegood.storage.devices import find_device
from makegood.storage.incidents import open_incidents
from makegood.storage.maintenance import announce
from makegood_simulator.events import Context, api_request, schedule_event

WINDOW = Interval(START + 60, START + 60 + 2 * HOUR)
CLIENT = "acme-dental"


@pytest.fixture(autouse=True)
def _acme(deployment: Deployment) -> None:
    sign_up()
    an_up_device("modem")
    an_up_device("srv")
    tess = Operator("tess", WINDOW.start - 72 * HOUR)
    announce(CLIENT, Plan(devices=("modem",), when=WINDOW, reason="new firmware"), tess)


def run_sweep(deployment: Deployment, at: int) -> None:
    deployment.now = at
    sweep.handler(schedule_event(), Context())


def beat(deployment: Deployment, at: int) -> None:
    deployment.now = at
    headers = {"Authorization": f"Bearer {a_token('modem')}"}
    request = api_request("POST", "/v1/heartbeat", at=at, headers=headers)
    assert heartbeat.handler(request, Context())["statusCode"] == 200


def started() -> dict[str, int]:
    return {incident.device: incident.started_at for incident in open_incidents()}


def test_only_the_device_that_was_not_announced_is_out(deployment: Deployment) -> None:
    run_sweep(deployment, START + HOUR)
    assert started() == {"srv": START}


def test_still_silent_at_the_end_it_is_out_from_the_end_one_grace_later(deployment: Deployment) -> None:
    run_sweep(deployment, WINDOW.end + GRACE + OVERTAKE_SECONDS)
    assert "modem" not in started()
    run_sweep(deployment, WINDOW.end + GRACE + OVERTAKE_SECONDS + 1)
    assert started()["modem"] == WINDOW.end
    row = find_device(CLIENT, "modem")
    assert row is not None
    assert row.incident == "modem-20260312T060100Z"


@pytest.mark.parametrize(("late", "begins"), [(0, None), (1, WINDOW.end)])
def test_a_beat_that_comes_before_any_sweep_finds_the_same(
    deployment: Deployment, late: int, begins: int | None
) -> None:
    beat(deployment, WINDOW.end + GRACE + late)
    assert started().get("modem") == begins


def test_a_beat_inside_the_window_is_only_a_beat(deployment: Deployment) -> None:
    beat(deployment, WINDOW.end - 60)
    row = find_device(CLIENT, "modem")
    assert row is not None
    assert (row.state, row.last_seen) == ("up", WINDOW.end - 60)
    assert started() == {}
