"""The clock of intervals, and work that can be left behind."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def clock() -> float:
    """Seconds that the wall clock never moves, and that go on while the machine is suspended."""
    clock_id = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    return time.monotonic() if clock_id is None else time.clock_gettime(clock_id)


def sleep_until(instant: float) -> None:
    # In short steps, because a sleep does not count the time for which the machine was suspended.
    while (left := instant - clock()) > 0:
        time.sleep(min(left, 1.0))


def in_background(work: Callable[[], Any]) -> Future[Any]:
    """Start work in a thread that can be left behind: it never keeps the process from ending."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
