"""Counts what a run asks of AWS, by the function that asks: requests, capacity, runs, lines of logs."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import patch

import botocore.client
from capacity import READS, WRITES, Ask, found, read_units, write_units, writes

RUNS, READ_UNITS, WRITE_UNITS, LOG_BYTES, EVENTS = "runs", "read units", "write units", "log bytes", "events"
EVENT_BYTES = 26
"""CloudWatch counts so many more for each line."""

NOBODY = ""

_UNSEEN: Any = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]
"""A request that nobody who stands in between sees, as long as this module is imported before them."""


@dataclass
class Meter:
    """What was counted: (function, operation or one of the names above) -> how many."""

    running: Callable[[], str]
    """The function that runs now; `NOBODY` while what happens is not ours to count."""
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, what: str, number: float = 1) -> None:
        function = self.running()
        if function != NOBODY:
            self.counted[function, what] += number  # type: ignore[assignment]  # halves of read units

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Every request of every client in this process is counted; lines of logs are, instead of written."""
        client: Any = botocore.client.BaseClient
        real = client._make_api_call

        def make(sender: Any, operation: str, call: dict[str, Any]) -> Any:
            if self.running() == NOBODY:
                return real(sender, operation, call)
            self.count(operation)
            if operation == "PutEvents":
                self.count(EVENTS, len(call["Entries"]))
            if sender.meta.service_model.service_name != "dynamodb":
                return real(sender, operation, call)
            unseen = partial(_UNSEEN, sender)
            return self._asked(lambda: real(sender, operation, call), unseen, operation, call)

        def log(handler: logging.StreamHandler[Any], record: logging.LogRecord) -> None:
            self.count(LOG_BYTES, len(handler.format(record).encode()) + EVENT_BYTES)

        with (
            patch("botocore.client.BaseClient._make_api_call", make),
            patch.object(logging.StreamHandler, "emit", log),
        ):
            yield

    def _asked(self, real: Callable[[], Any], ask: Ask, operation: str, call: dict[str, Any]) -> Any:
        """Looks at the items before and after, which the stand-in for AWS does not count."""
        written = [(write, found(write, ask)) for write in writes(operation, call)]
        try:
            answer = real()
        finally:
            for write, before in written:
                self.count(WRITE_UNITS, write_units(write, before, found(write, ask)))
        if operation in READS:
            self.count(READ_UNITS, read_units(operation, call, answer, ask))
        elif operation not in WRITES:
            raise NotImplementedError(f"what {operation} costs is not worked out")
        return answer


Counted = Counter[tuple[str, str]]


def difference(more: Counted, less: Counted) -> Counted:
    """What the one has more than the other; may be negative."""
    left = Counter(more)
    left.subtract(less)
    return Counter({key: number for key, number in left.items() if number})


def times(counted: Counted, number: float) -> Counted:
    return Counter({key: each * number for key, each in counted.items()})
