"""An outage at night under business hours: its timer, its mails, and how its page explains the limits."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from support.cast import HOUR, MINUTE, OWNER, START, TESS, TOM, a_contract, an_up_device, sign_up
from support.deployment import Deployment
from support.letters import flat
from support.visits import NAME, a_link, get

import advance
import sweep
from makegood.issuing import preview
from makegood.mail.incident_messages import incident_message
from makegood.rules.instants import format_instant, parse_instant
from makegood.rules.mails import order
from makegood.storage.cases import load_case
from makegood.storage.changes import Operator
from makegood.storage.incidents import find_incident
from makegood.storage.pauses import Wait, pause_incident, resume_incident
from makegood.storage.records import MailRecord
from makegood_simulator.events import Context, schedule_event

# Silent since Thursday 12 March 2026, 00:00 in New York (04:00 UTC): eight hours before the office opens.
OPENING = START + 8 * HOUR
PLAN_HALF = OPENING + 30 * MINUTE
PLAN_MOST = OPENING + 48 * MINUTE
PLAN_DUE = OPENING + HOUR
REPAIR_DUE = OPENING + 4 * HOUR
OPENED = START + 3 * MINUTE + 10


@pytest.fixture(autouse=True)
def _silent_modem(deployment: Deployment) -> None:
    terms = {
        **a_contract()["outages"],
        "hours": {"mon-fri": "08:00-18:00"},
        "holidays": {"calendar": "ours", "dates": ["2026-03-13"]},
    }
    sign_up(a_contract(outages=terms))
    an_up_device("modem", name="Front desk modem")
    deployment.now = OPENED
    sweep.handler(schedule_event(), Context())


def wake(deployment: Deployment, at: int) -> str:
    """The timer wakes at an instant; returns when it wants to wake next."""
    deployment.now = at
    incident = find_incident("acme-dental", NAME)
    assert incident is not None
    event = {
        "client": "acme-dental",
        "device": "modem",
        "incident": NAME,
        "timer": incident.timer,
        "loops": 0,
    }
    answer = advance.handler({**event, "wake_at": format_instant(at)}, Context())
    return str(answer["wake_at"])


def kinds() -> set[str]:
    return {mail.kind for mail in MailRecord.scan() if isinstance(mail, MailRecord)}


def text_of(kind: str, to: str, at: int) -> tuple[str, str]:
    case = load_case("acme-dental", NAME, at)
    assert case is not None
    message = incident_message(order(f"incident#{NAME}", kind, to), case, at)
    return message.subject, flat(message.text)


def test_the_timer_sleeps_until_a_share_of_the_business_time_is_over(deployment: Deployment) -> None:
    wake(deployment, OPENED)
    assert kinds() == {"notice", "alert"}
    at = parse_instant(wake(deployment, OPENED + MINUTE))
    while at < PLAN_HALF:
        assert kinds() == {"notice", "alert"}
        at = parse_instant(wake(deployment, at))
    assert at == PLAN_HALF
    wake(deployment, PLAN_HALF)
    assert "plan-50" in kinds()
    assert parse_instant(wake(deployment, PLAN_HALF + MINUTE)) == PLAN_MOST
    assert parse_instant(wake(deployment, PLAN_MOST + MINUTE)) == PLAN_DUE + 3
    assert "plan-80" in kinds()
    wake(deployment, PLAN_DUE + 3)
    assert "plan-limit" in kinds()


def test_the_alert_says_by_when_and_counts_business_time() -> None:
    subject, text = text_of("alert", TESS, OPENED)
    assert subject.endswith("plan due 9:00 AM EDT, repair due 12:00 PM EDT")
    assert "Plan within 1 h of business time: 1 H OF BUSINESS TIME LEFT" in text
    assert "Limit: Thursday, March 12, 2026, 9:00 AM EDT (1:00 PM UTC)" in text
    assert "Counted in business hours: 1 h from Thu, Mar 12, 8:00 AM" in text
    assert "2% of the fee for each hour of business time begun after the limit" in text


def test_a_limit_on_another_day_is_named_with_its_day() -> None:
    pause_incident("acme-dental", NAME, Wait("awaiting_client", "A key."), Operator("tess", START + HOUR))
    resume_incident("acme-dental", NAME, Operator("tess", OPENING + 9 * HOUR))
    subject, text = text_of("alert", TOM, OPENED + 9 * HOUR + 8 * HOUR)
    assert subject.endswith("plan due 6:00 PM EDT, repair due Monday, 11:00 AM EDT")
    assert "Limit: Monday, March 16, 2026, 11:00 AM EDT (3:00 PM UTC)" in text
    assert "1 h until Thu, Mar 12, 6:00 PM, 3 h from Mon, Mar 16, 8:00 AM" in text
    assert "The limit moved by 9 h of business time, for as long as the clock was paused" in text


def test_the_client_is_told_what_is_counted() -> None:
    _, text = text_of("notice", OWNER, OPENED)
    assert "You get the plan within 1 h of business time" in text
    assert "You are told of it within 15 min" in text
    assert "within 15 min of business time" not in text


def test_the_page_explains_each_limit_step_by_step(deployment: Deployment) -> None:
    pause_incident("acme-dental", NAME, Wait("awaiting_client", "A key."), Operator("tess", OPENING + HOUR))
    resume_incident("acme-dental", NAME, Operator("tess", OPENING + 9 * HOUR))
    page = unescape(get(a_link(), at=OPENING + 9 * HOUR)["body"])
    steps = [
        "Thu, Mar 12, 12:00 AM: last heard from",
        "Thu, Mar 12, 12:00 AM to 8:00 AM: stands still, outside of business hours",
        "Thu, Mar 12, 8:00 AM to 9:00 AM: runs for 1 h",
        "Thu, Mar 12, 9:00 AM to 5:00 PM: paused while we wait for the client; this moves the limit by 8 h",
        "Thu, Mar 12, 5:00 PM to 6:00 PM: runs for 1 h",
        "Thu, Mar 12, 6:00 PM to Mon, Mar 16, 8:00 AM: stands still, outside of business hours; March 13 is",
        "Mon, Mar 16, 8:00 AM to 10:00 AM: runs for 2 h",
        "Mon, Mar 16, 10:00 AM: the limit, after 4 h",
    ]
    places = [page.index(step) for step in steps]
    assert places == sorted(places)
    assert "Thu, Mar 12, 12:15 AM: the limit, after 15 min" in page  # of the notice


def test_the_statement_explains_it_too(deployment: Deployment) -> None:
    draft = preview("acme-dental", "2026-03", parse_instant("2026-04-03T13:00:00Z"))
    plan = next(stage for stage in draft.statement["stages"] if stage["stage"] == "plan")
    assert plan["deadline"] == format_instant(PLAN_DUE)
    repair = next(stage for stage in draft.statement["stages"] if stage["stage"] == "repair")
    assert repair["deadline"] == format_instant(REPAIR_DUE)
    html = unescape(draft.message.html)
    assert "Thu, Mar 12, 12:00 AM to 8:00 AM: stands still, outside of business hours" in html
    assert "Thu, Mar 12, 9:00 AM: the limit, after 1 h" in flat(draft.message.text)


def test_the_terms_an_incident_carries_are_counted_in_the_zone_of_the_contract() -> None:
    facts: Any = preview("acme-dental", "2026-03", parse_instant("2026-04-03T13:00:00Z")).facts
    (incident,) = facts["incidents"]
    assert incident["outages"]["holidays"] == {"calendar": "ours", "dates": ["2026-03-13"]}
