"""Mails about outages and what belongs to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from looks.browser import Scene
from looks.months import LONG_NAME, LONG_WORD
from looks.story import ACME, Names, story

LONG: Final = Names(
    client=f"{LONG_NAME} {LONG_WORD}", device=f"{LONG_WORD} in the cellar of the annex, {LONG_WORD}"[:120]
)
HEBREW: Final = Names(client="משרד עורכי דין הנמל (חיפה) 1998", device="נתב בקבלה, קומה 2", locale="en_IL")


def a_letter(kind: str, names: Names = ACME) -> Callable[[], Scene]:
    return lambda: Scene(story(names).mails[kind])


LETTERS: Final[dict[str, Callable[[], Scene]]] = {
    "mail-notice": a_letter("notice"),
    "mail-alert": a_letter("alert"),
    "mail-plan": a_letter("plan"),
    "mail-waiting": a_letter("pause-started"),
    "mail-excuse": a_letter("excuse-plan-1-asked"),
    "mail-closing": a_letter("closing"),
    "mail-closing-long-names": a_letter("closing", LONG),
    "mail-notice-hebrew": a_letter("notice", HEBREW),
}
