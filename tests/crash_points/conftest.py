"""Counts the crash points that were tried, and prints them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Count = Callable[[str, str, int], None]
_TRIED = pytest.StashKey[dict[str, tuple[str, int]]]()


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Count:
    """Takes a story, its handler and how many points of it were tried."""

    def note(story: str, handler: str, points: int) -> None:
        request.config.stash.setdefault(_TRIED, {})[story] = (handler, points)

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tried = config.stash.get(_TRIED, {})
    if not tried:
        return
    terminalreporter.section("crash points")
    for story, (handler, points) in tried.items():
        terminalreporter.line(f"{points:5}  {handler:18}  {story}")
    total = sum(points for _, points in tried.values())
    terminalreporter.line(f"{total:5}  crash points in {len(tried)} stories")
