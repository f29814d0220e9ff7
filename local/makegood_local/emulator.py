"""The embedded AWS (ministack) as a process of its own, bound to this machine alone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3

REGION = "us-east-1"
OWNER = "local"
START_SECONDS = 60
ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".tools/ministack/bin/python"


class LocalError(Exception):
    """Something a person can mend; the text says what and how."""


def free_port(preferred: int = 0) -> int:
    """The preferred port when nobody listens on it, else one that is free now."""
    for port in (preferred, 0) if preferred else (0,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise LocalError("no free port on 127.0.0.1")


def session() -> boto3.Session:
    """A session of the embedded account's owner, who may do everything; functions have their roles."""
    return boto3.Session(aws_access_key_id=OWNER, aws_secret_access_key=OWNER, region_name=REGION)


class Emulator:
    """One embedded AWS with its own port, state and temporary files below one folder."""

    def __init__(self, folder: Path, port: int, environment: dict[str, str], keep_state: bool) -> None:
        self.folder = folder
        self.port = port
        self.environment = environment
        self.keep_state = keep_state
        self.log = folder / "ministack.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, lock: int) -> None:
        """Starts the process and waits until it is healthy; it holds the lock until it is gone."""
        if not PYTHON.exists():
            raise LocalError("the embedded AWS is not installed; run: make .tools/ministack/.done")
        for name in ("state", "s3", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._guard = subprocess.Popen(
                [sys.executable, "-m", "makegood_local.guard", str(PYTHON), "-m", "ministack"],
                env=self._process_environment(),
                stdin=subprocess.PIPE,
                pass_fds=(lock,),
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_healthy()

    def stop(self) -> None:
        """Lets the process save its state and end; returns when it is gone."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait()

    def _process_environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        persist = str(int(self.keep_state))
        return {
            **kept,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": OWNER,
            "AWS_SECRET_ACCESS_KEY": OWNER,
            # The template's policies are enforced: what a function may not do on AWS, it may not do here.
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            "PERSIST_STATE": persist,
            "STATE_DIR": str(self.folder / "state"),
            "S3_PERSIST": persist,
            "S3_DATA_DIR": str(self.folder / "s3"),
            "TMPDIR": str(self.folder / "tmp"),
            "LOG_LEVEL": "WARNING",
            **self.environment,
        }

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._guard.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise LocalError(f"the embedded AWS did not start; its log is {self.log}:\n{tail(self.log)}")


def tail(path: Path, lines: int = 15) -> str:
    """The end of a log."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
