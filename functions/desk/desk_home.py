"""The home page: the open incidents, the most urgent clock first, and the way to each client's pages."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from desk_incident import how_it_is
from desk_links import Visit
from desk_pages import page
from desk_waiting import clients_of
from makegood.mail.allowance_words import name_of_matter, the_stage
from makegood.mail.incident_words import Story, is_running, show_about, technician_check
from makegood.pages.routes import Page
from makegood.rules.incidents import ended_at
from makegood.rules.instants import Instant
from makegood.rules.stages import StageVerdict
from makegood.rules.terms import STAGE_NAMES
from makegood.rules.values import parse_duration
from makegood.settings import settings
from makegood.storage.cases import load_case
from makegood.storage.incidents import is_settled, open_incidents
from makegood.storage.records import Incident

MOST_INCIDENTS = 100
"""So many are read, those whose limits come first: more would take longer than a page may."""

_READERS = 8

logger = Logger(child=True)


@dataclass(frozen=True)
class Row:
    """One incident: its page, how its device is, how its most urgent clock stands, and what sorts it.

    `awaits` is what somebody must decide about it; a closed one is there for nothing else.
    """

    story: Story
    url: str
    device: tuple[str, str]
    standing: str
    tone: str
    deadline: float
    awaits: tuple[str, ...]


def home_page(visit: Visit, begins: str = "") -> Page:
    """`begins` is how the keys of the clients begin that somebody looks for."""
    found = sorted(open_incidents(), key=_own_limit)
    with ThreadPoolExecutor(_READERS) as pool:
        read = list(pool.map(lambda incident: _read(incident, visit), found[:MOST_INCIDENTS]))
    rows = [row for rows in read if rows is not None for row in rows]
    rows.sort(key=lambda row: (row.deadline, row.story.case.incident.started_at, row.url))
    return page(
        "home.html.j2",
        rows=[row for row in rows if row.story.case.incident.closed_at is None],
        decisions=[(row, what) for row in rows for what in row.awaits],
        unread=read.count(None),
        more=max(0, len(found) - MOST_INCIDENTS),
        clients=clients_of(visit, begins),
        home_url=visit.url(),
        person=visit.link.person,
    )


def _own_limit(incident: Incident) -> tuple[float, Instant]:
    """By when something is due for it, by its own record alone: which incidents are worth reading first.

    A closed one is still listed because somebody must decide. Pauses and business hours give more time.
    """
    if incident.closed_at is not None:
        return -math.inf, incident.started_at
    stages = ("plan", "repair") if incident.plan is None else ("repair",)
    within = [incident.terms[stage]["within"] for stage in stages if stage in incident.terms]
    left = parse_duration(within[0]) if within and incident.documented_at is None else math.inf
    return incident.started_at + left, incident.started_at


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
        device=how_it_is(story),
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
