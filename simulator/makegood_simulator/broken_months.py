"""Plays the months of a copy of the project until killed: the broken promises of each as a line of JSON."""

from __future__ import annotations

import json
import signal
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import makegood
import makegood_local
import makegood_simulator
from makegood_simulator.functions import functions
from makegood_simulator.soak import LIMIT_SECONDS, play_month

BROKE_OFF: Final = "the play broke off"


def main() -> int:
    """Takes the folder of the copy, which everything must come from, the first seed and how many."""
    root, first, seeds = Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3])
    for path in _imported():
        if not path.is_relative_to(root):
            raise ImportError(f"{path} is not of the copy in {root}")
    signal.signal(signal.SIGPROF, _hang)
    for seed in range(first, first + seeds):
        signal.setitimer(signal.ITIMER_PROF, LIMIT_SECONDS)  # of the processor, however busy the machine is
        print(json.dumps(_broken(seed)), flush=True)
    return 0


class HungError(BaseException):
    """A month takes too much of the processor's time; no handler of exceptions can catch it."""


def _hang(*_: object) -> None:
    raise HungError


def _broken(seed: int) -> list[str]:
    try:
        return list(play_month(seed).broken)
    except BaseException:
        return [f"{BROKE_OFF}: {traceback.format_exc(limit=-1).splitlines()[-1]}"]


def _imported() -> Iterable[Path]:
    packages = (makegood, makegood_local, makegood_simulator)
    yield from (Path(str(package.__file__)).resolve() for package in packages)
    yield from (function.folder for function in functions().values())


if __name__ == "__main__":
    sys.exit(main())
