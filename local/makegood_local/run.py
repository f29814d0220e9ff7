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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from makegood_local.agents import AGENT, Agent
from makegood_local.emulator import ROOT, LocalError, tail
from makegood_local.stack import LocalStack
from makegood_local.story import contract_from_this_month, run_command

PORT = 8600
PATIENCE_SECONDS = 180
CLIENT, DEVICE, CONTACT = "acme-dental", "front-desk-pc", "owner@acme.example"
CONTRACT = ROOT / "contracts" / f"{CLIENT}.yaml"
BEAT_SECONDS = 20
GRACE = "60s"


def main(command: str, folder: Path) -> int:
    """`start`, `stop`, or `serve`, which is what start leaves running."""
    run = Run(folder.resolve())
    commands: dict[str, Callable[[], None]] = {"start": run.start, "stop": run.stop, "serve": run.serve}
    try:
        commands[command]()
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


class Run:
    """The one stack that runs in the background of a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._log = folder / "run.log"
        self._running = folder / "running.json"
        self._token = folder / "token"
        self._agent_log = folder / "agent.log"

    def start(self) -> None:
        """Starts the stack unless it runs, and says where everything is."""
        self._await_killed()
        if not self.is_running():
            self._running.unlink(missing_ok=True)
            print("starting the stack (the first time takes a minute)", flush=True)
            self._serve_in_background()
        print(self._addresses())

    def stop(self) -> None:
        """Ends the stack and waits until it is gone; what it holds is kept for the next start."""
        self._await_killed()
        if not self.is_running():
            print("no stack runs here")
            return
        os.kill(self.found()["process"], signal.SIGTERM)
        self._await_end()
        print(f"stopped; what it held is in {self._folder.name}, and `make run` goes on from there")

    def serve(self) -> None:
        """Keeps the stack up until SIGTERM."""
        end = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: end.set())
        with LocalStack(self._folder, keep_state=True, port=PORT) as stack:
            self._enroll_sample(stack)
            agent = Agent(self._agent_log, *self._agent_options(stack.url))
            with agent, self._running.open("w") as running:
                fcntl.flock(running, fcntl.LOCK_EX)
                json.dump({"process": os.getpid(), "agent": agent.start(), "url": stack.url}, running)
                running.flush()
                end.wait()
            self._running.unlink()

    def is_running(self) -> bool:
        """Whether a stack holds the folder, as it does from its first moment to its last."""
        return _is_locked(self._folder / "lock")

    def found(self) -> dict[str, Any]:
        """The process ids and the address of what runs."""
        try:
            found: dict[str, Any] = json.loads(self._running.read_text())
        except (FileNotFoundError, json.JSONDecodeError) as error:
            raise LocalError("the stack is just starting or ending; try again in a moment") from error
        return found

    def _await_killed(self) -> None:
        """When the last one was killed, its embedded AWS may still be saving what it holds."""
        if self._running.exists() and not _is_locked(self._running):
            self._await_end()

    def _await_end(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.is_running():
            if time.monotonic() > deadline:
                raise LocalError(f"the stack does not end; its log is {self._log}")
            time.sleep(0.2)

    def _serve_in_background(self) -> None:
        with self._log.open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "makegood_local.run", "serve", str(self._folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (self._running.exists() and self._running.stat().st_size):
            if server.poll() is not None or time.monotonic() > deadline:
                server.terminate()
                afresh = f"To start afresh, without what it held: rm -r {self._folder}"
                raise LocalError(f"{tail(self._log, 30)}\n\nThe stack did not start. {afresh}")
            time.sleep(0.2)

    def _enroll_sample(self, stack: LocalStack) -> None:
        """The sample client and its device, once; the token stays with this machine's agent."""
        if self._token.exists():
            return
        contract = contract_from_this_month(CONTRACT, self._folder)
        run_command(stack, "client", "apply", str(contract))
        enrolled = run_command(
            stack, "device", "enroll", CLIENT, DEVICE, "--kind", "computer", "--grace", GRACE, "--json"
        )
        self._token.touch(mode=0o600)
        self._token.write_text(json.loads(enrolled)["token"])

    def _agent_options(self, url: str) -> list[str]:
        return ["--url", url, "--token-file", str(self._token), "--every", str(BEAT_SECONDS)]

    def _addresses(self) -> str:
        found = self.found()
        url = found["url"]
        return f"""
Makegood runs on this machine; no mail leaves it.

  API      {url}/v1/heartbeat
  Desk     {url}/desk/... by the link in a technician's mail
  Client   {url}/live/... by the link in a client's mail, or the one that this prints:
           .venv/bin/makegood --local contact link {CLIENT} {CONTACT}
  Inbox    {url}/inbox

{self._about_agent(found["agent"], url)}

The operator's command, on this stack:

  .venv/bin/makegood --local device list {CLIENT}

To end it: make stop"""

    def _about_agent(self, process: int, url: str) -> str:
        """How to let the agent die while it lives, and how to bring the device back."""
        command = ["python3", str(AGENT), *self._agent_options(url)]
        again = " ".join(argument.removeprefix(f"{ROOT}/") for argument in command)
        foreground = "that agent runs in the foreground until Ctrl-C, and `make stop` does not end it"
        if not _is_locked(self._agent_log):
            return f"""The agent of {DEVICE} of {CLIENT} has ended. To bring the device back
({foreground}):

  {again}"""
        return f"""An agent (process {process}) keeps {DEVICE} of {CLIENT} alive. Let it die, and within four
minutes the inbox shows who was told; then bring it back
({foreground}):

  kill -9 {process}
  {again}"""


def _is_locked(path: Path) -> bool:
    """Whether a process that lives holds the file."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
