"""Time in which nobody could be heard is neither up nor down, second by second."""

from __future__ import annotations

from typing import Any

import pytest
from support.months import a_contract, a_device, a_month, an_incident, at, the_statement

from makegood.rules.facts import FactsError
from makegood.rules.statements import compute

HOUR = 3_600
APRIL = 30 * 24 * HOUR


def gap(start: str, end: str, *devices: str) -> dict[str, Any]:
    return {"from": start, "to": end, **({"devices": list(devices)} if devices else {})}


def down(started_at: str, restored_at: str | None) -> dict[str, Any]:
    nothing: dict[str, Any] = {"notified_at": None, "planned_at": None, "documented_at": None}
    return an_incident(started_at, restored_at=restored_at, **nothing)


def seconds(*gaps: dict[str, Any], **changes: Any) -> tuple[int, int, int]:
    """Watched, down and not monitored."""
    (row,) = the_statement(unmonitored=list(gaps), **changes)["availability"]
    return row["monitored_seconds"], row["down_seconds"], row["unmonitored_seconds"]


def test_ten_minutes_without_hearing_are_neither_up_nor_down() -> None:
    assert seconds(gap(at("10 08:00"), at("10 08:10"))) == (APRIL - 600, 0, 600)


def test_what_was_down_before_and_after_is_down_only_there() -> None:
    gaps = [gap(at("10 08:10"), at("10 08:20"))]
    incidents = [down(at("10 08:00"), at("10 09:00"))]
    assert seconds(*gaps, incidents=incidents) == (APRIL - 600, 50 * 60, 600)


def test_gaps_that_overlap_count_once() -> None:
    gaps = [gap(at("10 08:00"), at("10 08:20")), gap(at("10 08:10"), at("10 08:30"))]
    assert seconds(*gaps)[2] == 30 * 60


def test_announced_work_counts_as_that() -> None:
    window = {
        "devices": ["modem"],
        "from": at("10 08:00"),
        "to": at("10 09:00"),
        "announced_at": "2026-03-01T00:00:00Z",
    }
    gaps = [gap(at("10 08:30"), at("10 09:30"))]
    assert seconds(*gaps, maintenance=[window]) == (APRIL - HOUR - HOUR // 2, 0, HOUR // 2)


def test_only_the_covered_enrolled_and_known_part_of_the_period_counts() -> None:
    everything = gap("2026-03-01T00:00:00Z", "2026-06-01T00:00:00Z")
    contract = a_contract(effective_from="2026-04-03", effective_until="2026-04-20")
    devices = [a_device(enrolled_at=at("05 00:00"), retired_at=at("10 00:00"))]
    assert seconds(everything, contract=contract, devices=devices) == (0, 0, 5 * 24 * HOUR)
    assert seconds(everything, as_of=at("02 00:00")) == (0, 0, 24 * HOUR)


def test_a_gap_may_be_of_some_devices_only() -> None:
    gaps = [gap(at("10 08:00"), at("10 08:05"), "nas")]
    devices = [a_device("nas"), a_device("modem")]
    rows = the_statement(devices=devices, unmonitored=gaps)["availability"]
    assert {row["device"]: row["unmonitored_seconds"] for row in rows} == {"modem": 0, "nas": 300}


def test_without_such_a_fact_the_statement_has_no_such_field() -> None:
    (row,) = the_statement()["availability"]
    assert "unmonitored_seconds" not in row
    (row,) = the_statement(unmonitored=[])["availability"]
    assert row["unmonitored_seconds"] == 0


def test_no_stage_waits_for_our_own_outage() -> None:
    incidents = [down(at("10 08:00"), at("10 20:00"))]
    without = the_statement(incidents=incidents)
    stages = the_statement(incidents=incidents, unmonitored=[gap(at("10 07:00"), at("10 19:00"))])["stages"]
    assert stages == without["stages"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (gap(at("10 08:10"), at("10 08:00")), r"unmonitored\[0\]\.to: must not be before from"),
        (gap(at("10 08:00"), at("10 08:10"), "toaster"), r"unmonitored\[0\]\.devices\[0\]: must be one of"),
        ({"from": at("10 08:00")}, r"unmonitored\[0\]\.to: must be an instant"),
        ({**gap(at("10 08:00"), at("10 08:10")), "why": "rain"}, r"unmonitored\[0\]\.why: is not known here"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(wrong: dict[str, Any], path: str) -> None:
    with pytest.raises(FactsError, match=path):
        compute(a_month(unmonitored=[wrong]))
