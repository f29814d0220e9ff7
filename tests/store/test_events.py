"""What happened is told at least once, whoever fails in between, and nothing is lost."""

from __future__ import annotations

import pytest
from support.bus import Bus
from support.cast import sign_up
from support.deployment import Deployment

from makegood import aws
from makegood.events import AT_ONCE, tell, tell_untold
from makegood.rules.events import Event
from makegood.storage.events import announce, announce_once, untold_events
from makegood.storage.transactions import LostRaceError, write_together

AT = 1_767_225_600


@pytest.fixture
def bus(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Bus:
    sign_up()
    stand_in = Bus()
    monkeypatch.setattr(aws, "eventbridge", lambda: stand_in)
    return stand_in


def an_event(name: str) -> Event:
    return Event("practice.missed", "acme-dental", name, AT, data={"practice": "backup", "devices": ["srv"]})


def test_an_event_is_told_once_and_then_no_more(bus: Bus) -> None:
    write_together(announce(an_event("2026-01-01-backup")))
    assert tell_untold(AT) == []
    assert tell_untold(AT) == []
    assert bus.ids() == ["acme-dental/practice.missed/2026-01-01-backup"]
    assert bus.taken[0]["at"] == "2026-01-01T00:00:00Z"
    assert bus.taken[0]["client"] == "acme-dental"
    assert "incident" not in bus.taken[0]


def test_what_is_yet_to_come_is_not_told(bus: Bus) -> None:
    write_together(announce(an_event("a")))
    assert tell_untold(AT - 1) == []
    assert bus.ids() == []


def test_what_the_bus_refused_is_told_again_and_the_rest_is_not(bus: Bus) -> None:
    write_together(announce(an_event("a")), announce(an_event("b")))
    bus.refuses = {an_event("a").id}
    assert len(tell_untold(AT)) == 1
    bus.refuses = set()
    assert tell_untold(AT) == []
    assert bus.ids() == [an_event("b").id, an_event("a").id]


def test_an_event_waits_for_a_bus_that_is_down(bus: Bus) -> None:
    write_together(announce(an_event("a")))
    bus.is_down = True
    assert len(tell_untold(AT)) == 1
    bus.is_down = False
    assert tell_untold(AT) == []
    assert bus.ids() == [an_event("a").id]


def test_who_dies_before_taking_note_tells_the_same_event_again(bus: Bus) -> None:
    write_together(announce(an_event("a")))
    records = untold_events(AT, 10)
    tell(records)
    tell(records)
    assert bus.ids() == [an_event("a").id] * 2
    assert untold_events(AT, 10) == []


def test_many_are_told_in_calls_of_ten(bus: Bus) -> None:
    write_together(*(announce(an_event(f"{number:02}")) for number in range(AT_ONCE + 3)))
    assert tell_untold(AT) == []
    assert bus.calls == [10, 3]


def test_the_same_event_written_twice_is_one(bus: Bus) -> None:
    write_together(announce(an_event("a")))
    write_together(announce(an_event("a")))
    assert tell_untold(AT) == []
    assert bus.ids() == [an_event("a").id]


def test_an_event_that_was_told_refuses_its_transaction_where_once_is_asked_for(bus: Bus) -> None:
    write_together(announce_once(an_event("a")))
    tell_untold(AT)
    with pytest.raises(LostRaceError):
        write_together(announce_once(an_event("a")))


def test_an_event_of_no_client_names_none(bus: Bus) -> None:
    write_together(announce(Event("practice.missed", "", "x", AT)))
    tell_untold(AT)
    assert bus.ids() == ["practice.missed/x"]
    assert "client" not in bus.taken[0]
