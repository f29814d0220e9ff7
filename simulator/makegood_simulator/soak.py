"""Many made-up months with faults, on all cores: `python -m makegood_simulator.soak --seeds 1000`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from makegood_simulator import cloud
from makegood_simulator.crew import Crew, Lost
from makegood_simulator.faults import Fate
from makegood_simulator.months import Month, describe, random_month
from makegood_simulator.play import play
from makegood_simulator.summary import fingerprint
from makegood_simulator.tape_file import parse_tape, write_tape

FOLDER = Path("build/soak")
LIMIT_SECONDS = 300
"""A month that takes longer hangs."""


@dataclass(frozen=True)
class Report:
    """What came of the month of a seed."""

    fingerprint: str
    broken: tuple[str, ...]
    incidents: int
    mails: int
    beats: int
    calls: int
    in_vain: int
    faults: Counter[Fate]


Work = Callable[[int], Report]


def play_month(seed: int) -> Report:
    """Plays the month of the seed with the faults of the seed, exactly as its file is played."""
    cloud.use_environment()
    month = random_month(seed)
    with cloud.silence():
        result = play(month.contract, parse_tape(write_tape(month.lines)), seed=seed)
    return Report(
        fingerprint=fingerprint(result),
        broken=tuple(result.broken),
        incidents=result.incidents,
        mails=len(result.mails),
        beats=result.invocations["HeartbeatFunction"],
        calls=result.calls,
        in_vain=len(result.in_vain),
        faults=result.faults,
    )


@dataclass
class Soak:
    """A run over many seeds, and what has come of it so far."""

    seeds: Sequence[int]
    workers: int
    folder: Path = FOLDER
    reports: dict[int, Report] = field(default_factory=dict)
    failures: dict[int, tuple[str, ...]] = field(default_factory=dict)
    seconds: float = 0.0

    def run(self, work: Work = play_month, limit_seconds: float = LIMIT_SECONDS) -> None:
        """Plays the month of each seed; what fails is told at once, with how to see it again."""
        line = _ProgressLine()
        started = time.monotonic()
        for seed, result in Crew(work, self.workers, limit_seconds).do(self.seeds):
            self.seconds = time.monotonic() - started
            broken = (result.reason,) if isinstance(result, Lost) else result.broken
            if isinstance(result, Report):
                self.reports[seed] = result
            if broken:
                self.failures[seed] = broken
                line.say(self._tell(seed))
            line.show(self._progress())
        line.say(self.totals())

    @property
    def done(self) -> int:
        return len(self.reports.keys() | self.failures.keys())

    def totals(self) -> str:
        """What was played, in a few lines."""
        reports = self.reports.values()
        faults: Counter[Fate] = sum((report.faults for report in reports), Counter())
        return "\n".join(
            [
                f"{self.done:,} months in {self.seconds:.0f} s by {self.workers} processes, "
                f"{len(self.failures)} of them failed",
                f"{sum(report.incidents for report in reports):>11,} incidents",
                f"{sum(report.mails for report in reports):>11,} mails",
                f"{sum(report.beats for report in reports):>11,} beats for real",
                f"{sum(report.in_vain for report in reports):>11,} acts in vain",
                f"{sum(report.calls for report in reports):>11,} calls to AWS, of which",
                *(f"{number:>11,} × {fate.value}" for fate, number in faults.most_common()),
            ]
        )

    def _progress(self) -> str:
        rate = self.done / self.seconds
        left = (len(self.seeds) - self.done) / rate
        return (
            f"{self.done}/{len(self.seeds)} months, {rate:.1f} a second, "
            f"{left // 60:.0f} min {left % 60:02.0f} s left, {len(self.failures)} failed"
        )

    def _tell(self, seed: int) -> str:
        """What went wrong, and how to see it again."""
        broken = [f"  {reason}".replace("\n", "\n  ").rstrip() for reason in self.failures[seed]]
        try:
            month = random_month(seed)
        except Exception:  # then that is what went wrong
            return "\n".join([f"seed {seed} failed: it makes no month", *broken])
        again = _write(month, self.folder / str(seed), seed)
        return "\n".join([f"seed {seed} failed: {describe(month)}", *broken, f"  play it again: {again}"])


def _write(month: Month, folder: Path, seed: int) -> str:
    """Writes the month's files; the command that plays them as they were played."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tape.jsonl").write_text(write_tape(month.lines), "utf-8")
    terms = json.dumps(month.contract, indent=2, ensure_ascii=False)
    (folder / "contract.json").write_text(f"{terms}\n", "utf-8")
    return (
        f".venv/bin/makegood simulate {folder}/tape.jsonl "
        f"--contract {folder}/contract.json --out {folder}/out --faults {seed}"
    )


class _ProgressLine:
    """One line that is written over on a terminal; elsewhere one every half minute."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._shown_at = time.monotonic()

    def show(self, text: str) -> None:
        if self._is_terminal:
            print(f"\r\x1b[K{text}", end="", flush=True)
        elif time.monotonic() - self._shown_at >= 30:
            self._shown_at = time.monotonic()
            print(text, flush=True)

    def say(self, text: str) -> None:
        print(f"\r\x1b[K{text}" if self._is_terminal else text, flush=True)


def main() -> int:
    """Exit status 1 when a month failed."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many months")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many at a time")
    wanted = parser.parse_args()
    soak = Soak(range(wanted.first, wanted.first + wanted.seeds), wanted.workers)
    try:
        soak.run()
    except KeyboardInterrupt:
        print(f"\nstopped\n{soak.totals()}")
        return 130
    return 1 if soak.failures else 0


if __name__ == "__main__":
    sys.exit(main())
