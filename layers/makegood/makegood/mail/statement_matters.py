"""What a statement says of pauses, excuses and disputes: the reason, by whom, when."""

from __future__ import annotations

from collections.abc import Iterator

from makegood.mail.statement_month import Month, Outage
from makegood.mail.statement_words import show_reason
from makegood.rules.allowance_facts import Dispute, Excuse, Pause
from makegood.rules.terms import STAGE_NAMES
from makegood.texts import one_line

LONGEST = 200


def pause_notes(month: Month, outage: Outage) -> Iterator[str]:
    for pause in outage.facts.pauses:
        yield f"{_waited(month, outage, pause)}: {_reason(pause.reason)}{_awaited(pause)}"


def matter_notes(month: Month, outage: Outage) -> Iterator[str]:
    """The excuses that were taken back, and what the client disagreed with."""
    for revoked in outage.facts.revoked:
        because = f": {_short(revoked.because)}" if revoked.because else ""
        stage = STAGE_NAMES[revoked.stage].lower()
        yield f"The excuse of the {stage} was taken back by {revoked.by}, {month.time(revoked.at)}{because}"
    for dispute in outage.facts.disputes:
        yield f"{dispute.by} disagreed{_about(dispute)}, {month.time(dispute.at)}: {_short(dispute.text)}"
        yield _decision(month, dispute)


def excuse_notes(month: Month, outage: Outage, stage: str) -> Iterator[str]:
    for excuse in outage.facts.excuses:
        if excuse.stage == stage:
            by = f"by {excuse.approved_by}, {month.time(excuse.approved_at)}"
            yield f"Excused: {_reason(excuse.reason)}, {by}{_asked(excuse)}"


def _waited(month: Month, outage: Outage, pause: Pause) -> str:
    since = month.time_after(pause.start, outage.facts.started_at)
    if pause.end is None:
        return f"Plan and repair wait since {since}"
    return f"Plan and repair waited from {since} to {month.time_after(pause.end, pause.start)}"


def _awaited(pause: Pause) -> str:
    awaited = f"; awaited: {_short(pause.awaited)}" if pause.awaited else ""
    asked = f"; asked for by {pause.by}" if pause.by else ""
    ended = f"; ended by {pause.ended_by}" if pause.ended_by and pause.end is not None else ""
    return f"{awaited}{asked}{ended}"


def _asked(excuse: Excuse) -> str:
    shown = f"; what shows it: {_short(excuse.evidence)}" if excuse.evidence else ""
    return f"{shown}; asked for by {excuse.asked_by}" if excuse.asked_by else shown


def _about(dispute: Dispute) -> str:
    """` with the excuse of the repair`; nothing when it is about the outage as a whole."""
    kind, _, name = dispute.about.partition("-")
    if kind == "pause":
        return " with a pause"
    stage = STAGE_NAMES.get(name.rpartition("-")[0], "").lower()
    return f" with the excuse of the {stage}" if kind == "excuse" and stage else ""


def _decision(month: Month, dispute: Dispute) -> str:
    if dispute.decided_at is None:
        return "Not decided yet"
    words = "the client is right" if dispute.upheld else "the client was answered"
    because = f": {_short(dispute.because)}" if dispute.because else ""
    return f"Decided by {dispute.decided_by}, {month.time(dispute.decided_at)}, {words}{because}"


def _reason(reason: str) -> str:
    return show_reason(reason) or "no reason given"


def _short(text: str) -> str:
    return one_line(text, LONGEST)
