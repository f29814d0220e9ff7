"""A practice's month as a calendar: a row a device, a cell a day, whose letter reads without colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from makegood.mail.look import count_of
from makegood.mail.statement_month import Month
from makegood.rules.practices import DeviceDay
from makegood.rules.terms import PracticeTerms

MOST_ROWS: Final = 12
"""Devices with a row of their own in a mail, of all practices together: longer, it would be cut off."""

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
    """One device, or all of which no day was missed; a cell for each day of the month so far."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Calendar:
    """The rows of one practice; `others` says in words what has no row."""

    rows: tuple[Row, ...]
    others: str


def calendars(month: Month, *, whole: bool) -> dict[str, Calendar]:
    """The calendar of each practice with a day to count, the devices with most misses first.

    Those of which every day was done share the last row. Unless it is to be whole, a mail has room for it.
    """
    by_practice = {terms.practice: _by_device(month, terms) for terms in month.contract.practices}
    found = {name: _Devices(by_device) for name, by_device in by_practice.items() if by_device}
    wanted = {name: len(devices.told) for name, devices in found.items()}
    room = wanted if whole else _shares(wanted)
    return {name: _calendar(month, devices, room[name]) for name, devices in found.items()}


class _Devices:
    """The days of a practice by device: the worst first, and those of which every day was done."""

    def __init__(self, days: Mapping[str, Sequence[DeviceDay]]) -> None:
        self.days = days
        self.done = sorted(name for name in days if all(day.verdict == "done" for day in days[name]))
        self.told = sorted(
            days.keys() - set(self.done),
            key=lambda name: (-_failed(days[name]), name),
        )


def _by_device(month: Month, terms: PracticeTerms) -> dict[str, list[DeviceDay]]:
    by_device: dict[str, list[DeviceDay]] = {}
    for day in month.days_of[terms.practice]:
        by_device.setdefault(day.device, []).append(day)
    return by_device


def _shares(wanted: Mapping[str, int]) -> dict[str, int]:
    """How many rows each practice gets: all get the same, and what one does not need the others get."""
    left, shares = MOST_ROWS, {}
    for number, name in enumerate(sorted(wanted, key=wanted.__getitem__)):
        shares[name] = min(wanted[name], left // (len(wanted) - number))
        left -= shares[name]
    return shares


def _calendar(month: Month, devices: _Devices, most: int) -> Calendar:
    shown, hidden = devices.told[:most], devices.told[most:]
    rows = [_row(month, name, devices.days[name]) for name in shown]
    if devices.done:
        days = [day for name in devices.done for day in devices.days[name]]
        rows.append(_row(month, _name_of_done(devices), days))
    failed = sum(_failed(devices.days[name]) > 0 for name in hidden)
    return Calendar(tuple(rows), "; ".join(_others(failed, len(hidden) - failed)))


def _name_of_done(devices: _Devices) -> str:
    if len(devices.done) == 1:
        return devices.done[0]
    return f"{len(devices.done)} other devices" if devices.told else f"All {len(devices.done)} devices"


def _failed(days: Sequence[DeviceDay]) -> int:
    return sum(day.verdict in ("missed", "no_evidence") for day in days)


def _row(month: Month, name: str, days: Sequence[DeviceDay]) -> Row:
    verdicts = {day.date: day.verdict for day in days}
    cells = ((day.date.day, LETTERS.get(verdicts.get(day.date, ""), _OUTSIDE)) for day in month.scope.days)
    return Row(name, tuple(Cell(day, *told) for day, told in cells))


def _others(failed: int, excused: int) -> Iterator[str]:
    if failed:
        yield f"{count_of(failed, 'more device')} with a day missed or without evidence"
    if excused:
        yield f"{count_of(excused, 'more device')} with a day excused"
