"""A made-up month of a small law firm: what agents, mails and technicians left behind, good and bad."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from makegood.rules.contracts import moment_of_issue, parse_contract
from makegood.rules.instants import (
    Instant,
    LocalDay,
    Period,
    first_instant,
    format_instant,
    instant_of,
    local_days,
    parse_date,
    period_of,
    previous_period,
)
from makegood.storage.incidents import incident_name

Json = dict[str, Any]

ZONE = ZoneInfo("America/Chicago")
MINUTE, HOUR = 60, 3_600

CONTRACT: Json = {
    "client": "harbor-law",
    "name": "Harbor Law",
    "timezone": ZONE.key,
    "currency": "USD",
    "monthly_fee": "1800.00",
    "effective_from": "2025-01-01",
    "contacts": {
        "outages": ["office@harbor-law.example", "m.reyes@harbor-law.example"],
        "statements": ["m.reyes@harbor-law.example"],
    },
    "outages": {
        "notify": {"within": "15m", "refund": "5%"},
        "plan": {"within": "1h", "refund": "5%"},
        "repair": {"within": "4h", "refund": "10%", "then": {"every": "1h", "refund": "2%", "at_most": 10}},
        "stable_for": "10m",
    },
    "practices": {
        "patching": {"max_age": "2d", "at_least": "95%", "refund": "5%"},
        "antivirus": {"max_age": "2d", "at_least": "95%", "refund": "5%"},
        "quarantine": {"max_age": "2d", "at_least": "100%", "refund": "5%"},
        "log_review": {"max_age": "1d", "at_least": "90%", "refund": "3%"},
        "backup": {"max_age": "1d", "at_least": "100%", "refund_each": "10.00"},
        "restore_test": {"max_age": "31d", "at_least": "100%", "refund": "5%"},
    },
    "refund_cap": "100%",
    "maintenance_notice": "72h",
    "statement": {"day": 3, "hour": 9},
}

DAILY: dict[str, Json] = {
    "patching": {"critical_pending": 0, "oldest_critical_days": 0, "reboot_pending": False},
    "antivirus": {"installed": True, "running": True, "definitions_age_hours": 5, "scan_age_hours": 30},
    "quarantine": {"detections": 0, "quarantined": 0},
    "log_review": {"reviewed": True},
    "backup": {"ok": True, "bytes": 41_307_045_888},
}
FAILED_BACKUP_DAY = 12
COLLECTOR_OFF_DAY = 20
RESTORE_TEST_DAY = 8


def demo_month(now: Instant) -> Json:
    """The facts of the newest month whose moment of issue has come at `now` (2025-02 or later)."""
    period = newest_due(now)
    return {
        "contract": CONTRACT,
        "period": period,
        "as_of": format_instant(moment_of_issue(parse_contract(CONTRACT), period)),
        "devices": list(_devices()),
        "incidents": [_late_repair(period), _unplugged(period), _came_back(period)],
        "evidence": list(_evidence(period)),
        "maintenance": [
            {
                "devices": ["srv"],
                "from": _written(_at(period, 22, 1)),
                "to": _written(_at(period, 22, 3)),
                "announced_at": _written(_at(period, 15, 10)),
            }
        ],
        "adjustments": [],
    }


def newest_due(now: Instant) -> Period:
    """The newest month whose statement is due at `now`."""
    contract = parse_contract(CONTRACT)
    period = previous_period(period_of(now, ZONE))
    return period if moment_of_issue(contract, period) <= now else previous_period(period)


def _devices() -> Iterator[Json]:
    enrolled_at = format_instant(first_instant(parse_date(CONTRACT["effective_from"]), ZONE))
    practices = {"srv": list(CONTRACT["practices"]), "nas": ["backup"]}
    for device, kind in (
        ("firewall", "router"),
        ("nas", "storage"),
        ("phones", "phone system"),
        ("srv", "server"),
    ):
        yield {
            "device": device,
            "kind": kind,
            "enrolled_at": enrolled_at,
            "retired_at": None,
            "practices": practices.get(device, []),
        }


def _late_repair(period: Period) -> Json:
    """The plan comes 25 minutes late, the repair an hour and 40 minutes."""
    start = _at(period, 9, 8, 12)
    return _incident(
        "firewall",
        start,
        notified_at=start + 4 * MINUTE,
        planned_at=start + HOUR + 25 * MINUTE,
        restored_at=start + 5 * HOUR + 10 * MINUTE,
        documented_at=start + 5 * HOUR + 40 * MINUTE,
    )


def _unplugged(period: Period) -> Json:
    """The cleaners had unplugged it, and nobody let the technician in before the morning."""
    start = _at(period, 17, 22, 5)
    excuse = {
        "stage": "repair",
        "reason": "client_caused",
        "approved_by": "m.reyes@harbor-law.example",
        "approved_at": _written(_at(period, 18, 11, 20)),
    }
    return _incident(
        "nas",
        start,
        notified_at=start + 5 * MINUTE,
        planned_at=start + 40 * MINUTE,
        restored_at=start + 9 * HOUR,
        documented_at=start + 9 * HOUR + 25 * MINUTE,
        excuses=[excuse],
    )


def _came_back(period: Period) -> Json:
    """A power cut: back by itself before anybody needed a plan."""
    start = _at(period, 25, 13, 30)
    back = start + 18 * MINUTE
    return _incident("phones", start, notified_at=start + 5 * MINUTE, restored_at=back, documented_at=back)


def _incident(device: str, start: Instant, *, excuses: list[Json] | None = None, **times: Instant) -> Json:
    return {
        "incident": incident_name(device, start),
        "device": device,
        "started_at": _written(start),
        **{time: _written(times.get(time)) for time in ("notified_at", "planned_at")},
        **{time: _written(times.get(time)) for time in ("restored_at", "documented_at")},
        "pauses": [],
        "excuses": excuses or [],
    }


def _evidence(period: Period) -> Iterator[Json]:
    """Each morning from server and storage; one backup failed, one day the server's collector did not run."""
    before = previous_period(period)
    yield _test_restore(before)
    for day in local_days(period, ZONE):
        yield _seen("nas", "backup", _morning(day), DAILY["backup"])
        if day.date.day != COLLECTOR_OFF_DAY:
            for practice, facts in DAILY.items():
                failed = practice == "backup" and day.date.day == FAILED_BACKUP_DAY
                yield _seen("srv", practice, _morning(day), {"ok": False} if failed else facts)
    yield _test_restore(period)


def _test_restore(period: Period) -> Json:
    return _seen("srv", "restore_test", _at(period, RESTORE_TEST_DAY, 14), {"ok": True, "hash_matches": True})


def _seen(device: str, practice: str, at: Instant, facts: Json) -> Json:
    return {"device": device, "practice": practice, "at": _written(at), "facts": facts}


def _morning(day: LocalDay) -> Instant:
    return instant_of(datetime.combine(day.date, time(7, 30)), ZONE)


def _at(period: Period, day: int, hour: int, minute: int = 0) -> Instant:
    """A local time of the period."""
    year, month = period.split("-")
    return instant_of(datetime.combine(date(int(year), int(month), day), time(hour, minute)), ZONE)


def _written(instant: Instant | None) -> str | None:
    return None if instant is None else format_instant(instant)
