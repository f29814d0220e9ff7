"""The silent stretches of incidents: what counts as down, of the device itself and of those behind it."""

from __future__ import annotations

from typing import Any

import pytest
from support.months import a_contract, a_device, a_month, an_incident, at, evidence, the_statement

from makegood.rules.facts import FactsError, parse_facts

MINUTE, HOUR = 60, 3_600
BACKUP = {"backup": {"max_age": "60d", "at_least": "100%"}}


def silence(start: str, end: str | None, device: str = "modem") -> dict[str, Any]:
    return {"device": device, "from": at(start), "to": None if end is None else at(end)}


def flapping(*silences: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return an_incident(silences=list(silences), **changes)


def down(*incidents: dict[str, Any], **changes: Any) -> dict[str, int]:
    rows = the_statement(incidents=list(incidents), **changes)["availability"]
    return {row["device"]: row["down_seconds"] for row in rows}


def excused(*incidents: dict[str, Any], device: str = "modem") -> int:
    facts: dict[str, Any] = {
        "contract": a_contract(practices=BACKUP),
        "devices": [a_device(name, practices=["backup"] * (name == device)) for name in ("modem", "nas")],
        "evidence": [evidence("backup", "2026-03-31T06:00:00Z", {"ok": True}, device)],
    }
    row = the_statement(incidents=list(incidents), **facts)["practices"][0]
    return int(row["excused"])


def problems(*silences: dict[str, Any]) -> list[str]:
    with pytest.raises(FactsError) as refused:
        parse_facts(a_month(incidents=[flapping(*silences)]))
    return [str(problem) for problem in refused.value.problems]


def test_only_the_silent_stretches_of_a_device_that_comes_and_goes_count() -> None:
    stretches = [silence("10 08:00", "10 08:10"), silence("10 08:15", "10 08:20:30")]
    assert down(flapping(*stretches)) == {"modem": 15 * MINUTE + 30}


def test_stretches_that_overlap_count_once() -> None:
    assert down(flapping(silence("10 08:00", "10 08:10"), silence("10 08:05", "10 08:20"))) == {"modem": 1200}


def test_without_stretches_the_whole_outage_counts() -> None:
    assert down(an_incident()) == down(flapping()) == {"modem": HOUR}


def test_an_open_stretch_lasts_until_restored_or_retired_or_now() -> None:
    open_ = silence("10 08:30", None)
    assert down(flapping(open_)) == {"modem": 30 * MINUTE}
    never = {"restored_at": None, "documented_at": None}
    assert down(flapping(open_, **never), as_of=at("10 08:50")) == {"modem": 20 * MINUTE}
    retired = [a_device(retired_at=at("10 08:45"))]
    assert down(flapping(open_, **never), devices=retired) == {"modem": 15 * MINUTE}


def test_what_is_behind_a_device_is_down_by_its_incident_and_the_device_as_ever() -> None:
    devices = [a_device(), a_device("nas")]
    site = flapping(silence("10 07:59", "10 09:01", "nas"))
    assert down(site, devices=devices) == {"modem": HOUR, "nas": 62 * MINUTE}


def test_an_open_silence_behind_a_device_does_not_end_when_the_device_is_restored() -> None:
    devices = [a_device(), a_device("nas")]
    site = flapping(silence("10 08:00", None, "nas"))
    assert down(site, devices=devices, as_of=at("10 11:00"))["nas"] == 3 * HOUR
    retired = [a_device(), a_device("nas", retired_at=at("10 10:00"))]
    assert down(site, devices=retired)["nas"] == 2 * HOUR


def test_a_silence_that_counts_by_two_incidents_counts_once() -> None:
    devices = [a_device(), a_device("nas")]
    site = flapping(silence("10 08:00", "10 10:00", "nas"))
    untold = {"notified_at": None, "planned_at": None, "documented_at": None}
    own = an_incident(at("10 08:30"), device="nas", restored_at=at("10 11:00"), **untold)
    assert down(site, own, devices=devices)["nas"] == 3 * HOUR


def test_what_is_later_than_now_is_not_known() -> None:
    stretches = [silence("10 08:00", "10 08:10"), silence("10 08:30", "10 09:00")]
    assert down(flapping(*stretches), as_of=at("10 08:20")) == {"modem": 10 * MINUTE}
    assert down(flapping(*stretches), as_of=at("10 08:05")) == {"modem": 5 * MINUTE}


def test_a_day_is_excused_when_one_stretch_covers_it() -> None:
    late = {"restored_at": at("12 09:00"), "documented_at": at("12 09:30")}
    whole = flapping(silence("10 08:00", "10 09:00"), silence("10 10:00", "12 09:00"), **late)
    broken = flapping(silence("10 08:00", "11 12:00"), silence("11 12:05", "12 09:00"), **late)
    assert (excused(whole), excused(broken)) == (1, 0)


def test_a_day_behind_a_dead_device_is_excused() -> None:
    late = {"restored_at": at("12 09:00"), "documented_at": at("12 09:30")}
    assert excused(flapping(silence("10 08:00", "12 09:00", "nas"), **late), device="nas") == 1
    assert excused(flapping(silence("11 00:00", "12 00:00", "nas"), **late), device="nas") == 1
    assert excused(flapping(silence("11 00:00:01", "12 00:00", "nas"), **late), device="nas") == 0


def test_silences_are_refused_that_cannot_be() -> None:
    assert problems(silence("10 08:00", "10 07:00")) == [
        "incidents[0].silences[0].to: must not be before from, got 2026-04-10T07:00:00Z"
    ]
    assert problems(silence("10 07:59:59", None)) == [
        "incidents[0].silences[0].from: must not be before started_at, got 2026-04-10T07:59:59Z"
    ]
    assert problems({"device": "modme", "from": at("10 08:00"), "until": None}) == [
        "incidents[0].silences[0].until: is not known here; known are device, from, to",
        "incidents[0].silences[0].device: must be one of the devices, got 'modme' (did you mean modem?)",
    ]
