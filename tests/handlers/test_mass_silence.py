"""A quarter of all devices, of several clients, silent at once: the sweep waits for what may come back."""

from __future__ import annotations

import pytest
from support.cast import GRACE, START, a_contract, a_token, an_up_device, sign_up
from support.deployment import Deployment

import heartbeat
import sweep
from makegood.rules.statements import compute
from makegood.storage.facts import gather_facts
from makegood.storage.holds import HOLD_SECONDS, last_hold
from makegood.storage.incidents import open_incidents
from makegood_simulator.events import Context, api_request, schedule_event

ACME, ZOO = "acme-dental", "zoo"
DUE = START + GRACE
FIRST = DUE + 30
"""The first sweep that finds what was last heard at START."""
LONG = 10**9


@pytest.fixture(autouse=True)
def _clients(deployment: Deployment) -> None:
    sign_up()
    sign_up(a_contract(client=ZOO))


def fleet(silent: dict[str, int], living: dict[str, int]) -> None:
    """So many devices of each client that were last heard at START, and so many that are not due."""
    for client, count in silent.items():
        for number in range(count):
            an_up_device(f"silent{number}", client=client)
    for client, count in living.items():
        for number in range(count):
            an_up_device(f"living{number}", client=client, grace_seconds=LONG)


def run_sweep(deployment: Deployment, at: int) -> int:
    deployment.now = at
    return int(sweep.handler(schedule_event(), Context())["opened"])


def beat(deployment: Deployment, device: str, at: int, client: str = ACME) -> None:
    deployment.now = at
    headers = {"Authorization": f"Bearer {a_token(device, client)}"}
    request = api_request("POST", "/v1/heartbeat", at=at, headers=headers)
    assert heartbeat.handler(request, Context())["statusCode"] == 200


def started() -> list[tuple[str, str, int]]:
    return sorted((i.client, i.device, i.started_at) for i in open_incidents())


def test_a_quarter_of_all_devices_of_two_clients_is_held_for_five_minutes_at_most(
    deployment: Deployment,
) -> None:
    fleet({ACME: 1, ZOO: 1}, {ACME: 3, ZOO: 3})
    assert run_sweep(deployment, FIRST) == 0
    hold = last_hold()
    assert hold is not None
    assert (hold.began, hold.until, hold.silent, hold.devices) == (FIRST, FIRST + 300, 2, 8)
    assert run_sweep(deployment, FIRST + HOLD_SECONDS) == 0
    assert run_sweep(deployment, FIRST + HOLD_SECONDS + 1) == 2
    assert started() == [(ACME, "silent0", START), (ZOO, "silent0", START)]


def test_less_than_a_quarter_is_not_held(deployment: Deployment) -> None:
    fleet({ACME: 1, ZOO: 1}, {ACME: 3, ZOO: 4})
    assert run_sweep(deployment, FIRST) == 2
    assert last_hold() is None


def test_one_clients_site_is_not_held_however_large(deployment: Deployment) -> None:
    fleet({ACME: 5}, {ZOO: 1})
    assert run_sweep(deployment, FIRST) == 5
    assert last_hold() is None


def test_what_came_back_meanwhile_was_no_outage_and_was_not_monitored(deployment: Deployment) -> None:
    fleet({ACME: 1, ZOO: 1}, {ACME: 1})
    assert run_sweep(deployment, FIRST) == 0
    beat(deployment, "silent0", FIRST + 120)
    assert run_sweep(deployment, FIRST + HOLD_SECONDS + 1) == 1
    assert started() == [(ZOO, "silent0", START)]
    facts = gather_facts(ACME, "2026-03", FIRST + 3_600)
    assert facts["unmonitored"] == [
        {"from": "2026-03-12T04:00:00Z", "to": "2026-03-12T04:05:30Z", "devices": ["silent0"]}
    ]
    rows = {row["device"]: row["unmonitored_seconds"] for row in compute(facts)["availability"]}  # type: ignore[attr-defined]
    assert rows == {"living0": 0, "silent0": 330}


def test_what_comes_back_after_the_hold_was_out(deployment: Deployment) -> None:
    fleet({ACME: 1, ZOO: 1}, {})
    assert run_sweep(deployment, FIRST) == 0
    beat(deployment, "silent0", FIRST + HOLD_SECONDS + 1)
    assert started() == [(ACME, "silent0", START)]


def test_what_the_last_sweep_opened_counts_too(deployment: Deployment) -> None:
    fleet({ACME: 1}, {ZOO: 3})
    assert run_sweep(deployment, FIRST) == 1
    an_up_device("later", client=ZOO, last_seen=START + 60)
    assert run_sweep(deployment, FIRST + 60) == 0  # two of five
    assert started() == [(ACME, "silent0", START)]


def test_what_fell_silent_long_before_is_opened_although_others_are_held(deployment: Deployment) -> None:
    an_up_device("old", last_seen=START - 600)
    fleet({ACME: 1, ZOO: 1}, {})
    assert run_sweep(deployment, FIRST) == 1
    assert started() == [(ACME, "old", START - 600)]


def test_nothing_is_held_back_twice(deployment: Deployment) -> None:
    fleet({ACME: 2, ZOO: 2}, {})
    assert run_sweep(deployment, FIRST) == 0
    for client in (ACME, ZOO):
        an_up_device("last", client=client, last_seen=FIRST + HOLD_SECONDS - GRACE - 10)
    assert run_sweep(deployment, FIRST + HOLD_SECONDS + 1) == 6
