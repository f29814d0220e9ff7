"""A contract's ladder through the real handlers: who is told by which way, what the page shows, events."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from botocore.exceptions import ClientError
from support.bus import Bus
from support.cast import ACME, GRACE, HOUR, MINUTE, START, TESS, a_contract, an_up_device, sign_up
from support.deployment import Deployment
from support.letters import flat
from support.visits import a_link, get, post

import advance
import sweep
from makegood import aws
from makegood.mail import webhooks
from makegood.rules.events import detail_schema
from makegood.rules.instants import format_instant
from makegood.storage.cases import load_case
from makegood.storage.incidents import find_incident
from makegood.storage.records import MailRecord
from makegood_simulator.events import Context, schedule_event

NAME = "modem-20260312T040000Z"
OPENED = START + GRACE + 10
ONCALL, PHONE = "oncall@provider.example", "sms:+15551234567"
HOOK, LEAD = "https://hooks.provider.example/outages", "lead@provider.example"
LADDER = a_contract(
    outages={
        **ACME["outages"],
        "warnings": ["50%", "80%"],
        "escalation": [
            {"after": "0m", "to": ONCALL},
            {"after": "30m", "to": PHONE},
            {"after": "30m", "to": HOOK},
            {"after": "2h", "to": LEAD},
        ],
    }
)


class Phones:
    """SNS as far as text messages go."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []
        self.is_down = False

    def publish(self, **call: Any) -> dict[str, str]:
        if self.is_down:
            error = {"Error": {"Code": "Throttling", "Message": "slow down"}}
            raise ClientError(error, "Publish")  # type: ignore[arg-type]
        self.texts.append((call["PhoneNumber"], call["Message"]))
        return {"MessageId": f"text-{len(self.texts)}"}


@pytest.fixture(autouse=True)
def bus(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Bus:
    stand_in = Bus()
    monkeypatch.setattr(aws, "eventbridge", lambda: stand_in)
    sign_up(LADDER)
    an_up_device("modem")
    deployment.now = OPENED
    sweep.handler(schedule_event(), Context())
    return stand_in


@pytest.fixture(autouse=True)
def phones(monkeypatch: pytest.MonkeyPatch) -> Phones:
    stand_in = Phones()
    monkeypatch.setattr(aws, "sns", lambda: stand_in)
    return stand_in


@pytest.fixture(autouse=True)
def hooks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What was posted where; `status` is what everybody answers."""
    state: dict[str, Any] = {"calls": [], "status": 200}

    def post_to(url: str, body: bytes, _headers: dict[str, str]) -> int:
        state["calls"].append((url, body))
        return int(state["status"])

    monkeypatch.setattr(webhooks, "post_to", post_to)
    return state


def wake(deployment: Deployment, at: int) -> str:
    """The incident's step at an instant; answers when it wakes again."""
    deployment.now = at
    incident = find_incident("acme-dental", NAME)
    assert incident is not None
    event = {
        "client": "acme-dental",
        "device": "modem",
        "incident": NAME,
        "timer": incident.timer,
        "loops": 0,
        "wake_at": format_instant(at),
    }
    return str(advance.handler(event, Context())["wake_at"])


def whats() -> list[str]:
    case = load_case("acme-dental", NAME, OPENED)
    assert case is not None
    return [entry.what for entry in case.timeline]


def test_levels_are_alerted_one_after_another_each_by_its_way(
    deployment: Deployment, phones: Phones, hooks: dict[str, Any]
) -> None:
    wake(deployment, OPENED)
    assert [mail["To"] for mail in deployment.mails if "modem is silent" in mail["Subject"]][-1] == ONCALL
    assert (phones.texts, hooks["calls"]) == ([], [])
    assert deployment.mails_to(TESS) == []
    wake(deployment, START + 30 * MINUTE)
    [(number, text), *_] = phones.texts
    assert number == "+15551234567"
    assert text.startswith("[Acme Dental Group] modem is silent since 12:00 AM EDT")
    assert "https://makegood.provider.example/desk/" in text
    assert [url for url, _ in hooks["calls"]] == [HOOK, HOOK]
    assert deployment.mails_to(LEAD) == []
    wake(deployment, START + 2 * HOUR)
    assert "You are told because nobody had taken it after 2 h." in flat(
        str(deployment.mails_to(LEAD)[0].get_body(("plain",)))
    )


def test_a_webhook_is_told_no_link_of_anybody(deployment: Deployment, hooks: dict[str, Any]) -> None:
    wake(deployment, START + 30 * MINUTE)
    assert all(b"/desk/" not in body for _, body in hooks["calls"])


def test_who_takes_it_leaves_later_levels_in_peace_and_gets_the_warnings(
    deployment: Deployment, phones: Phones, bus: Bus
) -> None:
    wake(deployment, OPENED)
    deployment.now = START + 10 * MINUTE
    assert post(a_link(ONCALL, purpose="level"), "acknowledge", {}, START + 10 * MINUTE)["statusCode"] == 303
    for at in (30 * MINUTE, 48 * MINUTE, HOUR + 3, 2 * HOUR):
        wake(deployment, START + at)
    assert phones.texts == []
    assert deployment.mails_to(LEAD) == []
    subjects = [str(mail["Subject"]) for mail in deployment.mails_to(ONCALL)]
    assert [subject.partition("modem: ")[2] for subject in subjects[1:]] == [
        "30 min left to send the plan",
        "12 min left to send the plan",
        "the plan is late, due 1:00 AM EDT",
        "2 h left to repair it and document the repair",
    ]
    assert "plan-broken" in whats()
    assert "level.alerted" in bus.types
    assert bus.types.count("level.alerted") == 1


def test_a_phone_that_cannot_be_reached_delays_no_mail_and_is_tried_again(
    deployment: Deployment, phones: Phones, hooks: dict[str, Any]
) -> None:
    wake(deployment, OPENED)
    phones.is_down, hooks["status"] = True, 503
    assert wake(deployment, START + 30 * MINUTE) == format_instant(START + 30 * MINUTE + 30)
    assert any("30 min left" in mail["Subject"] for mail in deployment.mails_to(ONCALL))
    known = {mail.to: mail for mail in MailRecord.query("acme-dental") if isinstance(mail, MailRecord)}
    assert (known[PHONE].status, known[PHONE].last_error) == ("sending", "Throttling")
    assert (known[HOOK].status, known[HOOK].last_error) == ("sending", "HTTP 503")
    phones.is_down, hooks["status"] = False, 200
    wake(deployment, START + 30 * MINUTE + 30)
    assert {mail.status for mail in MailRecord.query("acme-dental") if mail.to in (PHONE, HOOK)} == {"sent"}


def test_all_that_happens_is_told_in_one_call_a_step_and_as_the_schema_says(
    deployment: Deployment, bus: Bus
) -> None:
    for at in (OPENED, START + 30 * MINUTE, START + HOUR + 3):
        wake(deployment, at)
    assert bus.types == [
        "incident.opened",
        "level.alerted",
        "stage.kept",
        "level.alerted",
        "stage.warned",
        "stage.broken",
    ]
    assert bus.calls == [3, 2, 1]
    for kind, detail in zip(bus.types, bus.taken, strict=True):
        jsonschema_rs.validate(detail_schema(kind), detail)
    assert len(set(bus.ids())) == len(bus.ids())
    assert bus.taken[4]["data"] == {"stage": "plan", "share": 50, "deadline": "2026-03-12T05:00:00Z"}
    wake(deployment, START + HOUR + 33)
    assert len(bus.taken) == 6


def test_what_a_step_could_not_tell_the_sweep_tells(deployment: Deployment, bus: Bus) -> None:
    bus.is_down = True
    wake(deployment, OPENED)
    assert bus.taken == []
    bus.is_down = False
    deployment.now = OPENED + 20
    sweep.handler(schedule_event(), Context())
    assert sorted(bus.types) == ["incident.opened", "level.alerted", "stage.kept"]


def test_a_bus_that_takes_nothing_for_ten_minutes_raises_the_alarm(deployment: Deployment, bus: Bus) -> None:
    bus.is_down = True
    wake(deployment, OPENED)
    deployment.now = OPENED + 600
    sweep.handler(schedule_event(), Context())
    deployment.now = OPENED + 601
    with pytest.raises(sweep.SweepError):
        sweep.handler(schedule_event(), Context())


def test_the_page_shows_the_ladder(deployment: Deployment) -> None:
    wake(deployment, OPENED)
    page = flat(get(a_link(), OPENED + 60)["body"])
    assert "Who is alerted" in page
    assert "oncall@provider.example" in page
    assert "March 12, 2026, 12:30 AM EDT (4:30 AM UTC), unless somebody takes it before" in page
    assert "+15551234567 (text message)" in page
    assert "https://hooks.provider.example/outages (webhook)" in page
    post(a_link(), "acknowledge", {}, OPENED + 120)
    assert "tess@provider.example has taken it" in flat(get(a_link(), OPENED + 180)["body"])


def test_who_is_a_level_sees_this_incident_and_no_other_page(deployment: Deployment) -> None:
    page = get(a_link(ONCALL, purpose="level"), OPENED + 60)
    assert page["statusCode"] == 200
    assert "all open incidents" not in page["body"]
    for stranger in (a_link("somebody@else.example", purpose="level"), a_link(ONCALL)):
        assert get(stranger, OPENED + 60)["statusCode"] == 403
