"""The statement as a PDF: it says what the page says, on few pages, for eyes and for screen readers."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from support.months import a_contract, a_device, a_month, an_incident, at, the_statement
from support.telling import told_pdf, told_view

VECTORS = sorted(Path(__file__).parents[1].joinpath("vectors").rglob("*.json"))
TOLD_BY_DRAWING = {"subject", "tone", "is_over", "letter", "words", "day", "legend"}


def read(**changes: Any) -> PdfReader:
    return PdfReader(io.BytesIO(told_pdf(the_statement(**changes), a_month(**changes), "Provider Ltd")))


def text_of(pdf: PdfReader) -> str:
    return squeezed(" ".join(page.extract_text() for page in pdf.pages))


def squeezed(text: str) -> str:
    """Without what a line break of the page may have put in or taken out."""
    return re.sub(r"\s|\u00ad", "", text)


def every_text(part: object) -> Iterator[str]:
    if dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            if field.name not in TOLD_BY_DRAWING:
                yield from every_text(getattr(part, field.name))
    elif isinstance(part, tuple):
        for item in part:
            yield from every_text(item)
    elif part:
        yield str(part)


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_it_says_all_that_the_page_says_on_few_pages(path: Path) -> None:
    month = json.loads(path.read_text())
    pdf = PdfReader(io.BytesIO(told_pdf(month["statement"], month["facts"])))
    said = text_of(pdf)
    for text in every_text(told_view(month["statement"], month["facts"])):
        assert squeezed(text) in said
    assert len(pdf.pages) <= (3 if len(month["statement"]["refunds"]) < 20 else 4)
    assert f"Page1of{len(pdf.pages)}" in said


def test_it_has_title_author_and_tags() -> None:
    pdf = read()
    assert pdf.metadata is not None
    assert (pdf.metadata.title, pdf.metadata.author) == ("Acme Dental Group, April 2026", "Provider Ltd")
    catalog: Any = pdf.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in catalog["/Metadata"].get_data()


def test_every_font_is_embedded() -> None:
    pages: Any = read(contract=a_contract(name="שלום דנטל")).pages
    fonts = [font.get_object() for font in pages[0]["/Resources"]["/Font"].values()]
    assert len(fonts) >= 2
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_the_same_statement_is_the_same_file() -> None:
    assert told_pdf(the_statement(), a_month()) == told_pdf(the_statement(), a_month())


def test_what_people_typed_is_shown_and_never_run() -> None:
    hostile = '#eval("1") $x$ *bold* <label> @ref \\ // /* `raw` "quoted"'
    assert squeezed(hostile) in text_of(read(contract=a_contract(name=hostile)))


@pytest.mark.parametrize("name", ["Zahnarztpraxis Müller & Söhne", "Стоматология", "Οδοντιατρείο"])
def test_names_in_other_scripts_have_their_letters(name: str) -> None:
    assert squeezed(name) in text_of(read(contract=a_contract(name=name)))


def test_a_name_that_is_written_from_the_right_is() -> None:
    """A reader of texts gives the words as they stand on the line, from the left."""
    assert "שינייםמרפאת" in text_of(read(contract=a_contract(name="מרפאת שיניים")))


def test_a_letter_that_no_font_has_stops_no_statement() -> None:
    assert "Healthy" in text_of(read(contract=a_contract(name="歯科医院 😀")))


@pytest.mark.parametrize(("zone", "width"), [("America/Chicago", 612), ("Europe/Berlin", 595)])
def test_the_paper_is_that_of_the_country(zone: str, width: int) -> None:
    pages = read(contract=a_contract(timezone=zone)).pages
    assert int(pages[0].mediabox.width) == width


def test_sixty_devices_and_forty_outages_are_typeset_whole() -> None:
    devices = [a_device(f"device-with-a-long-name-{number:02}") for number in range(60)]
    incidents = [
        an_incident(at(f"{1 + number % 28:02} 08:00"), device=devices[number]["device"])
        for number in range(40)
    ]
    pdf = read(devices=devices, incidents=incidents)
    said = text_of(pdf)
    assert all(
        f"device-with-a-long-name-{number:02}(router),April{1 + number % 28},2026" in said
        for number in range(40)
    )
