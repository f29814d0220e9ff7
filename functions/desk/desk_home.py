"""The home page: all open incidents, the most urgent clock first, and the way to each client's practices."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from desk_links import Visit
from desk_pages import page
from desk_waiting import practices_of
from makegood.mail.allowance_words import name_of_matter, the_stage
from makegood.mail.incident_words import Story, is_running, show_about, technician_check
from makegood.pages.routes import Page
from makegood.rules.incidents import ended_at
from makegood.rules.stages import StageVerdict
from makegood.rules.terms import STAGE_NAMES
from makegood.settings import settings
from makegood.storage.contracts import all_clients
from makegood.storage.incidents import is_settled, load_case, open_incidents
from makegood.storage.records import Incident

_READERS = 8

logger = Logger(child=True)


@dataclass(frozen=True)
class Row:
    """One incident: its page, how its most urgent clock stands, and what sorts it.

    `awaits` is what somebody must decide about it; a closed one is there for nothing else.
    """

    story: Story
    url: str
    standing: str
    tone: str
    deadline: float
    awaits: tuple[str, ...]


def home_page(visit: Visit) -> Page:
    found = list(open_incidents())
    with ThreadPoolExecutor(_READERS) as pool:
        read = list(pool.map(lambda incident: _read(incident, visit), found))
    rows = [row for rows in read if rows is not None for row in rows]
    rows.sort(key=lambda row: (row.deadline, row.story.case.incident.started_at, row.url))
    clients = all_clients()
    return page(
        "home.html.j2",
        rows=[row for row in rows if row.story.case.incident.closed_at is None],
        decisions=[(row, what) for row in rows for what in row.awaits],
        unread=read.count(None),
        practices=practices_of(clients, visit),
        maintenance=[(entry.client, visit.maintenance_url(entry.client)) for entry in clients],
        person=visit.link.person,
    )


def _read(incident: Incident, visit: Visit) -> list[Row] | None:
    """Its row, or none when it was closed meanwhile; None when it cannot be read: the others still are."""
    try:
        return list(_rows(incident, visit))
    except Exception:
        logger.exception("an incident could not be read", extra={"incident": incident.incident})
        return None


def _rows(incident: Incident, visit: Visit) -> Iterator[Row]:
    case = load_case(incident.client, incident.incident, visit.now)
    if case is None or is_settled(case.incident):
        return
    story = Story(case, visit.now)
    urgent = _most_urgent(story)
    standing, tone = _standing(story, urgent)
    yield Row(
        story=story,
        url=visit.url_of(incident.client, incident.incident),
        standing=standing,
        tone=tone,
        deadline=urgent.deadline if urgent else math.inf,
        awaits=tuple(_awaits(story)),
    )


def _awaits(story: Story) -> Iterator[str]:
    for dispute in story.case.disputes:
        if dispute.decided_at is None:
            about, since = name_of_matter(story, dispute.about), story.time(dispute.at)
            yield f"{dispute.by} disagrees with {about}, since {since}: decide in writing"
    for excuse in story.case.excuses:
        if excuse.waits:
            yield f"{excuse.asked_by} asks for an excuse of {the_stage(excuse.stage)}: approve or refuse it"


def _standing(story: Story, urgent: StageVerdict | None) -> tuple[str, str]:
    if urgent is None:
        return "no clock runs", "plain"
    check = technician_check(story, urgent)
    status = f"{show_about(urgent.late_seconds)} late" if urgent.verdict == "broken" else check.status
    return f"{STAGE_NAMES[urgent.stage]}: {status}", check.tone


def _most_urgent(story: Story) -> StageVerdict | None:
    """The running clock with the least time left, or the longest overdue."""
    if ended_at(story.case.situation(settings().technicians)) is not None:
        return None
    running = [verdict for verdict in story.verdicts if is_running(verdict)]
    return min(running, key=lambda verdict: verdict.deadline, default=None)
