"""Keys for the links in mails, without a deployment."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"current": "k1", "k1": "a test's secret"}
    monkeypatch.setattr("makegood.keys.parameters.get_secret", lambda *_, **__: keys)
