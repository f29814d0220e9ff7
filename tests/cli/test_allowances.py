"""`makegood incident pause`, `resume` and `excuse`: what they say, and what it does to clocks and money."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError
from cli.conftest import Makegood
from support.cast import GRACE, MINUTE, OWNER, START, an_up_device, sign_up
from support.crashes import calls

import sweep
from makegood.advancing import advance
from makegood.storage.cases import load_case
from makegood.storage.contracts import versions_of
from makegood.storage.incidents import open_incident
from makegood.storage.records import AuditEntry, Incident
from makegood_simulator.events import Context, schedule_event
from makegood_simulator.wire import Killed

NAME = "modem-20260312T040000Z"
TIMER = "acme-dental_modem_20260312T040000Z"
OPENED = START + GRACE + 10
NOW = START + 30 * MINUTE

PAUSE = ("incident", "pause", "acme-dental", NAME, "--reason", "awaiting_client")
RESUME = ("incident", "resume", "acme-dental", NAME)
EXCUSE = (
    *("incident", "excuse", "acme-dental", NAME, "plan"),
    *("--reason", "client_caused", "--approved-by", OWNER),
)
SHOW = ("incident", "show", "acme-dental", NAME)
PREVIEW = ("statement", "preview", "acme-dental", "2026-03")


@pytest.fixture(autouse=True)
def acme(makegood: Makegood) -> None:
    """The modem is silent since 04:00, and everybody was told in time."""
    sign_up()
    assert open_incident(an_up_device("modem"), OPENED, versions_of("acme-dental")) is not None
    makegood.deployment.now = OPENED
    advance("acme-dental", NAME, OPENED)
    makegood.deployment.now = NOW


def at(makegood: Makegood, minutes: int, *arguments: str, seconds: int = 0) -> Any:
    makegood.deployment.now = START + minutes * MINUTE + seconds
    return makegood.json(*arguments)


def verdict(stages: list[dict[str, Any]], stage: str = "plan") -> tuple[str, str, int]:
    (found,) = [found for found in stages if found["stage"] == stage]
    return found["deadline"][11:19], found["verdict"], found["late_seconds"]


def test_a_pause_is_said_and_its_timer_started(makegood: Makegood) -> None:
    assert makegood.says(*PAUSE) == f"{NAME} is paused: plan and repair wait for the client.\n"
    assert makegood.deployment.executions() == [f"{TIMER}_2"]
    assert makegood.says(*PAUSE) == f"{NAME} is paused already: plan and repair wait for the client.\n"
    assert makegood.deployment.executions() == [f"{TIMER}_2"]


def test_a_resumption_is_said_and_its_timer_started(makegood: Makegood) -> None:
    makegood.run(*PAUSE)
    makegood.deployment.now += MINUTE
    assert makegood.says(*RESUME) == f"{NAME} is resumed.\n"
    assert makegood.deployment.executions() == [f"{TIMER}_2", f"{TIMER}_3"]
    assert makegood.says(*RESUME) == f"{NAME} is resumed already.\n"


def test_an_excuse_is_said_and_its_timer_started(makegood: Makegood) -> None:
    said = f"The plan of {NAME} is excused: a miss of it earns no refund.\n"
    assert makegood.says(*EXCUSE) == said
    assert makegood.deployment.executions() == [f"{TIMER}_2"]
    assert makegood.says(*EXCUSE) == said.replace("excused", "excused already")


def test_programs_are_told_whether_it_was_news(makegood: Makegood) -> None:
    incident = {"client": "acme-dental", "incident": NAME}
    for command, answer in ((PAUSE, incident), (RESUME, incident), (EXCUSE, incident)):
        assert makegood.json(*command) == {**answer, "recorded": True}
        assert makegood.json(*command) == {**answer, "recorded": False}


def test_a_start_is_rounded_down_and_an_end_up(makegood: Makegood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("makegood.clock.after_effect", lambda: NOW + 1)
    makegood.run(*PAUSE)
    makegood.run(*RESUME)
    makegood.run(*EXCUSE)
    shown = makegood.json(*SHOW)
    assert shown["pauses"] == [
        {"from": "2026-03-12T04:30:00Z", "to": "2026-03-12T04:30:01Z", "reason": "awaiting_client"}
    ]
    assert shown["excuses"][0]["approved_at"] == "2026-03-12T04:30:01Z"


def test_the_timeline_and_the_audit_trail_say_who_did_it(makegood: Makegood) -> None:
    for command in (PAUSE, RESUME, EXCUSE):
        makegood.run(*command)
        makegood.deployment.now += MINUTE
    everything = makegood.json(*SHOW)["timeline"]
    entries = [entry for entry in everything if entry["who"] != "the monitoring"]
    assert [(entry["at"][11:19], entry["what"]) for entry in entries] == [
        ("04:30:00", "paused"),
        ("04:31:00", "resumed"),
        ("04:32:00", "plan-excused"),
    ]
    assert all(entry["who"].endswith("(tess)") for entry in entries[:2])
    assert entries[2]["who"] == OWNER
    said = makegood.says(*SHOW)
    assert [word for word in ("paused", "resumed", "plan-excused") if f"  {word} " in said] == [
        "paused",
        "resumed",
        "plan-excused",
    ]
    trail = AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#"))
    assert [entry.what for entry in trail] == [
        f"incident {NAME} paused, awaiting_client: we wait for an answer or a decision",
        f"incident {NAME} resumed",
        f"incident {NAME}, stage plan excused, approved by {OWNER}, client_caused: ",
    ]


def test_a_pause_moves_the_limit_in_the_incident_and_on_the_statement(makegood: Makegood) -> None:
    """Paused from 04:30 to 05:15: the plan's limit moves from 05:00 to 05:45, the repair's to 08:45."""
    at(makegood, 30, *PAUSE)
    assert verdict(at(makegood, 70, *PREVIEW)["stages"]) == ("05:40:00", "pending", 0)
    at(makegood, 75, *RESUME)
    for command in (SHOW, PREVIEW):
        assert verdict(at(makegood, 105, *command)["stages"]) == ("05:45:00", "pending", 0)
        late = at(makegood, 105, *command, seconds=1)["stages"]
        assert verdict(late) == ("05:45:00", "broken", 1)
        assert verdict(late, "repair") == ("08:45:00", "pending", 0)
        assert verdict(late, "notify") == ("04:15:00", "kept", 0)


def test_an_excuse_is_printed_and_takes_the_refund_away(makegood: Makegood) -> None:
    """5 % of the fee of 2,400.00, for the plan that should have left by 05:00."""
    broken = at(makegood, 61, *PREVIEW)
    assert (verdict(broken["stages"]), broken["refund_cents"]) == (("05:00:00", "broken", 60), 12_000)
    at(makegood, 61, *EXCUSE)
    excused = at(makegood, 61, *PREVIEW)
    assert (verdict(excused["stages"]), excused["refund_cents"]) == (("05:00:00", "excused", 60), 0)
    assert "  excused  " in makegood.says(*PREVIEW)
    assert "  excused  " in makegood.says(*SHOW)


def test_the_technicians_are_warned_by_the_clock_as_it_stands_after_a_pause(makegood: Makegood) -> None:
    """The notice was kept; half of the plan's hour is over at 04:30, after ten minutes of pause at 04:40."""
    at(makegood, 20, *PAUSE)
    at(makegood, 30, *RESUME)
    assert advance("acme-dental", NAME, NOW).wake_at == START + 40 * MINUTE
    makegood.deployment.mails.clear()
    advance("acme-dental", NAME, START + 40 * MINUTE)
    assert [mail["To"] for mail in makegood.deployment.mails] == [
        "tess@provider.example",
        "tom@provider.example",
    ]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (RESUME, f"Error: {NAME} is not paused.\n"),
        (
            (*EXCUSE[:4], "fix", *EXCUSE[5:]),
            "Error: There is no stage fix; the stages are notify, plan, repair.\n",
        ),
        (
            (*PAUSE[:3], "modem-x", *PAUSE[4:]),
            "Error: There is no incident modem-x; `makegood incident list acme-dental --all` names them.\n",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    makegood: Makegood, command: tuple[str, ...], reason: str
) -> None:
    assert makegood.refuses(*command) == reason
    assert makegood.deployment.executions() == []


@pytest.mark.parametrize("command", [PAUSE[:4], (*EXCUSE[:5], *EXCUSE[7:])])
def test_a_reason_is_asked_for(makegood: Makegood, command: tuple[str, ...]) -> None:
    assert "Missing option" in makegood.refuses(*command, exits=2)


def test_an_excuse_of_a_closed_incident_starts_its_timer_once_more(makegood: Makegood) -> None:
    closed = [Incident.closed_at.set(NOW), Incident.open_shard.remove()]
    Incident("acme-dental", f"incident#{NAME}").update(actions=[*closed])
    makegood.run(*EXCUSE)
    assert makegood.deployment.executions() == [f"{TIMER}_2"]


def recorded() -> tuple[Any, ...]:
    """What must be the same however often a command was killed."""
    case = load_case("acme-dental", NAME, NOW)
    assert case is not None
    trail = AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#"))
    return (
        case.facts,
        case.incident.timer,
        [(entry.at, entry.what) for entry in case.timeline],
        [entry.what for entry in trail],
    )


@pytest.mark.parametrize("cure", ["the command", "the sweep"])
@pytest.mark.parametrize(
    ("before", "command"), [([], PAUSE), ([PAUSE], RESUME), ([], EXCUSE)], ids=["pause", "resume", "excuse"]
)
def test_killed_after_any_call_the_end_is_the_same(
    makegood: Makegood, before: list[tuple[str, ...]], command: tuple[str, ...], cure: str
) -> None:
    deployment = makegood.deployment
    for earlier in before:
        makegood.run(*earlier)
        deployment.now += MINUTE
    start = deployment.snapshot()
    makegood.run(*command)
    undisturbed = recorded(), deployment.executions()
    points = on_record = 0
    deployment.restore(start)
    while dies_at(points + 1, makegood, command):
        points += 1
        if cure == "the command":
            makegood.run(*command)
            assert (recorded(), deployment.executions()) == undisturbed, f"killed after call {points}"
        elif recorded() == undisturbed[0]:
            on_record += 1
            the_sweep_starts_the_timer(makegood)
        deployment.restore(start)
    assert points > 6
    assert on_record > 0 or cure == "the command"


def dies_at(number: int, makegood: Makegood, command: tuple[str, ...]) -> bool:
    """Runs a command that is killed at this call to AWS; False when it was done before."""
    try:
        with calls(number):
            makegood.run(*command)
    except Killed:
        return True
    return False


def the_sweep_starts_the_timer(makegood: Makegood) -> None:
    """Two minutes after the news at the latest, at a number of its own."""
    deployment = makegood.deployment
    last = int(recorded()[1])
    deployment.now += 121
    sweep.handler(schedule_event(), Context())
    deployment.now -= 121
    assert f"{TIMER}_{last + 1}" in deployment.executions()


def test_a_timer_that_could_not_be_started_is_started_by_the_command_again(
    makegood: Makegood, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "StartExecution")
    with monkeypatch.context() as broken:
        broken.setattr("makegood.timers.start_timer", Mock(side_effect=throttled))
        assert "AWS asks to slow down" in makegood.refuses(*PAUSE)
    assert makegood.json(*PAUSE)["recorded"] is False
    assert makegood.deployment.executions() == [f"{TIMER}_2"]
