"""The local stack's API, asked by its own description: it never fails, and answers as described."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from makegood_local.stack import LocalStack
from makegood_local.story import contract_from_this_month, run_command

ROOT = Path(__file__).parents[2]
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
PRACTICES = ("patching", "antivirus", "quarantine", "log_review", "backup", "restore_test")


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Not the other tests' stack: here every second request reports a failure."""
    with LocalStack(tmp_path_factory.mktemp("described")) as stack:
        yield stack
        assert [line for line in stack.logs().splitlines() if "AccessDenied" in line] == []


def test_the_api_is_what_its_description_says(own_stack: LocalStack, tmp_path: Path) -> None:
    run_command(
        own_stack,
        "client",
        "apply",
        str(contract_from_this_month(ROOT / "contracts/acme-dental.yaml", tmp_path)),
    )
    practices = [argument for practice in PRACTICES for argument in ("--practice", practice)]
    device = enroll(own_stack, "srv", "--kind", "server", "--grace", "180s", *practices)
    feed = enroll(own_stack, "nightly", "--feed", "backup", "--for", "srv", "--grace", "4h")
    config = tmp_path / "schemathesis.toml"
    text = (Path(__file__).parent / "schemathesis.toml").read_text()
    config.write_text(text.replace("<token of a device>", device).replace("<token of a feed>", feed))
    done = subprocess.run(
        [SCHEMATHESIS, "--config-file", config, "--no-color", "run", f"{own_stack.url}/v1/openapi.json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # A heartbeat, pings in two forms and pushes by four methods, and the description itself.
    assert "Tested: 14\n" in done.stdout


def enroll(stack: LocalStack, *arguments: str) -> str:
    """The token of what is enrolled."""
    enrolled = run_command(stack, "device", "enroll", "acme-dental", *arguments, "--json")
    return str(json.loads(enrolled)["token"])
