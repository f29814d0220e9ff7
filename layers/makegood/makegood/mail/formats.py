"""How amounts, dates and times are written for one client: in the contract's locale, zone and currency."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import NumberPattern, parse_pattern

from makegood.rules.instants import Instant, Period, local_date
from makegood.rules.locales import LOCALES
from makegood.rules.terms import Contract
from makegood.rules.values import BPS, CURRENCY_DECIMALS

STANDARD_LOCALE: Final = "en_US"

_NUMBER: Final = str.maketrans({"\u202f": "\u00a0", "-": "\u2212"})
"""Fonts of mail programs lack the narrow space that does not break; a true minus is as wide as a plus."""


@dataclass(frozen=True)
class Formats:
    """Everything that is written differently for different clients."""

    locale: str
    zone: ZoneInfo
    currency: str

    def money(self, minor: int) -> str:
        """Minor units exactly, never by floats: 240000 USD is `$2,400.00`, in en_DE `2.400,00 US$`."""
        decimals = CURRENCY_DECIMALS[self.currency]
        pattern, amount = _currency_pattern(self.locale, decimals), _decimal(minor, decimals)
        shown = pattern.apply(amount, _babel(self.locale), currency=self.currency, currency_digits=False)
        # A symbol of letters stands apart from the digits: `KWD 2,400.000`.
        return re.sub(r"(?<=[A-Za-z])(?=[0-9])", "\u00a0", shown.translate(_NUMBER))

    def number(self, number: int) -> str:
        """`1,048,576`."""
        return self._plain(_babel(self.locale).decimal_formats[None], _decimal(number, 0))

    def percent(self, bps: int) -> str:
        """Basis points exactly: 9500 is `95%`, 9914 is `99.14%`."""
        return self._plain(_percent_pattern(self.locale, 0), _decimal(bps, 4))

    def measured(self, bps: int) -> str:
        """A measured share, rounded down, with both decimals: 9900 is `99.00%`."""
        pattern = _percent_pattern(self.locale, 0 if bps == BPS else 2)
        return self._plain(pattern, _decimal(bps, 4))

    def long_date(self, day: date) -> str:
        """`April 10, 2026`; `10 April 2026` in en_GB."""
        return format_date(day, "long", locale=_babel(self.locale))

    def dates(self, first: date, last: date) -> str:
        """Days of one month: `April 1 to 30, 2026`."""
        days = str(last.day) if first == last else f"{first.day} to {last.day}"
        return _put_days(self.long_date(last), last, days)

    def days_of_month(self, days: Sequence[date]) -> str:
        """Days of one month, oldest first: `March 3, 4, 7 to 9`."""
        listed = ", ".join(
            f"{first} to {last}" if last - first > 1 else ", ".join(map(str, range(first, last + 1)))
            for first, last in _spans(day.day for day in days)
        )
        return _put_days(self.day_and_month(days[0]), days[0], listed)

    def day_and_month(self, day: date) -> str:
        """`April 10`."""
        return format_skeleton("MMMMd", day, locale=_babel(self.locale))

    def weekday(self, at: Instant) -> str:
        """`Friday`."""
        return format_date(local_date(at, self.zone), "EEEE", locale=_babel(self.locale))

    def day(self, at: Instant) -> str:
        return self.long_date(local_date(at, self.zone))

    def period(self, period: Period) -> str:
        """`2026-03` as `March 2026`."""
        return format_skeleton("yMMMM", date.fromisoformat(f"{period}-01"), locale=_babel(self.locale))

    def wall(self, clock: time) -> str:
        """A time of day without a zone: `4:00 PM`; seconds unless they are 0."""
        shown = format_time(clock, "medium" if clock.second else "short", locale=_babel(self.locale))
        return shown.replace("\u202f", " ")

    def time_of_day(self, at: Instant) -> str:
        """`4:00 AM`, local; with the offset where clocks show a time twice."""
        local = datetime.fromtimestamp(at, self.zone)
        twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        return self.wall(local.time()) + (local.strftime(" (UTC%z)") if twice else "")

    def time(self, at: Instant) -> str:
        """`April 10, 2026, 4:00 AM`, local."""
        return f"{self.day(at)}, {self.time_of_day(at)}"

    def time_after(self, at: Instant, earlier: Instant) -> str:
        """A time that stands beside an earlier one: without the year or the date while that is the same."""
        day, before = local_date(at, self.zone), local_date(earlier, self.zone)
        if day == before:
            return self.time_of_day(at)
        if day.year == before.year:
            return f"{self.day_and_month(day)}, {self.time_of_day(at)}"
        return self.time(at)

    def moment(self, at: Instant) -> str:
        """`Fri, Mar 6, 5:30 PM`, local: where many stand below each other."""
        day = format_skeleton("MMMEd", local_date(at, self.zone), locale=_babel(self.locale))
        return f"{day}, {self.time_of_day(at)}"

    def zoned_time(self, at: Instant) -> str:
        """`March 12, 2026, 12:15:07 AM EDT (4:15:07 AM UTC)`; the UTC date where it differs."""
        local, utc = datetime.fromtimestamp(at, self.zone), datetime.fromtimestamp(at, UTC)
        shown = f"{self.long_date(local.date())}, {self.zoned_clock(at, seconds=True)}"
        if _zone_name(local) == "UTC":
            return shown
        day = "" if local.date() == utc.date() else f"{self.long_date(utc.date())}, "
        return f"{shown} ({day}{self.wall(utc.time())} UTC)"

    def zoned_clock(self, at: Instant, *, seconds: bool = False) -> str:
        """`12:15 AM EDT`: for a subject line."""
        local = datetime.fromtimestamp(at, self.zone)
        clock = local.time() if seconds else local.time().replace(second=0)
        return f"{self.wall(clock)} {_zone_name(local)}"

    def zones(self) -> str:
        """What to say below times that are written with their zone."""
        if _zone_name(datetime.fromtimestamp(0, self.zone)) == "UTC":
            return "Times are in UTC."
        return f"Times are those of {self.zone.key}, with UTC beside them."

    def _plain(self, pattern: NumberPattern, number: Decimal) -> str:
        shown: str = pattern.apply(number, _babel(self.locale))
        return shown.translate(_NUMBER)


def formats_of(contract: Contract) -> Formats:
    """How the contract's client reads; without a `locale`, as people in the zone do who read English."""
    return Formats(contract.locale or locale_of(contract.timezone), contract.zone, contract.currency)


def formats_for_operators(currency: str) -> Formats:
    """What stands below each other of several clients, on the provider's own terminal."""
    return Formats(STANDARD_LOCALE, ZoneInfo("UTC"), currency)


@cache
def locale_of(timezone: str) -> str:
    """The English locale of the country that the zone is of, where there is one; else that of the US."""
    zone = get_global("zone_aliases").get(timezone, timezone)
    locale = f"en_{get_global('zone_territories').get(zone)}"
    return locale if locale in LOCALES else STANDARD_LOCALE


@cache
def _babel(locale: str) -> Locale:
    return Locale.parse(locale)


@cache
def _currency_pattern(locale: str, decimals: int) -> NumberPattern:
    """The locale's own, with the decimals of ISO 4217: Babel's are those of cash."""
    return _with_decimals(_babel(locale).currency_formats["standard"], decimals, decimals)


@cache
def _percent_pattern(locale: str, least: int) -> NumberPattern:
    return _with_decimals(_babel(locale).percent_formats[None], least, 2)


def _with_decimals(pattern: NumberPattern, least: int, most: int) -> NumberPattern:
    own: NumberPattern = parse_pattern(pattern.pattern)  # the locale's is shared, and never changed
    own.frac_prec = (least, most)
    return own


def _decimal(scaled: int, decimals: int) -> Decimal:
    """`scaled` / 10 ** `decimals`, with every digit."""
    return Decimal((int(scaled < 0), tuple(map(int, str(abs(scaled)))), -decimals))


def _put_days(shown: str, day: date, days: str) -> str:
    """The days in the place of the one that is shown."""
    return re.sub(rf"\b0?{day.day}\b", days, shown, count=1)


def _spans(days: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of what follows day by day."""
    spans: list[tuple[int, int]] = []
    for day in days:
        follows = spans and day == spans[-1][1] + 1
        spans[-1:] = [(spans[-1][0], day)] if follows else [*spans[-1:], (day, day)]
    return spans


def _zone_name(local: datetime) -> str:
    """`EDT`; a zone that has no letters of its own is named by its distance, `UTC-03`."""
    name = local.tzname() or ""
    return f"UTC{name}" if name[:1] in ("+", "-") else name
