"""The palette can be read: WCAG's contrast of text to its ground, by day and in the dark."""

from __future__ import annotations

import pytest

from makegood.mail.look import DARK_PALETTE, DARK_TONES, PALETTE, TONES

ENOUGH = 4.5


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_as_the_standard_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("tones", [TONES, DARK_TONES])
def test_every_tone_can_be_read_on_its_own_ground(tones: dict[str, dict[str, str]]) -> None:
    for tone in tones.values():
        assert contrast(tone["ink"], tone["ground"]) >= ENOUGH


@pytest.mark.parametrize("palette", [PALETTE, DARK_PALETTE])
@pytest.mark.parametrize("text", ["ink", "soft"])
def test_text_can_be_read_on_paper_and_around_it(palette: dict[str, str], text: str) -> None:
    assert contrast(palette[text], palette["paper"]) >= ENOUGH
    assert contrast(palette[text], palette["ground"]) >= ENOUGH


def test_links_and_buttons_can_be_read() -> None:
    assert contrast(PALETTE["button"], PALETTE["paper"]) >= ENOUGH
    assert contrast("#ffffff", PALETTE["button"]) >= ENOUGH
    assert contrast(DARK_PALETTE["link"], DARK_PALETTE["paper"]) >= ENOUGH
    assert set(TONES) == set(DARK_TONES)


@pytest.mark.parametrize("tone", TONES)
def test_a_banner_holds_ordinary_text_too(tone: str) -> None:
    assert contrast(PALETTE["ink"], TONES[tone]["ground"]) >= ENOUGH
    assert contrast(DARK_PALETTE["ink"], DARK_TONES[tone]["ground"]) >= ENOUGH
