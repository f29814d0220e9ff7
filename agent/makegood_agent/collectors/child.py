"""The process in which a collector runs: an order comes in as JSON, facts go out as JSON."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from makegood_agent.collectors import tools
from makegood_agent.collectors.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Callable

COLLECTORS = {
    ("patching", "apt"): "apt.Apt",
    ("patching", "dnf"): "dnf.Dnf",
    ("patching", "windows"): "windows.WindowsUpdate",
    ("antivirus", "clamav"): "clamav.Antivirus",
    ("antivirus", "defender"): "windows.DefenderStatus",
    ("quarantine", "clamav"): "clamav.Quarantine",
    ("quarantine", "defender"): "windows.DefenderDetections",
    ("log_review", "journal"): "journal.Journal",
    ("log_review", "windows"): "windows.EventLog",
    ("backup", "restic"): "backups.Backup",
    ("backup", "borg"): "backups.Backup",
    ("backup", "windows"): "windows.ServerBackup",
    ("restore_test", "restic"): "restores.RestoreTest",
    ("restore_test", "borg"): "restores.RestoreTest",
}
ON_WINDOWS = {
    "patching": "windows",
    "antivirus": "defender",
    "quarantine": "defender",
    "log_review": "windows",
}
ELSEWHERE = {"antivirus": "clamav", "quarantine": "clamav", "log_review": "journal"}


class Order(NamedTuple):
    """What is asked of a collector; `latest` and `delivered` are what it remembered in earlier runs."""

    practice: str
    source: str
    settings: dict[str, str]
    seconds: float
    scratch: str
    latest: Any = None
    delivered: Any = None


def collect() -> int:
    """Carry out one order; end at once, with everything started, when whoever gave it is gone."""
    data = json.loads(sys.stdin.buffer.readline())
    order = Order(*(data.get(name) for name in Order._fields))
    threading.Thread(target=_end_with_parent, args=(order.scratch,), daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(10)
    tools.Deadline.set(order.seconds)
    answer = find(order)
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    return 0


def find(order: Order) -> dict[str, Any]:
    try:
        findings: Findings = collector_of(order)(order).collect()
    except Exception as error:  # a mistake in a collector proves nothing, and is named
        findings = Findings(order.source.partition(":")[0] or order.practice)
        findings.doubt("all", f"{type(error).__name__}: {error}")
        findings.memory = order.latest
    return {"facts": findings.as_facts(), "memory": findings.memory, "failed": findings.failed}


def collector_of(order: Order) -> Callable[[Order], Any]:
    kind = order.source.partition(":")[0] or usual_source(order.practice)
    module, _, name = COLLECTORS[order.practice, kind].partition(".")
    found: Callable[[Order], Any] = getattr(
        importlib.import_module(f"makegood_agent.collectors.{module}"), name
    )
    return found


def usual_source(practice: str) -> str:
    if sys.platform == "win32":
        return ON_WINDOWS[practice]
    if practice == "patching":
        return "apt" if shutil.which("apt-get") else "dnf"
    return ELSEWHERE[practice]


def _end_with_parent(scratch: str) -> None:
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    shutil.rmtree(scratch, ignore_errors=True)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
