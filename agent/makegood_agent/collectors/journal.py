"""`log_review` by systemd: what the journal holds of failed units, failed logons and disk errors."""

from __future__ import annotations

import glob
import json
import os
import re
from typing import TYPE_CHECKING, Any

from makegood_agent.collectors import tools
from makegood_agent.collectors.findings import Findings, UndeterminedError
from makegood_agent.collectors.spans import Span
from makegood_agent.collectors.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from makegood_agent.collectors.child import Order
    from makegood_agent.collectors.findings import Fact

FILES = ("/var/log/journal/*/system.journal", "/run/log/journal/*/system.journal")
UNIT_FAILED = "MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c"

LOGON = re.compile(
    r"Failed (?:password|keyboard-interactive/pam) for (?!invalid user)"
    r"|Invalid user "
    r"|pam_\w+\((?!sshd:)[^)]*:auth\): authentication failure"
)
DISK = re.compile(
    r"I/O error|Medium Error|critical (?:medium|target) error|EXT4-fs error|EXT4-fs \(.*\): .*error"
    r"|XFS .*(?:corruption|error)|BTRFS (?:error|critical)|failed command: "
    r"|md/raid\S*: .*(?:Disk failure|error)",
    re.IGNORECASE,
)


class Journal:
    def __init__(self, order: Order) -> None:
        self.span = Span(order.delivered)

    def collect(self) -> Findings:
        findings = Findings("journal", "failed_units", "failed_logons", "disk_errors", "since", "until")
        findings.ask("all", lambda: self._span(findings))
        if findings.facts["since"] is not None:
            findings.ask("failed_units", self._units)
            findings.ask("failed_logons", self._logons)
            findings.ask("disk_errors", self._disks)
            findings.memory = self.span.until
        return findings

    def _span(self, findings: Findings) -> dict[str, Fact]:
        """What nobody may read, or what was thrown away, is not free of findings."""
        files = [each for pattern in FILES for each in glob.glob(pattern)]
        if files and not any(os.access(each, os.R_OK) for each in files):
            raise UndeterminedError("the system's journal may not be read: join the group systemd-journal")
        first = next(self._entries("__REALTIME_TIMESTAMP", whole=True), None)
        newest = next(self._entries("__REALTIME_TIMESTAMP", "-n", "1"), None)
        if first is None or newest is None:
            raise UndeterminedError("the journal holds nothing of this time")
        self.span.doubt_gap(findings)
        begins = int(first["__REALTIME_TIMESTAMP"]) // 1_000_000
        if begins > self.span.since:
            findings.doubt(f"before {instant(begins)}", "the journal does not reach further back")
            self.span.since = begins
        return {"since": instant(self.span.since), "until": instant(self.span.until)}

    def _units(self) -> dict[str, Fact]:
        failed = {
            str(entry.get("UNIT") or entry.get("USER_UNIT"))
            for entry in self._entries("UNIT,USER_UNIT", UNIT_FAILED)
        }
        command = ["systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager"]
        failed |= {line.split()[0] for line in tools.lines(command) if line.strip()}
        return {"failed_units": len(failed)}

    def _logons(self) -> dict[str, Fact]:
        entries = self._entries("MESSAGE", "SYSLOG_FACILITY=4", "SYSLOG_FACILITY=10")
        return {"failed_logons": sum(LOGON.search(message_of(entry)) is not None for entry in entries)}

    def _disks(self) -> dict[str, Fact]:
        entries = self._entries("MESSAGE", "-p", "warning", "_TRANSPORT=kernel")
        return {"disk_errors": sum(DISK.search(message_of(entry)) is not None for entry in entries)}

    def _entries(self, fields: str, *match: str, whole: bool = False) -> Iterator[dict[str, Any]]:
        span = [] if whole else [f"--since=@{self.span.since}", f"--until=@{self.span.until}"]
        command = ["journalctl", "-q", "--no-pager", "-o", "json", f"--output-fields={fields}", *span]
        for line in tools.lines([*command, *match]):
            yield json.loads(line)


def message_of(entry: dict[str, Any]) -> str:
    """A message that is no text comes as a list of bytes."""
    message = entry.get("MESSAGE")
    if isinstance(message, list):
        return bytes(message).decode("utf-8", "replace")
    return str(message or "")
