"""Two at once, in a fixed order: a rival acts between the reads of a change and its write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from makegood.storage.transactions import write_together


def first_does(monkeypatch: pytest.MonkeyPatch, rival: Callable[[], Any]) -> None:
    """Lets the rival act once, just before the next operator's change is written."""
    rivals = [rival]

    def write_late(*writes: Any) -> None:
        if rivals:
            rivals.pop()()
        write_together(*writes)

    monkeypatch.setattr("makegood.storage.changes.write_together", write_late)
