"""What a client's contact may do by link: the forms, and what is recorded of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from live_visits import LiveVisit
from makegood.mail.allowance_words import name_of_matter
from makegood.mail.incident_words import Story
from makegood.mail.live_links import ANSWER, DISAGREE, EXCUSE
from makegood.pages.forms import Field, Filled, Form
from makegood.rules.allowances import INCIDENT_MATTER
from makegood.rules.instants import Instant
from makegood.storage.cases import Case
from makegood.storage.changes import Operator, RefusedError
from makegood.storage.disputes import matters_of, open_dispute
from makegood.storage.excuses import approve_excuse, refuse_excuse
from makegood.storage.pauses import answer_pause
from makegood.storage.records import Excuse, Pause

_ANSWER: Final = Form(
    "answer",
    "Answer us",
    "Send the answer",
    (Field("text", "Your answer", "The technicians get it at once, and the clocks run again.", 5),),
)
_AGREE: Final = Form("agree", "I agree to the excuse", "I agree to the excuse", ())
_REFUSE: Final = Form(
    "refuse",
    "I do not agree",
    "I do not agree",
    (Field("because", "Why not", "Whoever asked for it reads this.", 4),),
)
_WHAT_IS_WRONG: Final = Field(
    "text", "What is wrong", "Somebody must decide on it in writing; you get the decision by mail.", 5
)


def forms_of(visit: LiveVisit, case: Case) -> list[Form]:
    """What can be done by this link now."""
    matter = visit.link.matter
    match visit.link.purpose:
        case str(purpose) if purpose == ANSWER:
            pause = pause_of(case, matter)
            runs = pause is not None and pause.end is None and visit.now_up < _until(case, pause)
            return [_ANSWER] if runs else []
        case str(purpose) if purpose == EXCUSE:
            excuse = excuse_of(case, matter)
            return [_AGREE, _REFUSE] if excuse is not None and excuse.waits else []
    return [_disagree(visit, case)]


def form_of(visit: LiveVisit, case: Case, action: str) -> Form | None:
    """The form of an action that this link is for, whether it still can be done or not."""
    known = {
        ANSWER: [_ANSWER] if pause_of(case, visit.link.matter) else [],
        EXCUSE: [_AGREE, _REFUSE] if excuse_of(case, visit.link.matter) else [],
        DISAGREE: [_disagree(visit, case)],
    }
    return next((form for form in known[visit.link.purpose] if form.action == action), None)


def act_on(visit: LiveVisit, filled: Filled) -> str:
    """Records what was done, once; empty, or in words why it was not recorded."""
    link, who = visit.link, Operator(visit.link.person, visit.now_up)
    incident, typed = (link.client, link.incident), filled.values
    try:
        match filled.form.action:
            case "answer":
                start = int(link.matter.rpartition("-")[2])
                answer_pause(*incident, start, who, typed["text"])
            case "agree":
                approve_excuse(*incident, link.matter, who)
            case "refuse":
                refuse_excuse(*incident, link.matter, who, typed["because"])
            case _:
                open_dispute(*incident, typed.get("about", link.matter), who, typed["text"])
    except RefusedError as error:
        return str(error)
    return ""


def pause_of(case: Case, matter: str) -> Pause | None:
    return next((pause for pause in case.pauses if pause.matter == matter), None)


def excuse_of(case: Case, matter: str) -> Excuse | None:
    return next((excuse for excuse in case.excuses if excuse.matter == matter), None)


def _until(case: Case, pause: Pause) -> Instant:
    return pause.start + case.terms.pause_at_most


def _disagree(visit: LiveVisit, case: Case) -> Form:
    """A link about the whole incident lets its reader say which part of it is wrong, if there are any."""
    options = tuple(_options(visit, case))
    which = Field("about", "What you disagree with", "Choose what it is about.", 1, options=options)
    asks = (which,) if visit.link.matter == INCIDENT_MATTER and len(options) > 1 else ()
    return Form("disagree", "I disagree", "Send it", (*asks, _WHAT_IS_WRONG))


def _options(visit: LiveVisit, case: Case) -> Iterator[tuple[str, str]]:
    story = Story(case, visit.now)
    for matter in matters_of(case):
        name = name_of_matter(story, matter)
        yield matter, f"{name[0].upper()}{name[1:]}"
