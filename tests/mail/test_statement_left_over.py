"""What an earlier month left open stays on every statement until it is done, and changes no verdict."""

from __future__ import annotations

from typing import Any

import pytest
from support.months import a_contract, a_month, a_pause, an_incident, at, the_statement
from support.telling import told_mail, told_pdf, told_view

MARCH = "2026-03-30T08:00:00Z"


def left_open(**changes: Any) -> dict[str, Any]:
    """Back on the day after it began; the repair is not documented, and waits for the client."""
    known = {
        "notified_at": "2026-03-30T08:05:00Z",
        "planned_at": "2026-03-30T08:30:00Z",
        "restored_at": "2026-03-31T08:00:00Z",
        "documented_at": None,
        "pauses": [a_pause("2026-03-30T09:00:00Z", None)],
    }
    return an_incident(MARCH, **{**known, **changes})


def test_what_still_waits_of_the_month_before_is_told_with_its_open_promise() -> None:
    changes = {"incidents": [left_open()]}
    statement, facts = the_statement(**changes), a_month(**changes)
    view = told_view(statement, facts)
    [outage] = view.outages
    assert outage.title == "modem (router), March 30, 2026"
    assert [(stage.happened, stage.verdict) for stage in outage.stages] == [
        ("Back, but the repair is not documented", "Open")
    ]
    text = told_mail(statement, facts).text
    assert "There was no outage. 1 outage of before is still open." in text
    assert told_pdf(statement, facts)


def test_it_changes_nothing_of_how_the_month_went() -> None:
    quiet, waiting = the_statement(), the_statement(incidents=[left_open()])
    assert waiting["healthy"] is True
    assert waiting["due_cents"] == quiet["due_cents"]
    view = told_view(waiting, a_month(incidents=[left_open()]))
    assert view.headline == told_view(quiet, a_month()).headline
    assert not any("March" in reason for reason in view.reasons)


@pytest.mark.parametrize(
    ("incident", "contract"),
    [
        (left_open(documented_at="2026-03-31T08:10:00Z", pauses=[]), {}),
        (an_incident("2026-05-01T08:00:00Z", restored_at=None, documented_at=None), {}),
        (left_open(), {"effective_from": "2026-04-01"}),
    ],
    ids=["it is done", "it began after the month", "it began before the contract"],
)
def test_what_is_no_open_matter_of_the_month_is_not_told(
    incident: dict[str, Any], contract: dict[str, Any]
) -> None:
    changes = {"incidents": [incident], "contract": a_contract(**contract)}
    assert told_view(the_statement(**changes), a_month(**changes)).outages == ()


def test_what_began_in_the_month_is_told_once() -> None:
    changes = {"incidents": [an_incident(at("10 08:00"), restored_at=None, documented_at=None)]}
    assert len(told_view(the_statement(**changes), a_month(**changes)).outages) == 1
