"""The time that a report on logs covers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from makegood_agent.collectors.times import instant

if TYPE_CHECKING:
    from makegood_agent.collectors.findings import Findings

DAY = 24 * 3600
LONGEST_DAYS = 7


class Span:
    """The last day at least, and further back to where the last delivered report ended, for a week at most.

    A day, because the newest report of a day stands for it: one that looked back for six hours only
    would hide what the one before it had found.
    """

    def __init__(self, delivered: object) -> None:
        self.until = int(time.time())
        self.last = delivered if isinstance(delivered, int) else self.until
        self.since = max(self.until - LONGEST_DAYS * DAY, min(self.until - DAY, self.last))

    def doubt_gap(self, findings: Findings) -> None:
        """Name the time of which neither the last report nor this one tells."""
        if self.last < self.since:
            gap = f"{instant(self.last)} to {instant(self.since)}"
            findings.doubt(gap, f"a report looks back for {LONGEST_DAYS} days at most")
