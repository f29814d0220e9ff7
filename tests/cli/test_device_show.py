"""`makegood device show`: a device, and what its agent says of the time offline."""

from __future__ import annotations

import pytest
from cli.conftest import Makegood
from support.cast import START, an_up_device, enroll, sign_up

from makegood.storage.devices import FEED
from makegood.storage.records import Offline, Words

HOUR = 3_600


@pytest.fixture(autouse=True)
def acme(makegood: Makegood) -> None:
    makegood.deployment.now = START
    sign_up()
    an_up_device("srv")


def offline(device: str, start: int) -> None:
    Offline(
        "acme-dental",
        f"offline#{device}#{start}",
        device=device,
        start=start,
        end=start + HOUR,
        beats=60,
        received_at=START,
    ).save()


def test_the_newest_time_offline_comes_first_and_no_other_device_is_mixed_in(makegood: Makegood) -> None:
    offline("srv", START - 3 * HOUR)
    offline("srv", START - 5 * HOUR)
    offline("srv-2", START - 4 * HOUR)
    shown = makegood.json("device", "show", "acme-dental", "srv")
    assert (shown["device"], shown["state"]) == ("srv", "up")
    assert shown["offline"] == [
        {
            "from": "2026-03-12T01:00:00Z",
            "to": "2026-03-12T02:00:00Z",
            "beats": 60,
            "received_at": "2026-03-12T04:00:00Z",
        },
        {
            "from": "2026-03-11T23:00:00Z",
            "to": "2026-03-12T00:00:00Z",
            "beats": 60,
            "received_at": "2026-03-12T04:00:00Z",
        },
    ]


def test_people_see_the_device_and_the_table(makegood: Makegood) -> None:
    offline("srv", START - 3 * HOUR)
    said = makegood.says("device", "show", "acme-dental", "srv")
    assert ["state", "up"] in [line.split() for line in said.splitlines()]
    assert "Offline, by its agent's own clock" in said
    assert "2026-03-12T01:00:00Z" in said


def test_a_device_that_was_never_offline_has_no_such_table(makegood: Makegood) -> None:
    assert "Offline" not in makegood.says("device", "show", "acme-dental", "srv")


def logged(device: str, day: int, said: str) -> None:
    key = f"words#{device}#2026-03-{day:02}"
    Words("acme-dental", key, device=device, at=START + (day - 12) * 24 * HOUR, said=said).save()


def test_what_it_logged_is_shown_the_newest_first_and_steers_no_terminal(makegood: Makegood) -> None:
    for day in range(1, 13):
        logged("srv", day, f"day {day}\n\x1b[31mred\u202e")
    logged("srv-2", 12, "of another")
    shown = makegood.json("device", "show", "acme-dental", "srv")
    assert [each["said"][:6] for each in shown["logged"]] == ["day 12", "day 11", "day 10", "day 9\n"] + [
        f"day {day}\n" for day in (8, 7, 6)
    ]
    said = makegood.says("device", "show", "acme-dental", "srv")
    assert "Logged at 2026-03-12T04:00:00Z\n\n  day 12\n  red\n" in said
    assert "\x1b" not in said


def test_a_feed_is_shown_too(makegood: Makegood) -> None:
    enroll("nightly", state=FEED, feed_practice="backup", feed_device="srv")
    logged("nightly", 12, "copied 3 files")
    said = makegood.says("device", "show", "acme-dental", "nightly")
    assert "copied 3 files" in said
    assert makegood.json("device", "show", "acme-dental", "nightly")["feed"] == "nightly"


def test_an_unknown_device_is_named(makegood: Makegood) -> None:
    assert "There is no device nas of acme-dental" in makegood.refuses("device", "show", "acme-dental", "nas")
