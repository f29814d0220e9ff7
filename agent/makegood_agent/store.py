"""What the agent must not forget: small JSON files, each written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from makegood_agent.logs import log

if TYPE_CHECKING:
    from pathlib import Path

FILE_BYTES = 256 * 1024


class Store:
    """Named values, in a folder or, without one, only as long as the process lives.

    A folder that cannot be written costs no heartbeat: the log says so, and the process remembers.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.unwritten: dict[str, Any] = {}
        self.problem = ""

    def get(self, name: str) -> Any:
        """The value, or None: there is none, or its file cannot be understood."""
        if self.folder is None or name in self.unwritten:
            return self.unwritten.get(name)
        try:
            with (self.folder / f"{name}.json").open("rb") as file:
                return json.loads(file.read(FILE_BYTES).decode())
        except (OSError, ValueError, RecursionError):
            return None

    def put(self, name: str, value: Any) -> None:
        """Keep a value; None forgets it."""
        if self.folder is None:
            self.unwritten[name] = value
            return
        try:
            self._write(self.folder / f"{name}.json", value)
            self.unwritten.pop(name, None)
            self._note("")
        except OSError as error:
            self.unwritten[name] = value
            self._note(f"state not kept in {self.folder}: {error.strerror or error}")

    def _write(self, path: Path, value: Any) -> None:
        if value is None:
            with suppress(FileNotFoundError):
                path.unlink()
            return
        handle, temporary = tempfile.mkstemp(prefix=".", dir=str(path.parent))
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(value, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, str(path))
        except BaseException:
            os.unlink(temporary)
            raise

    def _note(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("%s", problem or "state: no problem any more")
        self.problem = problem
