"""What all mails and pages share: the templates, the palette, how times, lengths and counts are written."""

from __future__ import annotations

import textwrap
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from makegood.rules.instants import Instant, Period, local_date
from makegood.texts import UNSAFE

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_TEMPLATES: Final = Path(__file__).parent / "templates"
_TEXT_WIDTH: Final = 76
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))

PALETTE: Final = {
    "ink": "#1c2733",
    "soft": "#5a6775",
    "line": "#dde3e9",
    "paper": "#ffffff",
    "ground": "#eef1f4",
    "button": "#1b5e9b",
}

TONES: Final = {
    "good": {"ink": "#14653b", "ground": "#e5f4eb"},
    "bad": {"ink": "#a3231b", "ground": "#fcebe9"},
    "warn": {"ink": "#7a4d00", "ground": "#fdf2d9"},
    "calm": {"ink": "#1b5e9b", "ground": "#e8f1fa"},
    "plain": {"ink": "#475360", "ground": "#eef1f4"},
}
"""Colours that mean something: kept, broken, excused or at risk, still open, neither."""

DARK_PALETTE: Final = {
    "ink": "#e8edf2",
    "soft": "#a3b0bd",
    "line": "#35404c",
    "paper": "#1a2129",
    "ground": "#0f1419",
    "link": "#8dc3f5",
}

DARK_TONES: Final = {
    "good": {"ink": "#7fd6a3", "ground": "#16382a"},
    "bad": {"ink": "#ff9f96", "ground": "#45211f"},
    "warn": {"ink": "#f2c879", "ground": "#41330f"},
    "calm": {"ink": "#8dc3f5", "ground": "#17324b"},
    "plain": {"ink": "#b9c4cf", "ground": "#29323c"},
}


def render(template: str, **context: Any) -> str:
    """A template of this package; `*.html.j2` escapes everything it is given, `*.txt.j2` is plain text."""
    return environment(_TEMPLATES).get_template(template).render(**context)


def show_time(instant: Instant, zone: ZoneInfo) -> str:
    """`10 April 2026, 04:00`, local; seconds unless they are 0, the offset where clocks show a time twice."""
    local = datetime.fromtimestamp(instant, zone)
    clock = local.strftime("%H:%M:%S" if local.second else "%H:%M")
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{show_date(local.date())}, {clock}" + (local.strftime(" (UTC%z)") if twice else "")


def show_day(instant: Instant, zone: ZoneInfo) -> str:
    return show_date(local_date(instant, zone))


def show_date(day: date) -> str:
    """`10 April 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def show_period(period: Period) -> str:
    """`2026-03` as `March 2026`."""
    return f"{_MONTHS[int(period[5:]) - 1]} {period[:4]}"


def show_length(seconds: int) -> str:
    """A length exactly: 9000 is `2 h 30 min`."""
    parts = []
    rest = seconds
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def show_percent(bps: int) -> str:
    """Basis points exactly: 9500 is `95%`, 9914 is `99.14%`."""
    whole, rest = divmod(bps, 100)
    return f"{whole}.{rest:02}".rstrip("0") + "%" if rest else f"{whole}%"


def show_measured(bps: int) -> str:
    """A measured share, rounded down, with both decimals: 9900 is `99.00%`."""
    return "100%" if bps == 10_000 else f"{bps // 100}.{bps % 100:02}%"


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`1 promise`, `2 promises`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


@cache
def environment(*folders: Path) -> Environment:
    """The templates of these folders, which know the palette and let nothing harmful through."""
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(disabled_extensions=("txt.j2",), default=True),
        undefined=StrictUndefined,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(palette=PALETTE, tones=TONES, dark_palette=DARK_PALETTE, dark_tones=DARK_TONES)
    environment.filters["line"] = _on_one_line
    environment.filters["fill"] = _filled
    return environment


def harmless(value: object) -> object:
    return UNSAFE.sub(" ", value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _on_one_line(value: str) -> str:
    return " ".join(value.split())


def _filled(value: str, first: str = "", others: str = "") -> str:
    """Wrapped for plain text, each line behind its indent; addresses of pages stay in one piece."""
    lines = textwrap.wrap(value, _TEXT_WIDTH - len(others), break_long_words=False, break_on_hyphens=False)
    return "\n".join((others if number else first) + line for number, line in enumerate(lines))
