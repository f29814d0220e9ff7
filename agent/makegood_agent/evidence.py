"""Evidence that others collected in a file."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

EVIDENCE_SECONDS = 24 * 3600
FILE_BYTES = 64 * 1024


def parse_evidence(content: bytes) -> list[Any]:
    if len(content) > FILE_BYTES:
        raise ValueError(f"larger than {FILE_BYTES} bytes")
    entries = json.loads(content.decode("utf-8-sig"))
    if not isinstance(entries, list):
        raise ValueError(f"must be a list, not {type(entries).__name__}")
    for index, entry in enumerate(entries):
        for key, kind in (("device", str), ("practice", str), ("facts", dict)):
            if not isinstance(entry, dict) or not isinstance(entry.get(key), kind):
                raise ValueError(f"[{index}].{key} must be {'an object' if kind is dict else 'a text'}")
    json.dumps(entries, allow_nan=False)
    return entries


class Evidence:
    """What others collected in a file: pending from each writing of it until the server has judged it."""

    key = "evidence"

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.name = str(path)
        self.current: tuple[float, bytes] | None = None
        self.settled: tuple[float, bytes] | None = None

    def pending(self) -> list[Any]:
        if self.path is None:
            return []
        with self.path.open("rb") as file:
            self.current = (os.fstat(file.fileno()).st_mtime, file.read(FILE_BYTES + 1))
        if self.current == self.settled:
            return []
        # The server dates evidence by its arrival: an old file would prove what nobody looked at today.
        if time.time() - self.current[0] > EVIDENCE_SECONDS:
            raise ValueError("written more than a day ago")
        return parse_evidence(self.current[1])

    def settle(self, _taken: bool, /) -> None:
        self.settled = self.current
