"""A client who leaves in the middle of a month: what still counts, what does not, and how a correction comes.

All worked out by hand: a sweep runs at second 30 of each minute, a mail takes two seconds.
"""

from __future__ import annotations

from support.played import availability, mails, played, stages

from makegood_simulator.play import Play


def left() -> Play:
    return played("a-client-who-leaves", "ends")


def test_what_was_overdue_before_the_end_is_seen_through_and_nothing_after_it_is_an_outage() -> None:
    assert stages(left()) == [
        "modem-20260310T040000Z notify kept 2026-03-10T04:03:32Z",
        "modem-20260310T040000Z plan not_required never",
        "modem-20260310T040000Z repair kept 2026-03-10T04:30:00Z",
        "nas-20260315T235000Z notify kept 2026-03-15T23:53:32Z",
        "nas-20260315T235000Z plan not_required never",
        "nas-20260315T235000Z repair kept 2026-03-16T00:30:00Z",
    ]
    assert left().incidents == 2


def test_the_month_of_the_end_is_the_last_and_costs_the_days_that_were_covered() -> None:
    assert list(left().statements) == ["2026-03"]
    statement = left().statements["2026-03"]
    # 15 of 31 days of 2,400.00 USD
    assert (statement["fee_cents"], statement["due_cents"]) == (116_129, 116_129)
    assert availability(left()) == [
        "modem 1800 of 1296000: 9986",
        "nas 600 of 1296000: 9995",  # the rest of its outage is after the end
        "till 0 of 1296000: 10000",
    ]


def test_a_correction_after_the_last_statement_is_told_to_the_client_and_to_who_pays_it() -> None:
    # Nobody was told of the modem: 5% of 1,161.29 USD.
    told = [mail for mail in mails(left(), "2026-03") if " statement " not in mail]
    assert told == [
        "2026-04-10T08:15:01Z adjustment-1 owner@acme.example",
        "2026-04-10T08:15:01Z payment-1 help@provider.example",
    ]
    [subject] = [mail.subject for mail in left().mails if "_payment-1_" in mail.mail]
    assert subject == "[Acme] pay $58.06: March 2026 corrected after the contract's end"
