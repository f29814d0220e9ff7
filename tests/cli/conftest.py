"""The operator's command as people call it, on a deployment in process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.deployment import Deployment

from makegood.settings import settings
from makegood_cli import connection
from makegood_cli.connection import variable
from makegood_cli.main import cli

OUTPUTS = (
    "BaseUrl",
    "LinkKeysArn",
    "DevicesTable",
    "RecordsTable",
    "StatementsQueueUrl",
    "StatementsBucket",
    "StateMachineArn",
    "DetectionSeconds",
)


@dataclass
class Makegood:
    """The command `makegood`."""

    deployment: Deployment

    def run(self, *arguments: str | Path, exits: int = 0, **more: Any) -> Result:
        """Runs it and sees that it ends with this status, without a traceback."""
        result = CliRunner().invoke(cli, list(map(str, arguments)), **more)
        if not isinstance(result.exception, SystemExit | None):
            raise result.exception
        assert result.exit_code == exits, result.output
        return result

    def says(self, *arguments: str | Path, **more: Any) -> str:
        return self.run(*arguments, **more).stdout

    def refuses(self, *arguments: str | Path, exits: int = 1) -> str:
        """What the command says on the standard error when it refuses; it says nothing else."""
        result = self.run(*arguments, exits=exits)
        assert result.stdout == ""
        return result.stderr

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self.says(*arguments, "--json"))


@pytest.fixture
def makegood(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Makegood]:
    """The command on a deployment whose stack has the outputs of infra/template.yaml that matter here."""
    outputs = {name: os.environ[variable(name)] for name in OUTPUTS}
    monkeypatch.setattr(connection, "stack_outputs", lambda *_: outputs)
    monkeypatch.setattr("getpass.getuser", lambda: "tess")
    yield Makegood(deployment)
    settings.cache_clear()
