"""Keys for the links in mails, without a deployment."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"current": "k1", "k1": "a test's secret"}
    monkeypatch.setattr("makegood.keys.secret_text", lambda _: json.dumps(keys))
