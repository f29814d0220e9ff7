"""A PDF as a picture."""

from __future__ import annotations

import io

import pypdfium2
from PIL import Image


def pages_of(pdf: bytes, scale: float) -> bytes:
    """The pages of a PDF beside each other, as PNG; at a scale of 1 a point is a pixel."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.render(scale=scale).to_pil().convert("RGB") for page in document]
    gap = round(12 * scale)
    width = sum(page.width for page in pages) + gap * (len(pages) - 1)
    sheet = Image.new("RGB", (width, max(page.height for page in pages)), "#8a929b")
    left = 0
    for page in pages:
        sheet.paste(page, (left, 0))
        left += page.width + gap
    content = io.BytesIO()
    sheet.save(content, "png")
    return content.getvalue()
