"""Several conditional writes that happen together or not at all."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import cache

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from makegood.storage.models import share_client

Write = Callable[[TransactWrite], None]

_ATTEMPTS = 5


class LostRaceError(Exception):
    """A condition did not hold: somebody else was first, and the caller should look again."""


def write_together(*writes: Write) -> None:
    """All the writes in one transaction; raises LostRaceError when a condition fails."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with TransactWrite(connection=share_client(_connection())) as transaction:
                for write in writes:
                    write(transaction)
            return
        except TransactWriteError as error:
            codes = {reason.code for reason in error.cancellation_reasons if reason}
            if "ConditionalCheckFailed" in codes:
                raise LostRaceError from error
            if codes != {"TransactionConflict"} or attempt == _ATTEMPTS:
                raise
            time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, not a secret


@cache
def _connection() -> Connection:
    return Connection()
