"""What a client reads of announced and cancelled maintenance."""

from __future__ import annotations

from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.cast import HOUR, an_up_device, sign_up
from support.deployment import Deployment
from support.hostile import HOSTILE_NAME, assert_harmless
from support.letters import flat

from makegood.announcing import announcement
from makegood.mail.maintenance_letter import maintenance_message
from makegood.mail.message import Message
from makegood.rules.announcing import Plan
from makegood.rules.instants import parse_instant
from makegood.rules.intervals import Interval
from makegood.rules.maintenance import Weekly
from makegood.storage.changes import Operator
from makegood.storage.maintenance import announce, cancel

FROM, TO = parse_instant("2026-03-14T06:00:00Z"), parse_instant("2026-03-14T08:00:00Z")
NOW = FROM - 72 * HOUR
SUNDAYS = Weekly((6,), time(2), time(4), date(2026, 3, 8), date(2026, 3, 29), ZoneInfo("America/New_York"))


@pytest.fixture(autouse=True)
def acme(deployment: Deployment) -> None:
    sign_up()
    an_up_device("modem", name="Front desk modem")
    an_up_device("nas", name=HOSTILE_NAME)


def the_message(at: int = NOW, cancelled_at: int | None = None, **changes: Any) -> Message:
    plan: dict[str, Any] = {
        "devices": ("modem",),
        "when": Interval(FROM, TO),
        "reason": "New firmware for the modem.",
    }
    record, _ = announce("acme-dental", Plan(**{**plan, **changes}), Operator("tess", at), short_notice=True)
    if cancelled_at is not None:
        record, _ = cancel("acme-dental", record.maintenance, Operator("tess", cancelled_at))
    return maintenance_message(announcement(record), "https://makegood.example/live/page")


def test_the_letter_says_which_devices_when_why_and_what_it_means() -> None:
    message = the_message()
    subject = "[Acme Dental Group] Announced maintenance: Front desk modem, March 14, 2026, 2:00 AM EDT"
    assert message.subject == subject
    text = flat(message.text)
    places = [
        text.index(words)
        for words in (
            "We will work on Front desk modem, March 14, 2026, 2:00 AM EDT",
            "New firmware for the modem. ",
            "Devices: Front desk modem",
            "When: From March 14, 2026, 2:00 AM EDT (6:00 AM UTC) "
            "to March 14, 2026, 4:00 AM EDT (8:00 AM UTC), 2 h",
            "Announced: March 11, 2026, 2:00 AM EDT (6:00 AM UTC)",
            "opens no incident, and the time is left out of its availability",
        )
    ]
    assert places == sorted(places)
    assert "any other time" not in text


def test_what_is_too_short_says_that_it_changes_nothing() -> None:
    text = flat(the_message(at=NOW + 1).text)
    assert "Your contract asks for 72 h of notice, and this is less. So it changes nothing for you" in text
    assert "opens no incident" not in text


def test_weekly_maintenance_names_its_days_and_the_first_windows() -> None:
    message = the_message(when=SUNDAYS, devices=("*",), at=parse_instant("2026-03-01T00:00:00Z"))
    assert message.subject == "[Acme Dental Group] Announced maintenance: all devices, every Sunday"
    text = flat(message.text)
    assert (
        "When: Every Sunday, 2:00 AM to 4:00 AM (America/New_York), from March 8, 2026 to March 29, 2026"
        in text
    )
    first = "First: From March 8, 2026, 3:00 AM EDT (7:00 AM UTC) to March 8, 2026, 4:00 AM EDT"
    assert f"{first} (8:00 AM UTC), 1 h" in text
    assert text.count("Then: From ") == 2
    assert "counts from" not in text


def test_weekly_maintenance_whose_first_windows_are_too_soon_says_from_when_it_counts() -> None:
    text = flat(the_message(when=SUNDAYS, at=parse_instant("2026-03-06T00:00:00Z")).text)
    assert "so this counts from March 15, 2026, 2:00 AM EDT on" in text


def test_a_cancellation_says_that_it_will_not_take_place() -> None:
    message = the_message(cancelled_at=FROM - 1)
    assert message.subject.startswith(
        "[Acme Dental Group] Cancelled: maintenance of Front desk modem, March 14"
    )
    text = flat(message.text)
    assert "will not take place" in text
    assert "Nothing of it had begun." in text
    assert "Cancelled: March 14, 2026, 1:59:59 AM EDT (5:59:59 AM UTC)" in text


def test_of_weekly_maintenance_that_had_begun_the_cancellation_says_so() -> None:
    after_the_first = parse_instant("2026-03-10T00:00:00Z")
    early = parse_instant("2026-03-01T00:00:00Z")
    text = flat(the_message(when=SUNDAYS, at=early, cancelled_at=after_the_first).text)
    assert "What had begun before stays as announced." in text


def test_hostile_text_is_harmless() -> None:
    message = the_message(devices=("nas",), reason="<script>alert(1)</script>")
    assert_harmless(message.html)
    assert "<script>" not in message.html
    assert "\r" not in message.subject
