"""A place where a day is about to end."""

from __future__ import annotations

from datetime import UTC, datetime


def where_it_is_late() -> str:
    """A zone in which this hour is the one before the last of the day."""
    ahead = (22 - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+}"  # these zones are named the wrong way round
