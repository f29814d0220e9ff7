"""Pages as responses: one frame, one style, and headers that let a page do nothing but be read and sent."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from makegood.mail.look import environment
from makegood.pages.routes import Page

_OWN = Path(__file__).parent / "templates"
_STYLE = Markup(environment(_OWN).get_template("style.css.j2").render())  # noqa: S704 - our own, with nothing put in
_CLOCKS = Markup((_OWN / "clocks.js").read_text())  # noqa: S704 - the same


def _named(text: str) -> str:
    """How a policy names the one style or script that it lets through."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_POLICY = (
    f"default-src 'none'; style-src {_named(_STYLE)}; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
}


def templates_of(folder: Path) -> Environment:
    """A function's own templates, which stand in the frame that all pages share."""
    return environment(folder, _OWN)


def respond(templates: Environment, template: str, status: int, **context: Any) -> Page:
    """A page from one of the templates."""
    body = templates.get_template(template).render(style=_STYLE, script="", **context)
    return Page(status, "text/html; charset=utf-8", body, HEADERS)


def respond_counting(templates: Environment, template: str, **context: Any) -> Page:
    """A page whose clocks go on where there is JavaScript; its policy lets that one script through."""
    body = templates.get_template(template).render(style=_STYLE, script=_CLOCKS, **context)
    policy = f"{_POLICY}; script-src {_named(_CLOCKS)}"
    return Page(200, "text/html; charset=utf-8", body, {**HEADERS, "Content-Security-Policy": policy})


def notice(status: int, title: str, text: str) -> Page:
    """A page that says one thing."""
    return respond(environment(_OWN), "notice.html.j2", status, title=title, text=text)


def see_other(url: str) -> Page:
    """After an action: look at the page, so that reloading it sends nothing again."""
    return Page(303, None, "", {**HEADERS, "Location": url})


def not_a_form(_error: Exception) -> Page:
    return notice(415, "This is not a form", "Use the forms on the page itself. Nothing was recorded.")


def too_large(_error: Exception) -> Page:
    return notice(413, "This is too long", "Go back, shorten what you typed and send it again.")


def failed(_error: Exception) -> Page:
    page = notice(
        503,
        "This did not work just now",
        "What you sent may not be recorded. Go back, wait a moment and try again: sending it twice does no "
        "harm.",
    )
    return replace(page, headers={**page.headers, "Retry-After": "5"})
