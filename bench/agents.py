"""Row h: what the agent takes of its machine at one beat a minute, with ten neighbours to look at."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from rows import Row

from makegood_local.agents import Agent

BEATS = 30
NEIGHBOURS = 10
A_DAY = 24 * 60
PATIENCE_SECONDS = 120


FLOOR = """
import socket, time, urllib.request
while True:
    for _ in range({neighbours}):
        socket.create_connection(("127.0.0.1", {port})).close()
    urllib.request.urlopen("http://127.0.0.1:{port}/floor", data=b"").read()
    time.sleep(1)
"""
"""The least that looks at its neighbours and says so."""


def measure() -> list[Row]:
    """A beat each second instead of each minute, of the agent and of a bare loop beside it; what thirty of
    them take is scaled to a day's."""
    beats, floor_beats = threading.Semaphore(0), threading.Semaphore(0)
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), _door({"/floor": floor_beats}, beats)) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_port
        seen = [f"--see=n{number}=tcp:127.0.0.1:{port}" for number in range(NEIGHBOURS)]
        options = ("--url", f"http://127.0.0.1:{port}", "--token", "mg1.a.b.c", "--every", "1", *seen)
        code = FLOOR.format(neighbours=NEIGHBOURS, port=port)
        with (
            Agent(Path(folder, "agent.log"), *options) as agent,
            subprocess.Popen([sys.executable, "-c", code]) as floor,
        ):
            try:
                cases = ((agent.start(), beats), (floor.pid, floor_beats))
                for _, heard in cases:
                    _await(heard, 2)  # the first ones import and connect
                before = [_cpu_seconds(process) for process, _ in cases]
                for _, heard in cases:
                    _await(heard, BEATS)
                spent, least = (
                    (_cpu_seconds(process) - cpu) / BEATS * A_DAY
                    for (process, _), cpu in zip(cases, before, strict=True)
                )
                memory, least_memory = (_peak_megabytes(process) for process, _ in cases)
            finally:
                floor.kill()
        server.shutdown()
    name = f"agent with {NEIGHBOURS} neighbours"
    return [
        Row("h", f"{name}: CPU a day", spent, "s", least, spent / least),
        Row("h", f"{name}: memory", memory, "MB", least_memory, memory / least_memory),
    ]


def _door(
    by_path: dict[str, threading.Semaphore], beats: threading.Semaphore
) -> type[BaseHTTPRequestHandler]:
    """Answers heartbeats, and counts them."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            content = (
                b'{"received_at": "2026-03-12T08:00:00Z", "due_at": "2026-03-12T08:05:00Z", "refused": []}'
            )
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            by_path.get(self.path, beats).release()

        def log_message(self, *_: object) -> None:
            pass

    return Door


def _await(beats: threading.Semaphore, many: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    for _ in range(many):
        if not beats.acquire(timeout=max(0.0, deadline - time.monotonic())):
            sys.exit("the agent does not beat")


def _cpu_seconds(process: int) -> float:
    """User and system time of a process, of its children too (proc(5): fields 14 to 17)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _peak_megabytes(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in status if line.startswith("VmHWM"))
    return int(peak) / 1_024
