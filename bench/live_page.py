"""What a look at the client's page costs: CPU and reads, by the function's own handler, SDK and all.

AWS answers from a recording. The month is full and almost over: 25 devices, 5 incidents, 6 practices.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import busy_client
from replay import Recording

from makegood.mail.live_links import page_url
from makegood.rules.instants import parse_instant
from makegood_simulator import cloud
from makegood_simulator.events import api_request

sys.path.insert(0, str(Path(__file__).parents[1] / "functions/reporter"))

NOW = parse_instant("2026-03-31T18:00:00Z")
CONTEXT = SimpleNamespace(
    function_name="live",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:live",
    aws_request_id="bench",
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--looks", type=int, default=50)
    arguments.add_argument("--devices", type=int, default=25)
    arguments.add_argument("--incidents", type=int, default=5)
    asked = arguments.parse_args()
    cloud.use_environment()
    with cloud.silence(), cloud.cloud():
        busy_client.store(asked.devices, asked.incidents)
        handler = importlib.import_module("live").handler  # its settings are read when it is imported
        path = "/live/" + page_url(busy_client.CLIENT, busy_client.CONTACTS[0], NOW).rpartition("/")[2]
        event = api_request("GET", path, at=NOW, headers={"accept-encoding": "gzip"})
        recording = Recording()
        with recording.recorded():
            sent = _look(handler, event)
        seconds = [_cpu(handler, event, recording) for _ in range(asked.looks)]
    mean, worst = statistics.fmean(seconds), max(seconds)
    print(f"{len(seconds)} looks: {mean * 1000:.0f} ms of CPU each (worst {worst * 1000:.0f} ms)")
    print(f"sent each: {sent:,} bytes, compressed")
    counted = ", ".join(f"{count} {name}" for name, count in Counter(recording.requests).most_common())
    print(f"requests each: {counted}")


def _look(handler: Any, event: dict[str, Any]) -> int:
    answer = handler(event, CONTEXT)
    if answer["statusCode"] != 200:
        raise RuntimeError(f"the page was not shown: {answer}")
    return len(answer["body"]) * 3 // 4


def _cpu(handler: Any, event: dict[str, Any], recording: Recording) -> float:
    started = time.process_time()
    with recording.replayed():
        _look(handler, event)
    return time.process_time() - started


if __name__ == "__main__":
    main()
