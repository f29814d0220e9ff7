"""Real agents as processes of their own, which end when the process that started them does."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from makegood_local.emulator import ROOT

AGENT = ROOT / "agent"


class Agent:
    """`with Agent(log, ...) as agent:` allows an agent to be started and killed; none outlives the block.

    The log is the agent's alone: it is locked for as long as the agent lives.
    """

    def __init__(self, log: Path, *options: str, environment: Mapping[str, str] | None = None) -> None:
        self._command = [sys.executable, "-m", "makegood_local.guard", sys.executable, str(AGENT), *options]
        self._environment = {**os.environ, **(environment or {})}
        self._log = log
        self._guard: subprocess.Popen[bytes] | None = None
        self._process = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._end()

    def start(self) -> int:
        """Starts the agent, after the last one with this log has ended; its process id."""
        with self._log.open("ab") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            self._guard = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self._guard.stdout is not None
        self._process = int(self._guard.stdout.readline())
        return self._process

    def kill(self) -> None:
        """As a power cut would: no good-bye."""
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        self._end()

    def _end(self) -> None:
        """Lets the guard end, with the agent if it still lives."""
        if self._guard is None:
            return
        with self._guard as guard:
            assert guard.stdin is not None
            guard.stdin.close()
