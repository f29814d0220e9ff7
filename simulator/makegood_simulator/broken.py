"""Breaks one rule or safety net after the other and plays months until a promise notices: `make broken`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from makegood_simulator.a_break import Break
from makegood_simulator.breaks import BREAKS

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = Path("build/broken")
COPIED: Final = ("cli", "contracts", "functions", "infra", "layers", "local", "simulator")
IMPORTED: Final = ("simulator", "layers/makegood", "cli", "local")


@dataclass(frozen=True)
class Finding:
    """After how many months a promise noticed, with which seed, and what it said; None: none ever did."""

    broken: Break
    months: int
    seed: int | None = None
    sentence: str | None = None

    def __str__(self) -> str:
        lines = [
            f"{self.broken.name}: NOT noticed in {self.months} months",
            f"breaks: {self.broken.what}",
        ]
        if self.sentence is not None:
            lines[0] = f"{self.broken.name}: noticed with seed {self.seed}, month {self.months}"
            lines.append(f"says: {self.sentence}")
        return "\n      ".join(textwrap.shorten(line, 240, placeholder=" ...") for line in lines)


def find_out(broken: Break, seeds: range, folder: Path = FOLDER) -> Finding:
    """Plays the months of a broken copy until one breaks a promise."""
    copy = copied(broken, folder)
    months = 0
    for seed, sentences in zip(seeds, _played(copy, seeds), strict=False):
        months += 1
        if sentences:
            return Finding(broken, months, seed, sentences[0])
    return Finding(broken, months)


def copied(broken: Break, folder: Path) -> Path:
    """A copy of the project with the rule broken."""
    copy = (folder / broken.name).resolve()
    shutil.rmtree(copy, ignore_errors=True)
    for name in COPIED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    broken.apply(copy)
    return copy


def _played(copy: Path, seeds: range) -> Iterator[list[str]]:
    """The broken promises of each month; the process that plays them ends with whoever listens."""
    path = os.pathsep.join(str(copy / name) for name in IMPORTED)
    command = [sys.executable, "-m", "makegood_simulator.broken_months"]
    with subprocess.Popen(
        [*command, str(copy), str(seeds.start), str(len(seeds))],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield from map(json.loads, process.stdout)
            if process.wait() != 0:
                raise RuntimeError(f"{copy} could not be played to the end, see above")
        finally:
            process.kill()


def main() -> int:
    """Exit status 1 when something broken stayed unnoticed."""
    parser = argparse.ArgumentParser(prog="make broken", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to break; all by default")
    parser.add_argument("--seeds", type=int, default=200, help="how many months to play at most for each")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many at a time")
    given = parser.parse_args()
    known = {broken.name: broken for broken in BREAKS}
    if not set(given.names) <= known.keys():
        parser.error(f"the names are: {', '.join(known)}")
    wanted = [known[name] for name in given.names or known]
    seeds = range(given.first, given.first + given.seeds)
    unnoticed = []
    with ThreadPoolExecutor(given.workers) as pool:
        for done in as_completed([pool.submit(find_out, one, seeds) for one in wanted]):
            finding = done.result()
            print(finding, flush=True)
            if finding.sentence is None:
                unnoticed.append(finding.broken.name)
    print(f"{len(unnoticed)} unnoticed: {', '.join(unnoticed)}" if unnoticed else "Every one was noticed.")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
