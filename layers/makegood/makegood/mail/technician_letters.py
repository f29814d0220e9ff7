"""What technicians read of an incident: what is due, how much time is left, what a miss costs, links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from makegood.keys import sign_link
from makegood.mail.incident_words import Story, is_running, show_stage_refund, technician_check
from makegood.mail.letters import Block, Button, Checks, Facts, Letter, Quote, Reference, Text
from makegood.mail.look import show_length
from makegood.mail.site_words import behind_blocks
from makegood.rules.instants import Instant
from makegood.rules.ladder import LIMIT, people
from makegood.rules.links import Link
from makegood.rules.stages import StageVerdict
from makegood.settings import settings

LINK_SECONDS: Final = 30 * 86_400
"""Links work this long from the start of the incident, so that a mail sent twice is the same mail."""

WHY_UNREACHABLE: Final = {
    "bounced": "mails come back since",
    "complained": "called our mail unwanted on",
}
_TODO: Final = {
    "notify": "to tell the client",
    "plan": "to send the plan",
    "repair": "to repair it and document the repair",
}
_OVERDUE: Final = {
    "notify": "the client has not been told in time",
    "plan": "the plan is late",
    "repair": "the repair is late",
}


def alert_letter(story: Story, to: str) -> Letter:
    """At opening: what is silent or failing, and what is due when."""
    due = [
        f"{verdict.stage} due {story.due(verdict)}"
        for verdict in story.verdicts
        if verdict.stage != "notify" and is_running(verdict)
    ]
    headline = story.headline()
    return _letter(
        story,
        to,
        topic="outage",
        subject=": ".join(filter(None, (headline, ", ".join(due)))),
        tone="bad",
        headline=headline,
        lead=f"{story.beginning()} {_why_now(story, to)}",
        blocks=(
            *_report(story),
            *behind_blocks(story),
            Button("Open the incident", incident_url(story, to)),
            *_all_incidents(story, to),
            *unreachable_contacts(story),
        ),
    )


def warning_letter(story: Story, stage: str, moment: str, to: str) -> Letter:
    """A share of the time for a stage is over, in percent (`50`), or all of it (`limit`)."""
    verdict = next(verdict for verdict in story.verdicts if verdict.stage == stage)
    over = moment == LIMIT
    if not over:
        title = f"{story.left(verdict)} {_TODO[stage]}"
    else:
        title = f"{_OVERDUE[stage]}, due {story.due(verdict)}"
    return _letter(
        story,
        to,
        topic=show_moment(moment),
        subject=f"{story.device}: {title}",
        tone="bad" if over else "warn",
        headline=f"{story.device}: {title}",
        lead=" ".join(_what_it_costs(story, verdict)),
        blocks=(
            Text(_what_is_missing(story, stage)),
            Button("Open the incident", incident_url(story, to)),
            *_all_incidents(story, to),
            *_unreached(story, stage),
        ),
    )


def show_moment(moment: str) -> str:
    """`half of the time is over`: the moment of a clock that a warning is about."""
    if moment == LIMIT:
        return "the limit has passed"
    return f"{'half' if moment == '50' else f'{moment}%'} of the time is over"


def call_letter(story: Story, to: str) -> Letter:
    """Every notice came back: the client has to be called, and the call recorded."""
    notify = next((verdict for verdict in story.verdicts if verdict.stage == "notify"), None)
    lead = "Every notice came back, so the client does not know of this outage."
    if notify is not None:
        lead = " ".join((lead, *_what_it_costs(story, notify)))
    return _letter(
        story,
        to,
        topic="nobody was reached",
        subject=f"{story.device}: call the client, no notice arrived",
        tone="bad",
        headline="Call the client: no notice arrived",
        lead=lead,
        blocks=(
            whom_to_call(story),
            Text(
                "Record the call at the desk as soon as it is over: whom you reached, when and by which "
                "number. It counts as telling the client."
            ),
            Button("Record the call", f"{incident_url(story, to)}#call"),
            *_all_incidents(story, to),
            *_unreached(story, "notify"),
        ),
    )


def whom_to_call(story: Story) -> Facts:
    """The numbers that the contract names; where it names none, whom the client wants told."""
    contacts = story.case.contract.contacts
    if contacts.phone:
        parts = [line.rpartition(",") for line in contacts.phone]
        rows = tuple((name.strip() or "Number", number.strip()) for name, _, number in parts)
        return Facts("Whom to call", rows)
    rows = tuple((address, "no number in the contract") for address in contacts.outages)
    return Facts("Whom to call", rows)


def unreachable_contacts(story: Story) -> Iterator[Block]:
    """The contacts that mails do not reach, before anybody relies on them."""
    rows = tuple(
        (each.contact, f"{WHY_UNREACHABLE[each.why]} {story.time(each.since)}")
        for each in story.case.unreachable
    )
    if rows:
        yield Facts("Contacts that mails do not reach", rows)


def recovery_letter(story: Story, to: str) -> Letter:
    """The device is back, and its repair has to be documented."""
    assert story.restored_at is not None
    return _letter(
        story,
        to,
        topic="recovery",
        subject=f"{story.device} is back since {story.clock(story.restored_at)}: document the repair",
        tone="good",
        headline=f"{story.device} is back: document the repair",
        lead=(
            f"It answers again since {story.time(story.restored_at)} and has stayed up for "
            f"{show_length(story.case.terms.stable_for)}. The repair counts once its cause and what was done "
            "are written down, and the client gets both by mail."
        ),
        blocks=(
            Button("Document the repair", incident_url(story, to)),
            *behind_blocks(story),
            *_all_incidents(story, to),
        ),
    )


def closing_links(story: Story, to: str) -> tuple[Block, ...]:
    return (Reference("Open the incident", incident_url(story, to)), *_all_incidents(story, to))


def technician_footer(story: Story, to: str) -> tuple[str, ...]:
    return (
        f"The links are for {to} alone: what is done through them is recorded under this name. "
        f"They work until {story.time(_expires_at(story))}.",
    )


def incident_url(story: Story, person: str) -> str:
    """A person's own link to the page of the incident."""
    incident = story.case.incident
    purpose = "incident" if person in settings().technicians else "level"
    return desk_url(Link(purpose, incident.client, incident.incident, person, _expires_at(story)))


def is_technician(story: Story, address: str) -> bool:
    """Whether the address is one of those that the incident may alert."""
    return address in people(story.case.ladder(settings().technicians))


def desk_url(link: Link) -> str:
    return f"{settings().base_url}/desk/{sign_link(link)}"


def _letter(
    story: Story,
    to: str,
    *,
    topic: str,
    subject: str,
    tone: str,
    headline: str,
    lead: str,
    blocks: tuple[Block, ...],
) -> Letter:
    incident = story.case.incident
    checks = tuple(technician_check(story, verdict) for verdict in story.verdicts)
    rows = (
        ("Client", f"{story.client} ({incident.client})"),
        ("Device", story.name_of_device()),
        (f"{story.trouble.capitalize()} since", story.time(incident.started_at)),
        ("Noticed", story.time(incident.opened_at)),
        ("Its name", incident.incident),
    )
    return Letter(
        subject=f"[{story.client}] {subject}",
        topic=f"{story.client} · {topic}",
        tone=tone,
        headline=headline,
        lead=lead,
        blocks=(*blocks, Checks("The clocks", checks), Facts("The incident", rows)),
        footer=technician_footer(story, to),
    )


def _why_now(story: Story, to: str) -> str:
    """Why this person hears of it now: at the beginning, or because nobody had taken it until their turn."""
    ladder = story.case.ladder(settings().technicians)
    rung = next((rung for rung in ladder if to in rung.to), ladder[0])
    if rung.number == 0:
        return "The client is being told."
    waited = show_length(rung.due_at - story.case.incident.started_at)
    taken = story.case.incident.taken
    since = "" if taken is None else f" {taken['by']} has it since {story.time(taken['at'])}."
    return f"You are told because nobody had taken it after {waited}.{since}"


def _report(story: Story) -> Iterator[Block]:
    """The end of what the device said with its failure."""
    if story.case.incident.failure:
        yield Quote("What it reported", story.case.incident.failure)


def _what_it_costs(story: Story, verdict: StageVerdict) -> Iterator[str]:
    yield f"The limit is {story.time(verdict.deadline)}."
    if verdict.late_seconds:
        yield f"It passed {show_length(verdict.late_seconds)} ago."
    cost = show_stage_refund(story.terms(verdict.stage), story.case.contract)
    if cost is not None and verdict.verdict != "excused":
        yield f"{'A miss' if verdict.verdict == 'pending' else 'This'} costs {cost}."


def _what_is_missing(story: Story, stage: str) -> str:
    incident = story.case.incident
    if stage == "notify":
        return "No notice has reached any of the client's contacts. Call them, and put their addresses right."
    if stage == "plan" and incident.plan is not None:
        return "A plan is on record, but its mail has reached nobody. Call the client."
    if stage == "repair" and incident.documented_at is not None:
        stable = show_length(story.case.terms.stable_for)
        return f"The repair is documented. It counts once the device has been up for {stable} without a gap."
    if stage == "repair" and story.restored_at is not None:
        return f"The device is back since {story.time(story.restored_at)}; the repair is not documented."
    if incident.acknowledged is None:
        return "Nobody has taken the incident yet."
    return f"{incident.acknowledged['by']} has it since {story.time(incident.acknowledged['at'])}."


def _unreached(story: Story, stage: str) -> Iterator[Block]:
    """What became of the mails that the stage is about, when it is not our people who are late."""
    kind = {"notify": "notice", "plan": "plan"}.get(stage)
    rows = tuple((mail.to, mail.status) for mail in story.case.mails if mail.kind == kind)
    if rows:
        yield Facts("The mails to the client", rows)


def _all_incidents(story: Story, to: str) -> Iterator[Block]:
    """Only the deployment's technicians see every client's."""
    if to in settings().technicians:
        yield Reference("All open incidents", desk_url(Link("home", "", "", to, _expires_at(story))))


def _expires_at(story: Story) -> Instant:
    return story.case.incident.started_at + LINK_SECONDS
