"""The desk's pages and what technicians do there, through the real handler."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from support.cast import DESK, HOUR, MINUTE, OWNER, START, TESS, TOM, a_contract, an_up_device, sign_up
from support.crashes import calls
from support.deployment import Deployment
from support.visits import (
    EXPIRES,
    NAME,
    NOW,
    PLAN,
    REPAIR,
    Answer,
    a_home_link,
    a_link,
    beats,
    everything_stored,
    fall_silent,
    get,
    incident,
    post,
)

import desk
import sweep
from makegood.advancing import advance
from makegood.keys import verify_link
from makegood.rules.links import Link
from makegood.storage.cases import load_case
from makegood.storage.changes import Operator
from makegood.storage.devices import RETIRED, Device
from makegood.storage.excuses import Plea, excuse_stage
from makegood.storage.incidents import open_incidents, record_news
from makegood.storage.pauses import Wait, pause_incident, resume_incident
from makegood.storage.records import CLIENTS, ClientEntry
from makegood_simulator.events import Context, schedule_event


@pytest.fixture(autouse=True)
def _silent_modem(deployment: Deployment) -> None:
    fall_silent(deployment)


# The home page.


def test_the_home_page_lists_the_most_urgent_clock_of_all_clients_first(deployment: Deployment) -> None:
    sign_up({**a_contract(), "client": "berg", "name": "Apotheke am Berg", "timezone": "Europe/Berlin"})
    an_up_device("server", last_seen=START - 50 * MINUTE, client="berg", name="Server")
    an_up_device("nas", last_seen=START + 3 * MINUTE, name="NAS")
    deployment.now = START + 10 * MINUTE
    sweep.handler(schedule_event(), Context())
    found = list(open_incidents())
    for each in found:
        advance(each.client, each.incident, deployment.now)
    for listed in (found, found[::-1]):
        with patch("desk_home.open_incidents", return_value=listed):
            page = get(a_home_link(), at=NOW)["body"]
        places = [page.index(device) for device in (">Server<", ">Front desk modem<", ">NAS<")]
        assert places == sorted(places)
    assert "Plan: 10 min late" in page
    assert "Plan: 40 min left" in page
    assert "Plan: 43 min left" in page


def test_a_row_leads_the_same_person_to_its_incident_for_as_long_as_the_home_link_works() -> None:
    page = get(a_home_link())["body"]
    link = re.search(r'href="https://makegood\.provider\.example/desk/([^"]+)"', page)
    assert link is not None
    assert verify_link(link[1], NOW) == Link("incident", "acme-dental", NAME, TESS, EXPIRES)
    assert get(link[1])["statusCode"] == 200


def test_an_incident_that_cannot_be_read_hides_no_other() -> None:
    an_up_device("nas", name="NAS", last_seen=START)
    sweep.handler(schedule_event(), Context())

    def load(client: str, name: str, now: int) -> Any:
        if name == NAME:
            raise ValueError("broken")
        return load_case(client, name, now)

    with patch("desk_home.load_case", load):
        page = get(a_home_link())["body"]
    assert ">NAS<" in page
    assert "1 not shown" in page


def test_the_home_page_says_that_a_device_answers_again_and_that_it_is_back(deployment: Deployment) -> None:
    assert "nswers again" not in get(a_home_link())["body"]
    beats(NOW, NOW)
    deployment.now = NOW + MINUTE
    advance("acme-dental", NAME, deployment.now)
    assert "Answers again since 12:20 AM EDT, not stable yet" in get(a_home_link(), at=NOW + MINUTE)["body"]
    post(a_link(), "acknowledge", at=NOW + MINUTE)
    beats(NOW + MINUTE, NOW + 11 * MINUTE)
    deployment.now = NOW + 11 * MINUTE
    advance("acme-dental", NAME, deployment.now)
    page = get(a_home_link(), at=deployment.now)["body"]
    assert "Back since 12:20 AM EDT" in page
    assert "nswers again" not in page


def test_of_very_many_incidents_those_whose_limits_come_first_are_read_and_the_others_counted(
    deployment: Deployment,
) -> None:
    """The modem is older, but planned; the others' plans are due before its repair."""
    post(a_link(), "plan", PLAN)
    for number in range(3):
        an_up_device(f"till-{number}", last_seen=START + number * MINUTE, name=f"Till {number}")
    deployment.now = START + 20 * MINUTE
    with patch("sweep.WORKERS", 1):
        sweep.handler(schedule_event(), Context())
    with patch("desk_home.MOST_INCIDENTS", 2), calls() as seen:
        page = get(a_home_link())["body"]
    assert [f"Till {number}" in page for number in range(3)] == [True, True, False]
    assert "Front desk modem" not in page
    assert "2 more" in page
    with calls() as of_all:
        assert "more</span>" not in get(a_home_link())["body"]
    assert len(seen.made) < len(of_all.made)


def test_of_very_many_clients_the_first_are_listed_and_the_others_found_by_their_keys() -> None:
    for number in range(5):
        sign_up(a_contract(client=f"berg-{number}", name=f"Berg {number}"))
    with patch("desk_waiting.MOST_CLIENTS", 2):
        page = get(a_home_link())["body"]
        assert ["Berg 0" in page, "Berg 1" in page, "There are more clients" in page] == [True, False, True]
        found = get(f"{a_home_link()}?client=Berg-4")["body"]
        assert "Berg 4" in found
        assert "There are more clients" not in found
        nobody = get(f"{a_home_link()}?client=%3Cb%3E")["body"]
    assert "key begins with &lt;b&gt;." in nobody


def test_a_client_whose_name_was_never_noted_is_listed_by_its_key() -> None:
    sign_up(a_contract(client="berg"))
    ClientEntry(CLIENTS, "berg").update([ClientEntry.name.remove()])
    assert ">berg</a>" in get(a_home_link())["body"]


def test_without_open_incidents_the_home_page_says_so(deployment: Deployment) -> None:
    beats(NOW, NOW + 10 * MINUTE)
    deployment.now = NOW + 10 * MINUTE
    advance("acme-dental", NAME, deployment.now)
    assert "No open incidents" in get(a_home_link(), at=deployment.now)["body"]


# The page of an incident.


def actions_of(page: str) -> list[str]:
    return re.findall(r'action="[^"]*/desk/[^"/]+/([\w-]+)"', page)


def test_a_page_shows_the_clocks_the_mails_and_the_forms() -> None:
    page = unescape(get(a_link())["body"])
    for words in (
        "Front desk modem",
        "silent for 20 min",
        "Nobody has it yet.",
        "40 min left",
        "3 h 40 min left",
        "A miss costs 5% of the fee ($120.00 in a full month)",
        f"{OWNER}, March 12, 2026, 12:03:10 AM EDT (4:03:10 AM UTC)",
        "The silence was noticed",
    ):
        assert words in page
    assert actions_of(page) == ["acknowledge", "plan", "repair", "pause", "excuse"]


def test_a_page_tells_how_late_a_stage_is_and_what_became_of_its_mails(deployment: Deployment) -> None:
    deployment.now = START + HOUR + 12 * MINUTE
    post(a_link(), "plan", PLAN, at=deployment.now)
    page = unescape(get(a_link(), at=deployment.now)["body"])
    assert "12 min late" in page
    assert "sent to the client" in page
    assert "Costs 5% of the fee" in page


def test_a_fixed_refund_is_named_in_the_currency_of_the_contract(deployment: Deployment) -> None:
    outages = {"plan": {"within": "1h", "refund": "25.00"}}
    sign_up({**a_contract(outages=outages), "client": "berg", "currency": "EUR"})
    an_up_device("modem", client="berg")
    sweep.handler(schedule_event(), Context())
    assert "A miss costs €25.00" in get(a_link(client="berg"))["body"]


def test_an_ended_incident_shows_no_forms_and_takes_nothing(deployment: Deployment) -> None:
    beats(NOW, NOW + 10 * MINUTE)
    deployment.now = NOW + 10 * MINUTE
    advance("acme-dental", NAME, deployment.now)
    page = get(a_link(), at=deployment.now)["body"]
    assert actions_of(page) == ["excuse"]
    assert "This incident is over." in page
    before = everything_stored()
    answer = post(a_link(), "plan", PLAN, at=deployment.now)
    assert answer["statusCode"] == 409
    assert "The incident is over" in answer["body"]
    assert everything_stored() == before


def test_an_incident_that_is_over_but_not_closed_yet_takes_nothing_either() -> None:
    Device("acme-dental", "modem").update([Device.state.set(RETIRED), Device.retired_at.set(NOW)])
    assert actions_of(get(a_link())["body"]) == ["excuse"]
    assert post(a_link(), "plan", PLAN)["statusCode"] == 409
    assert (incident().plan, incident().closed_at) == (None, None)


# Actions.


def test_i_have_it_is_recorded_with_who_and_when() -> None:
    answer = post(a_link(), "acknowledge")
    assert answer["statusCode"] == 303
    assert incident().acknowledged == {"by": TESS, "at": NOW}
    assert f"{TESS} has it since March 12, 2026, 12:20 AM EDT" in get(a_link())["body"]


def test_who_takes_an_incident_second_is_told_who_has_it() -> None:
    post(a_link(), "acknowledge")
    answer = post(a_link(TOM), "acknowledge", at=NOW + 1)
    assert answer["statusCode"] == 409
    assert f"{TESS} has it" in answer["body"]
    assert incident().acknowledged == {"by": TESS, "at": NOW}


def test_the_plan_is_mailed_at_once_and_stops_its_clock(deployment: Deployment) -> None:
    answer = post(a_link(), "plan", PLAN)
    assert answer["statusCode"] == 303
    assert answer["headers"]["Location"] == f"https://makegood.provider.example/desk/{a_link()}#plan"
    plan = "[Acme Dental Group] Front desk modem: our plan, estimated time by 02:30"
    assert [str(mail["To"]) for mail in deployment.mails if mail["Subject"] == plan] == [DESK, OWNER]
    case = load_case("acme-dental", NAME, NOW)
    assert case is not None
    assert case.facts.planned_at == NOW
    assert incident().plan == {"by": TESS, "at": NOW, **PLAN}
    assert deployment.executions()[-1] == "acme-dental_modem_20260312T040000Z_2"
    assert {entry.what for entry in case.timeline} >= {"opened", "planned", "plan-kept"}


def test_the_same_plan_twice_is_one_plan_and_one_mail_each(deployment: Deployment) -> None:
    post(a_link(), "plan", PLAN)
    stored, mails = everything_stored(), len(deployment.mails)
    assert post(a_link(), "plan", PLAN, at=NOW + 7)["statusCode"] == 303
    assert everything_stored() == stored
    assert len(deployment.mails) == mails


def test_another_plan_comes_too_late_and_is_given_back(deployment: Deployment) -> None:
    post(a_link(), "plan", PLAN)
    mails = len(deployment.mails)
    answer = post(a_link(TOM), "plan", {**PLAN, "steps": "Something else"}, at=NOW + 60)
    assert answer["statusCode"] == 409
    assert "Something else" in answer["body"]
    assert "Somebody was faster" in answer["body"]
    assert incident().plan == {"by": TESS, "at": NOW, **PLAN}
    assert len(deployment.mails) == mails


def test_of_two_plans_at_once_one_is_sent(deployment: Deployment) -> None:
    record = record_news
    answers: list[Answer] = []

    def be_slow(*news: Any) -> bool:
        with patch("desk_actions.record_news", record):
            answers.append(post(a_link(TOM), "plan", {**PLAN, "steps": "Tom's steps"}))
        return record(*news)

    with patch("desk_actions.record_news", be_slow):
        answers.append(post(a_link(), "plan", PLAN))
    assert [answer["statusCode"] for answer in answers] == [303, 409]
    assert incident().plan == {"by": TOM, "at": NOW, **PLAN, "steps": "Tom's steps"}
    assert len([mail for mail in deployment.mails if "our plan" in mail["Subject"]]) == 2


def test_the_repair_is_documented_at_the_end_of_the_second_in_which_it_arrived() -> None:
    post(a_link(), "repair", REPAIR, at=NOW + 0.001)
    assert incident().documented_at == NOW + 1
    assert incident().repair == {"by": TESS, "at": NOW + 1, **REPAIR}


def test_documenting_the_repair_of_a_device_that_is_back_closes_the_incident(deployment: Deployment) -> None:
    post(a_link(), "plan", PLAN)
    beats(NOW, NOW + 10 * MINUTE)
    deployment.now = NOW + HOUR
    advance("acme-dental", NAME, deployment.now)
    post(a_link(), "repair", REPAIR, at=deployment.now)
    assert incident().closed_at == NOW + HOUR
    closing = deployment.mails_to(OWNER)[-1]
    assert closing["Subject"] == "[Acme Dental Group] Front desk modem is repaired: every promise kept"
    body = closing.get_body(("plain",))
    assert body is not None
    assert "  > Swapped it" in body.get_content().splitlines()


def test_a_repair_may_be_documented_before_the_device_is_back() -> None:
    post(a_link(), "repair", REPAIR)
    page = get(a_link())["body"]
    assert "It counts once the device has been up for 10 min without a gap." in page
    assert "Swapped it" in page
    assert incident().closed_at is None


@pytest.mark.parametrize("action", ["plan", "repair"])
def test_who_comes_after_it_came_back_by_itself_is_told_so_however_late_that_is_noticed(action: str) -> None:
    """Back at 04:20, stable at 04:30; no timer has seen it when the technician fills in the form at 04:40."""
    beats(NOW, NOW + 10 * MINUTE)
    answer = post(a_link(), action, {**PLAN, **REPAIR}, at=NOW + 20 * MINUTE)
    assert answer["statusCode"] == 409
    assert (incident().restored_at, incident().documented_at) == (NOW, NOW)
    assert (incident().plan, incident().repair, incident().by_itself) == (None, None, True)


@pytest.mark.parametrize("action", ["acknowledge", "plan"])
def test_what_is_done_while_the_incident_ends_comes_too_late(
    deployment: Deployment, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats(NOW, NOW + 10 * MINUTE)
    before = load_case("acme-dental", NAME, NOW)
    deployment.ses_is_down = True
    advance("acme-dental", NAME, NOW + 10 * MINUTE)
    monkeypatch.setattr(desk, "bring_up_to_date", lambda *_: before)
    assert post(a_link(), action, PLAN, at=NOW + 10 * MINUTE)["statusCode"] == 409
    assert incident().closed_at is None
    assert (incident().acknowledged, incident().plan) == (None, None)


def test_what_the_operator_allowed_is_told_in_words() -> None:
    tess = Operator("tess (operator)", NOW)
    pause_incident("acme-dental", NAME, Wait("awaiting_client", "A key."), tess)
    resume_incident("acme-dental", NAME, tess)
    for stage in ("notify", "plan", "repair"):
        excuse_stage("acme-dental", NAME, Plea(stage, "client_caused", "x"), tess, approved_by=OWNER)
    page = unescape(get(a_link())["body"])
    assert page.count("tess (operator)") == 2 + 2 + 3
    for words in (
        "Paused: plan and repair wait for the client",
        "Resumed: the clocks run again",
        "A miss of the notice is excused",
        "A miss of the plan is excused",
        "A miss of the repair is excused",
    ):
        assert words in page


@pytest.mark.parametrize("failure", ["advance", "wake"])
def test_what_is_recorded_stands_when_the_rest_fails(
    deployment: Deployment, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = ClientError({"Error": {"Code": "InternalError", "Message": ""}}, "Operation")
    with patch(f"desk_actions.{failure}", side_effect=down):
        answer = post(a_link(), "plan", PLAN)
    assert answer["statusCode"] == 303
    assert incident().plan == {"by": TESS, "at": NOW, **PLAN}
    assert incident().wake_at == NOW  # in the past soon, so that the sweep starts the timer


def test_until_the_plan_is_mailed_the_page_says_that_it_will_be(deployment: Deployment) -> None:
    deployment.refuse_mail = {DESK, OWNER}
    post(a_link(), "plan", PLAN)
    assert "recorded, its mail leaves in a moment" in get(a_link())["body"]
    deployment.refuse_mail = set()
    advance("acme-dental", NAME, NOW + 30)
    assert "sent to the client" in get(a_link(), at=NOW + 30)["body"]
