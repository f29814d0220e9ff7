"""The mails about pauses, excuses and disputes: what is awaited, what was granted, what was decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from makegood.mail.allowance_words import (
    dispute_of,
    excuse_of,
    how_it_ended,
    latest_end,
    name_of_matter,
    pause_of,
    split_kind,
    the_stage,
    what_it_means,
    why_excused,
    why_paused,
)
from makegood.mail.incident_words import Story, client_check, technician_check
from makegood.mail.letters import Block, Button, Checks, Facts, Letter, Quote, Reference, Text
from makegood.mail.live_links import ANSWER, DISAGREE, EXCUSE, live_url
from makegood.mail.technician_letters import incident_url, is_technician, technician_footer
from makegood.rules.instants import Instant

_LETTERS: Final[dict[tuple[str, str], Callable[[Story, str, str], Letter]]] = {}
"""By the kind of matter and what happened to it; each takes the story, the matter and the addressee."""


def allowance_letter(story: Story, kind: str, to: str) -> Letter:
    """The letter of a mail's kind, `<matter>-<what happened>`."""
    matter, happened = split_kind(kind)
    return _LETTERS[matter.partition("-")[0], happened](story, matter, to)


def _pause_started(story: Story, matter: str, to: str) -> Letter:
    pause = pause_of(story, matter)
    return _letter(
        story,
        to,
        subject="we wait for you",
        tone="warn",
        headline=f"We wait for you: {story.device}",
        lead=f"To go on with {story.device} we need something from you: {why_paused(pause)}.",
        blocks=(
            Quote("What we wait for", pause.awaited or why_paused(pause)),
            Button("Give your answer", _live_url(story, ANSWER, to, matter, pause.start)),
            Text(
                "Since then the clocks of plan and repair wait. They run again when you answer or when we "
                f"can go on, and by themselves on {story.time(latest_end(story, pause))}.",
                title="What this means for our promises",
            ),
            Facts(
                "The pause",
                (("Since", story.time(pause.start)), ("Asked for by", pause.by or "the operator")),
            ),
            _disagree(story, to, matter, pause.start),
        ),
    )


def _pause_ended(story: Story, matter: str, to: str) -> Letter:
    pause = pause_of(story, matter)
    answer = (Quote("The answer", pause.answer),) if pause.answer else ()
    return _letter(
        story,
        to,
        subject="the clocks run again",
        tone="calm",
        headline=f"The clocks run again: {story.device}",
        lead=f"{how_it_ended(story, pause)} Plan and repair wait no longer.",
        blocks=(
            *answer,
            Quote("What was awaited", pause.awaited or why_paused(pause)),
            _promises(story, to),
            *_reactions(story, to, matter, pause.start),
        ),
    )


def _excuse_asked(story: Story, matter: str, to: str) -> Letter:
    excuse = excuse_of(story, matter)
    asked_at = excuse.asked_at or story.now
    lead = f"{excuse.asked_by} asks that {the_stage(excuse.stage)} be excused: {why_excused(excuse)}."
    if is_technician(story, to):
        todo = Button("Approve or refuse", incident_url(story, to))
        subject = f"an excuse of {the_stage(excuse.stage)} waits for a colleague"
    else:
        todo = Button("Agree or refuse", _live_url(story, EXCUSE, to, matter, asked_at))
        subject = f"do you agree to excuse {the_stage(excuse.stage)}?"
    return _letter(
        story,
        to,
        subject=subject,
        tone="warn",
        headline=f"{subject[0].upper()}{subject[1:]}",
        lead=lead,
        blocks=(
            Quote("What shows it", excuse.evidence or ""),
            todo,
            Text(what_it_means(story, excuse.stage), title="What it means for the refund"),
            Text("Who asked for it cannot approve it. It counts only once somebody else has."),
        ),
    )


def _excuse_granted(story: Story, matter: str, to: str) -> Letter:
    excuse = excuse_of(story, matter)
    since = excuse.approved_at or story.now
    return _letter(
        story,
        to,
        subject=f"{the_stage(excuse.stage)} is excused",
        tone="warn",
        headline=f"{_upper(the_stage(excuse.stage))} of {story.device} is excused",
        lead=f"{excuse.approved_by} approved it on {story.time(since)}: {why_excused(excuse)}.",
        blocks=(
            *((Quote("What shows it", excuse.evidence),) if excuse.evidence else ()),
            Text(what_it_means(story, excuse.stage), title="What it means for the refund"),
            *_reactions(story, to, matter, since),
        ),
    )


def _excuse_refused(story: Story, matter: str, to: str) -> Letter:
    excuse = excuse_of(story, matter)
    stage = the_stage(excuse.stage)
    return _letter(
        story,
        to,
        subject=f"{stage} is not excused",
        tone="calm",
        headline=f"{_upper(stage)} of {story.device} is not excused",
        lead=f"{excuse.refused_by} refused it on {story.time(excuse.refused_at or story.now)}.",
        blocks=(Quote("Why", excuse.because or ""), *_desk(story, to)),
    )


def _excuse_revoked(story: Story, matter: str, to: str) -> Letter:
    excuse = excuse_of(story, matter)
    stage = the_stage(excuse.stage)
    return _letter(
        story,
        to,
        subject=f"the excuse of {stage} is taken back",
        tone="good",
        headline=f"The excuse of {stage} is taken back: {story.device}",
        lead=f"{excuse.revoked_by} took it back on {story.time(excuse.revoked_at or story.now)}.",
        blocks=(
            Quote("Why", excuse.because or ""),
            Text(
                "If this promise was missed, it earns its refund after all. If its statement was issued "
                "already, the difference stands on the next one."
            ),
            _promises(story, to),
            *_desk(story, to),
        ),
    )


def _dispute_opened(story: Story, matter: str, to: str) -> Letter:
    dispute = dispute_of(story, matter)
    return _letter(
        story,
        to,
        subject=f"{dispute.by} disagrees, please decide",
        tone="bad",
        headline=f"{dispute.by} disagrees: please decide",
        lead=f"It is about {name_of_matter(story, dispute.about)}. Written on {story.time(dispute.at)}.",
        blocks=(
            Quote("What they write", dispute.text),
            Button("Decide in writing", incident_url(story, to)),
            Text(
                "You are reminded every day until somebody has decided. The client gets the decision by mail."
            ),
        ),
    )


def _dispute_decided(story: Story, matter: str, to: str) -> Letter:
    dispute = dispute_of(story, matter)
    about = name_of_matter(story, dispute.about)
    right = "You are right" if dispute.upheld else "We see it otherwise"
    if is_technician(story, to):
        right = "The client is right" if dispute.upheld else "The client was not right"
    return _letter(
        story,
        to,
        subject=f"{right[0].lower()}{right[1:]}: our decision",
        tone="good" if dispute.upheld else "calm",
        headline=f"{right}: {about}",
        lead=f"{dispute.decided_by} decided on {story.time(dispute.decided_at or story.now)}.",
        blocks=(
            Quote("Our reasons", dispute.because or ""),
            Quote(f"What {dispute.by} wrote", dispute.text),
            Text(_consequence(dispute.about, upheld=bool(dispute.upheld))),
            _promises(story, to),
            *_desk(story, to),
        ),
    )


_LETTERS.update(
    {
        ("pause", "started"): _pause_started,
        ("pause", "ended"): _pause_ended,
        ("excuse", "asked"): _excuse_asked,
        ("excuse", "granted"): _excuse_granted,
        ("excuse", "refused"): _excuse_refused,
        ("excuse", "revoked"): _excuse_revoked,
        ("dispute", "opened"): _dispute_opened,
        ("dispute", "waits"): _dispute_opened,
        ("dispute", "decided"): _dispute_decided,
    }
)


def _consequence(about: str, *, upheld: bool) -> str:
    if not upheld:
        return "So nothing changes. The decision stands on the statement. Reply to this mail to reach us."
    if about.startswith("excuse-"):
        return "The excuse is taken back: the miss earns its refund."
    if about.startswith("pause-"):
        return "The pause moves no limit any more: the limits stand as if it had never been."
    return "What follows from it is written in our reasons."


def _letter(
    story: Story, to: str, *, subject: str, tone: str, headline: str, lead: str, blocks: tuple[Block, ...]
) -> Letter:
    incident = story.case.incident
    rows = (
        ("Device", story.name_of_device()),
        (f"{story.trouble.capitalize()} since", story.time(incident.started_at)),
        ("Its name", incident.incident),
    )
    reply = f"Reply to this mail to reach us. {story.formats.zones()}"
    own = f"The links are for {to} alone: what is done through them is recorded under this name."
    return Letter(
        subject=f"[{story.client}] {story.device}: {subject}",
        topic=f"{story.client} · outage",
        tone=tone,
        headline=headline,
        lead=lead,
        blocks=(*blocks, Facts("The incident", rows)),
        footer=technician_footer(story, to) if is_technician(story, to) else (reply, own),
    )


def _reactions(story: Story, to: str, matter: str, since: Instant) -> tuple[Block, ...]:
    return _desk(story, to) if is_technician(story, to) else (_disagree(story, to, matter, since),)


def _disagree(story: Story, to: str, matter: str, since: Instant) -> Reference:
    return Reference("I disagree", _live_url(story, DISAGREE, to, matter, since))


def _live_url(story: Story, purpose: str, to: str, matter: str, since: Instant) -> str:
    return live_url(purpose, story.case.incident, to, matter, since=since, now=story.now)


def _desk(story: Story, to: str) -> tuple[Block, ...]:
    return (Reference("Open the incident", incident_url(story, to)),) if is_technician(story, to) else ()


def _promises(story: Story, to: str) -> Checks:
    if is_technician(story, to):
        return Checks("The clocks", tuple(technician_check(story, verdict) for verdict in story.verdicts))
    return Checks("Our promises", tuple(client_check(story, verdict) for verdict in story.verdicts))


def _upper(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
