"""Pages as responses: one frame, one style, and headers that let a page do nothing but be read and sent."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import Response
from markupsafe import Markup

from makegood.mail.look import environment
from makegood.rules.links import LinkRefusedError

Page = Response[str]

_templates = environment(Path(__file__).parent / "templates")
_STYLE = Markup(_templates.get_template("style.css.j2").render())  # noqa: S704 - our own, with nothing put in
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_templates.globals["style"] = _STYLE

HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
}


def page(template: str, status: int = 200, **context: Any) -> Page:
    """A page from one of the templates."""
    body = _templates.get_template(template).render(**context)
    return Response(status, "text/html; charset=utf-8", body, HEADERS)


def see_other(url: str) -> Page:
    """After an action: look at the page, so that reloading it sends nothing again."""
    return Response(303, None, "", {**HEADERS, "Location": url})


def refused(error: LinkRefusedError) -> Page:
    """The same for whatever is not a link of ours: nothing can be learned from it."""
    if error.reason == "expired":
        return _notice(
            403,
            "This link has expired",
            "Links to the desk work for 30 days. Follow the link in a newer mail; if there is none, ask "
            "whoever runs the monitoring for a new one.",
        )
    return _notice(
        403,
        "This link does not work",
        "It may have been cut off on its way, or it is not for this page. Open the newest mail about the "
        "incident and follow the link in it. If that does not help, ask whoever runs the monitoring for a "
        "new mail.",
    )


def not_found(_error: Exception) -> Page:
    return _notice(
        404,
        "There is nothing here",
        "Perhaps the address was cut off. Open the newest mail about it and follow the link in it.",
    )


def no_contract() -> Page:
    return _notice(404, "No contract covers this day", "Nothing is promised to this client today.")


def not_a_form(_error: Exception) -> Page:
    return _notice(415, "This is not a form", "Use the forms on the desk's pages. Nothing was recorded.")


def too_large(_error: Exception) -> Page:
    return _notice(413, "This is too long", "Go back, shorten what you typed and send it again.")


def failed(_error: Exception) -> Page:
    answer = _notice(
        503,
        "This did not work just now",
        "What you sent may not be recorded. Go back, wait a moment and try again: sending it twice does no "
        "harm.",
    )
    answer.headers["Retry-After"] = "5"
    return answer


def _notice(status: int, title: str, text: str) -> Page:
    return page("notice.html.j2", status, title=title, text=text)
