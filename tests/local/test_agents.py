"""An agent is killed as a device would die, and lives no longer than who started it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from makegood_local.agents import Agent

NOWHERE = ("--url", "http://127.0.0.1:9", "--every", "2")


def test_a_killed_agent_is_gone_at_once_and_can_be_started_again(tmp_path: Path) -> None:
    with an_agent(tmp_path / "log") as agent:
        first = agent.start()
        assert is_held(tmp_path / "log")
        agent.kill()
        assert not is_held(tmp_path / "log")
        assert_gone(first)
        second = agent.start()
        os.kill(second, 0)


def test_no_agent_outlives_the_block(tmp_path: Path) -> None:
    with an_agent(tmp_path / "log") as agent:
        process = agent.start()
    assert_gone(process)
    assert not is_held(tmp_path / "log")


def test_an_agent_that_was_never_started_needs_no_end(tmp_path: Path) -> None:
    with an_agent(tmp_path / "log"):
        pass
    assert not (tmp_path / "log").exists()


def an_agent(log: Path) -> Agent:
    return Agent(log, *NOWHERE, environment={"MAKEGOOD_TOKEN": "a.b.c"})


def assert_gone(process: int) -> None:
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def is_held(log: Path) -> bool:
    with log.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
