"""The ladder as the page of an incident shows it: who was alerted when, who is next, and what quietens it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from makegood.mail.incident_words import Story
from makegood.mail.look import show_length
from makegood.rules.incidents import ended_at
from makegood.rules.ladder import Rung, reached
from makegood.rules.levels import MAIL, TEXT, way_of
from makegood.rules.mails import SENDING
from makegood.settings import settings


@dataclass(frozen=True)
class Step:
    """A rung of the ladder: its people, when it is or was its turn, and how that stands."""

    title: str
    people: tuple[str, ...]
    status: str
    tone: str
    note: str


def ladder_of(story: Story) -> list[Step]:
    """The ladder from its foot; empty when the deployment's technicians are all there is."""
    if not story.case.terms.escalation:
        return []
    situation = story.case.situation(settings().technicians)
    ended = ended_at(situation) is not None
    alerted = reached(situation, story.now, ended=ended)
    steps = []
    is_next = True
    for rung in story.case.ladder(settings().technicians):
        if rung in alerted:
            steps.append(_alerted(story, rung))
        else:
            steps.append(_waiting(story, rung, is_next, ended))
            is_next = False
    return steps


def show_address(address: str) -> str:
    """`+15551234567 (text message)`: an address and the way to it, unless that is mail."""
    way = way_of(address)
    if way == MAIL:
        return address
    return f"{address.removeprefix('sms:')} ({'text message' if way == TEXT else 'webhook'})"


def _alerted(story: Story, rung: Rung) -> Step:
    times = list(_alert_times(story, rung))
    people = tuple(show_address(to) for to in rung.to)
    if len(times) == len(rung.to):
        return Step(_title(story, rung), people, "alerted", "plain", story.time(min(times)))
    reached = f"{len(times)} of {len(rung.to)} reached" if len(rung.to) > 1 else ""
    return Step(_title(story, rung), people, "being alerted", "warn", reached)


def _alert_times(story: Story, rung: Rung) -> Iterator[int]:
    for mail in story.case.mails:
        if mail.kind == "alert" and mail.to in rung.to and mail.status != SENDING:
            yield mail.sent_at or mail.delivered_at or mail.bounced_at or rung.due_at


def _waiting(story: Story, rung: Rung, is_next: bool, ended: bool) -> Step:
    people = tuple(show_address(to) for to in rung.to)
    taken = story.case.incident.taken
    if ended:
        return Step(_title(story, rung), people, "not needed", "plain", "The incident was over before")
    if taken is not None:
        return Step(_title(story, rung), people, "quiet", "plain", f"{taken['by']} has taken it")
    if story.case.pauses:
        return Step(_title(story, rung), people, "quiet", "plain", "Somebody lets it wait for the client")
    note = f"{story.time(rung.due_at)}, unless somebody takes it before"
    return Step(_title(story, rung), people, "next" if is_next else "later", "calm", note)


def _title(story: Story, rung: Rung) -> str:
    after = rung.due_at - story.case.incident.started_at
    return "At once" if after == 0 else f"After {show_length(after)}"
