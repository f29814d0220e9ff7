"""`patching` by dnf: what it would upgrade, and what its repositories say of the advisories behind that."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from makegood_agent.collectors import tools
from makegood_agent.collectors.findings import Findings, UndeterminedError
from makegood_agent.collectors.times import seconds_of

if TYPE_CHECKING:
    from makegood_agent.collectors.child import Order
    from makegood_agent.collectors.findings import Fact

UPGRADE = re.compile(r"\S+\.\S+\s+\S+\s+\S+")
FIELD = re.compile(r"\s*([A-Z][A-Za-z ]*?)\s*: (.*)")
HARMLESS = ("moderate", "low")
DAY = 24 * 3600
UPDATES_THERE = 100


class Dnf:
    """Critical is a security advisory that its vendor rates critical or important, or does not rate."""

    def __init__(self, _order: Order) -> None:
        pass

    def collect(self) -> Findings:
        findings = Findings("dnf", "critical_pending", "oldest_critical_days", "reboot_pending", "pending")
        findings.ask("pending", self._pending)
        findings.ask("critical_pending, oldest_critical_days", self._critical)
        findings.ask("reboot_pending", self._reboot)
        return findings

    def _pending(self) -> dict[str, Fact]:
        said = tools.run(["dnf", "-q", "check-update"], ok=(0, UPDATES_THERE))
        upgrades = said.partition("Obsoleting Packages")[0]
        return {"pending": sum(UPGRADE.fullmatch(line.strip()) is not None for line in upgrades.splitlines())}

    def _critical(self) -> dict[str, Fact]:
        if not tools.run(["dnf", "-q", "updateinfo", "list", "--all"]).strip():
            raise UndeterminedError("the repositories have no advisories")
        said = tools.run(["dnf", "-q", "updateinfo", "info", "--security", "--updates"])
        critical = [each for each in advisories_in(said) if each["severity"].lower() not in HARMLESS]
        dates = [seconds_of(each["updated"]) for each in critical]
        days = int(time.time() - min(dates)) // DAY if dates else 0
        return {"critical_pending": len(critical), "oldest_critical_days": max(0, days)}

    def _reboot(self) -> dict[str, Fact]:
        said = tools.run(["dnf", "-q", "needs-restarting", "-r"], ok=(0, 1))
        if "Reboot is required" in said:
            return {"reboot_pending": True}
        if "Reboot should not be necessary" in said:
            return {"reboot_pending": False}
        raise UndeterminedError("dnf has no needs-restarting here: install dnf-utils")


def advisories_in(said: str) -> list[dict[str, str]]:
    """The advisories that `updateinfo info` describes, each with `severity` and `updated`."""
    found: list[dict[str, str]] = []
    for line in said.splitlines():
        match = FIELD.fullmatch(line)
        key = match[1].lower() if match else ""
        if match and key in ("update id", "name"):
            found.append({"severity": "", "updated": ""})
        elif match and found and key in ("severity", "updated", "issued") and not found[-1].get(_known(key)):
            found[-1][_known(key)] = match[2].strip()
    return found


def _known(key: str) -> str:
    return "updated" if key == "issued" else key
