"""The holidays a contract file names, such as US-NY, as the dates that count from then on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from makegood.rules.contracts import ContractError, Problem, parse_contract
from makegood.rules.shapes import did_you_mean
from makegood.rules.values import must_be
from makegood.storage.contracts import Version

YEARS = 10
"""A version's holidays are known for so many years from its first day; by then it has been replaced."""

_PATH = "outages.holidays"


def with_dates(written: Any, versions: Sequence[Version] = ()) -> Any:
    """The contract with the dates of the calendar it names; what names none stays as it is.

    A version that is known keeps the dates it was first applied with, whatever a newer library says of them.
    Raises ContractError for a calendar that does not exist, with all else that is wrong.
    """
    name = _named(written)
    if name is None:
        return written
    begins = written.get("effective_from")
    dates = _dates_of(versions, name, begins)
    try:
        return _with(written, name, _look_up(name, begins) if dates is None else dates)
    except ContractError as error:
        raise ContractError([*_problems_of(_with(written, name, [])), *error.problems]) from None


def _with(written: Any, name: str, dates: list[str]) -> Any:
    settled = {"calendar": name, "dates": dates}
    return {**written, "outages": {**written["outages"], "holidays": settled}}


def _problems_of(written: Any) -> Sequence[Problem]:
    try:
        parse_contract(written)
    except ContractError as error:
        return error.problems
    return ()


def _named(written: Any) -> str | None:
    outages = written.get("outages") if isinstance(written, dict) else None
    name = outages.get("holidays") if isinstance(outages, dict) else None
    return name if isinstance(name, str) else None


def _dates_of(versions: Sequence[Version], name: str, begins: object) -> list[str] | None:
    for version in versions:
        known = (version.written.get("outages") or {}).get("holidays") or {}
        if version.written.get("effective_from") == begins and known.get("calendar") == name:
            dates: list[str] = known["dates"]
            return dates
    return None


def _look_up(name: str, begins: object) -> list[str]:
    import holidays  # noqa: PLC0415 - a large library that few contracts need

    country, _, part = name.partition("-")
    supported = holidays.list_supported_countries()
    if country not in supported:
        raise _refused(name, did_you_mean(country, supported))
    if part and part not in supported[country]:
        known = ", ".join(supported[country]) or "none"
        raise _refused(name, f"; the parts of {country} are {known}")
    try:
        first = date.fromisoformat(str(begins))
    except ValueError:
        return []  # what is wrong with the date is said where it stands
    end = f"{first.year + YEARS}{first.isoformat()[4:]}"
    found = holidays.country_holidays(
        country, subdiv=part or None, years=range(first.year, first.year + YEARS + 1)
    )
    days = sorted(day.isoformat() for day in found)
    return [day for day in days if first.isoformat() <= day < end]


def _refused(name: str, hint: str) -> ContractError:
    allowed = "a country, or a part of one, such as US or US-NY, or an object with calendar, dates"
    return ContractError([Problem(_PATH, must_be(allowed, name) + hint)])
