"""What must not become dearer unnoticed: counts and ratios, never times, which are the machine's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lives import beats, lives, sweep_of
from metering import READ_UNITS, RUNS, WRITE_UNITS
from requests_made import FILE, agrees

from makegood_simulator import cloud

ROOT = Path(__file__).parents[2]

CPU_OF_THE_FLOOR = 0.9
"""Of one bare UpdateItem; the goal is 0.7, the rest is slack for machines that are busy."""
SIZE_BY_8_KB = 1_000_000 * 240 / 8_192
ROUNDED_UP = 1.01
REQUESTS_OF_A_SILENCE = 2.2
REQUESTS_OF_A_NOTICE = 33


@pytest.fixture(autouse=True)
def _deployment() -> None:
    cloud.use_environment()


def test_a_heartbeat_of_a_device_that_is_up_is_one_write_and_no_read() -> None:
    beat, _ = beats()
    assert beat == {
        ("HeartbeatFunction", "UpdateItem"): 1,
        ("HeartbeatFunction", WRITE_UNITS): 1,
        ("HeartbeatFunction", RUNS): 1,
    }


@pytest.mark.parametrize("devices", [1_000, 2_000])
def test_a_sweep_reads_the_table_once_and_for_half_the_price(devices: int) -> None:
    whole, table_bytes = sweep_of(devices)
    none, _ = sweep_of(0)
    read = whole["SweepFunction", READ_UNITS] - none["SweepFunction", READ_UNITS]
    assert read == pytest.approx(table_bytes / 8_192, abs=2)


def test_what_is_asked_of_aws_is_what_the_prices_are_worked_out_with() -> None:
    """When it is meant to differ: `make bench` writes it anew, then `make reference`."""
    assert agrees(lives(), json.loads(FILE.read_text()))


def test_the_cpu_of_a_heartbeat_stays_below_that_of_a_bare_call() -> None:
    (row,) = _measured("heartbeats")
    assert row["ratio"] <= CPU_OF_THE_FLOOR


def test_what_falls_silent_at_once_asks_no_more_of_aws_for_each() -> None:
    """After a sweep of a million in the same process, as `make bench` measures them."""
    rows = {row["name"]: row["value"] for row in _measured("sweeps", "silences")}
    assert rows["sweep of 1,000,000 devices: requests"] == 232
    assert rows["sweep of 1,000,000 devices: read units"] <= SIZE_BY_8_KB * ROUNDED_UP
    assert rows["1,000 devices silent at once: requests for each"] <= REQUESTS_OF_A_SILENCE
    assert rows["step that sends the notice: requests"] <= REQUESTS_OF_A_NOTICE


def _measured(*modules: str) -> list[dict[str, Any]]:
    """The rows of modules of bench/, in a process of its own, whose environment they change."""
    measured = ", ".join(f"*{module}.measure()" for module in modules)
    code = f"import dataclasses, json, {', '.join(modules)}; rows = [{measured}]; "
    code += "print(json.dumps([dataclasses.asdict(row) for row in rows]))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "bench", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows
