"""Worker processes that take one piece of work after the other; one that dies or hangs costs its piece."""

from __future__ import annotations

import multiprocessing
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")

_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Lost:
    """A piece of work without a result, and why: a traceback, or what became of its process."""

    reason: str


class Crew(Generic[Piece, Result]):
    """So many processes; `work` and what it takes and gives must be picklable."""

    def __init__(self, work: Callable[[Piece], Result], workers: int, limit_seconds: float) -> None:
        self._work = work
        self._workers = workers
        self._limit = limit_seconds

    def do(self, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Result | Lost]]:
        """Each piece with its result, in the order in which they come."""
        waiting = list(reversed(list(pieces)))
        busy: list[_Worker] = []
        try:
            while waiting and len(busy) < self._workers:
                busy.append(_Worker(self._work, waiting.pop()))
            while busy:
                for worker in self._ready(busy):
                    yield worker.piece, worker.result(self._limit)
                    busy.remove(worker)
                    if waiting:
                        busy.append(worker.next(self._work, waiting.pop()))
                    else:
                        worker.end()
        finally:
            for worker in busy:
                worker.end()

    def _ready(self, busy: list[_Worker]) -> list[_Worker]:
        """Those that have finished, died or taken too long; waits for the first."""
        first_to_be_late = min(worker.since for worker in busy) + self._limit
        ready = wait([worker.pipe for worker in busy], max(0, first_to_be_late - time.monotonic()))
        late = time.monotonic() - self._limit
        return [worker for worker in busy if worker.pipe in ready or worker.since <= late]


class _Worker:
    """A process and the piece it works on."""

    def __init__(self, work: Callable[[Any], Any], piece: Any) -> None:
        self.pipe, other_end = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(other_end, work), daemon=True)
        self._process.start()
        other_end.close()  # so that its death is heard here
        self._take(piece)

    def next(self, work: Callable[[Any], Any], piece: Any) -> _Worker:
        """This worker with its next piece, or a new one in its place."""
        if not self._process.is_alive():
            return _Worker(work, piece)
        self._take(piece)
        return self

    def result(self, limit_seconds: float) -> Any:
        """What came of the piece; a worker that has nothing to say is ended."""
        try:
            if self.pipe.poll():
                return self.pipe.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            self.pipe.close()
            return Lost(f"its process died with exit status {self._process.exitcode}")
        self.end()
        return Lost(f"it took longer than {limit_seconds:g} s")

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()

    def _take(self, piece: Any) -> None:
        self.piece, self.since = piece, time.monotonic()
        self.pipe.send(piece)


def _serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that gives the work ends this one
    with suppress(EOFError):  # nobody is there any more
        while True:
            pipe.send(_attempt(work, pipe.recv()))


def _attempt(work: Callable[[Any], Any], piece: Any) -> Any:
    try:
        return work(piece)
    except BaseException:
        return Lost(traceback.format_exc())
