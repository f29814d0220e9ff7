"""One term over a range of values: `outages.notify.within=5m..60m/5m`, or `=5m,15m,1h`."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

MOST_VALUES = 200
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_RANGE = re.compile(r"(?P<start>[^.,/]+(?:\.[0-9]+%?)?)\.\.(?P<end>[^,/]+?)/(?P<step>[^,/]+)")
_VALUE = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,4})?)(?P<unit>[smhd%]?)")

EXAMPLE = "outages.notify.within=5m..60m/5m"


@dataclass(frozen=True)
class WhatIf:
    """A term's path and the values it is tried with, written as in a contract."""

    path: str
    values: tuple[str | int, ...]

    def terms(self, terms: Mapping[str, Any], value: str | int) -> dict[str, Any]:
        """The terms with this value in that place; the rest stays."""
        changed: dict[str, Any] = copy.deepcopy(dict(terms))
        *folders, name = self.path.split(".")
        place = changed
        for folder in folders:
            if not isinstance(place.get(folder), dict):
                place[folder] = {}
            place = place[folder]
        place[name] = value
        return changed


def parse_what_if(text: str) -> WhatIf:
    """Raises ValueError that says what is wrong and shows how it is written."""
    path, separator, values = text.partition("=")
    if not separator or not re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", path) or not values:
        raise ValueError(f"must name a term and its values, such as {EXAMPLE}, got {text}")
    found = _RANGE.fullmatch(values)
    if found:
        return WhatIf(path, _steps(found["start"], found["end"], found["step"], text))
    return WhatIf(path, tuple(_plain(value.strip()) for value in values.split(",")))


def _steps(start: str, end: str, step: str, text: str) -> tuple[str | int, ...]:
    """From start to end in steps, the end included if a step meets it; written as the step is."""
    read = [_VALUE.fullmatch(part) for part in (start, end, step)]
    units = {found["unit"] for found in read if found}
    if not all(read) or (len(units) > 1 and not units <= set(_SECONDS)):
        raise ValueError(f"must be three values of one kind, as in {EXAMPLE}, got {text}")
    written = _writer(step)
    first, last, by = (_amount(found) for found in read if found)
    if by <= 0 or last < first:
        raise ValueError(f"must go upwards in steps above 0, as in {EXAMPLE}, got {text}")
    count = int((last - first) / by) + 1
    if count > MOST_VALUES:
        raise ValueError(f"must be at most {MOST_VALUES} values, got {count}")
    return tuple(written(first + by * number) for number in range(count))


def _amount(found: re.Match[str]) -> Decimal:
    return Decimal(found["number"]) * _SECONDS.get(found["unit"], 1)


def _writer(step: str) -> Callable[[Decimal], str | int]:
    found = _VALUE.fullmatch(step)
    assert found is not None
    unit, decimals = found["unit"], len(found["number"].partition(".")[2])
    if unit in _SECONDS:
        return lambda seconds: _duration(int(seconds), unit)
    if unit:
        return lambda number: f"{number.normalize():f}{unit}"
    return lambda number: f"{number:.{decimals}f}" if decimals else int(number)


def _duration(seconds: int, unit: str) -> str:
    """In the step's unit where that comes out whole."""
    size = _SECONDS[unit]
    return f"{seconds // size}{unit}" if seconds % size == 0 else f"{seconds}s"


def _plain(value: str) -> str | int:
    return int(value) if value.isdecimal() else value
