"""`backup`: the newest snapshot of this machine in a repository of restic or borg."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from makegood_agent.collectors.findings import Findings, UndeterminedError
from makegood_agent.collectors.repositories import repository_of
from makegood_agent.collectors.times import NANOSECONDS, instant
from makegood_agent.wanted import parse_duration

if TYPE_CHECKING:
    from makegood_agent.collectors.child import Order
    from makegood_agent.collectors.findings import Fact
    from makegood_agent.collectors.repositories import Snapshot

WITHIN = "26h"
CLOCKS_DIFFER_SECONDS = 300


class Backup:
    """Good is a snapshot that began within the last `within=`.

    It may lack files: restic (exit status 3) and borg (1) keep one also of a run that could not read them
    all, and it looks like any other.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self.within = parse_duration(order.settings.get("within", WITHIN))

    def collect(self) -> Findings:
        kind = self.order.source.partition(":")[0]
        findings = Findings(kind, "ok", "bytes", "snapshot", "started_at", "finished_at", "runtime_seconds")
        self.newest: Snapshot | None = None
        findings.ask("ok, snapshot", self._newest)
        if self.newest is not None:
            findings.ask("finished_at, runtime_seconds", self._end)
            findings.ask("bytes", self._size)
            findings.doubt("exit_status", "no snapshot tells whether the run could read all files")
        return findings

    def _newest(self) -> dict[str, Fact]:
        self.repository = repository_of(self.order)
        self.newest = self.repository.newest()
        if self.newest is None:
            return {"ok": False, "snapshot": f"none of host {self.repository.host}"}
        began = self.newest.started // NANOSECONDS
        age = time.time() - began
        name = f"{self.newest.name} of {instant(began)}"
        if age < -CLOCKS_DIFFER_SECONDS:
            raise UndeterminedError(f"{name} is dated in the future")
        return {"ok": age <= self.within, "snapshot": name, "started_at": instant(began)}

    def _end(self) -> dict[str, Fact]:
        assert self.newest is not None
        if self.newest.finished is None:
            raise UndeterminedError("this version of restic notes only when a backup began")
        return {
            "finished_at": instant(self.newest.finished // NANOSECONDS),
            "runtime_seconds": max(0, self.newest.finished - self.newest.started) // NANOSECONDS,
        }

    def _size(self) -> dict[str, Fact]:
        assert self.newest is not None
        known = self.newest.bytes
        return {"bytes": self.repository.size(self.newest) if known is None else known}
