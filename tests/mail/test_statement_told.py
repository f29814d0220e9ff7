"""What a statement says of how the client was told."""

from __future__ import annotations

from typing import Any

from support.months import a_month, an_incident, at, the_statement
from support.telling import told_mail, told_view

CALL = {
    "at": at("10 08:10"),
    "recorded_at": at("10 08:12"),
    "by": "tess@provider.example",
    "reached": "Dana Reyes",
    "number": "+1 212 555 0100",
}


def notes(**incident: Any) -> tuple[str, ...]:
    """The notes beside the promise of the notice."""
    changes = {"incidents": [an_incident(**incident)]}
    [outage] = told_view(the_statement(**changes), a_month(**changes)).outages
    return outage.stages[0].notes


def test_of_a_mail_that_arrived_nothing_more_is_said() -> None:
    assert notes() == ()


def test_a_notice_that_nobody_confirmed_is_called_handed_over() -> None:
    assert notes(notified_how="handed over") == (
        "Handed over, not confirmed: nobody has reported that the mail arrived",
    )


def test_a_call_is_shown_with_who_said_so_and_when_it_was_recorded() -> None:
    said = notes(notified_at=at("10 08:10"), notified_how="called", calls=[CALL])
    by = "by the word of tess@provider.example"
    assert said == (f"Called Dana Reyes, +1 212 555 0100, at 8:10 AM {by}, recorded at 8:12 AM",)


def test_a_call_recorded_late_says_from_when_it_counts() -> None:
    late = {**CALL, "recorded_at": at("10 10:00")}
    [said] = notes(notified_at=at("10 09:00"), notified_how="called", calls=[late])
    assert said.endswith("recorded at 10:00 AM; it counts from 1 h before that, 9:00 AM")


def test_contacts_that_mails_do_not_reach_are_named_at_the_top() -> None:
    changes = {
        "unreachable": [
            {"contact": "owner@acme.example", "since": at("12 08:00"), "why": "bounced"},
            {"contact": "books@acme.example", "since": at("13 08:00"), "why": "complained"},
        ]
    }
    message = told_mail(the_statement(**changes), a_month(**changes))
    for said in (
        "owner@acme.example could not be reached since April 12, 2026: our mails come back.",
        "books@acme.example gets no mails of ours since April 13, 2026: one was reported as unwanted.",
    ):
        assert said in message.text
        assert said in message.html


def test_a_contact_that_could_not_be_reached_only_later_is_not_named() -> None:
    changes = {
        "unreachable": [{"contact": "owner@acme.example", "since": "2027-01-01T00:00:00Z", "why": "bounced"}]
    }
    assert "owner@acme.example could" not in told_mail(the_statement(**changes), a_month(**changes)).text
