"""Practices: which device-days count, and which evidence counts for them."""

from __future__ import annotations

from typing import Any

import pytest
from support.months import a_contract, a_device, an_incident, at, evidence, the_statement

OK = {"ok": True}
BAD = {"ok": False}
FIRST_DAYS = ("01", "02", "03")


def backup(**changes: Any) -> dict[str, Any]:
    """The backup's row of a month's statement; as of the 4th of April, three days are over."""
    terms = {"max_age": "1d", **changes.pop("terms", {})}
    month: dict[str, Any] = {
        "contract": a_contract(outages=None, practices={"backup": terms}, **changes.pop("contract", {})),
        "devices": [a_device(practices=["backup"])],
        "as_of": at("04 00:00"),
    }
    (row,) = the_statement(**{**month, **changes})["practices"]
    assert isinstance(row, dict)
    return row


def counts(row: dict[str, Any]) -> tuple[int, int, int, int]:
    return row["done"], row["missed"], row["no_evidence"], row["excused"]


def test_a_day_is_done_missed_or_without_evidence() -> None:
    row = backup(evidence=[evidence("backup", at("01 20:00"), OK), evidence("backup", at("02 20:00"), BAD)])
    assert counts(row) == (1, 1, 1, 0)
    assert (row["score_bps"], row["verdict"]) == (3_333, "broken")


@pytest.mark.parametrize(
    ("moment", "done"),
    [(at("02 00:00"), 1), (at("02 23:59:59"), 1), (at("01 23:59:59"), 0), (at("03 00:00"), 0)],
)
def test_evidence_of_a_day_falls_on_it(moment: str, done: int) -> None:
    only_the_2nd = {"effective_from": "2026-04-02", "effective_until": "2026-04-03"}
    assert backup(contract=only_the_2nd, evidence=[evidence("backup", moment, OK)])["done"] == done


@pytest.mark.parametrize(
    ("as_of", "days"), [(at("03 23:59:59"), 2), (at("04 00:00"), 3), (at("04 00:00:01"), 3)]
)
def test_a_day_counts_when_it_is_over(as_of: str, days: int) -> None:
    assert backup(as_of=as_of)["no_evidence"] == days


@pytest.mark.parametrize(
    ("enrolled_at", "days"), [(at("02 00:00"), 2), (at("02 00:00:01"), 1), (at("01 00:00"), 3), (None, 0)]
)
def test_a_device_counts_from_its_first_whole_day(enrolled_at: str | None, days: int) -> None:
    devices = [a_device(practices=["backup"], enrolled_at=enrolled_at)]
    assert backup(devices=devices)["no_evidence"] == days


@pytest.mark.parametrize(("retired_at", "days"), [(at("03 00:00"), 2), (at("02 23:59:59"), 1), (None, 3)])
def test_a_device_counts_to_its_last_whole_day(retired_at: str | None, days: int) -> None:
    devices = [a_device(practices=["backup"], retired_at=retired_at)]
    assert backup(devices=devices)["no_evidence"] == days


def test_only_devices_that_list_the_practice_count() -> None:
    row = backup(devices=[a_device(practices=["patching"]), a_device("nas", practices=["backup", "backup"])])
    assert row["no_evidence"] == 3


def test_without_a_day_that_counts_there_is_no_score() -> None:
    row = backup(devices=[a_device()])
    assert (counts(row), row["score_bps"], row["verdict"]) == ((0, 0, 0, 0), None, None)


@pytest.mark.parametrize(
    ("effective_from", "effective_until", "days"),
    [("2026-04-02", None, 2), ("2026-01-01", "2026-04-03", 2), ("2026-04-02", "2026-04-03", 1)],
)
def test_days_outside_the_contract_do_not_count(
    effective_from: str, effective_until: str | None, days: int
) -> None:
    contract = {"effective_from": effective_from, "effective_until": effective_until}
    assert backup(contract=contract)["no_evidence"] == days


def test_the_newest_evidence_of_a_day_decides() -> None:
    morning, evening = evidence("backup", at("01 08:00"), BAD), evidence("backup", at("01 20:00"), OK)
    for items in ([morning, evening], [evening, morning]):
        assert counts(backup(evidence=items)) == (1, 0, 2, 0)


def test_of_evidence_at_one_instant_the_last_one_decides() -> None:
    good, bad = evidence("backup", at("01 08:00"), OK), evidence("backup", at("01 08:00"), BAD)
    assert counts(backup(evidence=[bad, good])) == (1, 0, 2, 0)
    assert counts(backup(evidence=[good, bad])) == (0, 1, 2, 0)


def test_evidence_of_another_device_or_practice_shows_nothing() -> None:
    devices = [a_device(practices=["backup"]), a_device("nas")]
    others = [
        evidence("backup", at("01 08:00"), OK, device="nas"),
        evidence("restore_test", at("01 08:00"), OK),
    ]
    assert counts(backup(devices=devices, evidence=others)) == (0, 0, 3, 0)


@pytest.mark.parametrize(
    ("max_age", "moment", "done"),
    [
        ("1d", "2026-03-31T23:59:59Z", 0),
        ("2d", "2026-03-31T00:00:00Z", 1),
        ("2d", "2026-03-30T23:59:59Z", 0),
        ("3d", "2026-03-30T00:00:00Z", 1),
        ("24h", at("01 00:00"), 1),
        ("24h", "2026-03-31T23:59:59Z", 0),
        ("25h", "2026-03-31T23:00:00Z", 1),
        ("60m", at("01 23:00"), 1),
        ("60m", at("01 22:59:59"), 0),
        ("3600s", at("01 23:00"), 1),
    ],
)
def test_evidence_may_be_as_old_as_agreed(max_age: str, moment: str, done: int) -> None:
    assert backup(terms={"max_age": max_age}, evidence=[evidence("backup", moment, OK)])["done"] == done


def in_berlin(max_age: str, moment: str) -> int:
    """Days done from the 28th to the 30th of March 2026 in Berlin, the 29th having 23 hours."""
    contract = {"timezone": "Europe/Berlin", "effective_from": "2026-03-28"}
    row = backup(
        terms={"max_age": max_age},
        contract=contract,
        period="2026-03",
        as_of="2026-03-30T22:00:00Z",
        evidence=[evidence("backup", moment, OK)],
    )
    assert sum(counts(row)) == 3
    return int(row["done"])


def test_a_day_of_age_is_a_local_day_however_long_it_is() -> None:
    # The 29th ends at 22:00Z and began at 23:00Z; 24 hours before its end the 28th had not ended.
    assert in_berlin("1d", "2026-03-28T22:30:00Z") == 1  # the 28th only
    assert in_berlin("24h", "2026-03-28T22:30:00Z") == 2  # 23.5 hours before the end of the 29th
    assert in_berlin("2d", "2026-03-27T23:00:00Z") == 2  # on the first moment of the 28th
    assert in_berlin("2d", "2026-03-27T22:59:59Z") == 1


def test_a_date_that_the_zone_skips_is_no_day_of_age() -> None:
    # Apia had no 30th of December 2011: the day before the 31st was the 29th, which began at 10:00Z.
    contract = {"timezone": "Pacific/Apia", "effective_from": "2011-12-31"}
    for moment, done in (("2011-12-29T10:00:00Z", 1), ("2011-12-29T09:59:59Z", 0)):
        row = backup(
            terms={"max_age": "2d"},
            contract=contract,
            period="2011-12",
            as_of="2011-12-31T10:00:00Z",
            devices=[a_device(practices=["backup"], enrolled_at="2011-01-01T00:00:00Z")],
            evidence=[evidence("backup", moment, OK)],
        )
        assert counts(row) == (done, 0, 1 - done, 0)


def outage(started_at: str, restored_at: str | None) -> dict[str, Any]:
    nothing_else: dict[str, Any] = {"notified_at": None, "planned_at": None, "documented_at": None}
    return an_incident(started_at, restored_at=restored_at, **nothing_else)


@pytest.mark.parametrize(
    ("started_at", "restored_at", "excused"),
    [
        (at("02 00:00"), at("03 00:00"), 1),
        (at("02 00:00:01"), at("03 00:00"), 0),
        (at("02 00:00"), at("02 23:59:59"), 0),
        (at("01 12:00"), None, 2),
        (at("01 12:00"), at("05 00:00"), 2),
    ],
)
def test_a_day_of_outage_is_excused(started_at: str, restored_at: str | None, excused: int) -> None:
    assert backup(incidents=[outage(started_at, restored_at)])["excused"] == excused


def test_an_excused_day_is_excused_whatever_the_evidence() -> None:
    items = [evidence("backup", at("02 08:00"), facts) for facts in (OK, BAD)]
    for item in items:
        row = backup(incidents=[outage(at("02 00:00"), at("03 00:00"))], evidence=[item])
        assert counts(row) == (0, 0, 2, 1)


def test_excused_days_are_left_out_of_the_score() -> None:
    items = [evidence("backup", at(f"{day} 08:00"), OK) for day in ("01", "03")]
    row = backup(incidents=[outage(at("02 00:00"), at("03 00:00"))], evidence=items)
    assert (counts(row), row["score_bps"], row["verdict"]) == ((2, 0, 0, 1), 10_000, "kept")


def test_two_outages_that_share_a_day_do_not_excuse_it() -> None:
    incidents = [outage(at("02 00:00"), at("02 12:00")), outage(at("02 12:00"), at("03 00:00"))]
    assert backup(incidents=incidents)["excused"] == 0


def test_the_outage_of_another_device_excuses_nothing() -> None:
    incidents = [{**outage(at("02 00:00"), at("03 00:00")), "device": "nas"}]
    devices = [a_device(practices=["backup"]), a_device("nas")]
    assert backup(devices=devices, incidents=incidents)["excused"] == 0


@pytest.mark.parametrize(
    ("at_least", "verdict"), [("66.67%", "broken"), ("66.66%", "kept"), ("100%", "broken"), ("0%", "kept")]
)
def test_a_practice_is_broken_below_its_share_by_the_exact_fraction(at_least: str, verdict: str) -> None:
    items = [evidence("backup", at(f"{day} 08:00"), OK) for day in FIRST_DAYS[:2]]
    row = backup(terms={"at_least": at_least}, evidence=items)
    assert (row["score_bps"], row["verdict"]) == (6_666, verdict)


def test_exactly_the_share_is_kept() -> None:
    items = [evidence("backup", at(f"{day} 08:00"), OK) for day in FIRST_DAYS[:1]]
    assert backup(terms={"at_least": "50%"}, evidence=items, as_of=at("03 00:00"))["verdict"] == "kept"


def test_all_of_it_is_promised_unless_said_otherwise() -> None:
    items = [evidence("backup", at(f"{day} 08:00"), OK) for day in FIRST_DAYS]
    assert backup(evidence=items)["verdict"] == "kept"
    assert backup(evidence=items[:2])["verdict"] == "broken"


def test_practices_stand_in_the_contracts_order() -> None:
    practices = {name: {"max_age": "1d"} for name in ("restore_test", "backup", "antivirus")}
    rows = the_statement(contract=a_contract(practices=practices))["practices"]
    assert [row["practice"] for row in rows] == ["restore_test", "backup", "antivirus"]


def test_critical_updates_may_wait_for_a_week_unless_said_otherwise() -> None:
    facts = {"critical_pending": 1, "oldest_critical_days": 8, "reboot_pending": False}
    for terms, done in (({}, 0), ({"grace_days": 8}, 1)):
        contract = a_contract(outages=None, practices={"patching": {"max_age": "1d", **terms}})
        (row,) = the_statement(
            contract=contract,
            devices=[a_device(practices=["patching"])],
            as_of=at("02 00:00"),
            evidence=[evidence("patching", at("01 08:00"), facts)],
        )["practices"]
        assert row["done"] == done
