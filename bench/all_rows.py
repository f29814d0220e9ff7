"""`make bench`: every row, as a table and as build/bench.json.

That a goal is missed is a finding, not a failure of the measurement; what must not grow is guarded by
tests/costs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import agents
import heartbeats
import local_stack
import requests_made
import rounds
import rows
import silences
import starts
import statements
import sweeps

MEASUREMENTS: dict[str, Callable[[], list[rows.Row]]] = {
    "a": heartbeats.measure,
    "b": requests_made.measure,
    "c": starts.measure,
    "d": sweeps.measure,
    "e": silences.measure,
    "f": statements.measure,
    "g": local_stack.measure,
    "h": agents.measure,
    "i": rounds.measure,
}


def main() -> None:
    """Names of rows may be given, to measure only those."""
    names = sys.argv[1:] or list(MEASUREMENTS)
    if unknown := [name for name in names if name not in MEASUREMENTS]:
        sys.exit(f"no such row: {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}")
    measured: list[rows.Row] = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        measured += MEASUREMENTS[name]()
    rows.show(measured)
    rows.write(measured)
    if missed := sum(row.met is False for row in measured):
        print(f"Goals that are not met: {missed}. What stands in the way: docs/performance.md")


if __name__ == "__main__":
    main()
