"""Counts the crash points that were tried, and prints them."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

Count = Callable[[str, str, int], None]
_PROPERTY = "crash points"
_TRIED: dict[str, tuple[str, int]] = {}


@pytest.fixture
def count(record_property: Callable[[str, object], None]) -> Count:
    """Takes a story, its handler and how many points of it were tried."""
    return lambda story, handler, points: record_property(_PROPERTY, (story, handler, points))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """The report comes here from whichever process ran the test."""
    for name, value in report.user_properties:
        if name == _PROPERTY and report.when == "call":
            story, handler, points = cast(tuple[str, str, int], value)
            _TRIED[story] = (handler, points)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _TRIED:
        return
    terminalreporter.section("crash points")
    for story, (handler, points) in sorted(_TRIED.items()):
        terminalreporter.line(f"{points:5}  {handler:18}  {story}")
    total = sum(points for _, points in _TRIED.values())
    terminalreporter.line(f"{total:5}  crash points in {len(_TRIED)} stories")
