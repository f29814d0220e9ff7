"""What benchmarks say: rows of a figure beside its floor, as a table and as build/bench.json."""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

OUT = Path(__file__).parents[1] / "build/bench.json"
ROUNDS = 21
SEED = 8


@dataclass(frozen=True)
class Row:
    """One figure. `floor` is what nobody can go below, or what others take; `ratio` is value to floor.

    `goal` says what is to hold, in words; `met` whether it does, None where there is no goal.
    """

    row: str
    name: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None


def paired(
    cases: Mapping[str, Callable[[], object]], calls: int, rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """CPU seconds of this process per call of each case: each round runs them all, in random order.

    A machine whose speed changes then changes it for all of them alike.
    """
    order = random.Random(SEED)
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        names = list(cases)
        order.shuffle(names)
        for name in names:
            started = time.process_time()
            for _ in range(calls):
                cases[name]()
            seconds[name].append((time.process_time() - started) / calls)
    return seconds


def ratio_row(
    row: str,
    name: str,
    seconds: Sequence[float],
    floors: Sequence[float],
    *,
    at_most: float | None = None,
    at_most_seconds: float | None = None,
) -> Row:
    """The median of seconds beside their floors, and the median of their ratios round by round.

    What is to hold, if anything, holds of the ratio or of the seconds.
    """
    ratio = statistics.median(spent / floor for spent, floor in zip(seconds, floors, strict=True))
    value, floor = statistics.median(seconds), statistics.median(floors)
    if at_most is not None:
        return Row(
            row, name, value, "s", floor, ratio, f"at most {at_most:g} times the floor", ratio <= at_most
        )
    if at_most_seconds is not None:
        return Row(
            row, name, value, "s", floor, ratio, f"at most {at_most_seconds:g} s", value <= at_most_seconds
        )
    return Row(row, name, value, "s", floor, ratio)


def limit_row(row: str, name: str, value: float, unit: str, at_most: float | None = None) -> Row:
    """A figure that has a limit of its own, or none."""
    if at_most is None:
        return Row(row, name, value, unit)
    return Row(row, name, value, unit, goal=f"at most {at_most:g} {unit}", met=value <= at_most)


def show(rows: Sequence[Row]) -> None:
    table = Table(title="What Makegood costs")
    for column in ("", "what", "figure", "unit", "floor", "ratio", "goal", "met"):
        table.add_column(column, justify="right" if column in {"figure", "floor", "ratio"} else "left")
    for row in rows:
        met = {None: "", True: "yes", False: "NO"}[row.met]
        figures = (_short(row.value), row.unit, _short(row.floor), _short(row.ratio))
        table.add_row(row.row, row.name, *figures, row.goal, met)
    Console(width=150).print(table)


def write(rows: Sequence[Row]) -> None:
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


def _short(figure: float | None) -> str:
    return "" if figure is None else f"{figure:,.3g}" if abs(figure) < 1_000 else f"{figure:,.0f}"
