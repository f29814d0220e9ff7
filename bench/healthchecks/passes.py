"""One detection pass: `sendalerts` of Healthchecks, and Makegood's sweep, over the same silent devices."""

from __future__ import annotations

import json
import os
import random
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from endpoint import endpoint
from healthchecks.postgres import Postgres
from healthchecks.rounds import SEED, calibrate, progress
from healthchecks.table import Table, device_name, read_units
from healthchecks.talk import Process, process
from healthchecks.theirs import Healthchecks
from healthchecks.trees import cpu_of

FLEETS = (1_000, 10_000, 100_000)
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """A fleet, how many of it are overdue, evenly spread, and of how many of Makegood's clients these are."""

    fleet: int
    overdue: int
    clients: int

    @property
    def key(self) -> str:
        return f"{self.fleet}, {self.overdue}, {self.clients}"

    @property
    def silent(self) -> list[int]:
        return [number * self.fleet // self.overdue for number in range(self.overdue)]

    @property
    def names(self) -> list[str]:
        return [device_name(number) for number in self.silent]


CASES = [Case(fleet, overdue, overdue) for fleet in FLEETS for overdue in sorted({0, 10, fleet // 100})]
FEW_CLIENTS = Case(FLEETS[-1], FLEETS[-1] // 100, 40)
"""What Makegood reads of a client it reads once; Healthchecks knows no such difference."""

THEIRS, OURS = "Healthchecks", "Makegood"


class Sweep:
    """Makegood's side: a process of the sweep, and its tables in the stand-in."""

    def __init__(self, sweeper: Process, address: str) -> None:
        self._sweeper, self._address = sweeper, address
        self.asked: dict[str, dict[str, int]] = {}

    def measure(self, case: Case) -> dict[str, float]:
        self._benchmark("Prepare", fleet=case.fleet, silent=case.silent, clients=case.clients)
        before, started = cpu_of([self._sweeper.pid]), time.monotonic()
        self._sweeper.ask()
        spent, wall = cpu_of([self._sweeper.pid]) - before, time.monotonic() - started
        told = self._benchmark("Tell")
        _check(OURS, told["names"], case)
        self.asked[case.key] = {**told["asked"], "read units of the scan": read_units(case.fleet)}
        return {"application": spent.total, "seconds": wall}

    def _benchmark(self, name: str, **request: Any) -> Any:
        asked = urllib.request.Request(
            self._address, json.dumps(request).encode(), {"X-Amz-Target": f"Benchmark.{name}"}
        )
        with urllib.request.urlopen(asked) as answer:
            return json.load(answer)


class Alerts:
    """Healthchecks' side: a process of `sendalerts` for each size, each with a database of its own."""

    def __init__(self, processes: Mapping[int, Process], postgres: Postgres) -> None:
        self._processes, self._postgres = processes, postgres

    def measure(self, case: Case) -> dict[str, float]:
        inside = self._processes[case.fleet]
        inside.ask(do="prepare", overdue=case.names)
        parts = {"application": [inside.pid], "database": [self._postgres.pid]}
        before, started = {name: cpu_of(roots) for name, roots in parts.items()}, time.monotonic()
        inside.ask(do="pass")
        wall = time.monotonic() - started
        spent = {name: (cpu_of(roots) - before[name]).total for name, roots in parts.items()}
        _check(THEIRS, inside.ask(do="found")["names"], case)
        return {**spent, "seconds": wall}


def measure(theirs: Healthchecks, postgres: Postgres, folder: Path, rounds: int) -> dict[str, Any]:
    """Rounds of every case on both sides in random order, the calibrating loop among them."""
    order = random.Random(SEED)
    with ExitStack() as stack:
        address = stack.enter_context(endpoint(Table().answers()))
        sweeper = process(
            [sys.executable, "-m", "healthchecks.ours", "sweep", address],
            folder / "makegood-sweep.log",
            folder=HERE.parent,
            environment=dict(os.environ),
        )
        sweep = Sweep(stack.enter_context(sweeper), address)
        processes = {fleet: stack.enter_context(theirs.inside(f"checks_{fleet}")) for fleet in FLEETS}
        for fleet, inside in processes.items():
            inside.ask(do="fill", checks=fleet)
        alerts = Alerts(processes, postgres)
        sides: dict[str, Callable[[Case], dict[str, float]]] = {
            THEIRS: alerts.measure,
            OURS: sweep.measure,
        }
        _warm_up(sides)
        found = [_round(number, rounds, sides, order) for number in range(rounds)]
    return {"asked": sweep.asked, "rounds": found}


def _warm_up(sides: Mapping[str, Callable[[Case], dict[str, float]]]) -> None:
    """Connections are made and code is loaded before anything counts."""
    for case in CASES:
        if case.overdue <= 10:
            for measured in sides.values():
                measured(case)


def _round(
    number: int, rounds: int, sides: Mapping[str, Callable[[Case], dict[str, float]]], order: random.Random
) -> dict[str, Any]:
    progress("passes", number, rounds)
    turns: list[tuple[str, Case] | None] = [(side, case) for side in sides for case in CASES]
    turns += [(OURS, FEW_CLIENTS), None]
    order.shuffle(turns)
    found: dict[str, Any] = {}
    for turn in turns:
        if turn is None:
            found["calibration"] = calibrate()
        else:
            side, case = turn
            found[f"{side}, {case.key}"] = sides[side](case)
    return found


def _check(who: str, names: list[str], case: Case) -> None:
    if names != case.names:
        raise RuntimeError(f"{who} found {len(names)} of {case}: {names[:5]}")
