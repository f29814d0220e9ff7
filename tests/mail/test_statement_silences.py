"""What a statement says of devices that come and go, and of those behind a dead one."""

from __future__ import annotations

from typing import Any

from support.months import a_device, a_month, an_incident, at, the_statement
from support.telling import told_view

from makegood.mail.statement_outages import OutageView


def silence(device: str, start: str, end: str | None) -> dict[str, Any]:
    return {"device": device, "from": at(start), "to": None if end is None else at(end)}


def told(silences: list[dict[str, Any]], **changes: Any) -> OutageView:
    month = {"incidents": [an_incident(silences=silences)], **changes}
    (outage,) = told_view(the_statement(**month), a_month(**month)).outages
    return outage


def test_a_device_that_came_and_went_is_said_to_have() -> None:
    outage = told([silence("modem", "10 08:00", "10 08:20"), silence("modem", "10 08:30", "10 09:00")])
    assert outage.when == (
        "On and off from 8:00 AM to 9:00 AM: silent 2 times, 50 min in all; only that counts as down"
    )
    assert outage.notes == ()


def test_what_was_silent_behind_it_is_named_with_how_long() -> None:
    devices = [a_device(), a_device("nas"), a_device("srv"), a_device("till")]
    silences = [
        silence("srv", "10 08:00", "10 09:02"),
        silence("nas", "10 08:00", "10 08:30"),
        silence("nas", "10 08:40", "10 08:50"),
    ]
    assert told(silences, devices=devices).notes == (
        "Silent with it, as they are reached through it: nas for 40 min, srv for 1 h 2 min",
    )
