"""Runs other programs, within the collector's time, and says in one line what went wrong with them."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from makegood_agent.collectors.findings import UndeterminedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    Environment = Mapping[str, str]

OUTPUT_CHARACTERS = 8 * 1024 * 1024
SPARE_SECONDS = 5
ENGLISH = {"LC_ALL": "C.UTF-8", "LANGUAGE": ""}


class Deadline:
    """When the collector must have answered; set once, at its start."""

    at = float("inf")

    @classmethod
    def set(cls, seconds: float) -> None:
        cls.at = time.monotonic() + max(seconds - SPARE_SECONDS, seconds / 2)

    @classmethod
    def left(cls) -> float:
        return min(cls.at - time.monotonic(), threading.TIMEOUT_MAX)


def run(command: list[str], environment: Environment | None = None, ok: tuple[int, ...] = (0,)) -> str:
    """What the program writes."""
    parts: list[str] = []
    size = 0
    for line in lines(command, environment, ok):
        parts.append(line)
        size += len(line)
        if size > OUTPUT_CHARACTERS:
            raise UndeterminedError(f"{command[0]} says too much")
    return "".join(parts)


def lines(
    command: list[str], environment: Environment | None = None, ok: tuple[int, ...] = (0,)
) -> Iterator[str]:
    """What the program writes, line by line; the program ends when nobody wants more."""
    with _running(command, environment, subprocess.PIPE, ok) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield line.decode("utf-8", "replace")


def save(command: list[str], path: Path, environment: Environment | None = None) -> None:
    """Writes into a new file what the program writes."""
    with path.open("xb") as file, _running(command, environment, file, (0,)):
        pass


@contextmanager
def _running(
    command: list[str], environment: Environment | None, output: int | IO[bytes], ok: tuple[int, ...]
) -> Iterator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryFile() as errors:
        process = _start(command, environment, output, errors)
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(max(Deadline.left(), 0), give_up)
        timer.daemon = True
        timer.start()
        try:
            with process:
                try:
                    yield process
                except BaseException:
                    process.kill()
                    raise
        finally:
            timer.cancel()
        if late.is_set():
            raise UndeterminedError(f"{command[0]} takes too long")
        if process.returncode not in ok:
            errors.seek(0)
            raise UndeterminedError(_complaint(command[0], process.returncode, errors.read(65536)))


def _start(
    command: list[str], environment: Environment | None, output: int | IO[bytes], errors: IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**os.environ, **ENGLISH, **(environment or {})},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except FileNotFoundError:
        raise UndeterminedError(f"there is no {command[0]} here") from None


def _complaint(program: str, status: int, errors: bytes) -> str:
    said = [line.strip() for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
    why = f": {said[0]}" if said else ""
    return without_passwords(f"{program} ended with {status}{why}")


def without_passwords(text: str) -> str:
    """Addresses as they may be shown: without user name and password, in which any `@` and `/` may stand."""
    return re.sub(r"//\S*@", "//", text)
