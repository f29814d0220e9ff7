"""Repositories of restic and borg, only ever read, and without locking out a backup that runs."""

from __future__ import annotations

import json
import os
import platform
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from makegood_agent.collectors import tools
from makegood_agent.collectors.findings import UndeterminedError
from makegood_agent.collectors.times import nanoseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from makegood_agent.collectors.child import Order

ARCHIVES_LOOKED_AT = 100


class Snapshot(NamedTuple):
    """One backup; `bytes` is None where only counting all its files tells. Times in nanoseconds."""

    name: str
    started: int
    finished: int | None
    bytes: int | None


class StoredFile(NamedTuple):
    """A file in a snapshot; `resolution` is what its time was rounded to."""

    path: str
    size: int
    modified: int
    resolution: int


def repository_of(order: Order) -> Restic | Borg:
    kind, _, place = order.source.partition(":")
    password_file = order.settings.get("password-file")
    host = order.settings.get("host", platform.node())
    if password_file is not None:
        Path(password_file).open("rb").close()
    return (Restic if kind == "restic" else Borg)(place, password_file, host, order.scratch)


class Restic:
    tool = "restic"

    def __init__(self, place: str, password_file: str | None, host: str, scratch: str) -> None:
        self.host = host
        self.environment = {"RESTIC_REPOSITORY": place, "RESTIC_PROGRESS_FPS": "0"}
        if password_file is not None:
            self.environment["RESTIC_PASSWORD_FILE"] = password_file
        if "RESTIC_CACHE_DIR" not in os.environ:
            self.environment["RESTIC_CACHE_DIR"] = str(Path(scratch) / "cache")

    def newest(self) -> Snapshot | None:
        which = [] if self.host == "*" else ["--host", self.host]
        found = json.loads(tools.run(self._command("snapshots", "--json", *which), self.environment)) or []
        if not found:
            return None
        newest = max(found, key=lambda each: nanoseconds(each["time"]))
        summary = newest.get("summary") or {}
        finished = summary.get("backup_end")
        return Snapshot(
            newest["id"],
            nanoseconds(newest["time"]),
            None if finished is None else nanoseconds(finished),
            summary.get("total_bytes_processed"),
        )

    def size(self, snapshot: Snapshot) -> int:
        command = self._command("stats", "--json", "--mode", "restore-size", snapshot.name)
        return int(json.loads(tools.run(command, self.environment))["total_size"])

    def files(self, snapshot: Snapshot) -> Iterator[StoredFile]:
        for line in tools.lines(self._command("ls", "--json", snapshot.name), self.environment):
            node = json.loads(line)
            if node.get("struct_type") == "node" and node.get("type") == "file":
                yield StoredFile(node["path"], node.get("size", 0), nanoseconds(node["mtime"]), 1)

    def restore(self, snapshot: Snapshot, file: StoredFile, target: Path) -> None:
        tools.save(self._command("dump", snapshot.name, file.path), target, self.environment)

    def _command(self, *words: str) -> list[str]:
        return ["restic", "--no-lock", "--quiet", *words]


class Borg:
    tool = "borg"

    def __init__(self, place: str, password_file: str | None, host: str, scratch: str) -> None:
        self.host = host
        self.environment = {
            "BORG_REPO": place,
            "TZ": "UTC",
            "BORG_CACHE_DIR": str(Path(scratch) / "cache"),
            "BORG_SECURITY_DIR": str(Path(scratch) / "security"),
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        }
        if password_file is not None:
            self.environment["BORG_PASSCOMMAND"] = f"cat {shlex.quote(password_file)}"
        elif not {"BORG_PASSPHRASE", "BORG_PASSCOMMAND", "BORG_PASSPHRASE_FD"} & os.environ.keys():
            self.environment["BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK"] = "yes"

    def newest(self) -> Snapshot | None:
        found = self._archives("{archive}{id}{start}{end}{hostname}", ARCHIVES_LOOKED_AT)
        mine = [each for each in found if self.host in ("*", each["hostname"])]
        if not mine and len(found) == ARCHIVES_LOOKED_AT:
            raise UndeterminedError(f"none of the newest {len(found)} archives is of host {self.host}")
        if not mine:
            return None
        # borg keeps whole seconds: of two archives of one second the one listed last was made last.
        newest = max(reversed(mine), key=lambda each: nanoseconds(each["start"]))
        return Snapshot(newest["archive"], nanoseconds(newest["start"]), nanoseconds(newest["end"]), None)

    def size(self, snapshot: Snapshot) -> int:
        command = self._command("list", "--format", "{size}{NL}", f"::{snapshot.name}")
        return sum(int(line) for line in tools.lines(command, self.environment))

    def files(self, snapshot: Snapshot) -> Iterator[StoredFile]:
        for line in tools.lines(
            self._command("list", "--json-lines", f"::{snapshot.name}"), self.environment
        ):
            item = json.loads(line)
            if item["type"] == "-":
                yield StoredFile(item["path"], item["size"], nanoseconds(item["mtime"]), 1000)

    def restore(self, snapshot: Snapshot, file: StoredFile, target: Path) -> None:
        command = self._command("extract", "--stdout", f"::{snapshot.name}", f"pp:{file.path}")
        tools.save(command, target, self.environment)

    def _archives(self, fields: str, most: int) -> list[dict[str, Any]]:
        command = self._command("list", "--json", "--last", str(most), "--format", fields)
        found: list[dict[str, Any]] = json.loads(tools.run(command, self.environment))["archives"]
        return found

    def _command(self, word: str, *words: str) -> list[str]:
        return ["borg", word, "--bypass-lock", *words]
