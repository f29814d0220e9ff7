"""Amounts, dates and times as the client's country writes them, exactly, between English words."""

from __future__ import annotations

import re
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from babel.localedata import locale_identifiers
from support.months import a_contract

from makegood.mail.formats import Formats, formats_of, locale_of
from makegood.rules.contracts import parse_contract
from makegood.rules.instants import parse_instant
from makegood.rules.locales import LOCALES

NEW_YORK = Formats("en_US", ZoneInfo("America/New_York"), "USD")
LONDON = Formats("en_GB", ZoneInfo("Europe/London"), "GBP")
BERLIN = Formats("en_DE", ZoneInfo("Europe/Berlin"), "EUR")
EVENING = parse_instant("2026-03-13T03:15:07Z")


@pytest.mark.parametrize(
    ("locale", "currency", "minor", "text"),
    [
        ("en_US", "USD", 240_000, "$2,400.00"),
        ("en_US", "USD", 5, "$0.05"),
        ("en_US", "USD", -1_205, "−$12.05"),
        ("en_US", "EUR", 0, "€0.00"),
        ("en_US", "JPY", 100_001, "¥100,001"),
        ("en_US", "KWD", 1_234_567, "KWD\u00a01,234.567"),
        ("en_US", "CLF", 12_345, "CLF\u00a01.2345"),
        ("en_GB", "GBP", 240_000, "£2,400.00"),
        ("en_GB", "USD", 240_000, "US$2,400.00"),
        ("en_DE", "EUR", 240_000, "2.400,00\u00a0€"),
        ("en_DE", "JPY", -1_200, "−1.200\u00a0JP¥"),
        ("en_DE", "KWD", 1, "0,001\u00a0KWD"),
        ("en_CH", "CHF", 240_000, "CHF\u00a02’400.00"),
        ("en_FR", "EUR", 240_000, "2\u00a0400,00\u00a0€"),
        ("en_IN", "INR", 12_345_678, "₹1,23,456.78"),
        # Babel takes these for currencies without small change; ISO 4217 gives them two decimals.
        ("en_US", "HUF", 12_345, "HUF\u00a0123.45"),
        ("en_US", "PKR", 12_345, "PKR\u00a0123.45"),
    ],
)
def test_money_is_written_to_the_last_decimal(locale: str, currency: str, minor: int, text: str) -> None:
    assert Formats(locale, ZoneInfo("UTC"), currency).money(minor) == text


def test_an_amount_that_no_float_could_hold_is_exact() -> None:
    assert NEW_YORK.money(12_345_678_901_234_567_891) == "$123,456,789,012,345,678.91"


def test_shares_and_numbers_have_the_decimal_sign_of_the_amounts() -> None:
    assert [NEW_YORK.percent(bps) for bps in (9_500, 9_914, 1)] == ["95%", "99.14%", "0.01%"]
    assert [NEW_YORK.measured(bps) for bps in (9_900, 9_999, 10_000)] == ["99.00%", "99.99%", "100%"]
    assert BERLIN.measured(9_914) == "99,14\u00a0%"
    assert (NEW_YORK.number(1_048_576), BERLIN.number(1_048_576)) == ("1,048,576", "1.048.576")


@pytest.mark.parametrize(
    ("formats", "day", "moment", "zoned"),
    [
        (
            NEW_YORK,
            "March 12, 2026, 11:15:07 PM",
            "Thu, Mar 12, 11:15:07 PM",
            "March 12, 2026, 11:15:07 PM EDT (March 13, 2026, 3:15:07 AM UTC)",
        ),
        (
            LONDON,
            "13 March 2026, 03:15:07",
            "Fri 13 Mar, 03:15:07",
            "13 March 2026, 03:15:07 GMT (03:15:07 UTC)",
        ),
        (
            BERLIN,
            "13 March 2026, 04:15:07",
            "Fri, 13 Mar, 04:15:07",
            "13 March 2026, 04:15:07 CET (03:15:07 UTC)",
        ),
    ],
)
def test_a_time_is_written_as_in_the_country(formats: Formats, day: str, moment: str, zoned: str) -> None:
    told = (formats.time(EVENING), formats.moment(EVENING), formats.zoned_time(EVENING))
    assert told == (day, moment, zoned)


def test_a_time_beside_an_earlier_one_leaves_out_what_is_the_same() -> None:
    assert NEW_YORK.time_after(EVENING, EVENING - 60) == "11:15:07 PM"
    assert NEW_YORK.time_after(EVENING, EVENING - 86_400) == "March 12, 11:15:07 PM"
    assert LONDON.time_after(EVENING, EVENING - 365 * 86_400) == "13 March 2026, 03:15:07"


def test_days_of_a_month_are_listed() -> None:
    days = [date(2026, 3, day) for day in (3, 4, 7, 8, 9, 26)]
    assert NEW_YORK.days_of_month(days) == "March 3, 4, 7 to 9, 26"
    assert LONDON.days_of_month(days) == "3, 4, 7 to 9, 26 March"
    assert NEW_YORK.dates(date(2026, 3, 1), date(2026, 3, 26)) == "March 1 to 26, 2026"
    assert LONDON.dates(date(2026, 3, 1), date(2026, 3, 5)) == "1 to 5 March 2026"
    assert LONDON.dates(date(2026, 3, 20), date(2026, 3, 20)) == "20 March 2026"


@pytest.mark.parametrize("locale", sorted(LOCALES))
def test_every_locale_writes_everything(locale: str) -> None:
    formats = Formats(locale, ZoneInfo("UTC"), "USD")
    assert re.sub(r"\D", "", formats.money(123_456)) == "123456"
    assert formats.dates(date(2026, 3, 2), date(2026, 3, 5)) in ("March 2 to 5, 2026", "2 to 5 March 2026")
    assert formats.period("2026-03") == "March 2026"
    assert formats.weekday(EVENING) == "Friday"
    assert "\u202f" not in formats.wall(time(17, 30)) + formats.money(123_456_789)


def test_the_rules_know_the_english_locales_of_babel() -> None:
    english = {name for name in locale_identifiers() if re.fullmatch(r"en_[A-Z]{2}|en_\d{3}", name)}
    assert english == LOCALES


@pytest.mark.parametrize(
    ("zone", "locale"),
    [
        ("America/New_York", "en_US"),
        ("US/Pacific", "en_US"),
        ("America/Toronto", "en_CA"),
        ("Europe/London", "en_GB"),
        ("Europe/Berlin", "en_DE"),
        ("Asia/Kolkata", "en_IN"),
        ("Asia/Tokyo", "en_US"),
        ("Etc/UTC", "en_US"),
    ],
)
def test_without_a_locale_the_zone_says_which(zone: str, locale: str) -> None:
    assert locale_of(zone) == locale


def test_the_contract_says_how_its_client_reads() -> None:
    assert formats_of(parse_contract(a_contract(timezone="America/New_York"))) == NEW_YORK
    assert formats_of(parse_contract(a_contract(locale="en_GB"))).locale == "en_GB"


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "Etc/Zulu"])
def test_a_client_of_utc_is_told_of_utc_once(zone: str) -> None:
    formats = Formats("en_US", ZoneInfo(zone), "USD")
    assert formats.zones() == "Times are in UTC."
    assert formats.zoned_time(EVENING) == "March 13, 2026, 3:15:07 AM UTC"
    assert LONDON.zones() == "Times are those of Europe/London, with UTC beside them."
