"""A function loads what it uses and no more: what is slow to load is named here, with who may load it."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from makegood_simulator.cloud import ENVIRONMENT
from makegood_simulator.functions import functions

PACKAGE = Path(__file__).parents[2] / "layers/makegood"

EVERY = frozenset(functions())
PAGES = frozenset({"DeskFunction", "LiveFunction"})
LETTERS = PAGES | {"AdvanceFunction", "IssueFunction", "PracticesFunction"}

MAY_LOAD = {
    "asyncio": frozenset(),
    "aws_lambda_powertools.event_handler": frozenset(),
    "aws_lambda_powertools.utilities.batch": frozenset(),
    "aws_lambda_powertools.utilities.parameters": frozenset(),
    "aws_xray_sdk": frozenset(),
    "boto3": frozenset(),
    "email.policy": frozenset(),
    "pydantic": frozenset(),
    "pymupdf_fonts": frozenset(),
    "typst": frozenset(),
    "makegood.issuing": {"IssueFunction"},
    "makegood.mail.outbox": LETTERS - {"LiveFunction"},
    "makegood.pages": PAGES,
    "babel": LETTERS,
    "jinja2": LETTERS,
    "makegood.mail": LETTERS,
    "botocore.client": EVERY - {"HeartbeatFunction"},
    "botocore.session": EVERY - {"HeartbeatFunction"},
    "makegood.rules.incidents": LETTERS,
    "makegood.rules.contracts": EVERY - {"AnnouncementsFunction", "HeartbeatFunction"},
    "makegood.storage": EVERY - {"HeartbeatFunction"},
    "pynamodb": EVERY - {"HeartbeatFunction"},
}
"""Modules that are slow to load, and the functions that need them for whatever they are asked."""


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_function_loads_nothing_slow_that_it_may_not_need(name: str) -> None:
    allowed = {module for module, allowed in MAY_LOAD.items() if name in allowed}
    assert MAY_LOAD.keys() & loaded(name) == allowed


def test_the_heartbeat_loads_a_handful_of_our_modules() -> None:
    ours = {module for module in loaded("HeartbeatFunction") if module.startswith("makegood.")}
    assert ours == {
        "makegood.gateway",
        "makegood.lean_dynamodb",
        "makegood.rules",
        "makegood.rules.evidence",
        "makegood.rules.instants",
        "makegood.rules.names",
        "makegood.rules.tokens",
        "makegood.texts",
    }


@cache
def loaded(name: str) -> set[str]:
    """What a new process has loaded when a function's handler is there."""
    function = functions()[name]
    code = f"import sys, {function.handler.partition('.')[0]}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**ENVIRONMENT, "PYTHONPATH": f"{function.folder}:{PACKAGE}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())
