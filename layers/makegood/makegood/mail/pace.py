"""Keeps the mails of statements below what SES takes: however many leave at once, it is half of that."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Final

from makegood.settings import settings

LEAST_AT_ONCE: Final = 2
"""SQS lets no fewer functions work at once on one queue."""


class Pace:
    """The pace of one process: `pause_seconds` lie between two of its mails, without it none."""

    def __init__(self) -> None:
        self._free_at = 0.0

    def keep(self) -> None:
        """Waits until the next mail may leave."""
        if not settings().sending_rate:
            return
        sleep(max(0.0, self._free_at - monotonic()))
        self._free_at = monotonic() + pause_seconds(settings().sending_rate)


def pause_seconds(sending_rate: int) -> float:
    """How long each function waits when SES takes so many mails a second from the account.

    As many functions work at once as SES takes mails a second, at least two; together they send half of that,
    so that what cannot wait, the notice of an outage, finds the other half free: 2 seconds each, 4 at a rate
    of 1.
    """
    return 2 * max(sending_rate, LEAST_AT_ONCE) / sending_rate


pace = Pace()
