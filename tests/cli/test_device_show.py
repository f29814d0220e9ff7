"""`makegood device show`: a device, and what its agent says of the time offline."""

from __future__ import annotations

import pytest
from cli.conftest import Makegood
from support.cast import START, an_up_device, sign_up

from makegood.storage.records import Offline

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


def test_an_unknown_device_is_named(makegood: Makegood) -> None:
    assert "There is no device nas of acme-dental" in makegood.refuses("device", "show", "acme-dental", "nas")
