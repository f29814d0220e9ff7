"""What is looked at: each scene on a phone, the main ones at every width and in the dark too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from looks.browser import DARK_PHONE, DESK, PHONE, TABLET, Look
from looks.scenes import SCENES


@dataclass(frozen=True)
class View:
    name: str
    look: Look

    def __str__(self) -> str:
        return f"{self.name}-{self.look}"


_MAIN: Final = (
    *("statement-normal", "statement-long-names", "mail-notice", "mail-alert"),
    *("live-normal", "live-long-names", "live-answer"),
    *("desk-home", "desk-incident", "desk-log-review", "inbox", "inbox-mail"),
)

VIEWS: Final = (
    *(View(name, PHONE) for name in SCENES),
    *(View(name, look) for name in _MAIN for look in (DARK_PHONE, TABLET, DESK)),
)
