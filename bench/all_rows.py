"""`make bench`: every row, as a table and as build/bench.json. Exit status 1 when a goal is not met."""

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


def main() -> int:
    """Names of rows may be given, to measure only those."""
    measured: list[rows.Row] = []
    for name in sys.argv[1:] or MEASUREMENTS:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        measured += MEASUREMENTS[name]()
    rows.show(measured)
    rows.write(measured)
    return 1 if any(row.met is False for row in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
