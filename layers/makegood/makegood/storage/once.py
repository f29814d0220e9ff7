"""What many threads ask for at the same time is read once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import TypeVar

Found = TypeVar("Found")


def once(read: Callable[[str], Found]) -> Callable[[str], Found]:
    """Reads for each key once: who asks meanwhile waits for the answer. What fails is read anew."""
    known, locks, at_the_locks = cache(read), dict[str, Lock](), Lock()

    def found(key: str) -> Found:
        with at_the_locks:
            lock = locks.setdefault(key, Lock())
        with lock:
            return known(key)

    return found
