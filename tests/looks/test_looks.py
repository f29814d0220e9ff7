"""Every mail and page at every width, by day and in the dark: whole, readable, usable, and as it was kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from looks.browser import DESK, PHONE, Look, Scene, Screen, needs_chromium
from looks.kept import blurred, difference, kept
from looks.scenes import scene
from looks.views import VIEWS, View
from playwright.sync_api import Page

pytestmark = needs_chromium

LAYOUT = Path(__file__).with_name("layout.js").read_text()
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module", params=VIEWS, ids=str)
def view(request: pytest.FixtureRequest) -> View:
    """All that is said of a view is looked up on the same page."""
    wanted: View = request.param
    return wanted


def show(screen: Screen, view: View) -> Page:
    return screen.show(scene(view.name), view.look)


def faults(page: Page) -> list[str]:
    found: list[str] = page.evaluate(LAYOUT)
    return found


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG, A and AA; a frame shows a mail, which is a scene of its own."""
    page.evaluate(AXE_SCRIPT)
    options = {"runOnly": STANDARD, "resultTypes": ["violations"], "iframes": False}
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def changed(page: Page, name: str) -> str:
    """How the page looks different from what is kept under the name."""
    before = kept(name)
    assert before is not None, f"there is no picture of {name} yet: make pictures"
    return difference(before, blurred(page.screenshot(full_page=True)))


def test_nothing_is_cut_off_torn_apart_or_beside_the_screen(screen: Screen, view: View) -> None:
    assert faults(show(screen, view)) == []


def test_it_looks_as_the_picture_that_is_kept(screen: Screen, view: View) -> None:
    found = changed(show(screen, view), str(view))
    assert not found, f"{view}: {found}. If that is meant: make pictures"


def test_everybody_can_use_it(screen: Screen, view: View) -> None:
    assert violations(show(screen, view)) == []


def test_nothing_remote_is_asked_for(screen: Screen, view: View) -> None:
    show(screen, view)
    assert [url for url in screen.asked_elsewhere if not url.endswith("/favicon.ico")] == []


# What must be noticed is noticed.

BREAKS = {
    "a removed width": ("statement-normal", DESK, "max-width:640px;", ""),
    "a removed cell": (
        "statement-normal",
        PHONE,
        '<td class="ink line" valign="top" align="right"',
        "<td hidden",
    ),
    "a removed colour": (
        "statement-normal",
        PHONE,
        "background-color:#fcebe9;border-radius:8px;",
        "background:#fff",
    ),
    "removed edges": ("mail-notice", PHONE, 'class="edge" style="padding:', 'style="margin:'),
    "a page without its width": ("live-normal", DESK, "main { max-width: 760px;", "main {"),
    "cells below each other": (
        "live-normal",
        DESK,
        "table { width: 100%;",
        "td { display: block } table { width: 100%;",
    ),
    "buttons without a colour": ("desk-incident", PHONE, "background: #1b5e9b;", ""),
}
TEARS = {
    "a name that does not wrap": ("live-long-names", PHONE, "overflow-wrap: anywhere;", ""),
    "amounts push names aside": (
        "statement-long-names",
        PHONE,
        "word-break:break-word;",
        "white-space:nowrap;",
    ),
    "a calendar without its frame": ("live-normal", PHONE, "overflow-x: auto;", ""),
    "what is for ears only is out of it": ("live-normal", PHONE, ".wide { position: relative;", ".wide {"),
    "lines on top of each other": (
        "desk-incident",
        PHONE,
        "h2 { margin: 0 0 8px;",
        "h2 { margin: 0 0 -24px;",
    ),
    "text that is cut off": (
        "live-normal",
        PHONE,
        "p { margin:",
        "p { height: 9px; overflow: hidden; margin:",
    ),
    "words torn apart": (
        "live-normal",
        PHONE,
        "td .badge { white-space: nowrap; }",
        "td { word-break: break-all; width: 1px }",
    ),
}


def broken(name: str, old: str, new: str) -> Scene:
    whole = scene(name)
    assert old in whole.html
    return Scene(whole.html.replace(old, new), whole.frames)


@pytest.mark.parametrize("case", BREAKS)
def test_a_broken_look_differs_from_what_is_kept(screen: Screen, case: str) -> None:
    name, look, old, new = BREAKS[case]
    assert changed(screen.show(broken(name, old, new), look), f"{name}-{look}")


@pytest.mark.parametrize("case", TEARS)
def test_a_torn_layout_is_named(screen: Screen, case: str) -> None:
    name, look, old, new = TEARS[case]
    assert faults(screen.show(broken(name, old, new), look))


def test_what_few_can_read_is_a_violation(screen: Screen) -> None:
    page = screen.show(broken("mail-notice", "#5a6775", "#b0b8c0"), Look(768))
    assert any(each.startswith("color-contrast") for each in violations(page))
