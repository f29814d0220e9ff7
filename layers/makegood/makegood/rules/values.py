"""The values a contract is written in: durations, percentages, amounts of money and refunds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

BPS: Final = 10_000  # basis points in the whole
LONGEST_DURATION: Final = 3650 * 86_400

_UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION: Final = re.compile(r"([0-9]{1,9})([smhd])")
_PERCENT: Final = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,2}))?%")
_AMOUNT: Final = re.compile(r"([0-9]{1,12})(?:\.([0-9]+))?")

_NO_DECIMALS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO_DECIMALS: Final = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG
HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU
MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR
SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED
VES WST XCD XCG YER ZAR ZMW ZWG
"""
_THREE_DECIMALS: Final = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS: Final = "CLF UYW"

# ISO 4217: how many decimals a currency's amounts have, that is, which power of ten its minor unit is.
CURRENCY_DECIMALS: Final = {
    currency: decimals
    for decimals, currencies in (
        (0, _NO_DECIMALS),
        (2, _TWO_DECIMALS),
        (3, _THREE_DECIMALS),
        (4, _FOUR_DECIMALS),
    )
    for currency in currencies.split()
}


@dataclass(frozen=True)
class Refund:
    """What one unit earns: basis points of the period's fee, or a fixed amount; the other one is 0."""

    bps: int = 0
    cents: int = 0

    def earned_cents(self, fee_cents: int, units: int) -> int:
        return round_half_up(fee_cents * self.bps * units, BPS) + self.cents * units


@dataclass(frozen=True)
class MaxAge:
    """How old evidence may be: a number of local days, or seconds; the other one is 0."""

    local_days: int = 0
    seconds: int = 0


def parse_duration(value: object) -> int:
    """`15m` in seconds; units are s, m, h and d (86,400 s). Anything else is a ValueError."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    seconds = int(match[1]) * _UNIT_SECONDS[match[2]] if match else LONGEST_DURATION + 1
    if seconds > LONGEST_DURATION:
        raise ValueError(
            must_be("a duration such as 15m (a whole number of s, m, h or d, up to 3650d)", value)
        )
    return seconds


def parse_positive_duration(value: object) -> int:
    seconds = parse_duration(value)
    if seconds == 0:
        raise ValueError(must_be("longer than nothing", value))
    return seconds


def parse_max_age(value: object) -> MaxAge:
    """`2d` is two local days, `48h` is 172,800 seconds. Anything else is a ValueError."""
    seconds = parse_positive_duration(value)
    if str(value).endswith("d"):
        return MaxAge(local_days=seconds // _UNIT_SECONDS["d"])
    return MaxAge(seconds=seconds)


def parse_percent(value: object) -> int:
    """`7.25%` in basis points, 725. Anything else is a ValueError."""
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(must_be("a percentage such as 5% or 7.25%", value))
    return _scaled(match, 2)


def parse_share(value: object) -> int:
    """A percentage of at most 100 %, in basis points."""
    bps = parse_percent(value)
    if bps > BPS:
        raise ValueError(must_be("a percentage up to 100%", value))
    return bps


def parse_currency(value: object) -> str:
    if not isinstance(value, str) or value not in CURRENCY_DECIMALS:
        raise ValueError(must_be("an ISO 4217 currency such as USD", value))
    return value


def parse_money(value: object, currency: str) -> int:
    """`"10.00"` (or a whole number) in minor units of the currency, 1000. Anything else is a ValueError."""
    text = str(value) if type(value) is int else value
    match = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
    decimals = _decimals(currency)
    if match is None or len(match[2] or "") > decimals:
        raise ValueError(must_be(f"an amount such as {_example(currency)}", value))
    return _scaled(match, decimals)


def parse_refund(value: object, currency: str) -> Refund:
    """A percentage of the fee (`5%`) or a fixed amount (`"10.00"`). Anything else is a ValueError.

    A bare number is refused: 5 may have been meant as either.
    """
    try:
        if isinstance(value, str) and value.endswith("%"):
            return Refund(bps=parse_percent(value))
        return Refund(cents=parse_money(value if isinstance(value, str) else None, currency))
    except ValueError:
        example = _example(currency)
        raise ValueError(must_be(f"a percentage such as 5% or an amount such as {example}", value)) from None


def round_half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def must_be(allowed: str, found: object) -> str:
    """The message for a wrong value: what is allowed and what was found."""
    shown = _shown(found)
    return f"must be {allowed}, got {shown if len(shown) <= 60 else shown[:57] + '...'}"


def _shown(found: object) -> str:
    """The value itself, but for what may be nested deeper than can be written out."""
    if found and isinstance(found, list | dict):
        return "a list" if isinstance(found, list) else "an object"
    return "nothing" if found is None else repr(found)


def _decimals(currency: str) -> int:
    # What is no currency is refused where it stands; amounts in it are still looked at.
    return CURRENCY_DECIMALS.get(currency, max(CURRENCY_DECIMALS.values()))


def _scaled(match: re.Match[str], decimals: int) -> int:
    return int(match[1] + (match[2] or "").ljust(decimals, "0"))


def _example(currency: str) -> str:
    decimals = CURRENCY_DECIMALS.get(currency, 2)
    return f'"10.{"0" * decimals}"' if decimals else '"1000"'
