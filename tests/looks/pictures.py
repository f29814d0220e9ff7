"""`make pictures`: takes every picture of docs anew, and those that the tests compare with."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Final

from looks.browser import BROWSER, DARK_PHONE, DESK, PHONE, TABLET, Look, Scene, Screen, a_browser
from looks.kept import KEPT, keep
from looks.paper import pages_of
from PIL import Image

from makegood_simulator.cloud import use_environment

DOCS: Final = Path(__file__).parents[2] / "docs"
PICTURES: Final = DOCS / "pictures"
COLOURS: Final = 256
TALLEST: Final = 1_800

SHOWN: Final[dict[str, tuple[str, Look]]] = {
    "statement-phone": ("statement-normal", PHONE),
    "statement-phone-dark": ("statement-normal", DARK_PHONE),
    "statement-healthy": ("statement-quiet", TABLET),
    "statement-yen": ("statement-yen", PHONE),
    "statement-hebrew": ("statement-hebrew", PHONE),
    "statement-sixty-devices": ("statement-sixty-devices", TABLET),
    "notice": ("mail-notice", TABLET),
    "alert-phone-dark": ("mail-alert", DARK_PHONE),
    "client-page": ("live-normal", DESK),
    "client-page-phone": ("live-normal", PHONE),
    "client-answer-phone": ("live-answer", PHONE),
    "desk-phone": ("desk-home", PHONE),
    "desk-incident": ("desk-incident-planned", TABLET),
    "desk-incident-phone-dark": ("desk-incident", DARK_PHONE),
    "inbox": ("inbox", DESK),
}
"""The documents' pictures: a scene, and how it is looked at."""


def main() -> None:
    if BROWSER is None:
        sys.exit("the pictures need chromium on the PATH (on Debian: apt install chromium)")
    use_environment()
    from looks import scenes, views  # noqa: PLC0415 - the functions read their settings as they are loaded

    PICTURES.mkdir(exist_ok=True)
    with a_browser() as browser:
        screen = Screen(browser, scale=1.5)
        _save(
            DOCS / "statement.png",
            _screenshot(screen, scenes.scene("statement-normal"), Look(720)),
            tallest=1_600,
        )
        for name, (shown, look) in SHOWN.items():
            _save(PICTURES / f"{name}.png", _screenshot(screen, scenes.scene(shown), look))
        _save(PICTURES / "statement-pdf.png", pages_of(scenes.a_pdf("normal"), 1.4))
        for old in KEPT.glob("*.png"):
            old.unlink()
        screen = Screen(browser)
        for view in views.VIEWS:
            keep(str(view), _screenshot(screen, scenes.scene(view.name), view.look))
    for month in scenes.PDFS:
        keep(f"pdf-{month}", pages_of(scenes.a_pdf(month), 1))
    print(f"{len(SHOWN) + 2} pictures of docs, {len(views.VIEWS) + len(scenes.PDFS)} to compare with")


def _screenshot(screen: Screen, scene: Scene, look: Look) -> bytes:
    return screen.show(scene, look).screenshot(full_page=True)


def _save(path: Path, png: bytes, tallest: int = TALLEST) -> None:
    """Small enough to be kept with the sources."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, tallest)))
    picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
