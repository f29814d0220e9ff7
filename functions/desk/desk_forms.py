"""The forms on an incident's page, and what all forms check."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from makegood.pages.forms import Field, Form

_CAUSE: Final = Field("cause", "Cause", "What has failed, in words the client understands.", 3)

FORMS: Final = {
    form.action: form
    for form in (
        Form("acknowledge", "Take the incident", "I have it", ()),
        Form(
            "plan",
            "Send the plan",
            "Send the plan to the client",
            (
                _CAUSE,
                Field("steps", "Steps", "What will be done, one step a line.", 5),
                Field("eta", "Estimated time", "When it will work again, such as: today by 14:30.", 1),
            ),
        ),
        Form(
            "repair",
            "Document the repair",
            "Document the repair",
            (_CAUSE, Field("work", "What was done", "What was replaced, changed or restarted.", 5)),
        ),
    )
}

_WALL: Final = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")


def time_error(value: str) -> str | None:
    """What is wrong with a date and a time as a browser's own field sends them."""
    try:
        datetime.fromisoformat(value if _WALL.fullmatch(value) else "")
    except ValueError:
        return "Please give a date and a time, such as 2026-03-14T02:00."
    return None
