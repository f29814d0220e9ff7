"""What many threads ask for at the same time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from makegood.storage.once import once


def test_who_asks_while_it_is_read_waits_for_the_answer() -> None:
    read: list[str] = []

    def slow(key: str) -> str:
        read.append(key)
        time.sleep(0.05)
        return key.upper()

    found = once(slow)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(found, "aaaabbbb")) == [*"AAAABBBB"]
    assert sorted(read) == ["a", "b"]


def test_what_could_not_be_read_is_read_anew() -> None:
    answers = ["there"]
    failures = [OSError("no answer")]

    def read(_key: str) -> str:
        if failures:
            raise failures.pop()
        return answers.pop()

    found = once(read)
    with pytest.raises(OSError, match="no answer"):
        found("a")
    assert found("a") == "there"
