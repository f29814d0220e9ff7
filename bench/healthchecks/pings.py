"""CPU per ping: Healthchecks with its best settings, Healthchecks as shipped, and Makegood's handler."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from endpoint import always, endpoint
from healthchecks.load import WORKERS, Load, Target
from healthchecks.postgres import Postgres
from healthchecks.rounds import SEED, calibrate, progress
from healthchecks.talk import process
from healthchecks.theirs import BEST, SHIPPED, Healthchecks, Setting
from healthchecks.trees import cpu_of
from heartbeats import ITEM, TOKEN

RATE = 40
"""A second; below what Healthchecks as shipped can do here."""

PINGS = 120
CHECKS = 1_000
MAKEGOOD = "Makegood"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Side:
    """A server and the processes that count: the application's, and the database's where that can be seen."""

    target: Target
    application: Sequence[int]
    database: Sequence[int]
    handled: Callable[[], float] = float
    """Seconds of CPU so far in Makegood's handler alone."""

    def measure(self) -> dict[str, float]:
        """Seconds of CPU per ping."""
        load = Load(self.target)
        try:
            parts = {"application": self.application, "database": self.database}
            before, handled = {name: cpu_of(roots) for name, roots in parts.items()}, self.handled()
            late = load.run(PINGS, RATE)
            spent = {name: cpu_of(roots) - before[name] for name, roots in parts.items()}
            handled = self.handled() - handled
        finally:
            load.close()
        found = {name: cpu.total / PINGS for name, cpu in spent.items()}
        system = {f"{name}, system": cpu.system / PINGS for name, cpu in spent.items()}
        return {**found, **system, "handler": handled / PINGS, "late": late}


def measure(theirs: Healthchecks, postgres: Postgres, folder: Path, rounds: int) -> dict[str, Any]:
    """Rounds of all sides in random order, the calibrating loop among them."""
    order = random.Random(SEED)
    with ExitStack() as stack:
        with theirs.inside("pings") as inside:
            codes = inside.ask(do="fill", checks=CHECKS)["codes"]
        sides = {
            setting.name: stack.enter_context(_healthchecks(theirs, postgres, setting, codes))
            for setting in (BEST, SHIPPED)
        }
        sides[MAKEGOOD] = stack.enter_context(_makegood(folder))
        cases: dict[str, Callable[[], Any]] = {name: side.measure for name, side in sides.items()}
        cases["calibration"] = calibrate
        found = []
        for number in range(rounds):
            progress("pings", number, rounds)
            names = list(cases)
            order.shuffle(names)
            found.append({name: cases[name]() for name in names})
    return {"pings a second": RATE, "pings each round": PINGS, "checks": CHECKS, "rounds": found}


@contextmanager
def _healthchecks(
    theirs: Healthchecks, postgres: Postgres, setting: Setting, codes: Sequence[str]
) -> Iterator[Side]:
    with theirs.server(setting, "pings") as (master, port):
        paths = [f"/ping/{code}" for code in codes]
        target = Target([port] * WORKERS, "GET", paths, {}, keeps_alive=setting.keeps_alive)
        yield Side(target, [master], [postgres.pid])


@contextmanager
def _makegood(folder: Path) -> Iterator[Side]:
    """As many processes as Healthchecks has workers: Lambda has one for each request at a time."""
    with ExitStack() as stack:
        address = stack.enter_context(endpoint({"UpdateItem": always({"Attributes": ITEM})}))
        servers = [
            stack.enter_context(
                process(
                    [sys.executable, "-m", "healthchecks.ours", "serve", address],
                    folder / f"makegood-{number}.log",
                    folder=HERE.parent,
                    environment=dict(os.environ),
                )
            )
            for number in range(WORKERS)
        ]
        ports = [server.ask()["port"] for server in servers]
        target = Target(ports, "POST", ["/v1/heartbeat"], {"Authorization": f"Bearer {TOKEN}"})
        yield Side(
            target,
            [server.pid for server in servers],
            [],
            lambda: sum(float(server.ask()["handled"]) for server in servers),
        )
