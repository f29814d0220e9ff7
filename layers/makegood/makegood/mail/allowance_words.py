"""Pauses, excuses and disputes in words, for mails and pages."""

from __future__ import annotations

from typing import Final

from makegood.mail.incident_words import Story, show_stage_refund
from makegood.mail.statement_words import show_reason
from makegood.rules.allowances import EXCUSE_REASONS, INCIDENT_MATTER, PAUSE_REASONS
from makegood.rules.instants import Instant
from makegood.rules.terms import STAGE_NAMES
from makegood.storage.allowances import end_of
from makegood.storage.records import Dispute, Excuse, Pause

_MAILS: Final = {
    ("pause", "started"): "Pause: what is awaited",
    ("pause", "ended"): "Pause: it is over",
    ("excuse", "asked"): "Excuse: it is asked for",
    ("excuse", "granted"): "Excuse: it is approved",
    ("excuse", "refused"): "Excuse: it is refused",
    ("excuse", "revoked"): "Excuse: it is taken back",
    ("dispute", "opened"): "Disagreement",
    ("dispute", "waits"): "Disagreement: it waits for a decision",
    ("dispute", "decided"): "Disagreement: the decision",
}


def the_stage(stage: str) -> str:
    """`the repair`."""
    return f"the {STAGE_NAMES[stage].lower()}"


def split_kind(kind: str) -> tuple[str, str]:
    """`dispute-1-waits-3`, the kind of a mail, as the matter `dispute-1` and what happened, `waits`."""
    matter, _, happened = kind.rpartition("-")
    return split_kind(matter) if happened.isdecimal() else (matter, happened)


def show_mail(kind: str) -> str:
    """What a mail of this kind is, for who looks at what was sent."""
    matter, happened = split_kind(kind)
    return _MAILS[matter.partition("-")[0], happened]


def why_paused(pause: Pause) -> str:
    return PAUSE_REASONS.get(pause.reason, show_reason(pause.reason))


def why_excused(excuse: Excuse) -> str:
    return EXCUSE_REASONS.get(excuse.reason, show_reason(excuse.reason))


def pause_of(story: Story, matter: str) -> Pause:
    return next(pause for pause in story.case.pauses if pause.matter == matter)


def excuse_of(story: Story, matter: str) -> Excuse:
    return next(excuse for excuse in story.case.excuses if excuse.matter == matter)


def dispute_of(story: Story, matter: str) -> Dispute:
    return next(dispute for dispute in story.case.disputes if dispute.matter == matter)


def latest_end(story: Story, pause: Pause) -> Instant:
    return pause.start + story.case.terms.pause_at_most


def name_of_matter(story: Story, matter: str) -> str:
    """`the pause from 12 March 2026, 00:30 EDT`, `the excuse of the repair`, or the whole."""
    for pause in story.case.pauses:
        if pause.matter == matter:
            return f"the pause from {story.time(pause.start)}"
    for excuse in story.case.excuses:
        if excuse.matter == matter:
            return f"the excuse of {the_stage(excuse.stage)}"
    assert matter == INCIDENT_MATTER
    return "how this outage was handled"


def how_it_ended(story: Story, pause: Pause) -> str:
    """Who or what ended the pause, and when."""
    at = story.time(end_of(pause, story.case.terms.pause_at_most))
    if pause.answer is not None:
        return f"{pause.ended_by} answered on {at}."
    if pause.end is None or pause.end >= latest_end(story, pause):
        return f"The pause has lasted as long as the contract allows, so it ended by itself on {at}."
    return f"{pause.ended_by} ended the pause on {at}."


def what_it_means(story: Story, stage: str) -> str:
    """What an excuse of the stage does to the refund."""
    verdict = next((each.verdict for each in story.verdicts if each.stage == stage), "kept")
    refund = show_stage_refund(story.terms(stage), story.case.contract)
    if verdict in ("kept", "not_required"):
        return "This promise was not missed, so an excuse changes nothing."
    if refund is None:
        return "No refund is agreed for this promise. Excused, the miss still stands on your statement."
    missed = "If this promise is missed" if verdict == "pending" else "This promise was missed"
    return (
        f"{missed}: without the excuse that earns you {refund}, with it nothing. The miss stands on your "
        "statement either way; an excused one with the reason and who agreed to it."
    )
