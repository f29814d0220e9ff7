"""A practice's month as a calendar: a row a device, a cell a day, whose letter reads without colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from makegood.mail.look import count_of
from makegood.mail.statement_month import Month
from makegood.rules.practices import DeviceDay
from makegood.rules.terms import PracticeTerms

MOST_ROWS: Final = 12
"""Of all practices together: a mail with thousands of cells would be cut off where it is read."""

LETTERS: Final = {
    "done": ("•", "good", "done"),
    "missed": ("M", "bad", "missed"),
    "no_evidence": ("N", "warn", "no evidence"),
    "excused": ("E", "calm", "excused by an outage"),
}
"""Letter, tone and words of each verdict of a device-day."""

LEGEND: Final = tuple(LETTERS.values())

_OUTSIDE: Final = ("", "plain", "not counted")


@dataclass(frozen=True)
class Cell:
    """One day of the month: `words` say it in full, for those who cannot see it."""

    day: int
    letter: str
    tone: str
    words: str


@dataclass(frozen=True)
class Row:
    """One device, or several of which every day was done; a cell for each day of the month so far."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Calendar:
    """The rows of one practice; `others` says in words what has no row of its own."""

    rows: tuple[Row, ...]
    others: str


def calendars(month: Month) -> dict[str, Calendar]:
    """The calendar of each promised practice with a miss, the devices with most misses first."""
    left = MOST_ROWS
    found = {}
    for terms in month.contract.practices:
        calendar = _calendar(month, terms, left)
        if calendar is not None:
            left -= len(calendar.rows)
            found[terms.practice] = calendar
    return found


def _calendar(month: Month, terms: PracticeTerms, most: int) -> Calendar | None:
    by_device: dict[str, list[DeviceDay]] = {}
    for day in month.days_of[terms.practice]:
        by_device.setdefault(day.device, []).append(day)
    told = sorted(
        (name for name in by_device if _failed(by_device[name])),
        key=lambda name: (-_failed(by_device[name]), name),
    )
    rows = tuple(_row(month, name, by_device[name]) for name in told[:most])
    if not rows:
        return None
    return Calendar(rows, "; ".join(_others(len(told) - len(rows), len(by_device) - len(told))))


def _failed(days: Sequence[DeviceDay]) -> int:
    return sum(day.verdict in ("missed", "no_evidence") for day in days)


def _row(month: Month, device: str, days: Sequence[DeviceDay]) -> Row:
    verdicts = {day.date: day.verdict for day in days}
    cells = ((day.date.day, LETTERS.get(verdicts.get(day.date, ""), _OUTSIDE)) for day in month.scope.days)
    return Row(device, tuple(Cell(day, *told) for day, told in cells))


def _others(failed: int, whole: int) -> Iterator[str]:
    if failed:
        yield f"{count_of(failed, 'more device')} with a day missed or without evidence"
    if whole:
        yield f"{count_of(whole, 'device')} without a miss"
