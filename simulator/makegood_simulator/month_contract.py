"""Made-up contracts of a made-up client: terms in many shapes, each of which can be kept."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from makegood.rules.evidence import PRACTICES
from makegood.rules.instants import Period, next_period, previous_period
from makegood.rules.terms import STAGES
from makegood.rules.values import CURRENCY_DECIMALS
from makegood_simulator.month_hours import some_hours
from makegood_simulator.month_ladder import some_ladder

Json = dict[str, Any]

DETECTION_SECONDS: Final = 180
"""How long it may take to notice a silent device, beside its grace: what contracts are checked against."""


@dataclass(frozen=True)
class Place:
    """A time zone, its currency, and months in which its clocks change."""

    zone: str
    currency: str
    changing: tuple[Period, ...] = ()


PLACES: Final = (
    Place("America/New_York", "USD", ("2026-03", "2026-11")),
    Place("Europe/Berlin", "EUR", ("2026-03", "2026-10")),
    Place("Pacific/Auckland", "NZD", ("2026-04", "2026-09")),
    Place("Asia/Kolkata", "INR"),
    Place("America/Santiago", "CLP", ("2026-04", "2026-09")),
    Place("Etc/UTC", "USD"),
    Place("Asia/Tokyo", "JPY"),
    Place("Asia/Kuwait", "KWD"),
    Place("Australia/Lord_Howe", "AUD", ("2026-04", "2026-10")),  # by half an hour
    Place("America/Havana", "CUP", ("2026-03", "2026-11")),  # November has two midnights on its first day
    Place("Africa/Cairo", "EGP", ("2026-04", "2026-10")),  # a Friday in April has no midnight
    Place("America/Asuncion", "PYG", ("2017-10",)),  # begins at one in the morning
)
CURRENCIES: Final = ("USD", "EUR", "JPY", "KWD", "CLF")
PERIODS: Final = ("2026-01", "2026-02", "2026-05", "2026-06", "2026-12", "2028-02")

OUTAGE_CONTACTS: Final = ("front-desk@acme.example", "owner@acme.example", "night.watch@acme.example")
ACCOUNTS: Final = "accounts@acme.example"

_PERCENTAGES: Final = ("1%", "2.5%", "5%", "7.25%", "10%", "33.33%", "100%")
_FEES: Final = (0, 1, 99_999, 240_000, 1_234_567)
_MINOR_AMOUNTS: Final = (1, 99, 1000, 2500, 100_001)
_NOTIFY_MINUTES: Final = (10, 15, 20, 30, 45, 60, 120)
_PLAN_MINUTES: Final = (20, 30, 45, 60, 90, 120, 240)
_REPAIR_WITHIN: Final = ("1h", "2h", "3601s", "4h", "8h", "24h")
_STABLE_FOR: Final = ("1m", "90s", "2m", "5m", "10m", "15m")
_MAX_AGES: Final = ("1d", "1d", "2d", "24h", "36h", "7d")


def a_place(chance: random.Random) -> tuple[Place, tuple[Period, ...]]:
    """Where the client is, and the one or two months that are played."""
    place = chance.choice(PLACES)
    calendar = place.changing if place.changing and chance.random() < 0.6 else PERIODS
    first = chance.choice(calendar)
    is_one = chance.random() < 0.88
    return place, (first,) if is_one else (first, next_period(first))


def a_contract(chance: random.Random, place: Place, first: Period, longest_grace: int) -> Json:
    """The client's first version, in force since the month before, its first day, or a day within it."""
    currency = place.currency if chance.random() < 0.75 else chance.choice(CURRENCIES)
    contract: Json = {
        "client": "acme-dental",
        "name": "Acme Dental Group",
        "timezone": place.zone,
        "currency": currency,
        "monthly_fee": _amount(chance.choices(_FEES, [1, 1, 4, 8, 4])[0], currency),
        "effective_from": _first_day(chance, first).isoformat(),
        **_terms(chance, currency, longest_grace, first),
    }
    if chance.random() < 0.06:
        contract["effective_until"] = _end(chance, first).isoformat()
    return contract


def a_later_version(chance: random.Random, contract: Json, first: Period, longest_grace: int) -> Json:
    """Other terms from the first of the month after `first`; zone and currency stay."""
    lasting = {name: contract[name] for name in ("client", "name", "timezone", "currency")}
    return {
        **lasting,
        "monthly_fee": _amount(chance.choice([1, 150_000, 360_000]), contract["currency"]),
        "effective_from": f"{next_period(first)}-01",
        **_terms(chance, contract["currency"], longest_grace, first),
    }


def _terms(chance: random.Random, currency: str, longest_grace: int, first: Period) -> Json:
    """What a version may say in its own way; what is left out says the standard."""
    terms: Json = {"contacts": _contacts(chance), "statement": _statement(chance)}
    if chance.random() < 0.97:
        terms["outages"] = {**_outages(chance, currency, longest_grace), **some_hours(chance, first)}
        terms["outages"] |= some_ladder(random.Random(f"{first} {terms}"))
    if chance.random() < 0.5:
        terms["practices"] = _practices(chance, currency)
    if chance.random() < 0.5:
        terms["refund_cap"] = chance.choice(["0%", "7.5%", "20%", "60%", "100%", "150%"])
    return terms


def _first_day(chance: random.Random, first: Period) -> date:
    opening = date.fromisoformat(f"{first}-01")
    since = chance.choices(["before", "first", "within"], [65, 20, 15])[0]
    if since == "before":
        return date.fromisoformat(f"{previous_period(first)}-{chance.choice([1, 1, 15, 25]):02}")
    return opening if since == "first" else opening + timedelta(days=chance.randrange(1, 15))


def _end(chance: random.Random, first: Period) -> date:
    """The first day not covered: within the month or the first of the next one."""
    last = date.fromisoformat(f"{next_period(first)}-01")
    return last - timedelta(days=chance.choice([0, 1, 5]))


def _contacts(chance: random.Random) -> Json:
    outages = list(OUTAGE_CONTACTS[: chance.choice([1, 1, 2, 2, 3])])
    return {
        "outages": outages,
        "statements": chance.choice([[ACCOUNTS], outages[:1], [ACCOUNTS, outages[0]]]),
    }


def _statement(chance: random.Random) -> Json:
    day = chance.choices([1, 2, 3, 5, 10, 28], [25, 20, 30, 15, 7, 3])[0]
    return {"day": day, "hour": chance.choice([0, 0, 2, 7, 9, 23])}


def _outages(chance: random.Random, currency: str, longest_grace: int) -> Json:
    """Promised stages, at times with one or two missing."""
    within = {
        "notify": _notify_within(chance, longest_grace),
        "plan": _plan_within(chance, longest_grace),
        "repair": chance.choice(_REPAIR_WITHIN),
    }
    missing = chance.sample(STAGES, chance.choices([0, 1, 2], [70, 20, 10])[0])
    outages: Json = {
        stage: _stage(chance, within[stage], currency) for stage in STAGES if stage not in missing
    }
    if "repair" in outages and chance.random() < 0.35:
        outages["repair"]["self_recovery"] = chance.choice(["document", "document", "system"])
    if chance.random() < 0.8:
        outages["stable_for"] = chance.choice(_STABLE_FOR)
    return outages


def _notify_within(chance: random.Random, longest_grace: int) -> str:
    """The least that can be promised, or a round time above it."""
    least = 2 * (longest_grace + DETECTION_SECONDS) + 1
    if chance.random() < 0.2:
        return f"{least}s"
    return f"{chance.choice([minutes for minutes in _NOTIFY_MINUTES if minutes * 60 >= least][:3])}m"


def _plan_within(chance: random.Random, longest_grace: int) -> str:
    noticing = longest_grace + DETECTION_SECONDS
    return f"{chance.choice([minutes for minutes in _PLAN_MINUTES if minutes * 60 > noticing])}m"


def _stage(chance: random.Random, within: str, currency: str) -> Json:
    stage: Json = {"within": within}
    if chance.random() < 0.85:
        stage["refund"] = _refund(chance, currency)
    if chance.random() < 0.5:
        stage["then"] = _late(chance, currency)
    return stage


def _late(chance: random.Random, currency: str) -> Json:
    late: Json = {"every": chance.choice(["7m", "10m", "30m", "1h", "1d"])}
    if chance.random() < 0.9:
        late["refund"] = _refund(chance, currency)
    if chance.random() < 0.7:
        late["at_most"] = chance.choice([0, 1, 3, 10, 24])
    return late


def _practices(chance: random.Random, currency: str) -> Json:
    promised = chance.sample(PRACTICES, chance.choice([1, 1, 2, 3]))
    return {practice: _practice(chance, practice, currency) for practice in promised}


def _practice(chance: random.Random, practice: str, currency: str) -> Json:
    terms: Json = {"max_age": "31d" if practice == "restore_test" else chance.choice(_MAX_AGES)}
    if chance.random() < 0.7:
        terms["at_least"] = chance.choice(["50%", "90%", "95%", "97.5%", "100%"])
    if chance.random() < 0.6:
        terms["refund"] = _refund(chance, currency)
    if chance.random() < 0.5:
        terms["refund_each"] = _refund(chance, currency)
    if practice == "patching" and chance.random() < 0.5:
        terms["grace_days"] = chance.choice([0, 3, 14])
    return terms


def _refund(chance: random.Random, currency: str) -> str:
    if chance.random() < 0.6:
        return chance.choice(_PERCENTAGES)
    return _amount(chance.choice(_MINOR_AMOUNTS), currency)


def _amount(minor: int, currency: str) -> str:
    """Minor units with the decimals of the currency, as a contract writes them."""
    decimals = CURRENCY_DECIMALS[currency]
    major, rest = divmod(minor, 10**decimals)
    return f"{major}.{rest:0{decimals}}" if decimals else str(major)
