"""How the pauses, excuses and disputes of an incident stand, for pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from makegood.mail.allowance_words import (
    how_it_ended,
    latest_end,
    name_of_matter,
    the_stage,
    why_excused,
    why_paused,
)
from makegood.mail.incident_words import Story
from makegood.storage.records import Dispute, Excuse, Pause


@dataclass(frozen=True)
class MatterView:
    """One of them: what it is, how it stands, and what was written, each with who wrote it."""

    title: str
    status: str
    tone: str
    lines: tuple[str, ...]
    quotes: tuple[tuple[str, str], ...]


def view_matters(story: Story) -> list[MatterView]:
    """All of them, in the order in which they began; disputes come last."""
    pauses = [view_pause(story, pause) for pause in story.case.pauses]
    return [*pauses, *_excuses(story), *(view_dispute(story, dispute) for dispute in story.case.disputes)]


def view_pause(story: Story, pause: Pause) -> MatterView:
    runs = pause.end is None and story.now < latest_end(story, pause)
    lines = [f"Asked for by {pause.by or 'the operator'}: {why_paused(pause)}."]
    if runs:
        lines.append(f"It ends at the latest on {story.time(latest_end(story, pause))}.")
    else:
        lines.append(how_it_ended(story, pause))
    status, tone = ("waits for an answer", "warn") if runs else ("over", "plain")
    if pause.void_at is not None:
        status, tone = "taken back", "plain"
        lines.append("It moves no limit: the client disagreed and was right.")
    return MatterView(
        f"Pause since {story.time(pause.start)}",
        status,
        tone,
        tuple(lines),
        _quotes(("What is awaited", pause.awaited), ("The answer", pause.answer)),
    )


def _excuses(story: Story) -> Iterator[MatterView]:
    for excuse in sorted(story.case.excuses, key=lambda excuse: excuse.asked_at or excuse.approved_at or 0):
        yield view_excuse(story, excuse)


def view_excuse(story: Story, excuse: Excuse) -> MatterView:
    lines = [f"Why: {why_excused(excuse)}."]
    if excuse.asked_at is not None:
        lines.append(f"Asked for by {excuse.asked_by} on {story.time(excuse.asked_at)}.")
    status, tone = "waits to be approved", "warn"
    for done, by, at, standing in (
        ("Approved", excuse.approved_by, excuse.approved_at, ("approved", "good")),
        ("Refused", excuse.refused_by, excuse.refused_at, ("refused", "plain")),
        ("Taken back", excuse.revoked_by, excuse.revoked_at, ("taken back", "plain")),
    ):
        if at is not None:
            lines.append(f"{done} by {by} on {story.time(at)}.")
            status, tone = standing
    return MatterView(
        f"Excuse of {the_stage(excuse.stage)}",
        status,
        tone,
        tuple(lines),
        _quotes(("What shows it", excuse.evidence), ("Why not", excuse.because)),
    )


def view_dispute(story: Story, dispute: Dispute) -> MatterView:
    lines = [f"It is about {name_of_matter(story, dispute.about)}. Written on {story.time(dispute.at)}."]
    status, tone = "waits for a decision", "bad"
    if dispute.decided_at is not None:
        status, tone = ("the client is right", "good") if dispute.upheld else ("answered", "plain")
        lines.append(f"Decided by {dispute.decided_by} on {story.time(dispute.decided_at)}.")
    return MatterView(
        f"{dispute.by} disagrees",
        status,
        tone,
        tuple(lines),
        _quotes(("What they write", dispute.text), ("The decision", dispute.because)),
    )


def _quotes(*written: tuple[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((title, text) for title, text in written if text)
