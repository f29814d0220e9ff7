"""Availability: watched time, announced work and silence, second by second."""

from __future__ import annotations

from typing import Any

import pytest
from support.months import a_contract, a_device, an_incident, at, the_statement

HOUR = 3_600
DAY = 24 * HOUR
APRIL = 30 * DAY


def row(**changes: Any) -> dict[str, Any]:
    (only,) = the_statement(**changes)["availability"]
    assert isinstance(only, dict)
    return only


def seconds(**changes: Any) -> tuple[int, int, int, int | None]:
    measured = row(**changes)
    return (
        measured["monitored_seconds"],
        measured["down_seconds"],
        measured["maintenance_seconds"],
        measured["availability_bps"],
    )


def work(start: str, end: str, announced_at: str = "2026-03-01T00:00:00Z", *devices: str) -> dict[str, Any]:
    return {"devices": list(devices) or ["modem"], "from": start, "to": end, "announced_at": announced_at}


def down(started_at: str, restored_at: str | None, **changes: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {"notified_at": None, "planned_at": None, "documented_at": None}
    return an_incident(started_at, restored_at=restored_at, **nothing, **changes)


def test_a_quiet_month_is_wholly_available() -> None:
    assert seconds() == (APRIL, 0, 0, 10_000)


def test_an_outage_counts_until_it_is_restored() -> None:
    assert seconds(incidents=[down(at("10 08:00"), at("10 20:00"))]) == (APRIL, 12 * HOUR, 0, 9_833)


def test_two_outages_add_up() -> None:
    incidents = [down(at("10 08:00"), at("10 09:00")), down(at("10 09:00"), at("10 11:00"))]
    assert seconds(incidents=incidents)[1] == 3 * HOUR


def test_only_the_part_of_an_outage_inside_the_period_counts() -> None:
    incidents = [down("2026-03-31T22:00:00Z", at("01 01:00")), down(at("30 23:00"), "2026-05-01T10:00:00Z")]
    assert seconds(incidents=incidents)[1] == 2 * HOUR


def test_an_open_outage_counts_until_now_or_until_the_device_is_retired() -> None:
    incidents = [down(at("10 08:00"), None)]
    assert seconds(incidents=incidents, as_of=at("10 10:00"))[:2] == (9 * DAY + 10 * HOUR, 2 * HOUR)
    retired = [a_device(retired_at=at("10 09:00"))]
    assert seconds(incidents=incidents, devices=retired)[:2] == (9 * DAY + 9 * HOUR, HOUR)


def test_what_is_later_than_now_is_not_counted() -> None:
    now = at("02 00:00")
    assert seconds(as_of=now) == (DAY, 0, 0, 10_000)
    assert seconds(as_of=now, incidents=[down(at("01 12:00"), at("03 00:00"))])[1] == 12 * HOUR
    assert seconds(as_of=now, devices=[a_device(retired_at=at("03 00:00"))])[0] == DAY


def test_only_the_covered_time_counts() -> None:
    contract = a_contract(effective_from="2026-04-03", effective_until="2026-04-05")
    assert seconds(contract=contract)[0] == 2 * DAY
    long_outage = [down(at("04 00:00"), at("20 00:00"))]
    assert seconds(contract=contract, incidents=long_outage) == (2 * DAY, DAY, 0, 5_000)


def test_an_outage_that_started_before_the_contract_is_ignored() -> None:
    contract = a_contract(effective_from="2026-04-03")
    assert seconds(contract=contract, incidents=[down(at("02 23:59:59"), at("10 00:00"))])[1] == 0
    assert seconds(contract=contract, incidents=[down(at("03 00:00"), at("10 00:00"))])[1] == 7 * DAY


def test_only_enrolled_time_counts() -> None:
    devices = [a_device(enrolled_at=at("10 00:00"), retired_at=at("12 00:00"))]
    incidents = [down(at("09 00:00"), at("11 00:00"))]
    assert seconds(devices=devices, incidents=incidents) == (2 * DAY, DAY, 0, 5_000)


def test_a_device_that_was_never_watched_has_no_availability() -> None:
    devices = [a_device(enrolled_at="2026-05-01T00:00:00Z")]
    assert seconds(devices=devices) == (0, 0, 0, None)


def test_parts_of_a_basis_point_are_dropped() -> None:
    # One second of thirty days is 0.004 basis points.
    assert seconds(incidents=[down(at("10 08:00"), at("10 08:00:01"))])[3] == 9_999


def test_announced_work_is_not_watched() -> None:
    windows = [work(at("10 08:00"), at("10 10:00"))]
    assert seconds(maintenance=windows) == (APRIL - 2 * HOUR, 0, 2 * HOUR, 10_000)


def test_silence_during_announced_work_is_not_down() -> None:
    windows = [work(at("10 08:00"), at("10 10:00"))]
    incidents = [down(at("10 07:00"), at("10 11:00"))]
    assert seconds(maintenance=windows, incidents=incidents)[1:3] == (2 * HOUR, 2 * HOUR)


def test_windows_that_overlap_count_once() -> None:
    windows = [work(at("10 08:00"), at("10 10:00")), work(at("10 09:00"), at("10 11:00"))]
    assert seconds(maintenance=windows)[2] == 3 * HOUR


@pytest.mark.parametrize(
    ("announced_at", "valid"), [(at("07 07:59:59"), True), (at("07 08:00"), True), (at("07 08:00:01"), False)]
)
def test_work_is_announced_three_days_ahead(announced_at: str, valid: bool) -> None:
    windows = [work(at("10 08:00"), at("10 09:00"), announced_at)]
    assert seconds(maintenance=windows)[2] == (HOUR if valid else 0)


def test_the_contract_says_how_long_ahead() -> None:
    windows = [work(at("10 08:00"), at("10 09:00"), at("10 07:00"))]
    assert seconds(maintenance=windows, contract=a_contract(maintenance_notice="1h"))[2] == HOUR
    assert seconds(maintenance=windows, contract=a_contract(maintenance_notice="3601s"))[2] == 0


def test_announced_work_is_known_with_its_end_once_announced() -> None:
    windows = [work(at("10 08:00"), at("10 10:00"), at("05 00:00"))]
    assert seconds(maintenance=windows, as_of=at("10 09:00"))[2] == HOUR
    # Nothing of it is known before; the notice of this contract would otherwise suffice.
    early = a_contract(maintenance_notice="0h")
    windows = [work(at("10 08:00"), at("10 10:00"), at("10 08:00"))]
    assert seconds(maintenance=windows, contract=early, as_of=at("10 07:59:59"))[2] == 0
    assert seconds(maintenance=windows, contract=early, as_of=at("10 08:01"))[2] == 60


def test_work_concerns_the_devices_it_names_or_all() -> None:
    devices = [a_device("nas"), a_device("modem")]

    def maintained(*names: str) -> list[tuple[str, int]]:
        windows = [work(at("10 08:00"), at("10 09:00"), "2026-03-01T00:00:00Z", *names)]
        rows = the_statement(devices=devices, maintenance=windows)["availability"]
        return [(measured["device"], measured["maintenance_seconds"]) for measured in rows]

    assert maintained("modem") == [("modem", HOUR), ("nas", 0)]
    assert maintained("*") == [("modem", HOUR), ("nas", HOUR)]
    assert maintained("nas", "*") == [("modem", HOUR), ("nas", HOUR)]


def test_work_outside_of_enrolled_time_does_not_count() -> None:
    windows = [work(at("10 08:00"), at("10 12:00"))]
    devices = [a_device(enrolled_at=at("10 09:00"), retired_at=at("10 10:00"))]
    assert seconds(maintenance=windows, devices=devices) == (0, 0, HOUR, None)


@pytest.mark.parametrize(
    ("changes", "listed"),
    [
        ({"retired_at": "2026-03-31T23:59:59Z"}, False),
        ({"retired_at": at("01 00:00")}, True),
        ({"enrolled_at": "2026-05-03T09:00:00Z"}, True),
        ({"enrolled_at": "2026-05-03T09:00:01Z"}, False),
        ({"enrolled_at": None}, False),
    ],
)
def test_devices_that_were_gone_before_or_came_later_have_no_row(
    changes: dict[str, Any], listed: bool
) -> None:
    rows = the_statement(devices=[a_device(**changes)])["availability"]
    assert [measured["device"] for measured in rows] == (["modem"] if listed else [])
