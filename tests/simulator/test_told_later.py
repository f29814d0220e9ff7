"""Notices that come back at once or long after, a call, a complaint: worked out by hand."""

from __future__ import annotations

from support.played import mails, played, refunds, stages

CONTACTS = ("desk@acme.example", "owner@acme.example")
TECHNICIANS = ("tess@provider.example", "tom@provider.example")


def test_a_call_keeps_the_promise_of_a_notice_that_came_back() -> None:
    # March as it was issued: the nas's notice had arrived at 04:03:32, as far as anybody knew.
    result = played("told-later")
    assert [line for line in stages(result) if " notify " in line] == [
        "modem-20260310T040000Z notify kept 2026-03-10T04:10:00Z",
        "nas-20260320T040000Z notify kept 2026-03-20T04:03:32Z",
    ]
    assert refunds(result) == {}


def test_each_technician_is_asked_to_call_once_every_notice_came_back() -> None:
    asked = [line for line in mails(played("told-later"), "modem-20260310T040000Z") if " call " in line]
    assert asked == [f"2026-03-10T04:05:03Z call {to}" for to in TECHNICIANS]


def test_what_came_back_after_the_statement_stands_on_the_next_one() -> None:
    # Nobody was told of the nas: 5% of $2,400.00 for March, settled with April's statement.
    april = played("told-later").statements["2026-04"]
    [entry] = april["adjustments"]
    assert (entry["period"], entry["cents"]) == ("2026-03", 12_000)
    assert entry["reason"] == "; ".join(
        f"nas, outage of March 20, 2026: the notice to {to} came back (recorded on April 10, 2026)"
        for to in CONTACTS
    )
    assert (april["refund_cents"], april["due_cents"]) == (0, 228_000)


def test_it_is_mailed_to_the_client_at_the_next_quarter_of_an_hour() -> None:
    told = [mail for mail in mails(played("told-later"), "2026-03") if " adjustment-1 " in mail]
    assert told == ["2026-04-10T08:15:01Z adjustment-1 owner@acme.example"]
