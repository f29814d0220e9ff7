"""`make run` and `make stop`: nothing is lost between two runs, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / ".local"
    run("stop", tmp_path / ".local")


def test_a_killed_run_leaves_nothing_behind_and_the_next_goes_on_from_there(folder: Path) -> None:
    said = run("start", folder)
    before, stack = found(folder, "running.json"), found(folder, "stack.json")
    assert f"{before['url']}/inbox" in said
    wait_for(lambda: beats(folder) == 1)
    assert run("start", folder) == said.removeprefix("starting the stack (the first time takes a minute)\n")

    os.kill(before["agent"], signal.SIGKILL)
    wait_for(lambda: "has ended" in run("start", folder))
    assert "kill -9" not in run("start", folder)

    os.kill(before["process"], signal.SIGKILL)
    run("start", folder)
    assert found(folder, "running.json")["url"] == before["url"]
    assert found(folder, "stack.json")["outputs"] == stack["outputs"]
    # With the token of before: the embedded AWS had saved the device before it ended.
    wait_for(lambda: beats(folder) == 2)

    assert "stopped" in run("stop", folder)
    assert not answers(stack["endpoint_url"])
    assert run("stop", folder) == "no stack runs here\n"


def run(command: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "makegood_local.run", command, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def found(folder: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / name).read_text())
    return content


def beats(folder: Path) -> int:
    """How often an agent has begun to be accepted: it logs changes."""
    return (folder / "agent.log").read_text().count("heartbeat accepted")


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/_ministack/health", timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
    return True


def wait_for(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)
