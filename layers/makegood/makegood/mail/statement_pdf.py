"""A statement as a PDF: the same words as its page, typeset, with the promises drawn as bars."""

from __future__ import annotations

import json
from dataclasses import is_dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Final

from makegood.mail.look import PALETTE, TONES, harmless
from makegood.mail.statement_calendar import Cell
from makegood.mail.statement_month import Month, Outage
from makegood.mail.statement_outages import TONES as VERDICT_TONES
from makegood.mail.statement_view import StatementView

if TYPE_CHECKING:
    import typst

_TEMPLATE: Final = Path(__file__).parent / "templates" / "statement.typ"
_FONTS: Final = {"FiraGO-Regular.otf": "figo", "FiraGO-Bold.otf": "figbo"}
_LETTER_ZONES: Final = ("America/", "US/", "Canada/", "Pacific/Honolulu")
_STANDARD: Final = "ua-1"
"""PDF/UA: tagged, so that screen readers read it in order; the typesetter refuses what would break it."""


def statement_pdf(month: Month, view: StatementView, author: str = "") -> bytes:
    """The PDF of a month and its view: tagged, its fonts embedded, the same bytes each time.

    `author` is the provider's name as PDF viewers show it.
    """
    data = {
        "view": view,
        "bars": [_bars(month, outage) for outage in month.outages],
        "palette": PALETTE,
        "tones": TONES,
        "paper": "us-letter" if month.contract.timezone.startswith(_LETTER_ZONES) else "a4",
        "author": author,
    }
    return _typeset(json.dumps(_plain(data)), datetime.fromtimestamp(month.facts.as_of, UTC))


def _typeset(data: str, at: datetime) -> bytes:
    """As PDF/UA where it can be: a letter that no font of ours has must not hold a statement back."""
    import typst  # noqa: PLC0415 - large, and only here

    compiler, inputs = _compiler(), {"data": data}
    try:
        typeset = compiler.compile(format="pdf", sys_inputs=inputs, timestamp=at, pdf_standards=_STANDARD)
    except typst.TypstError:
        typeset = compiler.compile(format="pdf", sys_inputs=inputs, timestamp=at)
    assert isinstance(typeset, bytes)
    return typeset


def _bars(month: Month, outage: Outage) -> list[dict[str, Any]]:
    """For each promise of an outage how far its bar goes and where its limit is, as shares of the longer."""
    bars = []
    for verdict in outage.verdicts:
        start = outage.facts.started_at
        end = month.facts.as_of if verdict.done_at is None else verdict.done_at
        end = max(start, outage.ended_at or end) if verdict.verdict == "not_required" else end
        whole = max(1, verdict.deadline - start, end - start)
        bars.append(
            {
                "done": (end - start) / whole,
                "limit": (verdict.deadline - start) / whole,
                "tone": VERDICT_TONES[verdict.verdict],
            }
        )
    return bars


def _plain(value: Any) -> Any:
    """The same data for the typesetter, each text in it made harmless."""
    if isinstance(value, Cell):  # there are thousands, and what they say is ours
        return {"letter": value.letter, "tone": value.tone}
    if is_dataclass(value):
        return {name: _plain(item) for name, item in vars(value).items()}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return harmless(value)


@cache
def _compiler() -> typst.Compiler:
    """The typesetter with its fonts, loaded once: that takes most of the time of a first page."""
    import pymupdf_fonts  # noqa: PLC0415 - large, and only here
    import typst  # noqa: PLC0415 - large, and only here

    folder = Path(mkdtemp(prefix="fonts-"))
    for name, code in _FONTS.items():
        (folder / name).write_bytes(pymupdf_fonts.fontbuffers[code]())
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[folder])
    return typst.Compiler(_TEMPLATE, root=_TEMPLATE.parent, font_paths=fonts)
