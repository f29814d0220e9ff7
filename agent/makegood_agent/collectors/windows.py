"""The practices on Windows: Windows Update, Defender, the event logs, Windows Server Backup."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from makegood_agent.collectors import powershell
from makegood_agent.collectors.findings import Findings, UndeterminedError
from makegood_agent.collectors.spans import Span
from makegood_agent.collectors.times import hours_since, instant, seconds_of
from makegood_agent.wanted import parse_duration

if TYPE_CHECKING:
    from makegood_agent.collectors.child import Order
    from makegood_agent.collectors.findings import Fact

DAY = 24 * 3600
WITHIN = "26h"

UPDATES = """
$searcher = (New-Object -ComObject Microsoft.Update.Session).CreateUpdateSearcher()
$search = $searcher.Search('IsInstalled=0 and IsHidden=0')
$updates = @($search.Updates | ForEach-Object { @{
  title = $_.Title
  severity = $_.MsrcSeverity
  categories = @($_.Categories | ForEach-Object { $_.CategoryID })
  released = At $_.LastDeploymentChangeTime
} })
@{ result = [int]$search.ResultCode; updates = $updates } | ConvertTo-Json -Depth 4 -Compress
"""
REBOOT = """
$servicing = 'HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending'
$asked = [bool](New-Object -ComObject Microsoft.Update.SystemInfo).RebootRequired
@{ pending = ($asked -or (Test-Path $servicing)) } | ConvertTo-Json -Compress
"""
DEFENDER = """
$status = Get-MpComputerStatus
@{
  service = [bool]$status.AMServiceEnabled
  antivirus = [bool]$status.AntivirusEnabled
  realtime = [bool]$status.RealTimeProtectionEnabled
  mode = [string]$status.AMRunningMode
  product = [string]$status.AMProductVersion
  signatures = [string]$status.AntivirusSignatureVersion
  updated = At $status.AntivirusSignatureLastUpdated
  quick_scan = At $status.QuickScanEndTime
  full_scan = At $status.FullScanEndTime
} | ConvertTo-Json -Compress
"""
DETECTIONS = """
$names = @{}
Get-MpThreat | ForEach-Object { $names[[string]$_.ThreatID] = $_.ThreatName }
$found = @(Get-MpThreatDetection | ForEach-Object { @{
  id = [string]$_.DetectionID
  name = [string]$names[[string]$_.ThreatID]
  status = [int]$_.ThreatStatusID
} })
@{ detections = $found } | ConvertTo-Json -Depth 3 -Compress
"""
EVENTS = """
$since = [DateTimeOffset]::FromUnixTimeSeconds(SINCE).LocalDateTime
function Events($filter) {
  $filter.StartTime = $since
  try { return @(Get-WinEvent -FilterHashtable $filter) }
  catch { if ($_.FullyQualifiedErrorId -like 'NoMatchingEventsFound*') { return @() }; throw }
}
$said = @{}
try {
  $services = Events @{ LogName = 'System'; ProviderName = 'Service Control Manager'; Id = UNITS }
  $said.units = @($services | ForEach-Object { [string]$_.Properties[0].Value } | Sort-Object -Unique).Count
  $said.system_begins = At (Get-WinEvent -LogName System -Oldest -MaxEvents 1).TimeCreated
} catch { $said.units_error = [string]$_ }
try {
  $said.logons = @(Events @{ LogName = 'Security'; Id = 4625 }).Count
  $said.security_begins = At (Get-WinEvent -LogName Security -Oldest -MaxEvents 1).TimeCreated
} catch { $said.logons_error = [string]$_ }
try {
  $disks = 0
  foreach ($provider in PROVIDERS) {
    try { $disks += @(Events @{ LogName = 'System'; ProviderName = $provider; Level = 1, 2, 3 }).Count }
    catch { if ($_.FullyQualifiedErrorId -notlike 'NoMatchingProvidersFound*') { throw } }
  }
  $said.disks = $disks
} catch { $said.disks_error = [string]$_ }
$said | ConvertTo-Json -Compress
"""
SERVICE_FAILED = "7000, 7001, 7009, 7022, 7023, 7024, 7026, 7031, 7034, 7038"
COUNTS = (
    ("failed_units", "units", "system_begins"),
    ("failed_logons", "logons", "security_begins"),
    ("disk_errors", "disks", "system_begins"),
)
DISK_PROVIDERS = "'disk', 'Ntfs', 'Microsoft-Windows-Ntfs', 'storahci', 'stornvme', 'volmgr', 'volsnap'"
SERVER_BACKUP = """
$summary = Get-WBSummary
$job = Get-WBJob -Previous 1
@{
  last = At $summary.LastBackupTime
  good = At $summary.LastSuccessfulBackupTime
  result = [int64]$summary.LastBackupResultHR
  target = [string]$summary.LastSuccessfulBackupTargetLabel
  versions = [int]$summary.NumberOfVersions
  started = At $job.StartTime
  ended = At $job.EndTime
} | ConvertTo-Json -Compress
"""

CRITICAL_UPDATES = "e6cf1350-c01b-414d-a61f-263d14d133b4"
SECURITY_UPDATES = "0fa1201d-4330-4fa8-8ae9-b877473b6441"
SUCCEEDED = 2
CLEANED, QUARANTINED, REMOVED, BLOCKED = 2, 3, 4, 6


class WindowsUpdate:
    """Critical is what Microsoft files as critical or security update, or rates critical or important."""

    def __init__(self, _order: Order) -> None:
        pass

    def collect(self) -> Findings:
        findings = Findings(
            "windows update", "critical_pending", "oldest_critical_days", "reboot_pending", "pending"
        )
        findings.ask("critical_pending, oldest_critical_days, pending", self._pending)
        findings.ask("reboot_pending", lambda: {"reboot_pending": powershell.ask(REBOOT)["pending"]})
        return findings

    def _pending(self) -> dict[str, Fact]:
        found = powershell.ask(UPDATES)
        if found["result"] != SUCCEEDED:
            raise UndeterminedError(f"the search ended with code {found['result']}")
        updates = powershell.listed(found["updates"])
        critical = [each for each in updates if is_critical(each)]
        ages = [time.time() - seconds_of(each["released"]) for each in critical]
        return {
            "critical_pending": len(critical),
            "oldest_critical_days": max(0, int(max(ages, default=0) // DAY)),
            "pending": len(updates),
        }


def is_critical(update: dict[str, Any]) -> bool:
    categories = {str(each).lower() for each in powershell.listed(update["categories"])}
    filed = bool(categories & {CRITICAL_UPDATES, SECURITY_UPDATES})
    return filed or update["severity"] in ("Critical", "Important")


class DefenderStatus:
    def __init__(self, _order: Order) -> None:
        pass

    def collect(self) -> Findings:
        findings = Findings(
            "defender", "installed", "running", "definitions_age_hours", "scan_age_hours", "version"
        )
        findings.ask("all", lambda: self._status(findings))
        return findings

    def _status(self, findings: Findings) -> dict[str, Fact]:
        status = powershell.ask(DEFENDER)
        scans = [seconds_of(status[each]) for each in ("quick_scan", "full_scan") if status[each]]
        if not scans:
            findings.doubt("scan_age_hours", "Defender has finished no scan")
        if not status["updated"]:
            findings.doubt("definitions_age_hours", "Defender does not say when they were updated")
        active = status["mode"] in ("Normal", "") and status["antivirus"] and status["realtime"]
        return {
            "installed": True,
            "running": bool(status["service"] and active),
            "definitions_age_hours": hours_since(seconds_of(status["updated"]))
            if status["updated"]
            else None,
            "scan_age_hours": hours_since(max(scans)) if scans else None,
            "version": f"{status['product']}, definitions {status['signatures']}",
        }


class DefenderDetections:
    """Dealt with is what Defender cleaned, quarantined, removed or blocked; what somebody allowed is not."""

    def __init__(self, _order: Order) -> None:
        pass

    def collect(self) -> Findings:
        findings = Findings("defender", "detections", "quarantined", "names")
        findings.ask("all", self._count)
        return findings

    def _count(self) -> dict[str, Fact]:
        found = powershell.listed(powershell.ask(DETECTIONS)["detections"])
        left = [each for each in found if each["status"] not in (CLEANED, QUARANTINED, REMOVED, BLOCKED)]
        return {
            "detections": len(found),
            "quarantined": len(found) - len(left),
            "names": ", ".join(sorted({each["name"] or "unknown" for each in left})),
        }


class EventLog:
    """The Security log is much the busiest: it is often overwritten long before the System log is."""

    def __init__(self, order: Order) -> None:
        self.span = Span(order.delivered)

    def collect(self) -> Findings:
        findings = Findings("event log", "failed_units", "failed_logons", "disk_errors", "since", "until")
        findings.ask("all", lambda: self._read(findings))
        return findings

    def _read(self, findings: Findings) -> dict[str, Fact]:
        script = EVENTS.replace("SINCE", str(self.span.since)).replace("UNITS", SERVICE_FAILED)
        said = powershell.ask(script.replace("PROVIDERS", DISK_PROVIDERS))
        self.span.doubt_gap(findings)
        facts: dict[str, Fact] = {}
        for fact, key, begins in COUNTS:
            facts[fact] = said.get(key) if said.get(begins) else None
            if facts[fact] is None:
                reason = said.get(f"{key}_error", "it is not known where the log begins")
                findings.doubt(fact, str(reason))
        self._reach(findings, said)
        findings.memory = self.span.until
        return {**facts, "since": instant(self.span.since), "until": instant(self.span.until)}

    def _reach(self, findings: Findings, said: dict[str, Any]) -> None:
        asked = self.span.since
        for log, what in (("System", ""), ("Security", "failed_logons ")):
            begins = said.get(f"{log.lower()}_begins")
            if begins and seconds_of(begins) > asked:
                findings.doubt(f"{what}before {begins}", f"the {log} log does not reach further back")
                if log == "System":
                    self.span.since = seconds_of(begins)


class ServerBackup:
    """Good is a last backup without error whose time is within the last `within=`. Its size is not told."""

    def __init__(self, order: Order) -> None:
        self.within = parse_duration(order.settings.get("within", WITHIN))

    def collect(self) -> Findings:
        findings = Findings(
            "windows server backup", "ok", "snapshot", "started_at", "finished_at", "runtime_seconds"
        )
        findings.ask("all", self._newest)
        return findings

    def _newest(self) -> dict[str, Fact]:
        said = powershell.ask(SERVER_BACKUP)
        if not said["good"]:
            return {"ok": False, "snapshot": f"none, the last attempt ended with {said['result']:#x}"}
        good = seconds_of(said["good"])
        last_is_good = said["last"] == said["good"] and said["result"] == 0
        facts: dict[str, Fact] = {
            "ok": last_is_good and time.time() - good <= self.within,
            "snapshot": f"{said['good']} on {said['target']}, {said['versions']} versions",
        }
        if last_is_good and said["started"] and said["ended"]:
            began, ended = seconds_of(said["started"]), seconds_of(said["ended"])
            facts.update(
                started_at=instant(began),
                finished_at=instant(ended),
                runtime_seconds=max(0, ended - began),
            )
        return facts
