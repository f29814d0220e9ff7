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
    return calendars(told_month(the_statement(**changes), a_month(**changes)))["backup"]


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


def test_a_device_without_a_miss_has_no_row_but_is_told_of() -> None:
    devices = [a_device(name, practices=["backup"]) for name in ("nas", "srv")]
    found = calendar(**a_month_of(devices, evidence=backups("nas", *range(1, 31))))
    assert (list(letters(found)), found.others) == (["srv"], "1 device without a miss")


def test_the_worst_stand_first_and_the_rest_is_counted() -> None:
    devices = [a_device(f"pc-{number:02}", practices=["backup"]) for number in range(14)]
    found = calendar(**a_month_of(devices, evidence=backups("pc-00", *range(1, 30))))
    assert [row.name for row in found.rows] == [f"pc-{number:02}" for number in range(1, MOST_ROWS + 1)]
    assert found.others == "2 more devices with a day missed or without evidence"


def test_a_practice_without_a_day_to_count_has_no_calendar() -> None:
    assert (
        calendars(told_month(the_statement(**a_month_of([a_device()])), a_month(**a_month_of([a_device()]))))
        == {}
    )


def test_the_page_shows_every_cell_and_stays_whole_in_the_largest_mail_program() -> None:
    practices = {name: {"max_age": "1d"} for name in ("patching", "antivirus", "backup", "log_review")}
    devices = [a_device(f"pc-{number:02}", practices=sorted(practices)) for number in range(60)]
    month = a_month_of(devices, practices)
    page = told_mail(the_statement(**month), a_month(**month)).html
    assert len(re.findall(r'title="\d+: no evidence"', page)) == MOST_ROWS * 30
    assert len(page.encode()) < GMAIL_CLIPS_AT
