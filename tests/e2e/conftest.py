"""One local stack for all end-to-end tests: the real template, functions, HTTP API, timers and mails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from makegood_local.stack import LocalStack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder: Path = tmp_path_factory.mktemp("stack")
    with LocalStack(folder, {"DetectionSeconds": "5"}, bouncing=["gone@acme.example"]) as running:
        yield running
        refused = [line for line in running.logs().splitlines() if "AccessDenied" in line]
        assert refused == [], "a function did what its role does not allow"
