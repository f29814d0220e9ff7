"""A PostgreSQL of our own in a folder: Debian's package as it comes, on a socket in that folder only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEBIAN = Path("/usr/lib/postgresql")
USER = "hc"
START_SECONDS = 30


class MissingError(Exception):
    """Something that the comparison needs is not there; says what to do."""


@dataclass(frozen=True)
class Postgres:
    """One that runs."""

    pid: int
    socket: Path
    _programs: Path

    def create(self, name: str, template: str = "template1") -> None:
        subprocess.run(
            [self._programs / "createdb", "-h", self.socket, "-U", USER, "-T", template, name], check=True
        )


def programs() -> Path:
    """The folder with initdb and postgres. Raises MissingError."""
    newest = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = newest[-1] if newest else shutil.which("initdb")
    if found is None:
        raise MissingError("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    return Path(found).resolve().parent


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """Runs until the block ends. PostgreSQL refuses to run as root: then it is its package's own user's."""
    bin_ = programs()
    folder.mkdir()
    who = _other_user(folder)
    data = folder / "data"
    with (folder / "log").open("wb") as log:
        to_log: Any = {"stdout": log, "stderr": log, "cwd": folder, **who}
        subprocess.run([bin_ / "initdb", "-D", data, "-U", USER, "-A", "trust"], check=True, **to_log)
        server = subprocess.Popen(
            [bin_ / "postgres", "-D", data, "-c", "listen_addresses=", "-k", folder], **to_log
        )
        try:
            _wait(bin_, folder, server)
            yield Postgres(server.pid, folder, bin_)
        finally:
            server.terminate()
            server.wait()


def _other_user(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        raise MissingError("run as a user that is not root, or create the user postgres") from None
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _wait(bin_: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + START_SECONDS
    while subprocess.run([bin_ / "pg_isready", "-q", "-h", folder], check=False).returncode:
        if server.poll() is not None or time.monotonic() > ends:
            raise RuntimeError(f"PostgreSQL does not start:\n{(folder / 'log').read_text()}")
        time.sleep(0.1)
