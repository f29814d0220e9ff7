"""Once a client's day is over, what it missed is told, each day once, also after a check that did not run."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.bus import Bus
from support.cast import HOUR, START, a_contract, an_up_device, sign_up
from support.crashes import calls, throttled
from support.deployment import Deployment

import practices
from makegood import aws
from makegood.events import tell_untold
from makegood.storage.records import CLIENTS, ClientEntry, Evidence
from makegood_simulator.events import Context, schedule_event

DAY = 24 * HOUR
MIDNIGHT = START + DAY
"""The end of Acme's 12 March 2026."""


@pytest.fixture
def bus(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Bus:
    sign_up()
    an_up_device("srv", last_seen=MIDNIGHT + 3 * DAY, practices={"backup"})
    stand_in = Bus()
    monkeypatch.setattr(aws, "eventbridge", lambda: stand_in)
    ClientEntry(CLIENTS, "acme-dental").update([ClientEntry.judged_day.set("2026-03-11")])
    return stand_in


def check(deployment: Deployment, at: int) -> None:
    deployment.now = at
    practices.handler(schedule_event(), Context())
    tell_untold(at)


def bring(day: str, at: int, facts: dict[str, Any]) -> None:
    key = f"evidence#{day}#srv#backup"
    Evidence("acme-dental", key, device="srv", practice="backup", at=at, facts=facts).save()


def missed(bus: Bus) -> list[tuple[str, list[str]]]:
    return [(event["data"]["day"], event["data"]["devices"]) for event in bus.taken]


def test_a_day_is_told_when_it_is_over_and_not_a_second_before(deployment: Deployment, bus: Bus) -> None:
    check(deployment, MIDNIGHT - 1)
    assert missed(bus) == []
    for at in (MIDNIGHT, MIDNIGHT + HOUR, MIDNIGHT + DAY - 1):
        check(deployment, at)
    assert missed(bus) == [("2026-03-12", ["srv"])]
    assert bus.types == ["practice.missed"]
    assert bus.taken[0]["id"] == "acme-dental/practice.missed/2026-03-12-backup"
    assert bus.taken[0]["at"] == "2026-03-13T04:00:00Z"


def test_a_day_that_was_done_is_not_told(deployment: Deployment, bus: Bus) -> None:
    bring("2026-03-12", MIDNIGHT - 1, {"ok": True})
    check(deployment, MIDNIGHT)
    check(deployment, MIDNIGHT + DAY)
    assert missed(bus) == [("2026-03-13", ["srv"])]


def test_days_that_nobody_looked_at_are_made_up_for(deployment: Deployment, bus: Bus) -> None:
    check(deployment, MIDNIGHT + 3 * DAY)
    assert [day for day, _ in missed(bus)] == ["2026-03-12", "2026-03-13", "2026-03-14", "2026-03-15"]


def test_a_day_on_which_the_clocks_change_is_told_once(deployment: Deployment, bus: Bus) -> None:
    """Acme's 8 March has 23 hours; it is told in the hours that follow, like any other."""
    ClientEntry(CLIENTS, "acme-dental").update([ClientEntry.judged_day.set("2026-03-06")])
    for hour in range(60):
        check(deployment, START - 4 * DAY - 12 * HOUR + hour * HOUR)
    assert [day for day, _ in missed(bus)] == ["2026-03-07", "2026-03-08"]


def test_of_a_client_who_is_new_to_it_only_yesterday_is_told(deployment: Deployment, bus: Bus) -> None:
    ClientEntry(CLIENTS, "acme-dental").update([ClientEntry.judged_day.remove()])
    check(deployment, MIDNIGHT + 3 * DAY)
    assert [day for day, _ in missed(bus)] == ["2026-03-15"]


def test_a_check_that_fails_is_made_up_for_by_the_next(deployment: Deployment, bus: Bus) -> None:
    deployment.now = MIDNIGHT
    for number in range(1, 12):
        with calls(number, throttled), suppress(practices.CheckError, ClientError):
            practices.handler(schedule_event(), Context())
    check(deployment, MIDNIGHT + 15 * 60)
    assert missed(bus) == [("2026-03-12", ["srv"])]


def test_a_client_without_practices_misses_none(deployment: Deployment, bus: Bus) -> None:
    sign_up(a_contract(practices={}))
    check(deployment, MIDNIGHT)
    assert missed(bus) == []
