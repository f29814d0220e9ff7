"""Pings at a fixed rate over as many connections as there are workers."""

from __future__ import annotations

import http.client
import itertools
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

WORKERS = 4
"""What Healthchecks' uwsgi.ini has."""

WARM_UP = 4
"""Pings on each connection before those that count."""


@dataclass(frozen=True)
class Target:
    """A server: a port for each connection, and what is sent there in turn."""

    ports: Sequence[int]
    method: str
    paths: Sequence[str]
    headers: dict[str, str]
    keeps_alive: bool = True


class Line:
    """One of the connections; it sends every so many-th ping."""

    def __init__(self, target: Target, number: int) -> None:
        self._target = target
        self._connection = http.client.HTTPConnection("127.0.0.1", target.ports[number], timeout=10)
        self._paths: Iterator[str] = itertools.cycle(target.paths[number::WORKERS] or target.paths)

    def ping(self) -> None:
        target = self._target
        self._connection.request(target.method, next(self._paths), headers=target.headers)
        answer = self._connection.getresponse()
        told = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{target.method} was answered with {answer.status}: {told[:300]!r}")
        if not target.keeps_alive:
            self._connection.close()
        elif answer.will_close:
            raise RuntimeError("the server does not keep the connection")

    def pings(self, begins: float, count: int, apart: float) -> float:
        """Sends them on time; by how much the last one began late."""
        late = 0.0
        for number in range(count):
            due = begins + number * apart
            late = time.monotonic() - due
            if late < 0:
                time.sleep(-late)
            self.ping()
        return max(0.0, late)

    def warm_up(self) -> None:
        for _ in range(WARM_UP):
            self.ping()

    def close(self) -> None:
        self._connection.close()


class Load:
    """Connections to a target, made anew and warmed up."""

    def __init__(self, target: Target) -> None:
        self._lines = [Line(target, number) for number in range(WORKERS)]
        self._pool = ThreadPoolExecutor(max_workers=WORKERS)
        list(self._pool.map(Line.warm_up, self._lines))

    def run(self, pings: int, rate: float) -> float:
        """Sends `pings` in all, `rate` a second; by how much the latest of the last ones began late."""
        begins = time.monotonic() + 0.05
        count, apart = pings // WORKERS, WORKERS / rate
        sent = [
            self._pool.submit(line.pings, begins + number / rate, count, apart)
            for number, line in enumerate(self._lines)
        ]
        return max(future.result() for future in sent)

    def close(self) -> None:
        for line in self._lines:
            line.close()
        self._pool.shutdown()
