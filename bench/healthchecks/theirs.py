"""Healthchecks as its own container runs it: a copy of its source, its uwsgi.ini, and PostgreSQL."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from healthchecks.postgres import USER, MissingError, Postgres
from healthchecks.talk import Process, process

LEFT_OUT = ("attach-daemon", "hook-pre-app", "chdir")
"""Its daemons do what is measured by itself as a detection pass; the tables are there already."""

START_SECONDS = 30
EMPTY = "empty"


@dataclass(frozen=True)
class Setting:
    """How its server and its connections to the database are set up."""

    name: str
    socket: str
    connections_last: str
    """DB_CONN_MAX_AGE: 0, as shipped, is a connection for each request; None keeps it."""
    keeps_alive: bool


BEST = Setting("keep-alive", "http11-socket", "None", keeps_alive=True)
SHIPPED = Setting("as shipped", "http-socket", "0", keeps_alive=False)


def check_there(source: Path, venv: Path) -> None:
    """Raises MissingError when the recipe was not followed."""
    for path in (source / "manage.py", source / "docker/uwsgi.ini", venv / "bin/python", venv / "bin/uwsgi"):
        if not path.exists():
            raise MissingError(
                f"{path} is not there; docs/performance.md, 'Beside Healthchecks', has the recipe"
            )


class Healthchecks:
    """A copy of its source beside a database."""

    def __init__(self, source: Path, venv: Path, postgres: Postgres, folder: Path) -> None:
        self._bin = venv.absolute() / "bin"
        self._folder = folder
        self._postgres = postgres
        self.copy = folder / "source"
        shutil.copytree(source, self.copy, ignore=shutil.ignore_patterns(".git", ".venv", "hc.sqlite"))

    def install(self) -> None:
        """Its tables, in a database that others are copied from, and its static files."""
        self._postgres.create(EMPTY)
        for command in (["migrate"], ["collectstatic", "--noinput"]):
            done = subprocess.run(
                [self._bin / "python", "manage.py", *command],
                cwd=self.copy,
                env=self._environment(EMPTY, BEST),
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise MissingError(f"Healthchecks' manage.py {command[0]} fails:\n{done.stderr[-2_000:]}")

    @contextmanager
    def inside(self, database: str) -> Iterator[Process]:
        """A process of its own interpreter with a database of its own, which is made by this."""
        self._postgres.create(database, EMPTY)
        with process(
            [self._bin / "python", Path(__file__).with_name("inside.py")],
            self._folder / f"inside-{database}.log",
            folder=self.copy,
            environment=self._environment(database, BEST),
        ) as inside:
            yield inside

    @contextmanager
    def server(self, setting: Setting, database: str) -> Iterator[tuple[int, int]]:
        """Its uwsgi: the master's process and its port."""
        port = _free_port()
        name = setting.name.replace(" ", "-")
        config = self._folder / f"{name}.ini"
        config.write_text(self._uwsgi_ini(setting, port))
        log = self._folder / f"uwsgi-{name}.log"
        with log.open("w") as to_log:
            running = subprocess.Popen(
                [self._bin / "uwsgi", "--ini", config],
                cwd=self.copy,
                env=self._environment(database, setting),
                stdout=to_log,
                stderr=to_log,
            )
            try:
                _wait(port, running, log)
                yield running.pid, port
            finally:
                running.terminate()
                running.wait()

    def _uwsgi_ini(self, setting: Setting, port: int) -> str:
        lines = (self.copy / "docker/uwsgi.ini").read_text().splitlines()
        kept = "\n".join(line for line in lines if not line.startswith(LEFT_OUT))
        here, count = re.subn(
            r"^http-socket = :8000$", f"{setting.socket} = 127.0.0.1:{port}", kept, flags=re.M
        )
        if count != 1:
            raise MissingError(f"{self.copy / 'docker/uwsgi.ini'} has no 'http-socket = :8000'")
        return f"{here}\nchdir = {self.copy}\n"

    def _environment(self, database: str, setting: Setting) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.copy),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "hc.settings",
            "DEBUG": "False",
            "SECRET_KEY": "bench",
            "USE_GZIP_MIDDLEWARE": "True",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "DB": "postgres",
            "DB_HOST": str(self._postgres.socket),
            "DB_USER": USER,
            "DB_NAME": database,
            "DB_CONN_MAX_AGE": setting.connections_last,
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    """Until each worker answers; a page that is not there asks the application, not the database."""
    ends = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/ping/none")
            connection.getresponse().read()
            connection.close()
            return
        if running.poll() is not None or time.monotonic() > ends:
            raise RuntimeError(f"uwsgi does not answer:\n{log.read_text()[-3_000:]}")
        time.sleep(0.2)
