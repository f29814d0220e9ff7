"""Pictures to compare with: so blurred that another Chromium looks the same, and a broken layout does not."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageFilter

KEPT: Final = Path(__file__).with_name("kept")
BLOCK: Final = 8
"""Of so many pixels square the mean colour is kept."""

_TALLEST: Final = 6_000
_COLOURS: Final = 128
_VISIBLE: Final = 12
"""So much, of 255, may a block differ in a colour."""

_STRIP: Final = 12
_DRIFT: Final = 3
"""Each strip of so many blocks may stand so many blocks higher or lower: a line more above breaks nothing."""

_SHARE: Final = 0.004
_ALWAYS: Final = 4
"""So many blocks may differ more, of all or in any picture."""


def blurred(png: bytes) -> Image.Image:
    """What is kept of a screenshot."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, _TALLEST)))
    size = (max(1, picture.width // BLOCK), max(1, picture.height // BLOCK))
    return picture.resize(size, Image.Resampling.BOX)


def keep(name: str, png: bytes) -> None:
    KEPT.mkdir(exist_ok=True)
    small = blurred(png).quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(KEPT / f"{name}.png", optimize=True)


def kept(name: str) -> Image.Image | None:
    path = KEPT / f"{name}.png"
    return Image.open(path).convert("RGB") if path.exists() else None


def difference(one: Image.Image, other: Image.Image) -> str:
    """What a person would see that is not the same; empty where nothing is."""
    if one.width != other.width or abs(one.height - other.height) > _DRIFT + one.height // 100:
        return f"{one.width} x {one.height} blocks have become {other.width} x {other.height}"
    one, other = (picture.filter(ImageFilter.BoxBlur(1)) for picture in (one, other))
    strips = [
        min(_differing(one, other, top, drift) for drift in range(-_DRIFT, _DRIFT + 1))
        for top in range(0, one.height, _STRIP)
    ]
    if sum(strips) <= max(_ALWAYS, _SHARE * one.width * one.height):
        return ""
    worst = strips.index(max(strips))
    return (
        f"{sum(strips)} blocks look different, {strips[worst]} of them {worst * _STRIP * BLOCK} pixels down"
    )


def _differing(one: Image.Image, other: Image.Image, top: int, drift: int) -> int:
    """How many blocks of a strip differ from what stands so much lower in the other picture."""
    height = min(_STRIP, one.height - top)
    strips = (
        picture.crop((0, top + lower, picture.width, top + lower + height))
        for picture, lower in ((one, 0), (other, drift))
    )
    red, green, blue = ImageChops.difference(*strips).split()
    worst = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return sum(worst.histogram()[_VISIBLE + 1 :])
