"""A silent agent and what stands behind it: one incident, whoever looks first, and every silence counted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.cast import DESK, GRACE, HOUR, MINUTE, OWNER, START, TESS, a_token, an_up_device, sign_up
from support.crashes import calls
from support.deployment import Deployment
from support.letters import flat
from support.pinging import ping

import advance
import heartbeat
import sweep
from makegood.rules.instants import format_instant
from makegood.rules.silence import OVERTAKE_SECONDS
from makegood.rules.statements import compute
from makegood.storage import canary
from makegood.storage.changes import Operator
from makegood.storage.devices import DOWN, RETIRED, UP, Device, find_device
from makegood.storage.enrolment import retire
from makegood.storage.facts import gather_facts
from makegood.storage.incidents import find_incident
from makegood.storage.records import Incident, Record, SilenceRecord
from makegood_simulator.events import Context, api_request, schedule_event

SITE = "gate-20260312T040000Z"
NAS = "nas-20260312T040000Z"
SILENT_AT = START + GRACE + OVERTAKE_SECONDS + 1


@pytest.fixture(autouse=True)
def _acme(deployment: Deployment) -> None:
    sign_up()
    an_up_device("gate")
    deployment.now = START


@pytest.fixture
def nas() -> str:
    an_up_device("nas", via="gate")
    return "nas"


def beat(device: str, at: float, *seen: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {a_token(device)}"}
    body = json.dumps({"seen": list(seen)}) if seen else None
    answer = heartbeat.handler(
        api_request("POST", "/v1/heartbeat", at=at, headers=headers, body=body), Context()
    )
    assert answer["statusCode"] == 200
    return answer


def sweep_at(deployment: Deployment, at: int) -> int:
    deployment.now = at
    return int(sweep.handler(schedule_event(), Context())["opened"])


def wake(deployment: Deployment, name: str = SITE) -> None:
    incident = find_incident("acme-dental", name)
    assert incident is not None
    event = {"client": "acme-dental", "device": incident.device, "incident": name, "loops": 0}
    at = format_instant(deployment.now)
    advance.handler({**event, "timer": incident.timer, "wake_at": at}, Context())


def incidents() -> dict[str, int | None]:
    found = Record.query("acme-dental", Record.sk.startswith("incident#"))
    return {record.incident: record.restored_at for record in found if isinstance(record, Incident)}


def silences() -> list[tuple[str, str, int, int]]:
    found = SilenceRecord.query("acme-dental", SilenceRecord.sk.startswith("silence#"))
    return [(one.device, one.incident, one.start - START, one.end - START) for one in found]


def state(device: str) -> tuple[str, str | None]:
    row = find_device("acme-dental", device)
    assert row is not None
    return row.state, row.incident


def down(at: int) -> dict[str, int]:
    rows: Any = compute(gather_facts("acme-dental", "2026-03", at))["availability"]
    return {row["device"]: row["down_seconds"] for row in rows}


# One incident for the site.


def test_forty_devices_behind_a_dead_router_are_one_incident_and_one_mail_a_contact(
    deployment: Deployment,
) -> None:
    names = [f"till-{number:02}" for number in range(40)]
    for name in names:
        an_up_device(name, via="gate")
    with calls() as seen:
        assert sweep_at(deployment, SILENT_AT) == 1
    # One look at the router serves all forty, and nothing is written about them.
    assert seen.made.count("TransactWriteItems") + seen.made.count("UpdateItem") <= 2
    assert len(seen.made) < len(names)
    wake(deployment)
    for at in range(SILENT_AT + MINUTE, SILENT_AT + 10 * MINUTE, MINUTE):
        assert sweep_at(deployment, at) == 0
    assert list(incidents()) == [SITE]
    for to in (OWNER, DESK, TESS):
        (mail,) = deployment.mails_to(to)
        text = flat(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
        assert all(name in text for name in names)
    with calls() as seen:
        beat("gate", START + 20 * MINUTE, *names)
    assert {state(name) for name in names} == {(UP, None)}
    assert len(silences()) == 41
    assert set(down(START + 21 * MINUTE).values()) == {20 * MINUTE}


@pytest.mark.parametrize("swept", [False, True])
def test_what_returns_with_its_agent_had_no_outage_of_its_own_whoever_looked_first(
    deployment: Deployment, nas: str, swept: bool
) -> None:
    if swept:
        sweep_at(deployment, SILENT_AT)
    beat("gate", START + 30 * MINUTE, nas)
    assert list(incidents()) == [SITE]
    assert silences() == [("gate", SITE, 0, 30 * MINUTE), ("nas", SITE, 0, 30 * MINUTE)]
    assert state(nas) == (UP, None)


def test_what_returns_a_little_after_its_agent_had_none_either(deployment: Deployment, nas: str) -> None:
    sweep_at(deployment, SILENT_AT)
    back = START + 30 * MINUTE
    beat("gate", back)
    assert sweep_at(deployment, back + GRACE + OVERTAKE_SECONDS) == 0
    beat("gate", back + GRACE, nas)
    assert list(incidents()) == [SITE]
    assert silences()[1] == ("nas", SITE, 0, 30 * MINUTE + GRACE)


def test_due_soon_after_the_agents_return_it_still_has_its_grace_from_there(deployment: Deployment) -> None:
    an_up_device("nas", START + MINUTE, via="gate")
    back = START + GRACE + 20
    beat("gate", back)
    beat("gate", back + 100, "nas")
    assert list(incidents()) == [SITE]
    assert silences()[1] == ("nas", SITE, MINUTE, GRACE + 120)


@pytest.mark.parametrize("by_sweep", [False, True])
def test_what_does_not_return_with_its_agent_has_its_own_outage_from_when_it_was_last_seen(
    deployment: Deployment, nas: str, by_sweep: bool
) -> None:
    sweep_at(deployment, SILENT_AT)
    back = START + 30 * MINUTE
    for at in range(back, back + 10 * MINUTE, MINUTE):
        beat("gate", at)
    if by_sweep:
        assert sweep_at(deployment, back + GRACE + OVERTAKE_SECONDS + 1) == 1
        assert state(nas) == (DOWN, NAS)
    beat("gate", back + 10 * MINUTE, nas)
    assert sorted(incidents()) == [SITE, NAS]
    assert silences()[1] == ("nas", NAS, 0, 40 * MINUTE)
    assert down(START + 41 * MINUTE) == {"gate": 30 * MINUTE, "nas": 40 * MINUTE}


def test_what_is_seen_a_second_too_late_after_its_agent_has_its_own_outage(
    deployment: Deployment, nas: str
) -> None:
    back = START + 30 * MINUTE
    beat("gate", back)
    beat("gate", back + GRACE)
    beat("gate", back + GRACE + 1, nas)
    assert sorted(incidents()) == [SITE, NAS]


# Who was silent first.


@pytest.mark.parametrize(("ahead", "own"), [(0, False), (1, True)])
def test_a_silence_that_was_overdue_when_the_agents_began_is_its_own(
    deployment: Deployment, ahead: int, own: bool
) -> None:
    an_up_device("nas", START - GRACE - ahead, via="gate")
    sweep_at(deployment, SILENT_AT)
    assert set(incidents()) == ({SITE, "nas-20260312T035659Z"} if own else {SITE})


def test_a_device_with_an_incident_of_its_own_keeps_it(deployment: Deployment) -> None:
    an_up_device("nas", START - HOUR, via="gate")
    sweep_at(deployment, START + MINUTE)
    sweep_at(deployment, SILENT_AT)
    assert sorted(incidents()) == [SITE, "nas-20260312T030000Z"]
    beat("gate", START + 30 * MINUTE, "nas")
    assert silences()[1] == ("nas", "nas-20260312T030000Z", -HOUR, 30 * MINUTE)


# A neighbour that is due before its agent.


def test_nobody_is_judged_before_it_is_certain_that_its_agent_lives(deployment: Deployment) -> None:
    an_up_device("nas", via="gate", grace_seconds=MINUTE)
    assert sweep_at(deployment, START + GRACE) == 0
    assert sweep_at(deployment, SILENT_AT) == 1
    assert list(incidents()) == [SITE]


def test_it_is_its_own_outage_as_soon_as_the_agent_is_heard_again(deployment: Deployment) -> None:
    an_up_device("nas", via="gate", grace_seconds=MINUTE)
    assert sweep_at(deployment, START + 2 * MINUTE) == 0
    beat("gate", START + 2 * MINUTE)
    assert sweep_at(deployment, START + 2 * MINUTE) == 1
    assert list(incidents()) == [NAS]


def test_seen_by_the_agent_in_time_but_too_late_for_itself_it_has_its_own_outage() -> None:
    an_up_device("nas", via="gate", grace_seconds=MINUTE)
    beat("gate", START + 2 * MINUTE, "nas")
    assert list(incidents()) == [NAS]


# A neighbour that beats for itself.


def test_a_neighbour_that_beats_for_itself_is_still_heard(deployment: Deployment, nas: str) -> None:
    for at in range(START, START + 30 * MINUTE, MINUTE):
        beat(nas, at)
        sweep_at(deployment, at)
    assert list(incidents()) == [SITE]
    assert silences() == []
    wake(deployment)
    text = flat(deployment.mails_to(OWNER)[0].get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "nas" not in text


def test_it_may_return_by_itself_while_its_agent_is_silent(deployment: Deployment, nas: str) -> None:
    beat(nas, START + 20 * MINUTE)
    assert silences() == [("nas", SITE, 0, 20 * MINUTE)]
    assert sweep_at(deployment, START + 20 * MINUTE) == 1
    assert list(incidents()) == [SITE]


@pytest.mark.parametrize(
    ("after", "own"), [(GRACE + OVERTAKE_SECONDS, True), (GRACE + OVERTAKE_SECONDS + 1, False)]
)
def test_returning_before_its_agent_is_certainly_silent_it_had_its_own_outage(after: int, own: bool) -> None:
    an_up_device("nas", via="gate", grace_seconds=MINUTE)
    beat("nas", START + after)
    assert (list(incidents()) == [NAS]) is own
    assert (silences()[0][1] == SITE) is not own


def test_a_failure_reported_behind_a_dead_agent_is_its_own_from_then_on(nas: str) -> None:
    ping(nas, "/fail", at=START + 20 * MINUTE)
    assert list(incidents()) == ["nas-20260312T042000Z"]
    assert silences() == [("nas", SITE, 0, 20 * MINUTE)]


def test_an_agent_that_reports_a_failure_is_down_for_those_behind_it(
    deployment: Deployment, nas: str
) -> None:
    ping("gate", "/fail", at=START + MINUTE)
    assert sweep_at(deployment, SILENT_AT) == 0
    assert list(incidents()) == ["gate-20260312T040100Z"]
    ping("gate", "/fail", at=START + 9 * MINUTE)
    assert sweep_at(deployment, START + 9 * MINUTE + 30) == 0
    beat("gate", START + 10 * MINUTE, nas)
    assert silences()[1] == ("nas", "gate-20260312T040100Z", 0, 10 * MINUTE)


# The agent comes and goes.


def test_while_the_agent_comes_and_goes_nobody_behind_it_is_blamed(deployment: Deployment, nas: str) -> None:
    ups = (10, 11, 20, 21, 30)
    for minute in range(40):
        at = START + minute * MINUTE
        if minute in ups:
            beat("gate", at)
        sweep_at(deployment, at)
    assert list(incidents()) == [SITE]
    beat("gate", START + 40 * MINUTE, nas)
    assert silences()[-1] == ("nas", SITE, 0, 40 * MINUTE)


# Sites behind sites.


def test_the_topmost_silent_agent_owns_it_all(deployment: Deployment, nas: str) -> None:
    an_up_device("disk", via="nas", grace_seconds=2 * MINUTE)
    sweep_at(deployment, SILENT_AT)
    assert list(incidents()) == [SITE]
    wake(deployment)
    text = flat(deployment.mails_to(OWNER)[0].get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "disk" in text
    beat("gate", START + 30 * MINUTE, nas)
    beat("nas", START + 31 * MINUTE, "disk")
    assert list(incidents()) == [SITE]
    assert [one[:2] for one in silences()] == [("disk", SITE), ("gate", SITE), ("nas", SITE)]


def test_an_agent_that_does_not_return_with_the_topmost_one_owns_what_is_behind_it(
    deployment: Deployment, nas: str
) -> None:
    an_up_device("disk", via="nas", grace_seconds=MINUTE)
    sweep_at(deployment, SILENT_AT)
    back = START + 30 * MINUTE
    for at in range(back, back + 20 * MINUTE, MINUTE):
        beat("gate", at)
        sweep_at(deployment, at)
    assert sorted(incidents()) == [SITE, NAS]
    beat("nas", back + 20 * MINUTE, "disk")
    assert sorted(incidents()) == [SITE, NAS]
    assert down(START + 51 * MINUTE) == {"disk": 50 * MINUTE, "gate": 30 * MINUTE, "nas": 50 * MINUTE}


# While it lasts, and at its end.


def test_a_silence_that_is_not_over_counts_too(deployment: Deployment, nas: str) -> None:
    sweep_at(deployment, SILENT_AT)
    assert down(START + 20 * MINUTE) == {"gate": 20 * MINUTE, "nas": 20 * MINUTE}
    (facts,) = gather_facts("acme-dental", "2026-03", START + 20 * MINUTE)["incidents"]
    assert facts["silences"] == [{"device": "nas", "from": "2026-03-12T04:00:00Z", "to": None}]


def operator(at: int) -> Operator:
    return Operator("ops", at)


def test_a_device_retired_behind_a_dead_agent_was_silent_until_then(deployment: Deployment, nas: str) -> None:
    sweep_at(deployment, SILENT_AT)
    assert retire("acme-dental", nas, operator(START + 10 * MINUTE)) == []
    assert state(nas) == (RETIRED, None)
    assert silences() == [("nas", SITE, 0, 10 * MINUTE)]
    assert down(START + HOUR)["nas"] == 10 * MINUTE


def test_when_a_silent_agent_is_retired_those_behind_it_have_their_grace(
    deployment: Deployment, nas: str
) -> None:
    sweep_at(deployment, SILENT_AT)
    gone = START + 10 * MINUTE
    retire("acme-dental", "gate", operator(gone))
    assert sweep_at(deployment, gone + GRACE + OVERTAKE_SECONDS) == 0
    assert sweep_at(deployment, gone + GRACE + OVERTAKE_SECONDS + 1) == 1
    assert sorted(incidents()) == [SITE, NAS]


def test_an_agent_that_was_never_heard_hides_nobody(deployment: Deployment) -> None:
    Device("acme-dental", "gate").update([Device.state.set("new"), Device.last_seen.remove()])
    an_up_device("nas", via="gate")
    assert sweep_at(deployment, SILENT_AT) == 1
    assert list(incidents()) == [NAS]


def test_a_beat_that_comes_twice_or_late_doubles_no_silence(nas: str) -> None:
    for _ in range(2):
        beat("gate", START + 30 * MINUTE, nas)
    beat("gate", START + 29 * MINUTE, nas)
    assert silences() == [("gate", SITE, 0, 30 * MINUTE), ("nas", SITE, 0, 30 * MINUTE)]


def test_a_heartbeat_in_time_still_is_one_write_each(nas: str) -> None:
    with calls() as seen:
        beat("gate", START + MINUTE, nas)
    assert seen.made == ["UpdateItem", "UpdateItem"]


def test_while_nobody_could_be_heard_what_stands_behind_an_agent_was_not_silent_for_it(
    deployment: Deployment, nas: str
) -> None:
    sweep_at(deployment, SILENT_AT)
    back = START + HOUR
    the_canary_was_heard(back)
    beat("gate", back, nas)
    beat("gate", back + GRACE + 17.4, nas)  # no proof since: for all that is known the nas was in time
    again = HOUR + GRACE + 18
    assert silences() == [("gate", SITE, 0, HOUR), ("gate", SITE, HOUR, again), (nas, SITE, 0, HOUR)]


def the_canary_was_heard(at: int) -> None:
    Device(
        canary.CLIENT,
        canary.DEVICE,
        kind="canary",
        name="canary",
        zone="UTC",
        grace_seconds=GRACE,
        token_hash="0" * 64,
        state=UP,
        enrolled_at=START,
        last_seen=at,
        due_at=at + GRACE,
    ).save()
