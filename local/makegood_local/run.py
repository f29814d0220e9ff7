"""`make run` and `make stop`: the stack in the background, a sample client, an agent on this machine."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from makegood_local.emulator import ROOT, LocalError, tail
from makegood_local.stack import LocalStack
from makegood_local.story import AGENT, run_command

FOLDER = ROOT / ".local"
LOG = FOLDER / "run.log"
RUNNING = FOLDER / "running.json"
TOKEN = FOLDER / "token"
PORT = 8600
PATIENCE_SECONDS = 180
CLIENT, DEVICE = "acme-dental", "front-desk-pc"
CONTRACT = ROOT / "contracts" / f"{CLIENT}.yaml"
BEAT_SECONDS = 20
GRACE = "60s"


def main(command: str) -> int:
    """`start`, `stop`, or `serve`, which is what start leaves running."""
    try:
        {"start": start, "stop": stop, "serve": serve}[command]()
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def start() -> None:
    """Starts the stack in the background unless it runs, and says where everything is."""
    if not is_running():
        RUNNING.unlink(missing_ok=True)
        print("starting the stack (the first time takes a minute)", flush=True)
        _start_in_background()
    print(_addresses(_running()))


def stop() -> None:
    """Ends the stack and waits until it is gone; what it holds is kept for the next start."""
    if not is_running():
        print("no stack runs here")
        return
    os.kill(_running()["process"], signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_running():
        if time.monotonic() > deadline:
            raise LocalError(f"the stack does not end; its log is {LOG}")
        time.sleep(0.2)
    print("stopped; what it held is in .local, and `make run` goes on from there")


def serve() -> None:
    """Keeps the stack up until SIGTERM."""
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    with LocalStack(FOLDER, keep_state=True, port=PORT) as stack:
        _enroll_sample(stack)
        with _agent(stack.url) as agent:
            RUNNING.write_text(json.dumps({"process": os.getpid(), "agent": agent, "url": stack.url}))
            end.wait()
        RUNNING.unlink()


def is_running() -> bool:
    """Whether a stack holds the folder, as it does from its first moment to its last."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _running() -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(RUNNING.read_text())
    except FileNotFoundError as error:
        raise LocalError("the stack is just starting or ending; try again in a moment") from error
    return found


def _start_in_background() -> None:
    with LOG.open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "makegood_local.run", "serve"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not RUNNING.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            server.terminate()
            afresh = "To start afresh, without what it held: rm -r .local"
            raise LocalError(f"{tail(LOG, 30)}\n\nThe stack did not start. {afresh}")
        time.sleep(0.2)


def _enroll_sample(stack: LocalStack) -> None:
    """The sample client and its device, once; the token stays with this machine's agent."""
    if TOKEN.exists():
        return
    run_command(stack, "client", "apply", str(CONTRACT), "--backdate")
    enrolled = run_command(
        stack, "device", "enroll", CLIENT, DEVICE, "--kind", "computer", "--grace", GRACE, "--json"
    )
    TOKEN.touch(mode=0o600)
    TOKEN.write_text(json.loads(enrolled)["token"])


@contextmanager
def _agent(url: str) -> Iterator[int]:
    """A real agent on this machine; gives its process id."""
    with (FOLDER / "agent.log").open("ab") as log:
        guard = subprocess.Popen(
            [sys.executable, "-m", "makegood_local.guard", sys.executable, *_agent_arguments(url)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert guard.stdin is not None
    assert guard.stdout is not None
    try:
        yield int(guard.stdout.readline())
    finally:
        guard.stdin.close()
        guard.wait()


def _agent_arguments(url: str) -> list[str]:
    return [str(AGENT), "--url", url, "--token-file", str(TOKEN), "--every", str(BEAT_SECONDS)]


def _addresses(running: dict[str, Any]) -> str:
    url, agent = running["url"], running["agent"]
    again = " ".join(argument.removeprefix(f"{ROOT}/") for argument in _agent_arguments(url))
    return f"""
Makegood runs on this machine; no mail leaves it.

  API      {url}/v1/heartbeat
  Desk     {url}/desk/... by the link in a technician's mail
  Inbox    {url}/inbox

An agent (process {agent}) keeps {DEVICE} of {CLIENT} alive. Let it die, and within four minutes
the inbox shows who was told:

  kill -9 {agent}
  python3 {again}

The operator's command, on this stack:

  .venv/bin/makegood --local device list {CLIENT}

To end it: make stop"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
