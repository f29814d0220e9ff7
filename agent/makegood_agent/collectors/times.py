"""Times as tools write them."""

from __future__ import annotations

import calendar
import re
import time

NANOSECONDS = 10**9
WRITTEN = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII
)


def instant(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def nanoseconds(text: str) -> int:
    """Since 1970, of RFC 3339 or of the same without a zone, which then is UTC. ValueError otherwise."""
    match = WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time")
    date, clock, fraction, sign, hours, minutes = match.groups()
    seconds = calendar.timegm(time.strptime(f"{date} {clock}", "%Y-%m-%d %H:%M:%S"))
    if sign:
        offset = 3600 * int(hours) + 60 * int(minutes)
        seconds -= offset if sign == "+" else -offset
    return seconds * NANOSECONDS + int((fraction or "").ljust(9, "0"))


def seconds_of(text: str) -> int:
    return nanoseconds(text) // NANOSECONDS


def hours_since(seconds: float) -> int:
    """Whole hours, begun ones too. Something that is dated in the future has no age: ValueError."""
    age = time.time() - seconds
    if age < -3600:
        raise ValueError(f"dated in the future: {instant(seconds)}")
    return max(0, int(-(-age // 3600)))
