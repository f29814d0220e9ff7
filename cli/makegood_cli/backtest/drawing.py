"""Bars for terminals, which may be 80 characters wide."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 24
_PARTS = " ▏▎▍▌▋▊▉"
_WHOLE = "█"
BUCKETS = 10


def bar(value: int, largest: int, width: int = WIDTH) -> str:
    """A bar as long as the value is of the largest, to an eighth of a character; none for nothing."""
    if value <= 0 or largest <= 0:
        return ""
    eighths = max(1, value * width * 8 // largest)
    return _WHOLE * (eighths // 8) + (_PARTS[eighths % 8] if eighths % 8 else "")


def buckets(values: Sequence[int], count: int = BUCKETS) -> list[tuple[int, int, int]]:
    """How many values are 0, and how many in each of so many equal steps above: (above, up to, how many)."""
    largest = max(values)
    step = -(-largest // count) or 1
    found = [(0, 0, sum(value == 0 for value in values))]
    for number in range(-(-largest // step)):
        low, high = number * step, (number + 1) * step
        found.append((low, high, sum(low < value <= high for value in values)))
    return found
