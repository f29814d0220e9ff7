"""Announced maintenance in words: which devices, when, and whether it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from makegood.mail.formats import Formats, formats_of
from makegood.mail.look import count_of, show_length
from makegood.rules.contracts import Contract
from makegood.rules.instants import FOREVER, Instant
from makegood.rules.intervals import Interval
from makegood.rules.maintenance import Weekly, Work, notices, valid_windows
from makegood.rules.names import EVERY_DEVICE
from makegood.storage.maintenance import work_of
from makegood.storage.records import Maintenance
from makegood.texts import one_line

WEEKDAY_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_NAMED: Final = 12
"""So many devices are named; the rest is counted."""


@dataclass(frozen=True)
class Announcement:
    """What was announced, as it is told: by the contract's versions (oldest first) and the devices' names."""

    record: Maintenance
    versions: Sequence[Contract]
    names: Mapping[str, str]

    @cached_property
    def formats(self) -> Formats:
        return formats_of(self.versions[-1])

    @cached_property
    def work(self) -> Work:
        return work_of(self.record)

    @cached_property
    def windows(self) -> tuple[Interval, ...]:
        """All its windows that were not cancelled, in order."""
        return tuple(self.work.windows(0, FOREVER))

    @cached_property
    def counted(self) -> tuple[Interval, ...]:
        """Those of them that were announced in time for the whole of their length."""
        found = valid_windows([self.work], notices(self.versions), self.work.devices[0], 0, FOREVER)
        return tuple(window for window in self.windows if any(valid.covers(window) for valid in found))

    def what(self) -> str:
        """`Front desk modem`, `2 devices`, `all devices`: for a subject line."""
        if EVERY_DEVICE in self.work.devices:
            return "all devices"
        if len(self.work.devices) > 1:
            return count_of(len(self.work.devices), "device")
        return self._name(self.work.devices[0])

    def devices(self) -> str:
        if EVERY_DEVICE in self.work.devices:
            return "All devices"
        shown = [self._name(device) for device in self.work.devices[:MOST_NAMED]]
        more = len(self.work.devices) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")

    def when(self) -> str:
        """The whole of it in one line."""
        if isinstance(self.work.when, Weekly):
            return show_weekly(self.work.when, self.formats)
        return show_window(self.work.when, self.formats)

    def day(self) -> str:
        """`14 March 2026, 02:00 EDT`, `every Sunday`: for a subject line."""
        if isinstance(self.work.when, Weekly):
            return f"every {_days(self.work.when)}"
        return show_start(self.record.start, self.formats)

    def reason(self) -> str:
        return one_line(self.record.reason or "")

    def notice(self) -> str:
        """`72 h`: what the contract in force at the beginning asks for."""
        asked = notices(self.versions)
        found = [notice for notice in asked if notice.counts.has(self.record.start)]
        return show_length_in_hours((found or asked[-1:])[0].seconds)

    def _name(self, device: str) -> str:
        return one_line(self.names.get(device, ""), 60) or device


def show_start(at: Instant, formats: Formats) -> str:
    return f"{formats.day(at)}, {formats.zoned_clock(at)}"


def show_window(window: Interval, formats: Formats) -> str:
    """`from 14 March 2026, 02:00 EDT (06:00 UTC) to 14 March 2026, 04:00 EDT (08:00 UTC), 2 h`."""
    return (
        f"from {formats.zoned_time(window.start)} to {formats.zoned_time(window.end)}, "
        f"{show_length(window.seconds())}"
    )


def show_weekly(rule: Weekly, formats: Formats) -> str:
    """`every Sunday, 02:00 to 04:00 (America/New_York), from 15 March 2026 to 29 March 2026`."""
    next_day = "" if rule.ends > rule.starts else " the next day"
    return (
        f"every {_days(rule)}, {formats.wall(rule.starts)} to {formats.wall(rule.ends)}{next_day} "
        f"({rule.zone.key}), from {formats.long_date(rule.first)} to {formats.long_date(rule.last)}"
    )


def show_length_in_hours(seconds: int) -> str:
    """`72 h`: hours as contracts count them, not days."""
    return f"{seconds // 3_600} h" if seconds and seconds % 3_600 == 0 else show_length(seconds)


def _days(rule: Weekly) -> str:
    names = [WEEKDAY_NAMES[weekday] for weekday in sorted(set(rule.weekdays))]
    return "day" if len(names) == 7 else _listed(names)


def _listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
