"""One Chromium, with one tab, for all looks of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from looks.browser import Screen, a_browser


@pytest.fixture(scope="session")
def screen() -> Iterator[Screen]:
    with a_browser() as browser:
        yield Screen(browser)
