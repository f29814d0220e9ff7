"""The steps of an incident through the real handler: mails, clocks, recovery, closing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ReadTimeoutError
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
from support.crashes import calls
from support.deployment import Deployment

import advance
import heartbeat
import sweep
from makegood.rules.instants import format_instant, parse_instant
from makegood.storage.cases import load_case, restore_device
from makegood.storage.devices import RETIRED, UP, Device, find_device
from makegood.storage.incidents import find_incident, record_news, timeline_entry
from makegood.storage.records import Incident, MailRecord
from makegood_simulator.events import Context, api_request, schedule_event

NAME = "modem-20260312T040000Z"
OPENED = START + GRACE + 10


@pytest.fixture(autouse=True)
def _silent_modem(deployment: Deployment) -> None:
    sign_up()
    an_up_device("modem")
    deployment.now = OPENED
    sweep.handler(schedule_event(), Context())


def incident() -> Incident:
    found = find_incident("acme-dental", NAME)
    assert found is not None
    return found


def wake(deployment: Deployment, at: int, **changes: Any) -> dict[str, Any]:
    """The timer wakes at an instant; returns what its next wait is told."""
    deployment.now = at
    event = {
        "client": "acme-dental",
        "device": "modem",
        "incident": NAME,
        "timer": incident().timer,
        "loops": 0,
        "wake_at": format_instant(at),
        **changes,
    }
    answer: dict[str, Any] = advance.handler(event, Context())
    return answer


def beat(at: int) -> None:
    headers = {"Authorization": f"Bearer {a_token('modem')}"}
    heartbeat.handler(api_request("POST", "/v1/heartbeat", at=at, headers=headers), Context())


def send_plan(at: int) -> None:
    plan = {"by": TESS, "at": at, "cause": "Power supply", "steps": "Swap it", "eta": "06:00"}
    record_news(
        incident(),
        [Incident.plan.set(plan)],
        Incident.plan.does_not_exist(),
        timeline_entry(incident(), at, "planned", TESS),
        at,
    )


def document(at: int) -> None:
    repair = {"by": TESS, "at": at, "cause": "Power supply", "work": "Swapped"}
    record_news(
        incident(),
        [Incident.repair.set(repair), Incident.documented_at.set(at)],
        Incident.documented_at.does_not_exist(),
        timeline_entry(incident(), at, "documented", TESS),
        at,
    )


def test_the_first_step_tells_everybody_once(deployment: Deployment) -> None:
    answer = wake(deployment, OPENED)
    assert sorted(str(mail["To"]) for mail in deployment.mails) == sorted([DESK, OWNER, TESS, TOM])
    assert answer["done"] is False
    assert answer["wake_at"] == format_instant(START + 30 * MINUTE)
    wake(deployment, OPENED + 1)
    assert len(deployment.mails) == 4
    case = load_case("acme-dental", NAME, OPENED)
    assert case is not None
    assert case.facts.notified_at == OPENED


def test_the_next_wake_is_on_record_so_that_the_sweep_can_make_up_for_a_lost_timer(
    deployment: Deployment,
) -> None:
    answer = wake(deployment, OPENED)
    assert incident().wake_at == parse_instant(answer["wake_at"])


def test_a_failure_to_send_is_tried_again_in_half_a_minute(deployment: Deployment) -> None:
    deployment.refuse_mail = {DESK, OWNER}
    answer = wake(deployment, OPENED)
    assert answer["wake_at"] == format_instant(OPENED + 30)
    assert [str(mail["To"]) for mail in deployment.mails] == [TESS, TOM]
    deployment.refuse_mail = set()
    wake(deployment, OPENED + 30)
    case = load_case("acme-dental", NAME, OPENED)
    assert case is not None
    assert case.facts.notified_at == OPENED + 30


def test_while_ses_does_not_answer_one_try_is_enough_and_half_a_minute_later_the_next(
    deployment: Deployment,
) -> None:
    deployment.ses_is_down = True
    answer = wake(deployment, OPENED)
    assert answer["wake_at"] == format_instant(OPENED + 30)
    tried = list(MailRecord.query("acme-dental", MailRecord.sk.startswith(f"incident#{NAME}#mail#")))
    assert [(mail.attempts, mail.last_error) for mail in tried] == [(1, "EndpointConnectionError")]
    deployment.ses_is_down = False
    wake(deployment, OPENED + 30)
    assert len(deployment.mails) == 4


def test_an_older_timer_ends_without_doing_anything(deployment: Deployment) -> None:
    assert wake(deployment, OPENED, timer=0)["done"] is True
    assert deployment.mails == []


def test_a_timer_that_is_superseded_while_it_works_ends(deployment: Deployment) -> None:
    def news(*_: object) -> bool:
        send_plan(OPENED)
        return False

    with patch("makegood.advancing.post", side_effect=news):
        assert wake(deployment, OPENED)["done"] is True


def test_after_many_loops_a_timer_hands_over_to_the_next_number(deployment: Deployment) -> None:
    answer = wake(deployment, OPENED, loops=advance.MAX_LOOPS - 1)
    assert answer["done"] is True
    assert deployment.executions()[-1] == "acme-dental_modem_20260312T040000Z_2"
    assert incident().wake_at == START + 30 * MINUTE


def test_the_wake_time_is_one_that_step_functions_accepts_and_after_now(deployment: Deployment) -> None:
    answer = wake(deployment, OPENED)
    assert parse_instant(answer["wake_at"]) > OPENED


def test_back_by_itself_is_documented_by_the_system_and_closed(deployment: Deployment) -> None:
    wake(deployment, OPENED)
    for at in range(START + 10 * MINUTE, START + 20 * MINUTE + 1, MINUTE):
        beat(at)
    answer = wake(deployment, START + 20 * MINUTE)
    assert answer["done"] is True
    closed = incident()
    assert (closed.restored_at, closed.documented_at, closed.by_itself) == (START + 600, START + 600, True)
    assert (closed.closed_at, closed.open_shard) == (START + 20 * MINUTE, None)
    device = find_device("acme-dental", "modem")
    assert device is not None
    assert (device.state, device.incident, device.back_since) == (UP, None, None)
    assert len(deployment.mails_to(OWNER)) == 2
    assert wake(deployment, START + 21 * MINUTE)["done"] is True
    assert len(deployment.mails_to(OWNER)) == 2


def test_a_run_that_breaks_before_it_is_stable_is_as_if_it_never_was(deployment: Deployment) -> None:
    wake(deployment, OPENED)
    beat(START + 10 * MINUTE)
    relapse = START + 19 * MINUTE
    wake(deployment, relapse)
    assert incident().restored_at is None
    beat(START + 40 * MINUTE)
    for at in range(START + 41 * MINUTE, START + 50 * MINUTE + 1, MINUTE):
        beat(at)
    wake(deployment, START + 50 * MINUTE)
    assert incident().restored_at == START + 40 * MINUTE


def test_a_run_that_broke_since_it_was_read_restores_nothing(deployment: Deployment) -> None:
    for minute in (10, 11, 12, 13, 14, 15, 16, 17, 18, 19):
        beat(START + minute * MINUTE)
    beat(START + 20 * MINUTE)
    stale = load_case("acme-dental", NAME, START + 20 * MINUTE)
    assert stale is not None
    device = find_device("acme-dental", "modem")
    assert device is not None
    device.update([Device.back_since.set(START + 30 * MINUTE), Device.last_seen.set(START + 30 * MINUTE)])
    assert restore_device(stale, START + 10 * MINUTE) is False
    assert incident().restored_at is None


def test_a_return_noticed_by_another_step_that_died_is_told_soon_wherever_this_step_was(
    deployment: Deployment,
) -> None:
    """Two at once: whatever the one has read when the other ends the outage, it does not go to sleep."""
    wake(deployment, OPENED)
    for at in range(START + 10 * MINUTE, START + 20 * MINUTE + 1, MINUTE):
        beat(at)
    before, points = deployment.snapshot(), 0

    def another_restores_and_dies(_operation: str, call: Callable[[], Any]) -> Any:
        dies = patch("makegood.advancing.post", side_effect=ReadTimeoutError(endpoint_url=""))
        with dies, suppress(ReadTimeoutError):
            wake(deployment, START + 20 * MINUTE)
        return call()

    while True:
        with calls(points + 1, another_restores_and_dies) as made:
            wake(deployment, START + 20 * MINUTE)
        if not made.struck:
            break
        points += 1
        left = incident()
        assert left.restored_at == START + 10 * MINUTE
        assert left.closed_at is not None or left.wake_at <= START + 22 * MINUTE + 1
        deployment.restore(before)
    assert points > 10


def test_plan_and_repair_are_mailed_and_end_the_incident(deployment: Deployment) -> None:
    wake(deployment, OPENED)
    send_plan(START + 40 * MINUTE)
    wake(deployment, START + 40 * MINUTE)
    assert len(deployment.mails_to(OWNER)) == 2
    beat(START + HOUR)
    for at in range(START + HOUR, START + HOUR + 10 * MINUTE + 1, MINUTE):
        beat(at)
    wake(deployment, START + HOUR + 10 * MINUTE)
    assert len(deployment.mails_to(OWNER)) == 3
    assert incident().documented_at is None
    document(START + 2 * HOUR)
    assert wake(deployment, START + 2 * HOUR)["done"] is True
    assert len(deployment.mails_to(OWNER)) == 4
    case = load_case("acme-dental", NAME, START + 2 * HOUR)
    assert case is not None
    facts = case.facts
    assert (facts.planned_at, facts.restored_at) == (START + 40 * MINUTE, START + HOUR)
    assert facts.documented_at == START + 2 * HOUR


def test_warnings_go_to_technicians_at_half_and_at_the_limit(deployment: Deployment) -> None:
    wake(deployment, OPENED)
    wake(deployment, START + 30 * MINUTE)
    assert len(deployment.mails_to(TESS)) == 2
    wake(deployment, START + HOUR + 3)
    assert len(deployment.mails_to(TESS)) == 3
    assert len(deployment.mails_to(OWNER)) == 1


def test_retiring_a_device_ends_its_incident(deployment: Deployment) -> None:
    wake(deployment, OPENED)
    Device("acme-dental", "modem").update([Device.state.set(RETIRED), Device.retired_at.set(START + HOUR)])
    assert wake(deployment, START + HOUR)["done"] is True
    assert incident().closed_at == START + HOUR


def test_a_device_may_fall_silent_again_while_its_last_incident_waits_for_its_document(
    deployment: Deployment,
) -> None:
    sign_up(
        a_contract(
            outages={**a_contract()["outages"], "repair": {"within": "4h", "self_recovery": "document"}}
        )
    )
    wake(deployment, OPENED)
    send_plan(OPENED)
    for at in range(START + 10 * MINUTE, START + 20 * MINUTE + 1, MINUTE):
        beat(at)
    wake(deployment, START + 20 * MINUTE)
    assert (incident().restored_at, incident().documented_at) == (START + 600, None)
    deployment.now = START + 30 * MINUTE
    assert sweep.handler(schedule_event(), Context())["opened"] == 1
    second = find_incident("acme-dental", "modem-20260312T042000Z")
    assert second is not None
    assert second.started_at == START + 20 * MINUTE


def test_half_an_hour_without_sweeps_hides_no_outage(deployment: Deployment) -> None:
    an_up_device("nas", last_seen=START)
    headers = {"Authorization": f"Bearer {a_token('nas')}"}
    back = START + 20 * MINUTE
    heartbeat.handler(api_request("POST", "/v1/heartbeat", at=back, headers=headers), Context())
    found = find_incident("acme-dental", "nas-20260312T040000Z")
    assert found is not None
    assert (found.started_at, found.opened_at) == (START, back)
