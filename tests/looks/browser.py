"""Chromium as every look is taken with it: the same fonts everywhere, and nothing asked of the network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import pymupdf_fonts
import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

BROWSER: Final = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_chromium = pytest.mark.skipif(BROWSER is None, reason="there is no chromium here")

_OPTIONS: Final = (
    "--no-sandbox",
    "--disable-lcd-text",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
)
_ORIGIN: Final = "https://looks.example"
_FONTS: Final = {"/400.otf": "figo", "/700.otf": "figbo"}
_FACES: Final = "".join(
    f"@font-face {{ font-family: '{family}'; font-weight: {weight}; src: url({_ORIGIN}/{weight}.otf); }}"
    for family in ("Segoe UI", "ui-monospace")
    for weight in (400, 700)
)
"""FiraGO, which has Hebrew and Arabic too, under the names that our styles ask for first."""


@dataclass(frozen=True)
class Scene:
    """A page as it was sent, and what it shows in frames, by their paths."""

    html: str
    frames: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Look:
    """How somebody looks at a scene: the width of the screen in CSS pixels, and by day or in the dark."""

    width: int
    dark: bool = False

    def __str__(self) -> str:
        return f"{self.width}-dark" if self.dark else str(self.width)


PHONE: Final = Look(360)
DARK_PHONE: Final = Look(360, dark=True)
TABLET: Final = Look(768)
DESK: Final = Look(1280)


@contextmanager
def a_browser(*options: str) -> Iterator[Browser]:
    """`options` are Chromium's, after ours."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=[*_OPTIONS, *options])
        yield browser
        browser.close()


class Screen:
    """One tab that shows a scene after another."""

    def __init__(self, browser: Browser, scale: float = 1) -> None:
        self.asked_elsewhere: list[str] = []
        context = browser.new_context(device_scale_factor=scale, reduced_motion="reduce", locale="en-US")
        context.route("**/*", self._answer)
        self._page = context.new_page()
        self._shown: tuple[Scene, Look] | None = None

    def show(self, scene: Scene, look: Look) -> Page:
        if self._shown != (scene, look):
            self._shown = (scene, look)
            self.asked_elsewhere.clear()
            self._page.set_viewport_size({"width": look.width, "height": 900})
            self._page.emulate_media(color_scheme="dark" if look.dark else "light")
            self._page.goto(f"{_ORIGIN}/")
            self._page.evaluate("document.fonts.ready")
        return self._page

    def _answer(self, route: Route) -> None:
        assert self._shown is not None
        url = urlsplit(route.request.url)
        pages = {"/": self._shown[0].html, **self._shown[0].frames}
        path = url.path if f"{url.scheme}://{url.netloc}" == _ORIGIN else ""
        if path in _FONTS:
            route.fulfill(
                body=_font(path), content_type="font/otf", headers={"Cache-Control": "max-age=9999"}
            )
        elif path in pages:
            route.fulfill(body=_with_fonts(pages[path]), content_type="text/html; charset=utf-8")
        else:
            self.asked_elsewhere.append(route.request.url)
            route.abort()


@cache
def _font(path: str) -> bytes:
    return bytes(pymupdf_fonts.fontbuffers[_FONTS[path]]())


def _with_fonts(html: str) -> str:
    """The page with our fonts, in a style of its own at the end of the head."""
    head, end, body = html.partition("</head>")
    assert end, "a page has a head"
    return f"{head}<style>{_FACES}</style>{end}{body}"
