"""The client's page as a response."""

from __future__ import annotations

from pathlib import Path

from live_month import view_page
from live_visits import LiveVisit
from makegood.pages.frames import respond_counting, templates_of
from makegood.pages.routes import Page
from makegood.rules.instants import Period

_templates = templates_of(Path(__file__).parent / "templates")


def month_page(visit: LiveVisit, period: Period | None = None) -> Page:
    """The page of a month; without one, of the month that runs."""

    def url(*parts: str) -> str:
        return visit.url("/".join(parts))

    page = view_page(visit, period)
    return respond_counting(_templates, "page.html.j2", page=page, url=url, person=visit.link.person)
