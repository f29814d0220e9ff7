"""Text that wants to break out of wherever it is shown, and what a browser would make of a page."""

from __future__ import annotations

import re
from email.message import EmailMessage
from html.parser import HTMLParser

HOSTILE = (
    "<script>alert(1)</script>\"><img src=x onerror=alert(2)>' {{7*7}} {% raw %} ${7*7} 😀 مرحبا \u202edlrow"
    "\r\nBcc: evil@x.example\r\n\r\n\x00\x08\x1b[31m<b>"
)
HOSTILE_NAME = "<script>alert(1)</script> {{7*7}} 😀 مرحبا\u202e\r\nBcc: e@x\x00"

_FORBIDDEN = {"script", "img", "b", "iframe", "object", "link"}


class Elements(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_harmless(page: str) -> None:
    """The page shows the hostile text as text, and nothing of it became markup or rearranges a line."""
    found = Elements(page)
    assert not found.tags & _FORBIDDEN
    assert not {name for name in found.attributes if name.startswith("on")}
    assert "<script>alert(1)</script>" in found.text
    assert "{{7*7}}" in found.text
    assert "😀 مرحبا" in found.text
    assert not re.search(r"[\u202a-\u202e\x00\x08\x1b]", page)


def assert_harmless_mail(mail: EmailMessage, addressees: set[str]) -> None:
    """The same of a mail: nobody else gets it, no header was added, both bodies are plain to see."""
    assert mail["To"] in addressees
    assert mail["Bcc"] is None
    assert mail["Cc"] is None
    assert not re.search(r"[\r\n\x00\x1b]", mail["Subject"])
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert not re.search(r"[\u202a-\u202e\x00\x08\x1b]", text.get_content())
    assert_harmless(html.get_content())
