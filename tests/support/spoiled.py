"""What a soak's workers do in tests: months that are spoiled in ways that a soak must notice."""

from __future__ import annotations

import os
import time
from collections import Counter
from unittest.mock import patch

from makegood_simulator import promises
from makegood_simulator.soak import Report, play_month


def with_another_rule(seed: int) -> Report:
    """The month where the statement's rules come to something else than those that check it."""
    with patch.object(promises, "compute", lambda _: {}):
        return play_month(seed)


def crash(seed: int) -> Report:
    raise ZeroDivisionError(f"in the month of seed {seed}")


def die_or_hang(seed: int) -> Report:
    """Seed 1 dies, seed 2 hangs, all others are well at once."""
    if seed == 1:
        os._exit(7)
    if seed == 2:
        time.sleep(600)
    return Report("a fingerprint", (), 1, 2, 3, 4, 0, Counter())
