"""The statement's PDF as pictures: its pages look as they were kept, and hold few enough of them."""

from __future__ import annotations

import pypdfium2
import pytest
from looks.kept import blurred, difference, kept
from looks.paper import pages_of
from looks.scenes import PDFS, a_pdf


@pytest.mark.parametrize("month", PDFS)
def test_its_pages_look_as_the_picture_that_is_kept(month: str) -> None:
    before = kept(f"pdf-{month}")
    assert before is not None
    found = difference(before, blurred(pages_of(a_pdf(month), 1)))
    assert not found, f"{month}: {found}. If that is meant: make pictures"


@pytest.mark.parametrize("month", PDFS)
def test_no_text_is_beside_the_paper(month: str) -> None:
    with pypdfium2.PdfDocument(a_pdf(month)) as document:
        for page in document:
            text = page.get_textpage()
            boxes = [text.get_rect(number) for number in range(text.count_rects())]
            assert boxes, "no page is empty"
            assert min(left for left, _, _, _ in boxes) > 20
            assert max(right for _, _, right, _ in boxes) < page.get_width() - 20


def test_another_month_is_noticed() -> None:
    before = kept("pdf-normal")
    assert before is not None
    assert difference(before, blurred(pages_of(a_pdf("quiet"), 1)))
    assert difference(before, blurred(pages_of(a_pdf("long-names"), 1)))
