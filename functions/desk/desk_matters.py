"""The forms of pauses, excuses and disputes on an incident's page, and what is recorded of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from desk_links import Visit
from makegood.mail.allowance_words import name_of_matter, the_stage
from makegood.mail.incident_words import Story
from makegood.mail.statement_words import show_reason
from makegood.pages.forms import Field, Filled, Form, Task, inputs_of
from makegood.rules.allowances import EXCUSE_REASONS, PAUSE_REASONS
from makegood.rules.incidents import ended_at
from makegood.rules.terms import STAGES
from makegood.settings import settings
from makegood.storage.cases import Case
from makegood.storage.changes import Operator, RefusedError
from makegood.storage.disputes import decide_dispute
from makegood.storage.excuses import Plea, approve_excuse, ask_for_excuse, refuse_excuse, revoke_excuse
from makegood.storage.matters import is_same_person
from makegood.storage.pauses import Wait, open_pause, pause_incident, resume_incident

Typed = Mapping[str, str]


def _codes(reasons: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((code, show_reason(code).capitalize()) for code in reasons)


_SEEN: Final = Field("seen", "", "", 1, kind="hidden", check=lambda value: None if value.isdecimal() else "?")
"""How many there were when the page was made, so that a form which is sent twice is known."""

_WHY: Final = Field("because", "Why", "The client is mailed these words.", 4)

_FORMS: Final = {
    "pause": Form(
        "pause",
        "Wait for the client",
        "Pause the clocks and ask the client",
        (
            _SEEN,
            Field(
                "reason",
                "Why",
                "Plan and repair wait only for what the client alone can give; the notice never waits.",
                1,
                options=_codes(PAUSE_REASONS),
            ),
            Field("awaited", "What is awaited", "The client is mailed this and answers it.", 3),
        ),
    ),
    "resume": Form("resume", "The client is waited for", "Go on: the clocks run again", ()),
    "excuse": Form(
        "excuse",
        "Ask for an excuse",
        "Ask for the excuse",
        (
            _SEEN,
            Field(
                "stage",
                "Which promise",
                "A miss that is excused stays on the statement and earns no refund.",
                1,
                options=tuple((stage, the_stage(stage).capitalize()) for stage in STAGES),
            ),
            Field(
                "reason",
                "Why",
                "The client reads it in words.",
                1,
                options=_codes(EXCUSE_REASONS),
            ),
            Field("evidence", "What shows it", "The client reads this, also on its statement.", 4),
            Field(
                "ask",
                "Who may approve it",
                "Never you yourself. The client is told of an approval in either case.",
                1,
                options=(("colleague", "A colleague"), ("client", "A colleague or the client, who is asked")),
            ),
        ),
    ),
    "approve": Form("approve", "Approve the excuse", "Approve the excuse", ()),
    "refuse": Form("refuse", "Refuse the excuse", "Refuse the excuse", (_WHY,)),
    "revoke": Form("revoke", "Take the excuse back", "Take the excuse back", (_WHY,)),
    "decide": Form(
        "decide",
        "Decide",
        "Decide and tell the client",
        (
            Field(
                "upheld",
                "Is the client right",
                "If so, the pause or the excuse that it is about is taken back.",
                1,
                options=(("yes", "Yes, the client is right"), ("no", "No")),
            ),
            _WHY,
        ),
    ),
}
"""By their verb; where there may be several of a kind, the action is `<verb>-<matter>`."""


def matter_form(case: Case, action: str) -> Form | None:
    """The form of an action, if the incident has what it is about; whether it still can be done or not."""
    verb, _, matter = action.partition("-")
    form = _FORMS.get(verb)
    if form is None or matter not in _matters_for(case, verb):
        return None
    return replace(form, action=action)


def matter_tasks(visit: Visit, case: Case, filled: Filled | None) -> Iterator[Task]:
    """What can be done now, the most urgent first; closed unless somebody waits for it."""
    story = Story(case, visit.now)
    for action, title, is_open in _possible(visit, story):
        form = matter_form(case, action)
        assert form is not None
        given_back = filled if filled is not None and filled.form.action == action else None
        seen = {"seen": str(len(case.pauses if action == "pause" else case.excuses))}
        is_shown = is_open or given_back is not None
        named = replace(form, title=title or form.title, button=form.button if form.fields else title)
        yield Task(
            named if title else form,
            visit.url(action),
            inputs_of(form, given_back, seen),
            is_shown,
        )


def act_on_matter(visit: Visit, filled: Filled) -> str:
    """Records what was done, once; empty, or in words why it was not recorded."""
    verb, _, matter = filled.form.action.partition("-")
    try:
        _ACTS[verb](visit, matter, filled.values)
    except RefusedError as error:
        return str(error)
    return ""


def _possible(visit: Visit, story: Story) -> Iterator[tuple[str, str, bool]]:
    case, person = story.case, visit.link.person
    runs = ended_at(case.situation(settings().technicians)) is None
    for dispute in case.disputes:
        if dispute.decided_at is None:
            about = name_of_matter(story, dispute.about)
            yield f"decide-{dispute.matter}", f"Decide: {dispute.by} disagrees with {about}", True
    for excuse in case.excuses:
        if excuse.waits and not is_same_person(excuse.asked_by, person):
            yield f"approve-{excuse.matter}", f"Approve the excuse of {the_stage(excuse.stage)}", True
        if excuse.waits:
            yield f"refuse-{excuse.matter}", f"Refuse the excuse of {the_stage(excuse.stage)}", False
        if excuse.counts:
            yield f"revoke-{excuse.matter}", f"Take the excuse of {the_stage(excuse.stage)} back", False
    present = open_pause(case, visit.now_up)
    if present is not None and runs:
        yield f"resume-{present.matter}", "", True
    elif runs:
        yield "pause", "", False
    if case.terms.promised():
        yield "excuse", "", False


def _matters_for(case: Case, verb: str) -> list[str]:
    match verb:
        case "resume":
            return [pause.matter for pause in case.pauses]
        case "approve" | "refuse" | "revoke":
            return [excuse.matter for excuse in case.excuses]
        case "decide":
            return [dispute.matter for dispute in case.disputes]
    return [""]


def _pause(visit: Visit, _matter: str, typed: Typed) -> None:
    wait = Wait(typed["reason"], typed["awaited"])
    pause_incident(*_incident(visit), wait, _me(visit), seen=int(typed["seen"]))


def _resume(visit: Visit, matter: str, _typed: Typed) -> None:
    resume_incident(*_incident(visit), _me(visit), start=int(matter.rpartition("-")[2]))


def _excuse(visit: Visit, _matter: str, typed: Typed) -> None:
    plea = Plea(typed["stage"], typed["reason"], typed["evidence"])
    asks_client = typed["ask"] == "client"
    ask_for_excuse(*_incident(visit), plea, _me(visit), asks_client=asks_client, seen=int(typed["seen"]))


def _approve(visit: Visit, matter: str, _typed: Typed) -> None:
    approve_excuse(*_incident(visit), matter, _me(visit))


def _refuse(visit: Visit, matter: str, typed: Typed) -> None:
    refuse_excuse(*_incident(visit), matter, _me(visit), typed["because"])


def _revoke(visit: Visit, matter: str, typed: Typed) -> None:
    revoke_excuse(*_incident(visit), matter, _me(visit), typed["because"])


def _decide(visit: Visit, matter: str, typed: Typed) -> None:
    number, upheld = int(matter.rpartition("-")[2]), typed["upheld"] == "yes"
    decide_dispute(*_incident(visit), number, _me(visit), upheld=upheld, because=typed["because"])


_ACTS: Final[dict[str, Callable[[Visit, str, Typed], None]]] = {
    "pause": _pause,
    "resume": _resume,
    "excuse": _excuse,
    "approve": _approve,
    "refuse": _refuse,
    "revoke": _revoke,
    "decide": _decide,
}


def _incident(visit: Visit) -> tuple[str, str]:
    return visit.link.client, visit.link.incident


def _me(visit: Visit) -> Operator:
    return Operator(visit.link.person, visit.now_up)
