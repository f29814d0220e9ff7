"""Tables and lists of fields for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from makegood_cli.output import safe, say

_WIDE = 10_000


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table as wide as its content; on a terminal that is too narrow, each row as a list of fields.

    None is an empty cell; where there are no rows it says so.
    """
    lines = [tuple(map(_cell, row)) for row in rows]
    if not lines:
        say("none\n")
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in lines:
        table.add_row(*map(Text, line))
    console = Console(highlight=False, markup=False, emoji=False)
    if console.is_terminal and _width(console, table) > console.width:
        for line in lines:
            print_fields(dict(zip(columns, line, strict=True)))
            say("")
        return
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=_WIDE)
    console.print(table)
    console.print()


def _width(console: Console, table: Table) -> int:
    """With no cell folded."""
    return Measurement.get(console, console.options.update(width=_WIDE), table).maximum


def print_fields(values: Mapping[str, object]) -> None:
    """Names and values, one pair a line, without those that are not there."""
    shown = {safe(name): _cell(value) for name, value in values.items() if value not in (None, "", ())}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        say(f"{name:<{width}}  {value}")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(map(_cell, value))
    return safe(str(value)).replace("\n", " ")
