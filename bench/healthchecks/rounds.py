"""What the rounds of a comparison share: their order, the calibrating loop, and quartiles."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterable

ROUNDS = 21
SEED = 8
STEPS = 1_000_000


def calibrate() -> float:
    """Seconds of CPU of a loop that is always the same: how fast the machine is at the moment."""
    started = time.process_time()
    total = 0
    for step in range(STEPS):
        total += step & 7
    return time.process_time() - started


def quartiles(figures: Iterable[float]) -> tuple[float, float, float]:
    """The lower quartile, the median and the upper quartile."""
    lower, median, upper = statistics.quantiles(figures, n=4, method="inclusive")
    return lower, median, upper


def progress(what: str, number: int, rounds: int) -> None:
    print(f"{what}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
