"""The page of an incident: its clocks, what to do, what happened, and what was sent to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from desk_forms import FORMS, Filled, Task, inputs_of
from desk_links import Visit
from desk_pages import Page, page
from makegood.mail.incident_words import Story, show_about, technician_check
from makegood.mail.look import show_length
from makegood.rules.incidents import ended_at
from makegood.rules.instants import DAY_SECONDS
from makegood.rules.mails import BOUNCED, DELIVERED, SENDING, SENT
from makegood.settings import settings
from makegood.storage.incidents import Case
from makegood.storage.records import MailRecord, TimelineEntry
from makegood.storage.words import newest_words

_EVENTS: Final = {
    "opened": "The silence was noticed",
    "failed": "It reported a failure",
    "acknowledged": "Taken",
    "planned": "The plan was written",
    "back": "It answers again",
    "paused": "Paused: plan and repair wait for the client",
    "resumed": "Resumed: the clocks run again",
    "notify-excused": "A miss of the notice is excused",
    "plan-excused": "A miss of the plan is excused",
    "repair-excused": "A miss of the repair is excused",
    "restored": "Back for good: stable since then",
    "documented": "The repair was documented",
    "closed": "The incident was closed",
}
_KINDS: Final = {
    "notice": "Notice",
    "alert": "Alert",
    "plan": "Plan",
    "recovery": "Recovery",
    "closing": "Closing",
    "half": "half of the time is over",
    "limit": "the limit has passed",
}
_PROGRESS: Final = {
    SENDING: ("not sent yet", "warn"),
    SENT: ("sent", "calm"),
    DELIVERED: ("delivered", "good"),
    BOUNCED: ("bounced", "bad"),
}


@dataclass(frozen=True)
class Event:
    """Something that happened, who did it, and what was said."""

    time: str
    what: str
    who: str
    said: str = ""


@dataclass(frozen=True)
class SentMail:
    """A mail that was sent, or is to be: what it is, to whom, and how far it has come."""

    what: str
    to: str
    status: str
    tone: str
    note: str


def incident_page(visit: Visit, case: Case, status: int = 200, filled: Filled | None = None) -> Page:
    """The page; `filled` is a form that could not be taken as it was, given back with what was typed."""
    story = Story(case, visit.now)
    ended = ended_at(case.situation(settings().technicians)) is not None
    return page(
        "incident.html.j2",
        status,
        story=story,
        incident=case.incident,
        standing=_standing(story),
        ended=ended,
        home_url=visit.home_url(),
        clocks=[technician_check(story, verdict) for verdict in story.verdicts],
        tasks=[] if ended else list(_tasks(visit, case, filled)),
        unsent=filled if status == 409 else None,
        faulty=filled is not None and bool(filled.errors),
        events=list(_events(story)),
        logged=_logged(story),
        plan_mail=_plan_mail(case),
        stable_for=show_length(case.terms.stable_for),
        mails=[_sent_mail(story, mail) for mail in sorted(case.mails, key=_order_of_mails)],
        person=visit.link.person,
    )


def _standing(story: Story) -> tuple[str, str]:
    """How the device is, as a word and its tone."""
    if story.restored_at is not None:
        return f"back since {story.clock(story.restored_at)}", "good"
    if story.case.device.retired_at is not None:
        return "retired", "plain"
    back_since = story.case.device.back_since
    if back_since is not None:
        return f"answers again since {story.clock(back_since)}, not stable yet", "warn"
    return f"{story.trouble} for {show_about(story.now - story.case.incident.started_at)}", "bad"


def _tasks(visit: Visit, case: Case, filled: Filled | None) -> Iterator[Task]:
    incident = case.incident
    todo = {
        "acknowledge": incident.taken is None,
        "plan": incident.plan is None,
        "repair": incident.documented_at is None,
    }
    next_is_repair = incident.plan is not None or incident.restored_at is not None
    for action, form in FORMS.items():
        if todo[action]:
            given_back = filled if filled is not None and filled.form is form else None
            is_next = action != "repair" or next_is_repair or given_back is not None
            yield Task(form, visit.url(action), inputs_of(form, given_back), is_next)


def _events(story: Story) -> Iterator[Event]:
    """The timeline, newest first."""
    for entry in sorted(story.case.timeline, key=lambda entry: str(entry.sk), reverse=True):
        what = _EVENTS.get(entry.what, entry.what)
        yield Event(story.time(entry.at), what, _by(entry), entry.said or "")
    if story.case.incident.failure is None:
        yield Event(story.time(story.case.incident.started_at), "Last heard from", "")


def _logged(story: Story) -> tuple[str, str] | None:
    """When the device last logged anything since the day before the outage, and what."""
    incident = story.case.incident
    for words in newest_words(incident.client, incident.device, 1):
        if words.at >= incident.started_at - DAY_SECONDS:
            return story.time(words.at), words.said
    return None


def _by(entry: TimelineEntry) -> str:
    return entry.who if entry.what not in ("opened", "failed", "back", "restored", "closed") else ""


def _order_of_mails(mail: MailRecord) -> tuple[int, str, str]:
    return mail.sent_at or mail.claimed_until, mail.kind, mail.to


def _sent_mail(story: Story, mail: MailRecord) -> SentMail:
    stage, _, moment = mail.kind.partition("-")
    what = f"Warning, {stage}: {_KINDS[moment]}" if moment else _KINDS[stage]
    status, tone = _PROGRESS[mail.status]
    at = {BOUNCED: mail.bounced_at, DELIVERED: mail.delivered_at}.get(mail.status, mail.sent_at)
    note = f"tried {mail.attempts} times, {mail.last_error}" if mail.last_error and at is None else ""
    return SentMail(what, mail.to, status, tone, note if at is None else story.time(at))


def _plan_mail(case: Case) -> tuple[str, str]:
    """How far the plan has come to the client."""
    if case.facts.planned_at is not None:
        return "sent to the client", "good"
    if any(mail.kind == "plan" and mail.status == BOUNCED for mail in case.mails):
        return "bounced: call the client", "bad"
    return "recorded, its mail leaves in a moment", "warn"
