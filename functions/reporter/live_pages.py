"""The client's pages: what is asked, how it stands, and a form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from live_acts import excuse_of, forms_of, pause_of
from live_visits import LiveVisit
from makegood.mail.allowance_words import latest_end, name_of_matter, the_stage, what_it_means, why_paused
from makegood.mail.incident_words import Story
from makegood.mail.live_links import ANSWER, EXCUSE
from makegood.mail.matter_views import MatterView, view_dispute, view_excuse, view_pause
from makegood.pages.forms import Filled, Task, inputs_of
from makegood.pages.frames import notice, respond, templates_of
from makegood.pages.routes import NotFoundError, Page
from makegood.rules.allowances import INCIDENT_MATTER
from makegood.rules.links import LinkRefusedError
from makegood.storage.cases import Case
from makegood.storage.matters import is_same_person
from makegood.storage.records import Dispute

_templates = templates_of(Path(__file__).parent / "templates")


def live_page(
    visit: LiveVisit, case: Case, status: int = 200, filled: Filled | None = None, refusal: str = ""
) -> Page:
    """The page; `filled` is a form that could not be taken as it was, `refusal` why not."""
    story = Story(case, visit.now)
    title, tone, lead = _heading(visit, story)
    tasks = list(_tasks(visit, case, filled))
    return respond(
        _templates,
        "live.html.j2",
        status,
        story=story,
        title=title,
        tone=tone,
        lead=lead,
        matters=list(_matters(visit, story)),
        tasks=tasks,
        unsent=filled if refusal else None,
        refusal=_why_not(visit, case, refusal),
        faulty=filled is not None and bool(filled.errors),
        person=visit.link.person,
    )


def _heading(visit: LiveVisit, story: Story) -> tuple[str, str, list[str]]:
    """What it is about, its tone, and what there is to know first."""
    since = story.time(story.case.incident.started_at)
    outage = f"{story.device}, {story.trouble} since {since}."
    matter = visit.link.matter
    if visit.link.purpose == ANSWER:
        pause = pause_of(story.case, matter)
        if pause is None:
            raise NotFoundError
        return _pause_heading(visit, story, outage)
    if visit.link.purpose == EXCUSE:
        excuse = excuse_of(story.case, matter)
        if excuse is None:
            raise NotFoundError
        title = f"Do you agree to excuse {the_stage(excuse.stage)}?"
        if not excuse.waits:
            title = f"The excuse of {the_stage(excuse.stage)} is decided"
        return title, "warn" if excuse.waits else "plain", [outage, what_it_means(story, excuse.stage)]
    if matter != INCIDENT_MATTER and not (pause_of(story.case, matter) or excuse_of(story.case, matter)):
        raise NotFoundError
    about = "" if matter == INCIDENT_MATTER else f" with {name_of_matter(story, matter)}"
    said = any(_own_disputes(visit, story.case))
    return f"You disagree{about}" if said else f"Do you disagree{about}?", "warn", [outage]


def _pause_heading(visit: LiveVisit, story: Story, outage: str) -> tuple[str, str, list[str]]:
    pause = pause_of(story.case, visit.link.matter)
    assert pause is not None
    if not forms_of(visit, story.case):
        return "We wait no longer", "plain", [outage]
    wait = f"We wait for you since {story.time(pause.start)}: {why_paused(pause)}."
    until = f"Plan and repair wait meanwhile, at the longest until {story.time(latest_end(story, pause))}."
    return "We wait for your answer", "warn", [outage, wait, until]


def _matters(visit: LiveVisit, story: Story) -> Iterator[MatterView]:
    """What the link is about, as it stands, and what this person has said against it."""
    case, matter = story.case, visit.link.matter
    yield from (view_pause(story, pause) for pause in case.pauses if pause.matter == matter)
    yield from (view_excuse(story, excuse) for excuse in case.excuses if excuse.matter == matter)
    if visit.link.purpose not in (ANSWER, EXCUSE):
        yield from (view_dispute(story, dispute) for dispute in _own_disputes(visit, case))


def _own_disputes(visit: LiveVisit, case: Case) -> Iterator[Dispute]:
    """What this person has said against what the link is about."""
    for dispute in case.disputes:
        is_about = visit.link.matter in (INCIDENT_MATTER, dispute.about)
        if is_about and is_same_person(dispute.by, visit.link.person):
            yield dispute


def _why_not(visit: LiveVisit, case: Case, refusal: str) -> str:
    """In the client's words; who else did what, and when, stands below."""
    if not refusal or forms_of(visit, case):
        return refusal
    if visit.link.purpose == ANSWER:
        return "We waited no longer when this came. How it ended stands below."
    return "It had been decided when this came. By whom stands below."


def _tasks(visit: LiveVisit, case: Case, filled: Filled | None) -> Iterator[Task]:
    for form in forms_of(visit, case):
        given_back = filled if filled is not None and filled.form.action == form.action else None
        is_open = form.action != "refuse" or given_back is not None
        yield Task(form, visit.url(form.action), inputs_of(form, given_back), is_open)


def refused(error: LinkRefusedError) -> Page:
    """The same for whatever is not a link of ours: nothing can be learned from it."""
    if error.reason == "expired":
        return notice(
            403,
            "This link has expired",
            "Links in our mails work for a while only; nothing is lost. Open the newest mail from us and "
            "follow the link in it. To reach us, reply to the mail.",
        )
    if error.reason == "revoked":
        return notice(
            403,
            "This link was withdrawn",
            "The links that were mailed to you until now open nothing any more, as was asked for. Mails from "
            "now on hold new ones. To reach us, reply to any mail.",
        )
    return notice(
        403,
        "This link does not work",
        "It may have been cut off on its way, or you are not a contact any more. Open the newest mail about "
        "it and follow the link in it, or reply to the mail to reach us.",
    )


def not_found(_error: Any) -> Page:
    return notice(
        404, "There is nothing here", "Perhaps the address was cut off. Follow the link in the mail again."
    )
