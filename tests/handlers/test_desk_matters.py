"""Pauses, excuses and decisions at the desk: recorded once, by two people where it takes two, and told."""

from __future__ import annotations

import re
from html import unescape

import pytest
from support.cast import DESK, HOUR, MINUTE, OWNER, TESS, TOM
from support.deployment import Deployment
from support.live import a_live_link, live_links, mailed, send
from support.visits import (
    NAME,
    NOW,
    Answer,
    a_home_link,
    a_link,
    everything_stored,
    fall_silent,
    get,
    incident,
    post,
)

from makegood.advancing import advance
from makegood.rules.stages import judge_incident
from makegood.storage.cases import Case, load_case
from makegood.storage.records import Incident

DAY = 24 * HOUR
PAUSE = f"pause-{NOW}"
EXCUSE = "excuse-plan-1"
WAIT = {"seen": "0", "reason": "awaiting_access", "awaited": "The key to the server room."}
PLEA = {
    "seen": "0",
    "stage": "plan",
    "reason": "client_caused",
    "evidence": "The breaker was switched off.",
    "ask": "colleague",
}


@pytest.fixture(autouse=True)
def _silent_modem(deployment: Deployment) -> None:
    fall_silent(deployment)


def the_case(at: int = NOW) -> Case:
    case = load_case("acme-dental", NAME, at)
    assert case is not None
    return case


def deadline(stage: str, at: int) -> int:
    case = the_case(at)
    verdicts = judge_incident(case.terms, case.facts, None, at)
    return next(verdict.deadline for verdict in verdicts if verdict.stage == stage)


def actions(page: Answer) -> list[str]:
    return re.findall(r'action="[^"]*/(?:desk|live)/[^"/]+/([\w-]+)"', unescape(page["body"]))


def close(at: int) -> None:
    times = [Incident.restored_at.set(NOW), Incident.documented_at.set(NOW)]
    incident().update(actions=[*times, Incident.closed_at.set(at), Incident.open_shard.remove()])


# Pauses.


def test_a_pause_is_recorded_under_the_persons_name_and_the_client_is_asked(deployment: Deployment) -> None:
    assert post(a_link(), "pause", WAIT)["statusCode"] == 303
    (pause,) = the_case().pauses
    assert (pause.start, pause.end, pause.reason, pause.awaited, pause.by) == (
        NOW,
        None,
        "awaiting_access",
        "The key to the server room.",
        TESS,
    )
    for contact in (DESK, OWNER):
        (text,) = mailed(deployment, contact, f"{PAUSE}-started")
        assert "The key to the server room." in text
        assert "March 17, 2026, 12:20 AM EDT" in " ".join(text.split())
    assert mailed(deployment, TESS, f"{PAUSE}-started") == []


def test_a_paused_page_offers_to_go_on_and_shows_what_is_awaited() -> None:
    post(a_link(), "pause", WAIT)
    page = get(a_link(), at=NOW + MINUTE)
    assert f"resume-{PAUSE}" in actions(page)
    assert "pause" not in actions(page)
    assert "The key to the server room." in page["body"]
    assert "It ends at the latest on March 17, 2026" in page["body"]


def test_a_form_sent_twice_pauses_once_also_after_the_pause_is_over(deployment: Deployment) -> None:
    post(a_link(), "pause", WAIT)
    assert post(a_link(), "pause", WAIT, at=NOW + 5)["statusCode"] == 303
    post(a_link(), f"resume-{PAUSE}", at=NOW + 60)
    before = everything_stored()
    assert post(a_link(), "pause", WAIT, at=NOW + 70)["statusCode"] == 303
    assert post(a_link(), f"resume-{PAUSE}", at=NOW + 80)["statusCode"] == 303
    assert everything_stored() == before
    assert len(mailed(deployment, OWNER, f"{PAUSE}-ended")) == 1


def test_who_comes_second_is_told_so_and_keeps_what_was_typed() -> None:
    post(a_link(), "pause", WAIT)
    late = post(a_link(TOM), "pause", {**WAIT, "awaited": "Somebody on site."}, at=NOW + 5)
    assert late["statusCode"] == 409
    assert "is paused already, since 2026-03-12T04:20:00Z" in late["body"]
    assert "Somebody on site." in late["body"]
    assert len(the_case().pauses) == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"reason": ""}, "Please choose one."),
        ({"reason": "lunch"}, "Please choose one of these."),
        ({"awaited": " "}, "Please fill this in."),
        ({"awaited": "x" * 5_001}, "Please use at most 5,000 characters; these are 5,001."),
        ({"seen": "many"}, "Nothing was sent yet"),
    ],
)
def test_a_faulty_form_is_given_back_as_it_was_typed(changed: dict[str, str], says: str) -> None:
    answer = post(a_link(), "pause", {**WAIT, **changed})
    assert answer["statusCode"] == 400
    assert says in answer["body"]
    assert the_case().pauses == ()


def test_a_technician_goes_on_and_both_sides_hear_of_it(deployment: Deployment) -> None:
    post(a_link(), "pause", WAIT)
    post(a_link(TOM), f"resume-{PAUSE}", at=NOW + 10 * MINUTE)
    assert the_case().facts.pauses[0].end == NOW + 10 * MINUTE
    for person in (OWNER, TESS):
        (text,) = mailed(deployment, person, f"{PAUSE}-ended")
        assert f"{TOM} ended the pause on March 12, 2026, 12:30 AM EDT" in " ".join(text.split())


@pytest.mark.parametrize(
    ("after", "plan_due"), [(-1, 5 * DAY - 1), (0, 5 * DAY), (1, 5 * DAY), (DAY, 5 * DAY)]
)
def test_a_pause_ends_at_its_maximum_to_the_second_whoever_looks_and_however_late(
    after: int, plan_due: int
) -> None:
    """Nothing wakes the timer here: the clocks count the maximum by themselves."""
    post(a_link(), "pause", WAIT)
    unpaused = deadline("plan", NOW)
    assert deadline("plan", NOW + 5 * DAY + after) == unpaused + plan_due
    assert deadline("notify", NOW + 5 * DAY + after) == incident().started_at + 15 * MINUTE


def test_a_late_step_dates_the_end_at_the_maximum_and_tells_everybody(deployment: Deployment) -> None:
    post(a_link(), "pause", WAIT)
    limit = NOW + 5 * DAY
    assert advance("acme-dental", NAME, limit - 1).wake_at == limit
    deployment.now = limit + 3 * HOUR
    advance("acme-dental", NAME, deployment.now)
    (pause,) = the_case(deployment.now).pauses
    assert (pause.end, pause.ended_by) == (limit, None)
    assert [(entry.at, entry.what) for entry in the_case().timeline if entry.what == "pause-over"] == [
        (limit, "pause-over")
    ]
    (text,) = mailed(deployment, OWNER, f"{PAUSE}-ended")
    assert "lasted as long as the contract allows" in " ".join(text.split())
    assert len(mailed(deployment, TESS, f"{PAUSE}-ended")) == 1


def test_who_comes_after_the_maximum_finds_it_ended_and_may_ask_anew() -> None:
    post(a_link(), "pause", WAIT)
    limit = NOW + 5 * DAY
    assert post(a_link(), f"resume-{PAUSE}", at=limit)["statusCode"] == 303
    assert the_case(limit).facts.pauses[0].end == limit
    again = {**WAIT, "seen": "1", "awaited": "The key, still."}
    assert post(a_link(), "pause", again, at=limit + 1)["statusCode"] == 303
    assert [(pause.start, pause.end) for pause in the_case(limit).facts.pauses] == [
        (NOW, limit),
        (limit + 1, limit + 1 + 5 * DAY),
    ]


# Excuses.


def test_an_excuse_counts_only_once_somebody_else_has_approved_it(deployment: Deployment) -> None:
    post(a_link(), "excuse", PLEA)
    assert the_case().facts.excuses == ()
    assert mailed(deployment, OWNER, f"{EXCUSE}-asked") == []
    assert len(mailed(deployment, TOM, f"{EXCUSE}-asked")) == 1
    assert post(a_link(TOM), f"approve-{EXCUSE}", at=NOW + 60)["statusCode"] == 303
    (excuse,) = the_case().facts.excuses
    assert (excuse.stage, excuse.reason, excuse.approved_by, excuse.approved_at, excuse.asked_by) == (
        "plan",
        "client_caused",
        TOM,
        NOW + 60,
        TESS,
    )
    (text,) = mailed(deployment, OWNER, f"{EXCUSE}-granted")
    assert "The breaker was switched off." in text
    assert f"{TOM} approved it on March 12, 2026, 12:21 AM EDT" in " ".join(text.split())


def test_nobody_approves_what_they_asked_for_themselves() -> None:
    post(a_link(), "excuse", PLEA)
    assert f"approve-{EXCUSE}" not in actions(get(a_link()))
    answer = post(a_link(), f"approve-{EXCUSE}")
    assert answer["statusCode"] == 409
    assert "so somebody else must approve it" in answer["body"]
    assert the_case().facts.excuses == ()


def test_an_approval_sent_twice_is_one_and_a_refusal_after_it_is_told_so() -> None:
    post(a_link(), "excuse", PLEA)
    post(a_link(TOM), f"approve-{EXCUSE}")
    before = everything_stored()
    assert post(a_link(TOM), f"approve-{EXCUSE}", at=NOW + 9)["statusCode"] == 303
    late = post(a_link(), f"refuse-{EXCUSE}", {"because": "No."}, at=NOW + 9)
    assert (late["statusCode"], "has approved this already" in late["body"]) == (409, True)
    assert everything_stored() == before


def test_a_refused_excuse_earns_nothing_and_may_be_asked_for_anew(deployment: Deployment) -> None:
    post(a_link(), "excuse", PLEA)
    post(a_link(TOM), f"refuse-{EXCUSE}", {"because": "It was our own breaker."})
    assert "It was our own breaker." in mailed(deployment, TESS, f"{EXCUSE}-refused")[0]
    assert mailed(deployment, OWNER, f"{EXCUSE}-refused") == []
    assert post(a_link(), "excuse", PLEA, at=NOW + 9)["statusCode"] == 303, "the same form, sent again"
    assert len(the_case().excuses) == 1
    post(a_link(), "excuse", {**PLEA, "seen": "1", "evidence": "See the photo."}, at=NOW + 10)
    assert [(excuse.matter, excuse.waits) for excuse in the_case().excuses] == [
        ("excuse-plan-1", False),
        ("excuse-plan-2", True),
    ]


def test_a_second_plea_for_a_stage_waits_for_the_first() -> None:
    post(a_link(), "excuse", PLEA)
    answer = post(a_link(TOM), "excuse", {**PLEA, "seen": "1", "reason": "third_party"}, at=NOW + 9)
    assert answer["statusCode"] == 409
    assert f"{TESS} has already asked for an excuse of the plan" in answer["body"]


def test_a_revoked_excuse_counts_no_more_and_the_client_is_told_why(deployment: Deployment) -> None:
    post(a_link(), "excuse", PLEA)
    post(a_link(TOM), f"approve-{EXCUSE}")
    post(a_link(), f"revoke-{EXCUSE}", {"because": "The photo shows another room."}, at=NOW + 60)
    facts = the_case().facts
    assert facts.excuses == ()
    assert [(each.stage, each.by, each.at, each.because) for each in facts.revoked] == [
        ("plan", TESS, NOW + 60, "The photo shows another room.")
    ]
    assert "The photo shows another room." in mailed(deployment, OWNER, f"{EXCUSE}-revoked")[0]


def test_a_closed_incident_is_excused_and_its_client_told(deployment: Deployment) -> None:
    close(NOW)
    post(a_link(), "excuse", PLEA)
    assert "To decide" in get(a_home_link(), at=NOW)["body"]
    post(a_link(TOM), f"approve-{EXCUSE}", at=NOW + 60)
    assert len(mailed(deployment, OWNER, f"{EXCUSE}-granted")) == 1
    assert incident().open_shard is None, "nobody is awaited any more"
    assert "To decide" not in get(a_home_link(), at=NOW + 61)["body"]


# Disputes.


def test_a_dispute_is_on_the_home_page_nags_every_day_and_is_decided_in_writing(
    deployment: Deployment,
) -> None:
    close(NOW)
    send(a_live_link("disagree", "incident"), "disagree", {"text": "It was down much longer."})
    assert "To decide" in get(a_home_link())["body"]
    for days in range(3):
        deployment.now = NOW + days * DAY
        advance("acme-dental", NAME, deployment.now)
    assert len(mailed(deployment, TESS, "dispute-1-opened")) == 1
    assert len(mailed(deployment, TESS, "dispute-1-waits-1")) == 1
    assert len(mailed(deployment, TESS, "dispute-1-waits-2")) == 1
    decision = {"upheld": "no", "because": "The log shows 20 minutes."}
    assert post(a_link(TOM), "decide-dispute-1", decision, at=deployment.now)["statusCode"] == 303
    assert "The log shows 20 minutes." in mailed(deployment, OWNER, "dispute-1-decided")[0]
    assert "To decide" not in get(a_home_link(), at=deployment.now)["body"]
    assert incident().open_shard is None


def test_an_upheld_dispute_takes_the_excuse_back(deployment: Deployment) -> None:
    post(a_link(), "excuse", PLEA)
    post(a_link(TOM), f"approve-{EXCUSE}")
    (link,) = live_links(mailed(deployment, OWNER, f"{EXCUSE}-granted")[0])
    send(link, "disagree", {"text": "We switched nothing off."})
    post(a_link(), "decide-dispute-1", {"upheld": "yes", "because": "You are right."}, at=NOW + 60)
    facts = the_case().facts
    assert facts.excuses == ()
    assert [(each.stage, each.because) for each in facts.revoked] == [("plan", "You are right.")]
    assert [(each.about, each.upheld, each.decided_by) for each in facts.disputes] == [(EXCUSE, True, TESS)]


def test_an_upheld_dispute_of_a_pause_gives_the_limits_back(deployment: Deployment) -> None:
    unpaused = deadline("repair", NOW)
    post(a_link(), "pause", WAIT)
    assert deadline("repair", NOW + HOUR) == unpaused + HOUR
    *_, link = live_links(mailed(deployment, OWNER, f"{PAUSE}-started")[0])
    send(link, "disagree", {"text": "The door was open."}, at=NOW + HOUR)
    decision = {"upheld": "yes", "because": "It was."}
    post(a_link(), "decide-dispute-1", decision, at=NOW + HOUR)
    assert deadline("repair", NOW + 2 * HOUR) == unpaused
    assert the_case().facts.pauses == ()
    assert "pause" in actions(get(a_link(), at=NOW + 2 * HOUR))


def test_a_decision_stands(deployment: Deployment) -> None:
    send(a_live_link("disagree", "incident"), "disagree", {"text": "No."})
    decision = {"upheld": "no", "because": "Yes."}
    post(a_link(), "decide-dispute-1", decision)
    before = everything_stored()
    assert post(a_link(), "decide-dispute-1", decision, at=NOW + 5)["statusCode"] == 303
    late = post(a_link(TOM), "decide-dispute-1", {"upheld": "yes", "because": "Yes."}, at=NOW + 5)
    assert (late["statusCode"], "has decided this already" in late["body"]) == (409, True)
    assert everything_stored() == before


@pytest.mark.parametrize("action", ["resume-pause-1", "approve-excuse-plan-1", "decide-dispute-1", "decide"])
def test_what_the_incident_does_not_have_is_not_found(action: str) -> None:
    assert post(a_link(), action)["statusCode"] == 404
