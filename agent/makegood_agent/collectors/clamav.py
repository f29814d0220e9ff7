"""`antivirus` and `quarantine` by ClamAV: its daemon, its definitions, the logs of its scans."""

from __future__ import annotations

import glob
import os
import re
import shutil
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from makegood_agent.collectors import tools
from makegood_agent.collectors.findings import Findings, UndeterminedError
from makegood_agent.collectors.times import hours_since

if TYPE_CHECKING:
    from collections.abc import Iterator

    from makegood_agent.collectors.child import Order
    from makegood_agent.collectors.findings import Fact

CONFIGURATIONS = ("/etc/clamav/clamd.conf", "/etc/clamd.d/scan.conf", "/usr/local/etc/clamd.conf")
DATABASES = "/var/lib/clamav"
LOGS = "/var/log/clamav"
HEADER_BYTES = 512
OWN_SIGNATURES = (".hdb", ".hsb", ".ndb", ".ldb", ".mdb", ".yar", ".cdb")
ANSWER_SECONDS = 10.0

DETECTED = re.compile(r"(?:.{24} -> )?(?P<path>.+): (?P<name>\S+) FOUND")
HANDLED = re.compile(r"(?P<path>.+?)(?: \(real path: '(?P<real>.+)'\))?: (?:moved to '.*'|[Rr]emoved\.?)")
ENDED = re.compile(r"End Date:\s+(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
SCANNED = re.compile(r"Scanned files: (\d+)")
SUMMARY = "----------- SCAN SUMMARY"
STREAM = re.compile(r"(?:instream\(.*\)|fd\[.*\])")


class Configuration:
    """clamd's own configuration, or ClamAV's usual places where there is none."""

    def __init__(self, order: Order) -> None:
        named = order.settings.get("config")
        candidates = [named] if named else [each for each in CONFIGURATIONS if os.path.exists(each)]
        self.values: dict[str, str] = {}
        for each in candidates[:1]:
            for line in Path(each).read_text(errors="replace").splitlines():
                key, _, value = line.strip().partition(" ")
                self.values.setdefault(key, value.strip())
        self.databases = Path(self.values.get("DatabaseDirectory", DATABASES))
        self.log = order.settings.get("log")

    def ask(self, command: str) -> str:
        """What clamd answers to a command such as PING; OSError when it does not run."""
        local, port = self.values.get("LocalSocket"), self.values.get("TCPSocket")
        if not local and not port:
            raise UndeterminedError("clamd's configuration, which names its socket, is not found")
        with socket.socket(socket.AF_UNIX if local else socket.AF_INET) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(local or (self.values.get("TCPAddr", "127.0.0.1"), int(port or 0)))
            connection.sendall(f"z{command}\0".encode())
            return connection.recv(4096).rstrip(b"\0").decode("utf-8", "replace")

    def logs(self) -> list[Path]:
        """The logs of scans, older first; what freshclam writes is none."""
        found = [self.log] if self.log else glob.glob(f"{LOGS}/*.log")
        paths = [Path(each) for name in found for each in (f"{name}.1", name) if os.path.exists(each)]
        return [path for path in paths if not path.name.startswith("freshclam")]


class Antivirus:
    def __init__(self, order: Order) -> None:
        self.configuration = Configuration(order)

    def collect(self) -> Findings:
        findings = Findings(
            "clamav", "installed", "running", "definitions_age_hours", "scan_age_hours", "version"
        )
        installed = any(map(shutil.which, ("clamscan", "clamdscan", "clamd")))
        findings.facts["installed"] = installed
        if not installed:
            findings.doubt("all else", "there is no ClamAV here")
            return findings
        findings.ask("running", self._running)
        findings.ask("definitions_age_hours", self._definitions)
        findings.ask("scan_age_hours", self._scan)
        findings.ask("version", self._version)
        return findings

    def _running(self) -> dict[str, Fact]:
        try:
            return {"running": self.configuration.ask("PING") == "PONG"}
        except PermissionError:
            raise
        except OSError:
            return {"running": False}

    def _definitions(self) -> dict[str, Fact]:
        """By ClamAV's daily definitions; only where there are none, by the newest file of one's own."""
        files = list(self.configuration.databases.iterdir())
        daily = [built_at(each) for each in files if each.name in ("daily.cvd", "daily.cld", "daily.cud")]
        own = [each.stat().st_mtime for each in files if each.suffix in OWN_SIGNATURES]
        if not daily and not own:
            raise UndeterminedError(f"there are none in {self.configuration.databases}")
        return {"definitions_age_hours": hours_since(max(daily or own))}

    def _scan(self) -> dict[str, Fact]:
        ends = [scan.ended for log in self.configuration.logs() for scan in scans_in(log) if scan.files]
        if not ends:
            raise UndeterminedError("no log tells of a finished scan of any file")
        return {"scan_age_hours": hours_since(max(ends))}

    def _version(self) -> dict[str, Fact]:
        return {"version": tools.run(["clamscan", "--version"]).strip()}


class Quarantine:
    """A detection is dealt with when the log says moved or removed, or when the file is no longer there."""

    def __init__(self, order: Order) -> None:
        self.configuration = Configuration(order)

    def collect(self) -> Findings:
        findings = Findings("clamav", "detections", "quarantined", "names")
        findings.ask("all", self._count)
        return findings

    def _count(self) -> dict[str, Fact]:
        logs = [log for log in self.configuration.logs() if log.stat().st_size]
        detected: set[str] = set()
        left: dict[str, str] = {}
        if not sum(follow(line, detected, left) for log in logs for line in lines_of(log)):
            raise UndeterminedError("no log tells of any scan")
        left = {path: name for path, name in left.items() if not is_gone(path)}
        return {
            "detections": len(detected),
            "quarantined": len(detected) - len(left),
            "names": ", ".join(sorted(set(left.values()))),
        }


def follow(line: str, detected: set[str], left: dict[str, str]) -> bool:
    """Note what a line says of detections; whether it shows that something was scanned.

    Of a stream that was handed to clamd nothing lies on the disk: there is nothing to quarantine.
    """
    found, handled = DETECTED.fullmatch(line), HANDLED.fullmatch(line)
    if found and not STREAM.fullmatch(found["path"]):
        detected.add(found["path"])
        left[found["path"]] = found["name"]
    elif handled:
        for path in (handled["path"], handled["real"]):
            left.pop(path, None)
    return bool(found or SCANNED.fullmatch(line) or ENDED.fullmatch(line) or line.startswith(SUMMARY))


def is_gone(path: str) -> bool:
    """False also when this agent may not look: what cannot be seen has not gone."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return os.path.isabs(path)
    except (OSError, ValueError):
        return False
    return False


class Scan(NamedTuple):
    ended: float
    files: int


def scans_in(log: Path) -> Iterator[Scan]:
    """The scans that came to their end; ClamAV writes local times."""
    files = 0
    for line in lines_of(log):
        if line.startswith(SUMMARY):
            files = 0
        scanned, ended = SCANNED.fullmatch(line), ENDED.fullmatch(line)
        if scanned:
            files = int(scanned[1])
        if ended:
            year, month, day, hour, minute, second = map(int, ended.groups())
            yield Scan(time.mktime((year, month, day, hour, minute, second, 0, 0, -1)), files)


def lines_of(log: Path) -> Iterator[str]:
    with log.open(encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            yield line.rstrip("\n")


def built_at(database: Path) -> float:
    """When ClamAV's definitions were made, as the header of their file says."""
    with database.open("rb") as file:
        header = file.read(HEADER_BYTES).decode("ascii", "replace")
    fields = header.strip().split(":")
    if fields[0] != "ClamAV-VDB" or len(fields) < 9 or not fields[8].strip().isdigit():
        raise UndeterminedError(f"{database.name} has no header of ClamAV's")
    return float(fields[8])
