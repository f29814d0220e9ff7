"""What a statement costs: CPU and memory of a thousand, one after another, as the queue has them made.

Each is made by the reporter's own handler, SDK and all; AWS answers from a recording.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import statistics
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import busy_client
from replay import Recording
from rows import Row, ratio_row

from makegood import clock
from makegood.mail.pace import LEAST_AT_ONCE, pause_seconds
from makegood_simulator import cloud

sys.path.insert(0, str(Path(__file__).parents[1] / "functions/reporter"))

GOAL_SECONDS = 0.4
CLIENT_SIZES, USUAL_DEVICES = (5, 25, 100), 25
MEASURED = 15
NIGHT, RATE = 10_000, 14
CONTEXT = SimpleNamespace(
    function_name="issue",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:issue",
    aws_request_id="bench",
)


def measure() -> list[Row]:
    """CPU of a statement for small, usual and large clients, and how long a night of ten thousand takes."""
    rows = []
    for devices in CLIENT_SIZES:
        seconds, floors, recording = _measured(devices, incidents=max(1, devices // 5), statements=MEASURED)
        goal = GOAL_SECONDS if devices == USUAL_DEVICES else None
        name = f"statement of {devices} devices"
        rows += [
            ratio_row("f", f"{name}: CPU", seconds, floors, at_most_seconds=goal),
            Row("f", f"{name}: requests", len(recording.requests), "requests"),
        ]
    return [*rows, Row("f", f"night of {NIGHT:,} statements at {RATE} mails/s", night_seconds() / 60, "min")]


def night_seconds() -> float:
    """How long the queue takes: each of `RATE` functions sends a mail, the next not before its pause is over.

    The longest statement that was measured is shorter than the pause, so the pause alone decides.
    """
    at_once, pause = max(LEAST_AT_ONCE, RATE), pause_seconds(RATE)
    free_at = [0.0] * at_once
    for _ in range(NIGHT):
        soonest = free_at.index(min(free_at))
        free_at[soonest] += pause
    return max(free_at)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--statements", type=int, default=1_000)
    arguments.add_argument("--devices", type=int, default=25)
    arguments.add_argument("--incidents", type=int, default=5)
    asked = arguments.parse_args()
    seconds, _, recording = _measured(asked.devices, asked.incidents, asked.statements)
    return _report(seconds, recording)


def _measured(devices: int, incidents: int, statements: int) -> tuple[list[float], list[float], Recording]:
    """CPU seconds of each of the statements, each time those of its bare requests, and the recording that
    answered them."""
    cloud.use_environment()
    with cloud.silence(), cloud.cloud():
        clock.now = lambda: busy_client.ISSUED_AT
        clock.after_effect = lambda: busy_client.ISSUED_AT + 1
        busy_client.store(devices, incidents)
        handler = importlib.import_module("issue").handler  # its settings are read when it is imported

        recording = Recording()
        with recording.recorded():
            _issue(handler)
        seconds, floors = recording.cpu_beside_bare(lambda: _issue(handler), statements)
        return seconds, floors, recording


def _issue(handler: Any) -> None:
    body = json.dumps({"client": busy_client.CLIENT, "period": busy_client.PERIOD})
    event = {"Records": [{"messageId": "1", "body": body, "eventSource": "aws:sqs"}]}
    answer = handler(event, CONTEXT)
    if answer["batchItemFailures"]:
        raise RuntimeError(f"the statement was not issued: {answer}")


def _report(seconds: list[float], recording: Recording) -> int:
    mean, median, worst = statistics.fmean(seconds), statistics.median(seconds), max(seconds)
    print(f"\r{len(seconds):,} statements: {mean:.3f} s of CPU each (median {median:.3f}, worst {worst:.3f})")
    print(f"goal: below {GOAL_SECONDS} s: {'met' if mean < GOAL_SECONDS else 'MISSED'}")
    print(f"memory at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    asked = ", ".join(f"{count} {name}" for name, count in Counter(recording.requests).most_common())
    print(f"requests each: {asked}")
    return 0 if mean < GOAL_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
