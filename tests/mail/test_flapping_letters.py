"""What is told of a device that comes and goes."""

from __future__ import annotations

from typing import Any

from support.cases import MODEM
from support.cast import DESK, HOUR, MINUTE, OWNER, START, TESS
from support.letters import REPAIRED, a_message, flat, links_in

from makegood.rules.silences import Silence


def silent(first: int, last: int | None) -> Silence:
    return Silence(MODEM, START + first * MINUTE, None if last is None else START + last * MINUTE)


THREE = (silent(0, 20), silent(21, 40), silent(42, 60))
ON: dict[str, Any] = {"silences": THREE}


def test_the_notice_says_how_often_and_for_how_long_and_that_mails_are_few() -> None:
    message = a_message("flapping", DESK, HOUR, **ON)
    assert message.subject == (
        "[Acme Dental Group] Front desk modem comes and goes: silent 3 times, 57 min in all"
    )
    text = flat(message.text)
    assert "Since March 12, 2026, 12:00 AM EDT (4:00 AM UTC) it was silent 3 times, 57 min in all." in text
    assert "It last came back March 12, 2026, 1:00 AM EDT (5:00 AM UTC)." in text
    assert "up for 10 min without a gap" in text
    assert "one mail an hour at most" in text
    assert "/desk/" not in message.text + message.html


def test_a_digest_says_what_its_hour_brought() -> None:
    more = (*THREE, silent(70, 80), silent(100, 118), silent(119, None))
    text = flat(a_message("digest1", OWNER, 2 * HOUR + 3, silences=more).text)
    assert "From 1:00 AM EDT to 2:00 AM EDT it came back 2 times." in text
    assert "it was silent 6 times, 1 h 26 min 3 s in all." in text
    once = a_message("digest1", OWNER, 2 * HOUR + 3, silences=(*THREE, silent(70, 80)))
    assert "it came back once." in flat(once.text)
    assert "still comes and goes" in once.subject


def test_technicians_get_their_link_and_their_clocks() -> None:
    message = a_message("flapping", TESS, HOUR, **ON)
    assert {link.person for link in links_in(message)} == {TESS}
    assert "THE CLOCKS" in message.text


def test_the_later_mails_count_the_silent_stretches_alone() -> None:
    recovery = flat(a_message("recovery", OWNER, 2 * HOUR, restored_at=START + HOUR, **ON).text)
    assert "It had been silent 3 times, 57 min in all." in recovery
    closing = flat(a_message("closing", OWNER, 5 * HOUR, **REPAIRED, **ON).text)
    assert "It was silent 3 times, 57 min in all, from March 12, 2026, 12:00 AM EDT" in closing
