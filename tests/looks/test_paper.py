"""The client's page on paper: whole, and without what only a screen can do."""

from __future__ import annotations

from typing import Final

import pypdfium2
import pytest
from looks.browser import DESK, Scene, Screen, needs_chromium
from looks.scenes import scene

pytestmark = needs_chromium

EDGE: Final = 8
"""So many points at least are between a text and the paper's edge."""


def printed(screen: Screen, shown: Scene) -> bytes:
    pdf = screen.show(shown, DESK).pdf(format="A4", margin={"left": "12mm", "right": "12mm"})
    assert isinstance(pdf, bytes)
    return pdf


def faults(pdf: bytes) -> list[str]:
    """What is beside the paper, and what is of no use on it."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        told = ""
        for page in document:
            text = page.get_textpage()
            told += text.get_text_bounded()
            boxes = [text.get_rect(number) for number in range(text.count_rects())]
            if any(left < EDGE or right > page.get_width() - EDGE for left, _, right, _ in boxes):
                found.append("beside the paper")
    found += [words for words in ("I disagree", "Do you disagree") if words in told]
    found += [words for words in ("Availability", "February 2026", "Test restore") if words not in told]
    return found


@pytest.mark.parametrize("month", ["normal", "long-names"])
def test_all_of_it_is_on_the_paper_and_nothing_to_click(screen: Screen, month: str) -> None:
    assert faults(printed(screen, scene(f"live-{month}"))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nav, .act, .files { display: none; }", ""),
        ("main { max-width: none; padding: 0; }", "main { max-width: none; margin-left: -60px; }"),
    ],
)
def test_a_broken_print_is_named(screen: Screen, old: str, new: str) -> None:
    whole = scene("live-normal")
    assert old in whole.html
    assert faults(printed(screen, Scene(whole.html.replace(old, new))))
