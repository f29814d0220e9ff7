"""`restore_test`: restores one file from the newest snapshot into a scratch folder and compares its hash."""

from __future__ import annotations

import hashlib
import os
import random
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from makegood_agent.collectors.findings import Findings, UndeterminedError
from makegood_agent.collectors.repositories import repository_of
from makegood_agent.collectors.times import NANOSECONDS, instant

if TYPE_CHECKING:
    from makegood_agent.collectors.child import Order
    from makegood_agent.collectors.findings import Fact
    from makegood_agent.collectors.repositories import Snapshot, StoredFile

LARGEST_BYTES = 10 * 1024 * 1024
SAMPLE = 200
CHUNK = 1024 * 1024


class RestoreTest:
    """The file is `file=`, or one drawn at random that has not changed since on this machine.

    The tool is told no place to write to: whatever the snapshot holds, it comes as one stream into one file.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self.wanted = order.settings.get("file")
        self.recorded = order.settings.get("sha256")
        self.root = order.settings.get("root", "/")
        self.largest = int(order.settings.get("at-most", LARGEST_BYTES))
        self.target = Path(order.scratch) / "restored"

    def collect(self) -> Findings:
        kind = self.order.source.partition(":")[0]
        findings = Findings(kind, "ok", "hash_matches", "file", "snapshot", "sha256")
        self.file: StoredFile | None = None
        self.sha256: str | None = None
        findings.ask("all", self._choose)
        if self.file is not None:
            findings.ask("sha256", self._restore)
            with suppress(FileNotFoundError):
                self.target.unlink()
        if self.sha256 is not None:
            findings.ask("hash_matches", self._compare)
        return findings

    def _choose(self) -> dict[str, Fact]:
        self.repository = repository_of(self.order)
        newest = self.repository.newest()
        if newest is None:
            raise UndeterminedError(f"there is no snapshot of host {self.repository.host}")
        self.snapshot = newest
        file = self._named(newest) if self.wanted else self._drawn(newest)
        self.file = file
        began = instant(newest.started // NANOSECONDS)
        # Until the file is restored the test has failed, whatever stops it.
        return {"ok": False, "file": file.path, "snapshot": f"{newest.name} of {began}"}

    def _named(self, snapshot: Snapshot) -> StoredFile:
        for file in self.repository.files(snapshot):
            if file.path.lstrip("/") == str(self.wanted).lstrip("/"):
                return file
        raise UndeterminedError(f"the newest snapshot does not hold {self.wanted}")

    def _drawn(self, snapshot: Snapshot) -> StoredFile:
        """A file whose original is unchanged, out of a fair sample of those that are not too large."""
        sample: list[StoredFile] = []
        seen = 0
        for file in self.repository.files(snapshot):
            if 0 < file.size <= self.largest:
                seen += 1
                place = len(sample) if len(sample) < SAMPLE else random.randrange(seen)  # noqa: S311 - a draw
                sample[place : place + 1] = [file] if place < SAMPLE else sample[place : place + 1]
        random.shuffle(sample)
        for file in sample:
            if self._is_unchanged(file):
                return file
        raise UndeterminedError(f"none of {len(sample)} files of the snapshot is unchanged under {self.root}")

    def _restore(self) -> dict[str, Fact]:
        assert self.file is not None
        self.repository.restore(self.snapshot, self.file, self.target)
        size = self.target.stat().st_size
        if size != self.file.size:
            raise UndeterminedError(f"{size} bytes came back of {self.file.size}")
        self.sha256 = sha256_of(self.target)
        return {"ok": True, "sha256": self.sha256}

    def _compare(self) -> dict[str, Fact]:
        assert self.file is not None
        if self.recorded is not None:
            return {"hash_matches": self.sha256 == self.recorded.lower()}
        original = sha256_of(self._original(self.file)) if self._is_unchanged(self.file) else None
        # Asked again, because the original may change while it is read.
        if original is None or not self._is_unchanged(self.file):
            raise UndeterminedError("the original has changed since, or is gone")
        return {"hash_matches": self.sha256 == original}

    def _is_unchanged(self, file: StoredFile) -> bool:
        try:
            found = self._original(file).lstat()
        except (OSError, ValueError):
            return False
        same_time = abs(found.st_mtime_ns - file.modified) <= file.resolution
        return stat.S_ISREG(found.st_mode) and found.st_size == file.size and same_time

    def _original(self, file: StoredFile) -> Path:
        path = file.path.lstrip("/")
        if sys.platform == "win32" and self.root == "/":
            drive, _, path = path.partition("/")  # restic keeps C:\data as /C/data
            return Path(f"{drive}:/") / path
        return Path(self.root) / path


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with os.fdopen(os.open(str(path), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()
