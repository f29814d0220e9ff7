"""The pages of the desk, and what it says when there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from makegood.pages.frames import notice, respond, templates_of
from makegood.pages.routes import Page
from makegood.rules.links import LinkRefusedError

_templates = templates_of(Path(__file__).parent / "templates")


def page(template: str, status: int = 200, **context: Any) -> Page:
    """A page from one of the templates."""
    return respond(_templates, template, status, **context)


def refused(error: LinkRefusedError) -> Page:
    """The same for whatever is not a link of ours: nothing can be learned from it."""
    if error.reason == "expired":
        return notice(
            403,
            "This link has expired",
            "Links to the desk work for 30 days. Follow the link in a newer mail; if there is none, ask "
            "whoever runs the monitoring for a new one.",
        )
    return notice(
        403,
        "This link does not work",
        "It may have been cut off on its way, or it is not for this page. Open the newest mail about the "
        "incident and follow the link in it. If that does not help, ask whoever runs the monitoring for a "
        "new mail.",
    )


def not_found(_error: Exception) -> Page:
    return notice(
        404,
        "There is nothing here",
        "Perhaps the address was cut off. Open the newest mail about it and follow the link in it.",
    )


def no_contract() -> Page:
    return notice(404, "No contract covers this day", "Nothing is promised to this client today.")
