"""The page of an incident: its clocks, what to do, what happened, and what was sent to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from desk_calls import call_tasks
from desk_forms import FORMS
from desk_ladder import ladder_of, show_address
from desk_links import Visit
from desk_matters import matter_tasks
from desk_pages import page
from makegood.mail.allowance_words import show_mail, the_stage
from makegood.mail.incident_words import Story, deadline_steps, show_about, technician_check
from makegood.mail.look import show_length
from makegood.mail.matter_views import view_matters
from makegood.mail.site_words import behind_words
from makegood.mail.technician_letters import WHY_UNREACHABLE, show_moment
from makegood.pages.forms import Filled, Task, inputs_of
from makegood.pages.routes import Page
from makegood.rules.allowances import is_allowance_mail
from makegood.rules.incidents import ended_at
from makegood.rules.instants import DAY_SECONDS
from makegood.rules.levels import MAIL, way_of
from makegood.rules.mails import BOUNCED, DELIVERED, SENDING, SENT
from makegood.rules.terms import STAGES
from makegood.rules.told import Call as CallFacts
from makegood.rules.told import is_unconfirmed
from makegood.settings import settings
from makegood.storage.cases import Case, with_behind
from makegood.storage.records import Call, MailRecord, TimelineEntry
from makegood.storage.words import newest_words

_EVENTS: Final = {
    "opened": "The silence was noticed",
    "failed": "It reported a failure",
    "called": "The client was told by telephone",
    "mail-refused": "Mails could not leave; they are tried again until they do",
    "acknowledged": "Taken",
    "planned": "The plan was written",
    "back": "It answers again",
    "flapping": "It comes and goes: back for the third time within an hour",
    "paused": "Paused: plan and repair wait for the client",
    "resumed": "Resumed: the clocks run again",
    "answered": "The client answered: the clocks run again",
    "pause-over": "The pause has ended by itself: the clocks run again",
    **{f"{stage}-excuse-asked": f"An excuse of {the_stage(stage)} is asked for" for stage in STAGES},
    **{f"{stage}-excuse-refused": f"An excuse of {the_stage(stage)} is refused" for stage in STAGES},
    **{f"{stage}-excuse-revoked": f"The excuse of {the_stage(stage)} is taken back" for stage in STAGES},
    "notify-excused": "A miss of the notice is excused",
    "plan-excused": "A miss of the plan is excused",
    "repair-excused": "A miss of the repair is excused",
    "restored": "Back for good: stable since then",
    "documented": "The repair was documented",
    "closed": "The incident was closed",
    "notify-kept": "The client was told in time",
    "plan-kept": "The plan was in time",
    "repair-kept": "The repair was in time",
    "notify-broken": "The client was not told in time",
    "plan-broken": "The plan was not in time",
    "repair-broken": "The repair was not in time",
}
_MATTERS: Final = {
    "disputed": "The client disagrees",
    "dispute-upheld": "Decided: the client is right",
    "dispute-rejected": "Decided: the client was answered",
}
_CLOCKS: Final = {"notify-warned": "Notice", "plan-warned": "Plan", "repair-warned": "Repair"}
_BY_ITSELF: Final = ("opened", "failed", "back", "flapping", "restored", "closed", "mail-refused")
_BY_TIME: Final = ("alerted-", *_CLOCKS, *(key for key in _EVENTS if key.endswith(("-kept", "-broken"))))
_KINDS: Final = {
    "notice": "Notice",
    "alert": "Alert",
    "call": "Call the client",
    "plan": "Plan",
    "recovery": "Recovery",
    "closing": "Closing",
    "flapping": "It comes and goes",
    "digest": "It still comes and goes",
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


def incident_page(
    visit: Visit, case: Case, status: int = 200, filled: Filled | None = None, refusal: str = ""
) -> Page:
    """The page; `filled` is a form that could not be taken as it was, given back with what was typed.

    `refusal` says why, where it is not that somebody was faster.
    """
    story = Story(with_behind(case), visit.now)
    ended = ended_at(case.situation(settings().technicians)) is not None
    return page(
        "incident.html.j2",
        status,
        story=story,
        incident=case.incident,
        standing=how_it_is(story),
        behind=behind_words(story),
        ended=ended,
        home_url=visit.home_url(),
        ladder=ladder_of(story),
        clocks=[
            (technician_check(story, verdict), deadline_steps(story, verdict)) for verdict in story.verdicts
        ],
        tasks=[
            *call_tasks(visit, case, filled),
            *([] if ended else _tasks(visit, case, filled)),
            *matter_tasks(visit, case, filled),
        ],
        matters=view_matters(story),
        refusal=refusal,
        calls=[_call(story, call) for call in case.calls],
        unreachable=[
            f"{each.contact}: {WHY_UNREACHABLE[each.why]} {story.time(each.since)}"
            for each in case.unreachable
        ],
        unsent=filled if status == 409 else None,
        faulty=filled is not None and bool(filled.errors),
        events=list(_events(story)),
        logged=_logged(story),
        plan_mail=_plan_mail(case),
        stable_for=show_length(case.terms.stable_for),
        mails=[_sent_mail(story, mail) for mail in sorted(case.mails, key=_order_of_mails)],
        person=visit.link.person,
    )


def how_it_is(story: Story) -> tuple[str, str]:
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
    for entry in reversed(story.case.timeline):
        yield Event(story.time(entry.at), _what(entry), _by(entry), entry.said or "")
    if story.case.incident.failure is None:
        yield Event(story.time(story.case.incident.started_at), "Last heard from", "")


def _logged(story: Story) -> tuple[str, str] | None:
    """When the device last logged anything since the day before the outage, and what."""
    incident = story.case.incident
    for words in newest_words(incident.client, incident.device, 1):
        if words.at >= incident.started_at - DAY_SECONDS:
            return story.time(words.at), words.said
    return None


def _what(entry: TimelineEntry) -> str:
    """The entry in words; of those that time brings, who it is about or how much of the time is over."""
    what, _, number = entry.what.rpartition("-")
    if number.isdecimal() and what == "alerted":
        return f"Alerted: {', '.join(show_address(to) for to in (entry.more or {}).get('to', []))}"
    if number.isdecimal() and what in _CLOCKS:
        return f"{_CLOCKS[what]}: {show_moment(number)}"
    if number.isdecimal() and what in _MATTERS:
        return _MATTERS[what]
    return _EVENTS.get(entry.what, entry.what)


def _by(entry: TimelineEntry) -> str:
    by_itself = entry.what in _BY_ITSELF or entry.what.startswith(_BY_TIME)
    return "" if by_itself else entry.who


def _call(story: Story, call: Call) -> tuple[str, str]:
    """Whom a call told, and by whose word."""
    counted = CallFacts(call.at, call.recorded_at, call.by, call.reached, call.number).counts_at
    late = "" if counted == call.at else f", so it counts from {story.time(counted)}"
    said = (
        f"On {story.time(call.at)} by the word of {call.by}, recorded {story.time(call.recorded_at)}{late}."
    )
    return f"{call.reached}, {call.number}", said


def _order_of_mails(mail: MailRecord) -> tuple[int, str, str]:
    return mail.sent_at or mail.claimed_until, mail.kind, mail.to


def _sent_mail(story: Story, mail: MailRecord) -> SentMail:
    what = show_mail(mail.kind) if is_allowance_mail(mail.kind) else _kind_of(mail)
    status, tone = _PROGRESS[mail.status]
    if way_of(mail.to) == MAIL and is_unconfirmed(mail.status, mail.sent_at, story.now):
        status, tone = "handed over, not confirmed", "warn"
    return SentMail(what, show_address(mail.to), status, tone, ", ".join(_notes(story, mail)))


def _kind_of(mail: MailRecord) -> str:
    stage, _, moment = mail.kind.partition("-")
    return f"Warning, {stage}: {show_moment(moment)}" if moment else _KINDS[stage.rstrip("0123456789")]


def _notes(story: Story, mail: MailRecord) -> Iterator[str]:
    """When it came so far, and what happened to it on the way."""
    at = {BOUNCED: mail.bounced_at, DELIVERED: mail.delivered_at}.get(mail.status, mail.sent_at)
    if at is not None:
        yield story.time(at)
    if mail.refused_since is not None:
        since = story.clock(mail.refused_since)
        yield f"could not leave at {since}, tried {mail.attempts} times: {mail.last_error}"
    elif mail.last_error and at is None:
        yield f"tried {mail.attempts} times, {mail.last_error}"
    if mail.delayed_at is not None and mail.status == SENT:
        yield f"on its way, delayed at {story.clock(mail.delayed_at)}"
    if mail.complained_at is not None:
        yield f"called unwanted at {story.clock(mail.complained_at)}"


def _plan_mail(case: Case) -> tuple[str, str]:
    """How far the plan has come to the client."""
    if case.facts.planned_at is not None:
        return "sent to the client", "good"
    if any(mail.kind == "plan" and mail.status == BOUNCED for mail in case.mails):
        return "bounced: call the client", "bad"
    return "recorded, its mail leaves in a moment", "warn"
