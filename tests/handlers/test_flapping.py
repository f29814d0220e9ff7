"""A device that comes and goes: one incident, its silent stretches, one notice and then digests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.cast import DESK, GRACE, HOUR, MINUTE, OWNER, START, TESS, a_token, an_up_device, sign_up
from support.deployment import Deployment
from support.letters import flat
from support.pinging import ping

import advance
import heartbeat
import sweep
from makegood.rules.instants import format_instant
from makegood.rules.statements import compute
from makegood.storage.facts import gather_facts
from makegood.storage.incidents import find_incident, open_incidents
from makegood.storage.records import SilenceRecord, TimelineEntry
from makegood_simulator.events import Context, api_request, schedule_event

NAME = "modem-20260312T040000Z"


@pytest.fixture(autouse=True)
def _acme(deployment: Deployment) -> None:
    sign_up()
    an_up_device("modem")
    deployment.now = START


class Course:
    """What happens to the modem, with the timers that wake meanwhile."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment

    def until(self, minute: int) -> None:
        while self.deployment.now < START + minute * MINUTE:
            self.deployment.now += MINUTE
            sweep.handler(schedule_event(), Context())
            self.wake()

    def wake(self) -> None:
        for incident in list(open_incidents()):
            if incident.wake_at <= self.deployment.now:
                event = {"client": "acme-dental", "device": "modem", "incident": incident.incident}
                at = format_instant(incident.wake_at)
                advance.handler({**event, "timer": incident.timer, "loops": 0, "wake_at": at}, Context())

    def beats(self, *minutes: int) -> None:
        for minute in minutes:
            self.until(minute)
            beat(START + minute * MINUTE)
            self.wake()

    def kinds(self, to: str) -> list[str]:
        tags = [json.loads(str(mail["X-Tags"])) for mail in self.deployment.mails_to(to)]
        return [tag["mail"].split("_")[2] for tag in tags]


def beat(at: float) -> None:
    headers = {"Authorization": f"Bearer {a_token('modem')}"}
    assert heartbeat.handler(api_request("POST", "/v1/heartbeat", at=at, headers=headers), Context())


def stretches() -> list[tuple[int, int]]:
    found = SilenceRecord.query("acme-dental", SilenceRecord.sk.startswith("silence#modem#"))
    assert {record.incident for record in found} <= {NAME}
    found = SilenceRecord.query("acme-dental", SilenceRecord.sk.startswith("silence#modem#"))
    return [((record.start - START) // MINUTE, (record.end - START) // MINUTE) for record in found]


def facts(at: int) -> dict[str, Any]:
    gathered = gather_facts("acme-dental", "2026-03", at)
    (incident,) = gathered["incidents"]
    statement: dict[str, Any] = compute(gathered)
    (row,) = statement["availability"]
    return {"silences": incident.get("silences"), "down": row["down_seconds"]}


def test_each_return_puts_its_silent_stretch_on_record(deployment: Deployment) -> None:
    course = Course(deployment)
    course.beats(20, 21, 40, 42, 60)
    assert stretches() == [(0, 20), (21, 40), (42, 60)]
    assert len(list(open_incidents())) == 1


def test_a_stretch_is_put_on_record_once_whatever_comes_again_or_in_another_order() -> None:
    for minute in (20, 20, 19, 40, 40, 21, 20):
        beat(START + minute * MINUTE)
    assert stretches() == [(0, 20), (20, 40)]


def test_a_stretch_ends_with_the_second_in_which_the_device_returned() -> None:
    beat(START + 20 * MINUTE + 0.4)
    (record,) = SilenceRecord.query("acme-dental", SilenceRecord.sk.startswith("silence#modem#"))
    assert (record.start, record.end) == (START, START + 20 * MINUTE + 1)


def test_a_failure_that_breaks_a_run_begins_a_stretch() -> None:
    ping("modem", at=START + 20 * MINUTE)
    ping("modem", "/fail", at=START + 22 * MINUTE)
    ping("modem", "/fail", at=START + 25 * MINUTE)
    ping("modem", at=START + 30 * MINUTE)
    assert stretches() == [(0, 20), (22, 30)]


def test_a_failure_after_too_long_a_silence_continues_it() -> None:
    ping("modem", at=START + 20 * MINUTE)
    ping("modem", "/fail", at=START + 30 * MINUTE)
    ping("modem", at=START + 40 * MINUTE)
    assert stretches() == [(0, 20), (20, 40)]


def test_only_the_silent_stretches_count_as_down(deployment: Deployment) -> None:
    course = Course(deployment)
    course.beats(20, 21, 40, *range(41, 52))
    course.until(52)
    incident = find_incident("acme-dental", NAME)
    assert incident is not None
    assert incident.restored_at == START + 40 * MINUTE
    known = facts(START + HOUR)
    assert known["down"] == 39 * MINUTE
    assert known["silences"] == [
        {"device": "modem", "from": "2026-03-12T04:00:00Z", "to": "2026-03-12T04:20:00Z"},
        {"device": "modem", "from": "2026-03-12T04:21:00Z", "to": "2026-03-12T04:40:00Z"},
    ]


def test_an_outage_without_a_return_says_nothing_of_stretches(deployment: Deployment) -> None:
    course = Course(deployment)
    course.until(10)
    assert facts(START + 10 * MINUTE) == {"silences": None, "down": 10 * MINUTE}
    course.beats(*range(20, 31))
    course.until(31)
    assert facts(START + HOUR) == {"silences": None, "down": 20 * MINUTE}


def test_a_device_that_answers_but_is_not_stable_is_not_down(deployment: Deployment) -> None:
    Course(deployment).beats(20, 21)
    known = facts(START + 22 * MINUTE)
    assert known["down"] == 20 * MINUTE
    assert [silence["to"] for silence in known["silences"]] == ["2026-03-12T04:20:00Z"]


def test_a_run_that_broke_off_is_a_stretch_that_is_not_over(deployment: Deployment) -> None:
    Course(deployment).beats(20, 21)
    known = facts(START + 30 * MINUTE)
    assert known["silences"][-1] == {"device": "modem", "from": "2026-03-12T04:21:00Z", "to": None}
    assert known["down"] == 29 * MINUTE


def test_the_third_return_within_an_hour_is_told_once_to_everybody(deployment: Deployment) -> None:
    course = Course(deployment)
    course.beats(20, 21, 40)
    assert "flapping" not in course.kinds(OWNER)
    course.beats(60)
    for to in (OWNER, DESK, TESS):
        assert course.kinds(to).count("flapping") == 1
    entries = TimelineEntry.query("acme-dental", TimelineEntry.sk.startswith(f"incident#{NAME}#timeline"))
    assert [entry.at for entry in entries if entry.what == "flapping"] == [START + HOUR]
    course.beats(70, 80, 90)
    for to in (OWNER, DESK, TESS):
        assert course.kinds(to).count("flapping") == 1


def test_a_digest_leaves_once_an_hour_while_it_goes_on(deployment: Deployment) -> None:
    course = Course(deployment)
    course.beats(20, 40, 60, 70, 90, 115, 125, 170)
    course.until(400)
    digests = [kind for kind in course.kinds(OWNER) if kind.startswith("digest")]
    assert digests == ["digest1", "digest2"]
    (mail,) = [mail for mail in deployment.mails_to(OWNER) if "_digest1_" in str(mail["X-Tags"])]
    text = flat(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "From 1:00 AM EDT to 2:00 AM EDT it came back 3 times." in text


def test_nothing_of_it_is_told_any_more_once_the_device_is_stable(deployment: Deployment) -> None:
    course = Course(deployment)
    course.beats(20, 40, 60, *range(61, 200))
    course.until(400)
    assert [kind for kind in course.kinds(OWNER) if kind.startswith("digest")] == []
    assert "closing" in course.kinds(OWNER) or "recovery" in course.kinds(OWNER)


def test_grace_is_what_decides_what_a_stretch_is() -> None:
    beat(START + 20 * MINUTE)
    beat(START + 20 * MINUTE + GRACE)
    assert stretches() == [(0, 20)]
