"""What may be announced as maintenance: everything that is wrong with a plan, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from makegood.rules.contracts import Contract, read_name
from makegood.rules.instants import DAY_SECONDS, Instant, format_instant
from makegood.rules.intervals import Interval
from makegood.rules.maintenance import Notice, Weekly, is_in_time, notices
from makegood.rules.names import EVERY_DEVICE
from makegood.rules.shapes import did_you_mean

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

MOST_DAYS: Final = 31
"""The longest window; what is away for longer is retired, and enrolled again."""
MOST_WEEKLY_DAYS: Final = 2 * 366
MOST_DEVICES: Final = 500


def read_devices(text: str) -> tuple[str, ...]:
    """Names as people write them down, separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


@dataclass(frozen=True)
class Plan:
    """Maintenance that somebody wants to announce: which devices (`*` is all), when, and why."""

    devices: tuple[str, ...]
    when: Interval | Weekly
    reason: str

    def windows(self) -> list[Interval]:
        """All its windows, in order; those that the clocks skip are none."""
        if isinstance(self.when, Interval):
            return [self.when]
        span = self.when.span()
        return [window for window in self.when.windows(span.start, span.end) if window.seconds()]

    def problems(
        self, versions: Sequence[Contract], devices: Collection[str], now: Instant, *, short_notice: bool
    ) -> list[str]:
        """What is wrong with announcing it now, by these versions of the contract, oldest first.

        `short_notice` lets through what counts nowhere, or not from its first window on.
        """
        found = [*self._problems_of_words(devices), *self._problems_of_time(now, versions[-1].zone)]
        if found or short_notice:
            return found
        return list(self._problems_of_notice(versions, now))

    def _problems_of_words(self, devices: Collection[str]) -> Iterator[str]:
        if not self.devices:
            yield f"Name the devices, or {EVERY_DEVICE} for all of them."
        if len(set(self.devices)) < len(self.devices) or len(self.devices) > MOST_DEVICES:
            yield f"Name each device once, at most {MOST_DEVICES} of them."
        for device in self.devices:
            if device != EVERY_DEVICE and device not in devices:
                yield f"There is no device {device} to work on{did_you_mean(device, devices)}."
        if EVERY_DEVICE in self.devices and len(self.devices) > 1:
            yield f"{EVERY_DEVICE} is every device; name no other beside it."
        try:
            read_name(self.reason)
        except ValueError as error:
            yield f"The reason {error}."

    def _problems_of_time(self, now: Instant, zone: ZoneInfo) -> Iterator[str]:
        if isinstance(self.when, Weekly):
            days = (self.when.last - self.when.first).days + 1
            if not 0 < days <= MOST_WEEKLY_DAYS:
                yield f"The last date must be the first or later, within {MOST_WEEKLY_DAYS} days."
                return
        windows = self.windows()
        if not windows:
            yield "There is no such day between the first and the last date."
        elif not 0 < windows[0].end - windows[0].start <= MOST_DAYS * DAY_SECONDS:
            yield f"Maintenance must end after it begins, within {MOST_DAYS} days."
        elif windows[0].start < now:
            yield (
                f"It would begin in the past, on {show_instant(windows[0].start, zone)}: maintenance is "
                "announced before, and what was missed can only be excused."
            )

    def _problems_of_notice(self, versions: Sequence[Contract], now: Instant) -> Iterator[str]:
        asked, zone, window = notices(versions), versions[-1].zone, self.windows()[0]
        notice = next((notice for notice in asked if notice.counts.has(window.start)), None)
        if notice is None:
            yield f"No contract is in force on {show_instant(window.start, zone)}."
        elif not is_in_time(window, now, notice):
            earliest = _earliest(asked, now)
            begin = (
                f"it begins on {show_instant(earliest, zone)} or later" if earliest else "there is a new one"
            )
            yield (
                f"The contract asks for {_length(notice.seconds)} of notice: announced now, maintenance "
                f"counts when {begin}."
            )


def show_instant(at: Instant, zone: ZoneInfo) -> str:
    """`2026-03-15 02:30 EDT (2026-03-15T06:30:00Z)`; seconds unless they are 0."""
    local = datetime.fromtimestamp(at, zone)
    shown = local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")
    return f"{shown} {local.tzname()} ({format_instant(at)})"


def _earliest(asked: Sequence[Notice], now: Instant) -> Instant | None:
    """The first instant at which maintenance that is announced now can begin and count."""
    begins = [(max(notice.counts.start, now + notice.seconds), notice) for notice in asked]
    return min((at for at, notice in begins if notice.counts.has(at)), default=None)


def _length(seconds: int) -> str:
    units = ((3600, "h"), (60, "min"), (1, "s"))
    unit, name = next((unit, name) for unit, name in units if seconds % unit == 0)
    return f"{seconds // unit} {name}"
