"""What mail programs show of a mail: only what Outlook on Windows, Gmail and Apple Mail know is in it.

The rules are those that their makers publish: Outlook draws with Word (tables, HTML widths, bgcolor; no flex,
grid, SVG or background picture), Gmail takes away `<style>` in some of its apps and all behind 102 KB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

import pytest
from looks.scenes import SCENES, scene

from makegood.mail.statement_message import LONGEST_BYTES

MAILS = [name for name in SCENES if name.startswith(("statement-", "mail-"))]
LONG_MAILS = {"statement-forty-incidents"}
KNOWN_TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "table",
    "tbody",
    "tr",
    "td",
    "p",
    "h1",
    "h2",
    "span",
    "a",
    "br",
    "strong",
    "bdi",
}
KNOWN_PROPERTIES = {
    "background-color",
    "border-collapse",
    "border-radius",
    "border-top",
    "color",
    "display",
    "font-family",
    "font-size",
    "font-weight",
    "line-height",
    "margin",
    "margin-top",
    "max-height",
    "max-width",
    "mso-hide",
    "overflow",
    "padding",
    "padding-bottom",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
    "white-space",
    "width",
    "word-break",
    "-webkit-text-size-adjust",
}
"""What is not known somewhere only makes corners less round, or hides what is hidden by other means too."""

KNOWN_DISPLAYS = {"none", "inline-block"}


class Mail(HTMLParser):
    """The elements of a mail, with their attributes and the properties of their own styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.orphans: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        parent = self.open[-1] if self.open else ""
        if tag in _PARENTS and parent not in _PARENTS[tag]:
            self.orphans.append(f"{tag} in {parent}")
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.orphans.append(f"/{tag} after {self.open[-1:]}")


_EMPTY = {"meta", "br"}
_PARENTS = {"td": {"tr"}, "tr": {"table", "tbody"}, "table": {"td", "body"}, "p": {"td", "div"}, "h2": {"td"}}


@cache
def read(name: str) -> Mail:
    return Mail(html_of(name))


def html_of(name: str) -> str:
    return scene(name).html


def styles(mail: Mail) -> Iterator[tuple[str, str]]:
    """Each property of the elements' own styles with its value."""
    for _, attributes in mail.elements:
        for declaration in filter(str.strip, attributes.get("style", "").split(";")):
            name, _, value = declaration.partition(":")
            yield name.strip(), value.strip()


@pytest.fixture(params=MAILS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_mail_is_made_of_what_every_program_knows(name: str) -> None:
    mail = read(name)
    assert {tag for tag, _ in mail.elements} <= KNOWN_TAGS
    assert {property_ for property_, _ in styles(mail)} <= KNOWN_PROPERTIES
    assert {value for property_, value in styles(mail) if property_ == "display"} <= KNOWN_DISPLAYS
    assert (mail.orphans, mail.open) == ([], [])


def test_nothing_remote_and_no_script_is_in_a_mail(name: str) -> None:
    html = html_of(name)
    assert re.findall(r"url\(|@import|@font-face|<img|<svg|<script|<link|<form|src=|background=", html) == []
    addresses = [attributes["href"] for tag, attributes in read(name).elements if tag == "a"]
    assert addresses
    assert all(address.startswith("https://makegood.provider.example/") for address in addresses)


def test_a_mail_looks_the_same_where_its_style_element_is_taken_away(name: str) -> None:
    """Colours, sizes and widths stand at the elements; it only adds darkness and the edges of a phone."""
    (style,) = re.findall(r"<style>(.*?)</style>", html_of(name), re.DOTALL)
    outside = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", style)
    assert outside.strip() == ""
    for tag, attributes in read(name).elements:
        own = attributes.get("style", "")
        if tag in {"p", "h1", "h2", "a"}:
            assert "color:" in own, (tag, attributes)
        if tag in {"p", "h1", "h2"}:
            assert "font-family:" in own, (tag, attributes)
        if "background-color:#" in own and tag in {"td", "table", "body"}:
            assert attributes.get("bgcolor"), "Outlook takes the colour of a ground from bgcolor"


def test_tables_have_widths_that_outlook_keeps(name: str) -> None:
    html = html_of(name)
    assert '<!--[if mso]><table role="presentation" width="640"' in html
    for tag, attributes in read(name).elements:
        if tag == "table":
            assert {attributes[each] for each in ("border", "cellpadding")} == {"0"}
            assert attributes.get("width", "100%") == "100%"


def test_gmail_shows_a_mail_to_its_end_or_is_told_where_the_rest_is(name: str) -> None:
    html = html_of(name)
    warns = "some mail programs cut off a mail as long as this. The attached PDF holds all of it." in html
    assert warns is (name in LONG_MAILS)
    if warns:
        page = html.index("Your page: this month so far")
        assert page < html.index("What is refunded, and why") < LONGEST_BYTES
    else:
        assert len(html.encode()) < 102 * 1024
