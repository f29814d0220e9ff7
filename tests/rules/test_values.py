"""Durations, percentages, amounts and refunds: what they mean, and what is refused."""

from __future__ import annotations

import pytest

from makegood.rules.values import (
    MaxAge,
    Refund,
    parse_currency,
    parse_duration,
    parse_max_age,
    parse_money,
    parse_percent,
    parse_positive_duration,
    parse_refund,
    parse_share,
    round_half_up,
)


@pytest.mark.parametrize(
    ("text", "seconds"), [("0s", 0), ("90s", 90), ("15m", 900), ("4h", 14_400), ("2d", 172_800)]
)
def test_a_duration_in_seconds(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "value", ["15", "m", "-1m", "1.5h", "1w", " 1m", "1M", "1m\n", "3651d", "٣m", 15, None]
)
def test_anything_else_is_no_duration(value: object) -> None:
    with pytest.raises(ValueError, match="must be a duration such as 15m"):
        parse_duration(value)


def test_a_promise_takes_longer_than_nothing() -> None:
    assert parse_positive_duration("1s") == 1
    with pytest.raises(ValueError, match="longer than nothing, got '0h'"):
        parse_positive_duration("0h")


def test_days_of_age_are_local_days_and_hours_are_hours() -> None:
    assert parse_max_age("2d") == MaxAge(local_days=2)
    assert parse_max_age("48h") == MaxAge(seconds=172_800)
    with pytest.raises(ValueError, match="longer than nothing"):
        parse_max_age("0d")


@pytest.mark.parametrize(
    ("text", "bps"),
    [("5%", 500), ("7.25%", 725), ("0.3%", 30), ("0.33%", 33), ("100%", 10_000), ("150%", 15_000)],
)
def test_a_percentage_in_basis_points(text: str, bps: int) -> None:
    assert parse_percent(text) == bps


@pytest.mark.parametrize("value", ["5", "5.125%", "-5%", ".5%", "5.%", "5 %", "٥%", 5, None])
def test_anything_else_is_no_percentage(value: object) -> None:
    with pytest.raises(ValueError, match="must be a percentage such as 5%"):
        parse_percent(value)


def test_a_share_is_at_most_the_whole() -> None:
    assert parse_share("100%") == 10_000
    with pytest.raises(ValueError, match=r"up to 100%, got '100\.01%'"):
        parse_share("100.01%")


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("2400.00", "USD", 240_000),
        ("2400.5", "USD", 240_050),
        ("2400", "USD", 240_000),
        (2400, "USD", 240_000),
        ("100001", "JPY", 100_001),
        ("3349.050", "KWD", 3_349_050),
        ("0", "EUR", 0),
        ("1.0001", "CLF", 10_001),
    ],
)
def test_money_in_minor_units(value: object, currency: str, minor: int) -> None:
    assert parse_money(value, currency) == minor


@pytest.mark.parametrize(
    ("value", "currency"),
    [
        ("1.001", "USD"),
        ("1.0", "JPY"),
        ("-1", "USD"),
        ("1,000", "USD"),
        ("$1", "USD"),
        (1.5, "USD"),
        (True, "USD"),
    ],
)
def test_anything_else_is_no_money(value: object, currency: str) -> None:
    with pytest.raises(ValueError, match="must be an amount such as"):
        parse_money(value, currency)


@pytest.mark.parametrize(
    ("currency", "example"), [("USD", "10.00"), ("JPY", "1000"), ("CLF", "10.0000"), ("usd", "10.00")]
)
def test_the_example_of_an_amount_suits_the_currency(currency: str, example: str) -> None:
    with pytest.raises(ValueError, match=f'such as "{example}", got 1.5'):
        parse_money(1.5, currency)
    with pytest.raises(ValueError, match=f'or an amount such as "{example}", got 1.5'):
        parse_refund(1.5, currency)


def test_a_refund_is_a_percentage_or_an_amount() -> None:
    assert parse_refund("5%", "USD") == Refund(bps=500)
    assert parse_refund("10.00", "USD") == Refund(cents=1_000)
    assert parse_refund("7", "JPY") == Refund(cents=7)
    with pytest.raises(
        ValueError, match=r"must be a percentage such as 5% or an amount such as \"10.00\", got 5\.0"
    ):
        parse_refund(5.0, "USD")


def test_a_percentage_is_rounded_once_for_all_units() -> None:
    # 3 units of 0.33 % of 101 are 0.9999, one cent; each alone would be 0.3333, nothing.
    assert Refund(bps=33).earned_cents(101, 3) == 1
    assert Refund(cents=7).earned_cents(101, 3) == 21


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 10, 1), (4, 10, 0), (15, 10, 2), (0, 10, 0), (1, 3, 0), (2, 3, 1)],
)
def test_halves_are_rounded_up(numerator: int, denominator: int, rounded: int) -> None:
    assert round_half_up(numerator, denominator) == rounded


def test_only_a_currency_is_a_currency() -> None:
    assert parse_currency("KWD") == "KWD"
    for value in ("usd", "XXX", "", None, ["USD"]):
        with pytest.raises(ValueError, match="ISO 4217"):
            parse_currency(value)


@pytest.mark.parametrize("value", [5, 10, 0])
def test_a_bare_number_is_no_refund_since_it_may_mean_either(value: int) -> None:
    with pytest.raises(ValueError, match="a percentage such as 5% or an amount"):
        parse_refund(value, "USD")
