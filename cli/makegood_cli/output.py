"""What people and programs see. Text from data is stripped of whatever could steer a terminal."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import click

from makegood.rules.instants import Instant, format_instant

Item = TypeVar("Item")

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")


def safe(text: str) -> str:
    """The text without escape sequences and characters that are invisible or turn the direction."""
    return "".join(map(_safe_character, _ESCAPES.sub("", text)))


def _safe_character(character: str) -> str:
    if character == "\n":
        return character
    category = unicodedata.category(character)
    if character == "\t" or category in ("Zl", "Zp"):
        return " "
    return "" if category.startswith("C") else character


def say(text: str) -> None:
    """Lines for people."""
    click.echo(safe(text))


def warn(text: str) -> None:
    """Lines for people that are no result."""
    click.echo(safe(text), err=True)


def print_json(data: object) -> None:
    """JSON for programs; ASCII only, so that it is safe on a terminal too."""
    click.echo(json.dumps(data, indent=2))


def progress(items: Iterable[Item], label: str, count: int) -> AbstractContextManager[Iterable[Item]]:
    """The items, with a bar on the standard error while they are worked on; none where nobody watches."""
    if not sys.stderr.isatty():
        return nullcontext(items)
    return click.progressbar(items, length=count, label=label, file=sys.stderr)


def duration(seconds: int) -> str:
    """Seconds as `15 minutes` or `1 hour`: in the largest unit that gives a whole number."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds and seconds % size == 0:
            return counted(seconds // size, unit)
    return counted(seconds, "second")


def length(seconds: int) -> str:
    """Seconds as `264.4 h`, `12.5 min` or `40 s`, rounded: for lengths that are measured, not agreed on."""
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3_600:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3_600:,.1f} h"


def percent(bps: int) -> str:
    """Basis points as `5%` or `7.25%`."""
    whole, rest = divmod(bps, 100)
    return f"{whole}.{rest:02}".rstrip("0") + "%" if rest else f"{whole}%"


def written(at: Instant | None) -> str | None:
    """An instant as text, None as it is."""
    return None if at is None else format_instant(at)


def counted(number: int, unit: str) -> str:
    """`1 agent`, `2,000 agents`."""
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"
