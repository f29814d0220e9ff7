"""A device-day over HTTP: a real agent with real tools fills all six practices; what breaks turns its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from agent import test_collect_clamav, test_device_day
from agent.test_device_day import Server, an_original_that_was_tampered_with, collect_here

from makegood.rules.evidence import PRACTICES
from makegood_agent.arguments import parse_options
from makegood_agent.beats import Agent
from makegood_local.stack import LocalStack
from makegood_local.story import contract_from_this_month, run_command

CLIENT = "device-day"
ROOT = Path(__file__).parents[2]
DONE = dict.fromkeys(PRACTICES, "done")

pytestmark = test_device_day.pytestmark


def test_a_real_agent_fills_the_day_of_a_server_and_what_breaks_turns_just_its_own(
    stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(tmp_path, monkeypatch)
    token = _enroll(stack, tmp_path)
    monkeypatch.setattr("makegood_agent.isolated.collect", collect_here)
    server.journal.write()
    _report(stack, server, token)
    assert _verdicts(stack) == DONE
    an_original_that_was_tampered_with(server)
    _report(stack, server, token)
    assert _verdicts(stack) == {**DONE, "restore_test": "missed"}


def _enroll(stack: LocalStack, folder: Path) -> str:
    contract = contract_from_this_month(ROOT / "contracts/acme-dental.yaml", folder)
    written: dict[str, Any] = {**yaml.safe_load(contract.read_text()), "client": CLIENT}
    contract.write_text(yaml.safe_dump(written, sort_keys=False))
    run_command(stack, "client", "apply", str(contract))
    practices = [part for practice in PRACTICES for part in ("--practice", practice)]
    server = ("--kind", "server", "--grace", "180s", *practices)
    enrolled = json.loads(run_command(stack, "device", "enroll", CLIENT, "srv", *server, "--json"))
    return str(enrolled["token"])


def _report(stack: LocalStack, server: Server, token: str) -> None:
    """The agent runs once, with nothing left of the last time."""
    state = server.folder / "state"
    shutil.rmtree(state)
    state.mkdir()
    options = ["--url", stack.url, "--token", token, "--state", str(state)]
    with test_collect_clamav.clamd(server.clamav.socket):
        assert Agent(parse_options([*options, *server.collects()])).once() == 0
    server.clamav.socket.unlink()


def _verdicts(stack: LocalStack) -> dict[str, str]:
    rows = json.loads(run_command(stack, "evidence", "list", CLIENT, "--json"))
    return {row["practice"]: row["verdict"] for row in rows}
