"""Announced maintenance on a tape, against the real functions: what it hides and what it leaves as it is.

All worked out by hand: a sweep runs at second 30 of each minute, a mail takes two seconds.
"""

from __future__ import annotations

from support.played import availability, mails, played, refunds, stages

CONTACTS = ("desk@acme.example", "owner@acme.example")


def maintained() -> list[str]:
    return stages(played("maintenance", "maintenance"))


def of(device: str) -> list[str]:
    return [line for line in maintained() if line.startswith(device)]


def test_inside_a_window_announced_in_time_silence_opens_nothing() -> None:
    assert of("modem") == []


def test_still_silent_a_grace_after_the_windows_end_is_an_outage_from_its_end() -> None:
    assert of("nas") == [
        "nas-20260310T040000Z notify kept 2026-03-10T04:03:32Z",
        "nas-20260310T040000Z plan not_required never",
        "nas-20260310T040000Z repair kept 2026-03-10T04:30:00Z",
    ]


def test_announced_a_second_too_late_changes_nothing() -> None:
    assert of("phone") == [
        "phone-20260310T020000Z notify kept 2026-03-10T02:03:32Z",
        "phone-20260310T020000Z plan broken never, 2109600 s late",
        "phone-20260310T020000Z repair broken never, 2098800 s late",
    ]


def test_an_outage_that_is_open_already_keeps_running_through_the_window() -> None:
    assert of("printer") == [
        "printer-20260310T015000Z notify kept 2026-03-10T01:53:32Z",
        "printer-20260310T015000Z plan broken never, 2110200 s late",
        "printer-20260310T015000Z repair broken never, 2099400 s late",
    ]


def test_weekly_windows_keep_to_the_wall_clock_over_its_change() -> None:
    """On the 8th from 07:00 to 08:00 UTC, and back on the second of the grace; on the 15th a second later."""
    assert of("srv") == [
        "srv-20260315T080000Z notify kept 2026-03-15T08:03:03Z",
        "srv-20260315T080000Z plan not_required never",
        "srv-20260315T080000Z repair kept 2026-03-15T08:03:01Z",
    ]


def test_what_was_cancelled_before_it_began_hides_nothing() -> None:
    assert of("till") == [
        "till-20260320T120000Z notify kept 2026-03-20T12:03:32Z",
        "till-20260320T120000Z plan not_required never",
        "till-20260320T120000Z repair kept 2026-03-20T12:30:00Z",
    ]


def test_availability_leaves_out_what_counts_and_no_more() -> None:
    """2,674,800 s of March in New York; 7,200 s of the 10th, or 18,000 s of three Sundays, are left out."""
    assert availability(played("maintenance", "maintenance")) == [
        "modem 0 of 2667600: 10000",
        "nas 1800 of 2667600: 9993",
        "phone 6900 of 2674800: 9974",
        "printer 600 of 2667600: 9997",
        "srv 181 of 2656800: 9999",
        "till 1800 of 2674800: 9993",
    ]


def test_only_what_was_missed_outside_costs() -> None:
    result = played("maintenance", "maintenance")
    assert refunds(result) == {
        "phone-20260310T020000Z/plan": 12_000,
        "phone-20260310T020000Z/repair": 24_000,
        "printer-20260310T015000Z/plan": 12_000,
        "printer-20260310T015000Z/repair": 24_000,
    }
    assert result.statements["2026-03"]["due_cents"] == 168_000


def test_the_client_is_told_at_once_of_each_announcement_and_of_the_cancellation() -> None:
    result = played("maintenance", "maintenance")
    told = {
        "20260308T070000Z-1": ["2026-03-01T05:30:00Z announced"],
        "20260310T020000Z-1": ["2026-03-07T02:00:00Z announced"],
        "20260310T020000Z-2": ["2026-03-07T02:00:01Z announced"],
        "20260320T120000Z-1": ["2026-03-12T12:00:00Z announced", "2026-03-20T11:59:59Z cancelled"],
    }
    for name, expected in told.items():
        assert mails(result, name) == [f"{what} {to}" for what in expected for to in CONTACTS]
