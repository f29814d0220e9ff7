"""Two hundred made-up months with faults: every promise holds in each of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from makegood_simulator.soak import Soak


def test_every_promise_holds_in_two_hundred_months(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Soak(range(200), os.cpu_count() or 1, tmp_path)
    with capsys.disabled():
        print("\n200 made-up months with faults")
        run.run()
    assert (run.done, run.failures) == (200, {})
