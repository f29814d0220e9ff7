"""`patching` by apt: what it would upgrade if it might, and whether a new kernel waits for a start."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from makegood_agent.collectors import tools
from makegood_agent.collectors.findings import Findings, UndeterminedError
from makegood_agent.collectors.times import hours_since

if TYPE_CHECKING:
    from makegood_agent.collectors.child import Order
    from makegood_agent.collectors.findings import Fact

# apt appends what a step leaves broken for the moment, as ` []` or ` [name:amd64 ]`.
UPGRADE = re.compile(r"Inst (\S+) \[[^\]]*\] \(\S+ (.*?)\)(?: \[.*\])?")
LIKE_UPGRADE = re.compile(r"Inst \S+ \[.*")
OLDEST_LISTS_HOURS = 48
DAY = 24 * 3600
REBOOT = ("/run/reboot-required", "/var/run/reboot-required")
KERNELS = "/boot"
CONTAINER = ("/run/systemd/container", "/run/.containerenv", "/.dockerenv")


class Apt:
    """apt rates no update, so each from an archive of security updates counts as critical.

    It does not say either since when one is available: this collector remembers since when it sees one for
    a package. A newer version does not start anew: what the older one mends has been open all the time.
    """

    def __init__(self, order: Order) -> None:
        self.first_run = not isinstance(order.latest, dict)
        known = {} if self.first_run else order.latest
        self.first_seen = {name: at for name, at in known.items() if isinstance(at, int)}

    def collect(self) -> Findings:
        findings = Findings("apt", "critical_pending", "oldest_critical_days", "reboot_pending", "pending")
        findings.memory = None if self.first_run else self.first_seen
        findings.ask("critical_pending, oldest_critical_days, pending", lambda: self._pending(findings))
        findings.ask("reboot_pending", lambda: {"reboot_pending": must_reboot()})
        return findings

    def _pending(self, findings: Findings) -> dict[str, Fact]:
        check_lists()
        found = upgrades()
        critical = {package for package, archive in found if "security" in archive.lower()}
        now = int(time.time())
        findings.memory = seen = {each: self.first_seen.get(each, now) for each in critical}
        if critical and self.first_run:
            findings.doubt(
                "oldest_critical_days", "apt does not say; this agent knows by its next run (--state)"
            )
            return {"critical_pending": len(critical), "pending": len(found)}
        days = max((now - at for at in seen.values()), default=0) // DAY
        return {
            "critical_pending": len(critical),
            "oldest_critical_days": max(0, days),
            "pending": len(found),
        }


def upgrades() -> list[tuple[str, str]]:
    """Each package that would be upgraded, and from which archives."""
    command = ["apt-get", "--simulate", "--ignore-hold", "-o", "Debug::NoLocking=1", "dist-upgrade"]
    found = []
    for line in map(str.rstrip, tools.lines(command)):
        match = UPGRADE.fullmatch(line)
        if match is not None:
            found.append((match[1], match[2]))
        elif LIKE_UPGRADE.match(line):
            raise UndeterminedError(f"apt says what this agent does not understand: {line}")
    return found


def check_lists() -> None:
    """What apt does not know of cannot be pending: its lists must be there and fresh.

    apt sets a list's mtime to the server's; its ctime tells when the server was last asked with success.
    """
    folder = Path(configured("Dir::State::lists/d"))
    lists = [each for each in folder.iterdir() if each.name.endswith("Release")]
    security = [each for each in lists if "security" in each.name]
    if not security:
        raise UndeterminedError(f"no archive of security updates is among apt's lists in {folder}")
    hours = max(hours_since(each.stat().st_ctime) for each in security)
    if hours > OLDEST_LISTS_HOURS:
        raise UndeterminedError(f"apt's lists of security updates are {hours} hours old: apt-get update")


def configured(item: str) -> str:
    found = re.search("X='(.*)'", tools.run(["apt-config", "shell", "X", item]))
    if found is None:
        raise UndeterminedError(f"apt does not say what its {item} is")
    return found[1]


def must_reboot() -> bool:
    """Whether an update asks for it, or a kernel newer than the running one is installed."""
    if any(map(os.path.exists, REBOOT)):
        return True
    running = platform.release()
    installed = [each.name.partition("-")[2] for each in Path(KERNELS).glob("vmlinuz-*")]
    if not installed and any(map(os.path.exists, CONTAINER)):
        return False  # its kernel is the host's
    if not installed:
        raise UndeterminedError(f"there is no kernel in {KERNELS}")
    if running not in installed:
        raise UndeterminedError(f"the running kernel {running} is none of those in {KERNELS}")
    return any(is_newer(each, running) for each in installed if flavour(each) == flavour(running))


def flavour(release: str) -> str:
    """`amd64` of 6.1.0-25-amd64 and 6.12.43+deb13-amd64, `cloud-amd64` of 6.1.0-25-cloud-amd64."""
    return re.sub(r"^[0-9.+~-]*", "", re.sub(r"[+.](?:deb|bpo)[^-]*", "", release))


def is_newer(one: str, other: str) -> bool:
    command = ["dpkg", "--compare-versions", one, "gt", other]
    status = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    if status not in (0, 1):
        raise UndeterminedError(f"dpkg ended with {status} when it compared {one} with {other}")
    return status == 0
