"""What is told of a device that comes and goes: one notice, then a digest an hour at most."""

from __future__ import annotations

from makegood.mail.incident_words import Story, client_check, technician_check
from makegood.mail.letters import Button, Checks, Facts, Letter, Text
from makegood.mail.look import show_length
from makegood.mail.technician_letters import incident_url
from makegood.rules.flapping import DIGEST, DIGEST_SECONDS, flapping_since


def flapping_letter(story: Story, to: str, kind: str, technician: bool, footer: tuple[str, ...]) -> Letter:
    """The notice (`flapping`), or the digest of an hour (`digest` and its number)."""
    number = int(kind.removeprefix(DIGEST) or 0) if kind.startswith(DIGEST) else 0
    headline = f"{story.device} {'still ' if number else ''}comes and goes"
    check = technician_check if technician else client_check
    checks = tuple(check(story, verdict) for verdict in story.verdicts)
    stable = show_length(story.case.terms.stable_for)
    return Letter(
        subject=f"[{story.client}] {headline}: {story.was_down()}",
        topic=f"{story.client} · comes and goes",
        tone="warn",
        headline=headline,
        lead=" ".join(_lead(story, number)),
        blocks=(
            Text(
                f"It counts as repaired once it has been up for {stable} without a gap. Until then this is "
                "one incident, and there is one mail an hour at most while it goes on.",
                title="What this means",
            ),
            *((Button("Open the incident", incident_url(story, to)),) if technician else ()),
            Checks("The clocks" if technician else "Our promises", checks),
            _facts(story),
        ),
        footer=footer,
    )


def _lead(story: Story, number: int) -> list[str]:
    returns = [silence.end for silence in story.case.silences if silence.end is not None]
    since = flapping_since(returns) or story.now
    end = since + number * DIGEST_SECONDS
    times = len([at for at in returns if end - DIGEST_SECONDS < at <= end])
    hour = f"From {story.clock(end - DIGEST_SECONDS)} to {story.clock(end)} it came back {times} times."
    if times == 1:
        hour = f"From {story.clock(end - DIGEST_SECONDS)} to {story.clock(end)} it came back once."
    return [
        *([hour] if number else []),
        f"Since {story.time(story.case.incident.started_at)} it was {story.was_down()}.",
        *([f"It last came back {story.time(max(returns))}."] if returns else []),
    ]


def _facts(story: Story) -> Facts:
    rows = (
        ("Device", story.name_of_device()),
        ("First", story.time(story.case.incident.started_at)),
        (f"{story.trouble.capitalize()} in all", story.down_for()),
        ("Its name", story.case.incident.incident),
    )
    return Facts("The incident", rows)
