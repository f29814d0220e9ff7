"""A statement's words on pauses, excuses, what was taken back, and disputes."""

from __future__ import annotations

from typing import Any

from support.months import a_month, a_pause, an_excuse, an_incident, at
from support.telling import told_view

from makegood.mail.statement_outages import OutageView
from makegood.rules.statements import compute

LATE = {"restored_at": at("10 13:00"), "documented_at": at("10 13:30")}
DISPUTE = {"about": "excuse-repair-1", "text": "We cut\nnothing off.", "by": "owner@acme.example"}


def outage(**incident: Any) -> OutageView:
    facts = a_month(incidents=[an_incident(**{**LATE, **incident})])
    (found,) = told_view(compute(facts), facts).outages
    return found


def test_a_miss_says_why_it_is_excused_by_whom_when_and_who_had_asked() -> None:
    excuse = an_excuse("repair", evidence="The breaker was off.", asked_by="tess@provider.example")
    repair = outage(excuses=[excuse]).stages[2]
    assert repair.verdict == "Missed, excused"
    assert repair.notes == (
        "Excused: client caused, by owner@acme.example, April 11, 2026, 9:00 AM; what shows it: The breaker "
        "was off.; asked for by tess@provider.example",
    )


def test_a_pause_says_what_was_awaited_and_who_ended_it() -> None:
    pause = {
        **a_pause(at("10 08:10"), at("10 08:40")),
        "awaited": "The key.",
        "by": "tess@provider.example",
        "ended_by": "owner@acme.example",
    }
    assert outage(pauses=[pause]).notes == (
        "Plan and repair waited from 8:10 AM to 8:40 AM: awaiting client; awaited: The key.; asked for by "
        "tess@provider.example; ended by owner@acme.example",
    )


def test_a_pause_that_runs_on_at_the_moment_of_issue_is_open_whatever_its_latest_end() -> None:
    pause = {**a_pause(at("30 08:10"), "2026-05-05T08:10:00Z"), "by": "tess@provider.example"}
    open_still = {"planned_at": None, "restored_at": None, "documented_at": None}
    told = outage(started_at=at("30 08:00"), pauses=[pause], **open_still)
    assert told.notes == (
        "Plan and repair wait since 8:10 AM: awaiting client; asked for by tess@provider.example",
    )


def test_an_excuse_that_was_taken_back_is_told_and_the_miss_is_broken() -> None:
    revoked = {
        "stage": "repair",
        "reason": "client_caused",
        "by": "tess@provider.example",
        "at": at("12 10:00"),
        "because": "The photo shows\nanother room.",
    }
    told = outage(revoked=[revoked])
    assert told.stages[2].verdict == "Broken"
    assert told.notes == (
        "The excuse of the repair was taken back by tess@provider.example, April 12, 2026, 10:00 AM: The "
        "photo shows another room.",
    )


def test_a_dispute_is_told_with_the_decision() -> None:
    decision = {
        "upheld": False,
        "decided_by": "tom@provider.example",
        "decided_at": at("13 11:00"),
        "because": "The log says so.",
    }
    told = outage(disputes=[{**DISPUTE, "at": at("12 09:00"), **decision}])
    assert told.notes == (
        "owner@acme.example disagreed with the excuse of the repair, April 12, 2026, 9:00 AM: We cut nothing "
        "off.",
        "Decided by tom@provider.example, April 13, 2026, 11:00 AM, the client was answered: "
        "The log says so.",
    )


def test_a_dispute_that_is_decided_after_the_moment_of_issue_is_not_decided_yet() -> None:
    decision = {
        "upheld": True,
        "decided_by": "tom@provider.example",
        "decided_at": "2026-05-03T09:00:01Z",
        "because": "You are right.",
    }
    told = outage(disputes=[{**DISPUTE, "about": "incident", "at": at("12 09:00"), **decision}])
    assert told.notes == (
        "owner@acme.example disagreed, April 12, 2026, 9:00 AM: We cut nothing off.",
        "Not decided yet",
    )


def test_what_is_told_besides_judges_nothing() -> None:
    told: dict[str, Any] = {
        "disputes": [{**DISPUTE, "at": at("12 09:00")}],
        "revoked": [{"stage": "plan", "by": "tess", "at": at("12 10:00")}],
    }
    with_it = a_month(incidents=[an_incident(**LATE, **told)])
    without = a_month(incidents=[an_incident(**LATE)])
    assert compute(with_it) == compute(without)
