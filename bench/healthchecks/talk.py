"""A process that is asked by lines of JSON and answers each with one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Process:
    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.pid = process.pid
        self._process = process
        self._log = log

    def ask(self, **question: Any) -> Any:
        """Its answer. Raises RuntimeError with the end of its log when it died instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(json.dumps(question), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(
                f"it ended instead of an answer to {question}:\n{self._log.read_text()[-3_000:]}"
            )
        return json.loads(line)


@contextmanager
def process(
    command: Sequence[str | Path], log: Path, *, folder: Path, environment: Mapping[str, str]
) -> Iterator[Process]:
    """Runs until the block ends: it is to end when nobody asks it any more."""
    with (
        log.open("w") as to_log,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=to_log,
            cwd=folder,
            env=environment,
            text=True,
        ) as running,
    ):
        yield Process(running, log)
        assert running.stdin is not None
        running.stdin.close()
