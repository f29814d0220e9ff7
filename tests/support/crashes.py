"""Kills a process after any of its calls to AWS: the call has happened, its answer was never seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from unittest.mock import patch

import botocore.client


class Killed(BaseException):
    """The process is gone; no handler of exceptions can catch it."""


class Calls:
    """Counts the calls of a process and kills it after the last allowed one."""

    def __init__(self, allowed: int | None) -> None:
        self.allowed = allowed
        self.made: list[str] = []
        self._lock = Lock()

    def count(self, operation: str) -> bool:
        with self._lock:
            self.made.append(operation)
            return self.allowed is None or len(self.made) <= self.allowed


@contextmanager
def calls(allowed: int | None = None) -> Iterator[Calls]:
    """Counts AWS calls; with `allowed`, the answer to the next one never arrives."""
    seen = Calls(allowed)
    client: Any = botocore.client.BaseClient
    call = client._make_api_call

    def counted(self: Any, operation: str, arguments: Any) -> Any:
        answer = call(self, operation, arguments)
        if not seen.count(operation):
            raise Killed(operation)
        return answer

    with patch("botocore.client.BaseClient._make_api_call", counted):
        yield seen


def crash_after(allowed: int, process: Any) -> bool:
    """Runs a process that dies after so many calls; True when it did, False when it was done before."""
    with calls(allowed):
        try:
            process()
        except Killed:
            return True
    return False
