"""Runs Makegood's own handlers: `serve`, heartbeats behind a loop of HTTP; `sweep`, a sweep when asked.

On AWS the loop is API Gateway's and Lambda's; here it is counted as ours.
"""

from __future__ import annotations

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from heartbeats import NOW

from makegood import clock
from makegood_simulator.cloud import use_environment
from makegood_simulator.events import Context, api_request, schedule_event

FUNCTIONS = Path(__file__).parents[2] / "functions"


def main() -> None:
    role, address = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the functions' log lines
    use_environment()
    os.environ.update(AWS_ENDPOINT_URL=address, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="false")
    {"serve": _serve, "sweep": _sweep}[role](answers)


def _serve(answers: Any) -> None:
    """Answers one connection after the other until its input ends; when asked, tells its port, and the CPU
    that the handler took without the loop."""
    sys.path.insert(0, str(FUNCTIONS / "heartbeat"))
    import heartbeat  # noqa: PLC0415 - its settings are read when it is imported

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        handled = 0.0

        def do_POST(self) -> None:
            headers = dict(self.headers.items())
            event = api_request("POST", self.path, at=NOW, headers=headers, route=f"POST {self.path}")
            started = time.thread_time()
            answer = heartbeat.handler(event, Context())
            Handler.handled += time.thread_time() - started
            body = answer["body"].encode()
            self.wfile.write(
                b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (answer["statusCode"], len(body), body)
            )

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    for _ in sys.stdin:
        told = {"port": server.server_address[1], "handled": Handler.handled}
        print(json.dumps(told), file=answers, flush=True)


def _sweep(answers: Any) -> None:
    sys.path.insert(0, str(FUNCTIONS / "evaluator"))
    clock.now = lambda: NOW
    clock.after_effect = lambda: NOW + 1
    import sweep  # noqa: PLC0415 - its settings are read when it is imported

    for _ in sys.stdin:
        told = sweep.handler(schedule_event(), Context(milliseconds_left=3_600_000))
        print(json.dumps({"opened": told["opened"]}), file=answers, flush=True)


if __name__ == "__main__":
    main()
