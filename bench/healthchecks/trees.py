"""CPU of whole process trees, of other users' processes too; Linux only."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cpu:
    """Seconds so far. `total` is exact; `user` and `system` are counted in ticks of ten milliseconds."""

    total: float
    user: float
    system: float

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(self.total - other.total, self.user - other.user, self.system - other.system)


def cpu_of(roots: Iterable[int]) -> Cpu:
    """What these processes and all their descendants have spent, those that ended and were waited for too."""
    stats = _stats()
    children: defaultdict[int, list[int]] = defaultdict(list)
    for pid, fields in stats.items():
        children[int(fields[1])].append(pid)
    total = user = system = 0.0
    left = list(roots)
    while left:
        pid = left.pop()
        left += children[pid]
        fields = stats[pid]
        ended = (int(fields[13]) + int(fields[14])) / TICKS
        total += _alive(pid) + ended
        user += (int(fields[11]) + int(fields[13])) / TICKS
        system += (int(fields[12]) + int(fields[14])) / TICKS
    return Cpu(total, user, system)


def _alive(pid: int) -> float:
    """The process's CPU clock, with its threads that ended too; its number is clock_getcpuclockid(3)'s."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:  # it has just ended: its parent has it
        return 0.0


def _stats() -> dict[int, list[str]]:
    """The fields of /proc/PID/stat from the state on, by process."""
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stats[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return stats
