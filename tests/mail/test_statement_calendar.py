"""The calendar of a practice: colour and letter a day, the worst devices first, never too much for a mail."""

from __future__ import annotations

import re
from typing import Any

from support.months import a_contract, a_device, a_month, at, evidence, the_statement
from support.telling import told_mail, told_month

from makegood.mail.statement_calendar import MOST_ROWS, Calendar, calendars

BACKUP = {"backup": {"max_age": "1d"}}
GMAIL_CLIPS_AT = 102_400


def a_month_of(devices: list[Any], practices: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"contract": a_contract(practices=practices or BACKUP), "devices": devices, **more}


def calendar(**changes: Any) -> Calendar:
    return calendars(told_month(the_statement(**changes), a_month(**changes)), whole=False)["backup"]


def letters(found: Calendar) -> dict[str, str]:
    return {row.name: "".join(cell.letter or " " for cell in row.cells) for row in found.rows}


def backups(device: str, *days: int, ok: bool = True) -> list[dict[str, Any]]:
    return [evidence("backup", at(f"{day:02} 12:00"), {"ok": ok}, device) for day in days]


def test_each_day_has_its_letter_and_days_before_enrolment_none() -> None:
    devices = [a_device("nas", practices=["backup"], enrolled_at=at("03 08:00"))]
    facts = [*backups("nas", *range(4, 20)), *backups("nas", 20, ok=False), *backups("nas", *range(22, 31))]
    found = calendar(**a_month_of(devices, evidence=facts))
    assert letters(found) == {"nas": "   " + "•" * 16 + "MN" + "•" * 9}
    assert [(cell.day, cell.tone, cell.words) for cell in found.rows[0].cells[18:21]] == [
        (19, "good", "done"),
        (20, "bad", "missed"),
        (21, "warn", "no evidence"),
    ]


def test_devices_without_a_miss_share_the_last_row() -> None:
    devices = [a_device(name, practices=["backup"]) for name in ("nas", "srv", "till")]
    facts = [*backups("nas", *range(1, 31)), *backups("till", *range(1, 31))]
    found = calendar(**a_month_of(devices, evidence=facts))
    assert letters(found) == {"srv": "N" * 30, "2 other devices": "•" * 30}
    assert found.others == ""


def test_a_month_without_a_miss_has_its_calendar_too() -> None:
    devices = [a_device(name, practices=["backup"]) for name in ("nas", "srv")]
    facts = [*backups("nas", *range(1, 31)), *backups("srv", *range(1, 31))]
    assert letters(calendar(**a_month_of(devices, evidence=facts))) == {"All 2 devices": "•" * 30}
    assert letters(calendar(**a_month_of(devices[:1], evidence=facts[:30]))) == {"nas": "•" * 30}


def test_the_rows_of_a_mail_are_shared_among_the_practices_with_misses() -> None:
    practices = {name: {"max_age": "1d"} for name in ("patching", "antivirus", "backup")}
    few = [a_device(f"few-{number}", practices=["backup"]) for number in range(2)]
    many = [a_device(f"pc-{number:02}", practices=["antivirus", "patching"]) for number in range(20)]
    month = a_month_of([*few, *many], practices)
    found = calendars(told_month(the_statement(**month), a_month(**month)), whole=False)
    assert {name: len(each.rows) for name, each in found.items()} == {
        "backup": 2,
        "patching": 5,
        "antivirus": 5,
    }


def test_the_worst_stand_first_and_the_rest_is_counted() -> None:
    devices = [a_device(f"pc-{number:02}", practices=["backup"]) for number in range(14)]
    found = calendar(**a_month_of(devices, evidence=backups("pc-00", *range(1, 30))))
    assert [row.name for row in found.rows] == [f"pc-{number:02}" for number in range(1, MOST_ROWS + 1)]
    assert found.others == "2 more devices with a day missed or without evidence"


def test_a_practice_without_a_day_to_count_has_no_calendar() -> None:
    month = a_month_of([a_device()])
    assert calendars(told_month(the_statement(**month), a_month(**month)), whole=True) == {}


def test_the_page_shows_every_cell_and_stays_whole_in_the_largest_mail_program() -> None:
    practices = {name: {"max_age": "1d"} for name in ("patching", "antivirus", "backup", "log_review")}
    devices = [a_device(f"pc-{number:02}", practices=sorted(practices)) for number in range(60)]
    month = a_month_of(devices, practices)
    page = told_mail(the_statement(**month), a_month(**month)).html
    assert len(re.findall(r'title="\d+: no evidence"', page)) == MOST_ROWS * 30
    assert len(page.encode()) < GMAIL_CLIPS_AT
