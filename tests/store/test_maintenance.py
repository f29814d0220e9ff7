"""Maintenance as stored: announced, cancelled, each twice, and read as facts and as windows."""

from __future__ import annotations

from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.cast import HOUR, a_contract, an_up_device, sign_up
from support.deployment import Deployment
from support.rivals import first_does
from support.stored import valid_windows

from makegood.rules.announcing import Plan
from makegood.rules.instants import parse_instant
from makegood.rules.intervals import Interval
from makegood.rules.maintenance import Weekly
from makegood.rules.statements import compute
from makegood.storage.changes import Operator, RefusedError
from makegood.storage.devices import RETIRED, Device
from makegood.storage.facts import gather_facts
from makegood.storage.maintenance import (
    announce,
    cancel,
    find_maintenance,
    maintenance_of,
    work_of,
)
from makegood.storage.records import UNMAILED, AuditEntry, ContractVersion, Maintenance

CLIENT = "acme-dental"
TESS = "arn:aws:iam::123456789012:user/tess (tess)"
FROM, TO = parse_instant("2026-03-14T06:00:00Z"), parse_instant("2026-03-14T08:00:00Z")
NOW = FROM - 72 * HOUR
NAME = "20260314T060000Z-1"
SUNDAYS = Weekly((6,), time(2), time(4), date(2026, 3, 15), date(2026, 3, 29), ZoneInfo("America/New_York"))

pytestmark = pytest.mark.usefixtures("deployment")


@pytest.fixture(autouse=True)
def acme(deployment: Deployment) -> None:
    sign_up()
    an_up_device("modem")
    an_up_device("server")


def tess(at: int = NOW) -> Operator:
    return Operator(TESS, at)


def plan(**changes: Any) -> Plan:
    return Plan(**{"devices": ("modem",), "when": Interval(FROM, TO), "reason": "new firmware", **changes})


def windows(device: str = "modem", since: int = NOW, until: int = TO + 60 * 24 * HOUR) -> list[Interval]:
    return list(valid_windows(CLIENT, device, since, until))


def audit() -> list[str]:
    return [entry.what for entry in AuditEntry.query(CLIENT, AuditEntry.sk.startswith("audit#"))]


def refusal(attempt: Any) -> str:
    with pytest.raises(RefusedError) as refused:
        attempt()
    return str(refused.value)


def test_what_was_announced_is_on_record_with_who_and_when() -> None:
    record, is_new = announce(CLIENT, plan(), tess())
    assert is_new
    assert (record.maintenance, record.announced_at, record.announced_by) == (NAME, NOW, TESS)
    assert (record.start, record.end, record.reason) == (FROM, TO, "new firmware")
    assert audit() == [f"maintenance {NAME} of modem announced: new firmware"]
    assert windows() == [(FROM, TO)]
    assert windows("server") == []


def test_the_same_announcement_twice_is_one_and_keeps_its_time() -> None:
    announce(CLIENT, plan(), tess())
    record, is_new = announce(CLIENT, plan(), tess(NOW + 60))
    assert not is_new
    assert record.announced_at == NOW
    assert len(maintenance_of(CLIENT)) == len(audit()) == 1


def test_two_who_announce_the_same_at_once_announce_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first_does(monkeypatch, lambda: announce(CLIENT, plan(), tess()))
    record, is_new = announce(CLIENT, plan(), tess())
    assert (record.maintenance, is_new) == (NAME, False)
    assert len(maintenance_of(CLIENT)) == 1


def test_another_window_that_begins_with_it_has_a_name_of_its_own() -> None:
    announce(CLIENT, plan(), tess())
    record, _ = announce(CLIENT, plan(devices=("server",)), tess())
    assert record.maintenance == "20260314T060000Z-2"


def test_what_is_too_short_is_refused_unless_it_may_count_for_nothing() -> None:
    late = tess(NOW + 1)
    assert refusal(lambda: announce(CLIENT, plan(), late)).startswith("The contract asks for 72 h of notice")
    assert (maintenance_of(CLIENT), audit()) == ([], [])
    announce(CLIENT, plan(), late, short_notice=True)
    assert windows() == []
    (facts,) = gather_facts(CLIENT, "2026-03", TO)["maintenance"]
    assert facts["announced_at"] == "2026-03-11T06:00:01Z"


def test_devices_that_are_retired_or_unknown_cannot_be_worked_on() -> None:
    an_up_device("till")
    an_up_device("old-till", retired_at=NOW).update(actions=[Device.state.set(RETIRED)])
    assert "There is no device old-till" in refusal(
        lambda: announce(CLIENT, plan(devices=("old-till",)), tess())
    )
    assert refusal(lambda: announce(CLIENT, plan(devices=("tills",)), tess())) == (
        "There is no device tills to work on (did you mean till?)."
    )
    assert refusal(lambda: announce("nobody", plan(), tess())).startswith("There is no client nobody")


def test_what_has_not_begun_can_be_cancelled_and_announced_again() -> None:
    announce(CLIENT, plan(), tess())
    record, is_new = cancel(CLIENT, NAME, tess(FROM - 1))
    assert is_new
    assert (record.cancelled_at, record.cancelled_by) == (FROM - 1, TESS)
    assert windows() == []
    assert gather_facts(CLIENT, "2026-03", TO)["maintenance"] == []
    assert cancel(CLIENT, NAME, tess(FROM + HOUR))[1] is False
    assert audit()[1:] == [f"maintenance {NAME} cancelled"]
    again, is_new = announce(CLIENT, plan(), tess())
    assert (again.maintenance, is_new) == ("20260314T060000Z-2", True)


def test_what_has_begun_cannot_be_cancelled() -> None:
    announce(CLIENT, plan(), tess())
    assert refusal(lambda: cancel(CLIENT, NAME, tess(FROM))) == (
        f"{NAME} has begun, and what has begun cannot be cancelled."
    )
    assert refusal(lambda: cancel(CLIENT, "else", tess(FROM))).startswith("There is no maintenance else")
    assert windows() == [(FROM, TO)]


def test_weekly_maintenance_is_stored_as_its_rule_and_read_as_its_windows() -> None:
    record, _ = announce(CLIENT, plan(when=SUNDAYS, devices=("*",)), tess())
    assert work_of(find_maintenance(CLIENT, record.maintenance) or record).when == SUNDAYS
    week = 7 * 24 * HOUR
    first = parse_instant("2026-03-15T06:00:00Z")
    expected = [(first + n * week, first + n * week + 2 * HOUR) for n in range(3)]
    assert (record.start, record.end) == (first, first + 2 * week + 2 * HOUR)
    assert windows("server") == expected
    cancel(CLIENT, record.maintenance, tess(first + week))
    assert windows("server") == expected[:2]


def test_weekly_maintenance_is_cancelled_until_its_last_window_has_begun() -> None:
    record, _ = announce(CLIENT, plan(when=SUNDAYS), tess())
    last = record.end - 2 * HOUR
    assert "has begun" in refusal(lambda: cancel(CLIENT, record.maintenance, tess(last)))
    assert cancel(CLIENT, record.maintenance, tess(last - 1))[1] is True


def test_the_facts_of_a_month_hold_its_windows_and_the_statement_takes_them_off() -> None:
    announce(CLIENT, plan(), tess())
    announce(CLIENT, plan(when=SUNDAYS, devices=("*",), reason="backups"), tess())
    facts = gather_facts(CLIENT, "2026-03", parse_instant("2026-04-03T13:00:00Z"))
    assert [(window["from"], window["devices"]) for window in facts["maintenance"]] == [
        ("2026-03-14T06:00:00Z", ["modem"]),
        ("2026-03-15T06:00:00Z", ["*"]),
        ("2026-03-22T06:00:00Z", ["*"]),
        ("2026-03-29T06:00:00Z", ["*"]),
    ]
    statement: Any = compute(facts)
    taken = {row["device"]: row["maintenance_seconds"] for row in statement["availability"]}
    assert taken == {"modem": 8 * HOUR, "server": 6 * HOUR}


def test_a_window_stands_in_each_month_that_it_reaches_into() -> None:
    end_of_march = parse_instant("2026-04-01T04:00:00Z")
    announce(CLIENT, plan(when=Interval(end_of_march - HOUR, end_of_march)), tess())
    announce(CLIENT, plan(when=Interval(end_of_march - HOUR, end_of_march + 1)), tess())
    found = {period: gather_facts(CLIENT, period, TO)["maintenance"] for period in ("2026-03", "2026-04")}
    assert {period: len(windows) for period, windows in found.items()} == {"2026-03": 2, "2026-04": 1}


def test_a_later_version_of_the_contract_speaks_for_its_own_months() -> None:
    longer = a_contract(effective_from="2026-04-01", maintenance_notice="30d")
    ContractVersion(CLIENT, "contract#2026-04-01", terms=longer, applied_at=NOW, applied_by="t").save()
    when = Interval(parse_instant("2026-04-01T03:00:00Z"), parse_instant("2026-04-01T05:00:00Z"))
    announce(CLIENT, plan(when=when), tess())
    assert windows() == [(when.start, when.start + HOUR)]


def test_what_nobody_was_told_of_yet_can_be_found() -> None:
    announce(CLIENT, plan(), tess())
    assert [record.maintenance for record in Maintenance.unmailed.query(UNMAILED)] == [NAME]
