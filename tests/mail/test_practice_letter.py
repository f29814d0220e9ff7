"""What technicians read of a day that is about to miss something."""

from __future__ import annotations

from typing import Any

import pytest
from support.cast import HOUR, START, TESS, TOM, a_contract, an_up_device, sign_up
from support.deployment import Deployment
from support.hostile import HOSTILE_NAME, assert_harmless
from support.letters import flat, links_in

from makegood.mail.message import Message
from makegood.mail.practice_letter import practice_message
from makegood.rules.links import Link
from makegood.storage.practice_day import look_at_day
from makegood.storage.records import Evidence

EVENING = START + 23 * HOUR
EACH = {"max_age": "1d", "refund_each": "10.00"}
PRACTICES: dict[str, Any] = {"backup": EACH, "log_review": {"max_age": "1d", "at_least": "90%"}}


@pytest.fixture(autouse=True)
def _deployed(deployment: Deployment) -> None:
    deployment.now = EVENING


def bring(practice: str, facts: dict[str, Any], device: str = "srv", day: int = 12, at: int = START) -> None:
    key = f"evidence#2026-03-{day}#{device}#{practice}"
    Evidence("acme-dental", key, device=device, practice=practice, at=at, facts=facts).save()


def the_message(to: str = TESS, **contract: Any) -> Message:
    sign_up(a_contract(**{"practices": PRACTICES, "effective_from": "2026-03-11", **contract}))
    today = look_at_day("acme-dental", EVENING)
    assert today is not None
    return practice_message(today, to)


def test_the_letter_says_what_is_missing_the_worst_first_and_what_it_costs() -> None:
    for name in ("nas", "srv"):
        an_up_device(name, practices={"backup", "log_review"})
        bring("backup", {"ok": True}, name, 11, START - HOUR)
        bring("log_review", {"reviewed": True}, name, 11, START - HOUR)
    bring("backup", {"ok": False, "bytes": 1_234, "exit_status": None}, at=START + 600)
    message = the_message()
    assert message.subject == "[Acme Dental Group] 4 device-days about to be missed: Backup, Log review"
    text = flat(message.text)
    places = [
        text.index(words)
        for words in (
            "4 device-days of March 12, 2026 about to be missed",
            "The day ends on March 13, 2026, 12:00 AM EDT (4:00 AM UTC); what arrives later is too late.",
            "Left as it is, it adds $20.00 to this month's refunds, unless their cap is reached.",
            "are attested by a person, by name, on that page",
            "* Backup on 2 devices: $20.00",
            "nas: no evidence since March 11, 2026, 11:00 PM EDT (March 12, 2026, 3:00 AM UTC)",
            "srv: not done by what it reported on March 12, 2026, 12:10 AM EDT (4:10 AM UTC): "
            "succeeded: no; size in bytes: 1,234; exit status: not determined",
            "* Log review on 2 devices: SCORE 50.00%",
        )
    ]
    assert places == sorted(places)


def test_each_technician_gets_links_of_their_own_that_do_not_change() -> None:
    an_up_device("srv", practices={"backup"})
    expires = START + 24 * HOUR + 30 * 24 * HOUR
    for person in (TESS, TOM):
        assert links_in(the_message(person)) == [
            Link("practices", "acme-dental", "", person, expires),
            Link("home", "", "", person, expires),
        ]
    assert the_message() == the_message()


def test_a_practice_that_no_person_attests_says_nothing_of_attesting() -> None:
    an_up_device("srv", practices={"backup"})
    assert "attested" not in the_message().text


def test_without_money_at_stake_the_letter_speaks_of_none() -> None:
    an_up_device("srv", practices={"log_review"})
    message = the_message(practices={"log_review": {"max_age": "1d"}})
    assert "refunds" not in message.text
    assert "srv: no evidence this month" in message.text


@pytest.mark.parametrize(
    ("devices", "words"), [(12, None), (13, "and 1 device more"), (14, "and 2 devices more")]
)
def test_of_many_devices_twelve_are_named(devices: int, words: str | None) -> None:
    for number in range(devices):
        an_up_device(f"d{number:02}", practices={"backup"})
    text = flat(the_message().text)
    assert "d11: no" in text
    assert "d12: no" not in text
    assert ("more" in text) is (words is not None)
    assert words is None or words in text


def test_hostile_text_is_harmless() -> None:
    an_up_device("srv", practices={"backup"})
    bring("backup", {"ok": False, "source": HOSTILE_NAME})
    message = the_message()
    assert_harmless(message.html)
    assert "\r" not in message.subject
