"""The mails of an incident: what the client's contacts and the technicians read, kind by kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from makegood.mail.allowance_letters import allowance_letter
from makegood.mail.flapping_letters import flapping_letter
from makegood.mail.incident_words import Story, client_check, technician_check
from makegood.mail.letters import Block, Checks, Facts, Letter, Quote, Reference, Text, render_letter
from makegood.mail.live_links import DISAGREE, live_url, page_url
from makegood.mail.look import count_of, show_length
from makegood.mail.message import Message
from makegood.mail.site_words import behind_blocks
from makegood.mail.technician_letters import (
    alert_letter,
    call_letter,
    closing_links,
    is_technician,
    recovery_letter,
    technician_footer,
    warning_letter,
)
from makegood.rules.allowances import INCIDENT_MATTER, is_allowance_mail
from makegood.rules.flapping import DIGEST, NOTICE
from makegood.rules.incidents import ended_at
from makegood.rules.instants import Instant
from makegood.rules.mails import Order
from makegood.rules.terms import STAGES
from makegood.storage.cases import Case
from makegood.texts import one_line


def incident_message(mail: Order, case: Case, now: Instant) -> Message:
    """The words of an incident's mail. Technicians get their own form of it, with their links."""
    story = Story(case, now)
    letter = _letter(mail, story)
    if _is_for_client(story, mail.to):
        letter = replace(letter, page=page_url(case.incident.client, mail.to, now))
    return render_letter(letter)


def _letter(mail: Order, story: Story) -> Letter:
    if is_allowance_mail(mail.kind):
        return allowance_letter(story, mail.kind, mail.to)
    stage, _, moment = mail.kind.partition("-")
    if moment and stage in STAGES:
        return warning_letter(story, stage, moment, mail.to)
    if mail.kind == NOTICE or mail.kind.startswith(DIGEST):
        technician = is_technician(story, mail.to)
        footer = technician_footer(story, mail.to) if technician else _footer(story)
        return flapping_letter(story, mail.to, mail.kind, technician, footer)
    return _LETTERS[mail.kind](story, mail.to)


def _is_for_client(story: Story, to: str) -> bool:
    contacts = story.case.contract.contacts
    return not is_technician(story, to) and to in (*contacts.outages, *contacts.statements)


def _notice(story: Story, _to: str) -> Letter:
    return Letter(
        subject=f"[{story.client}] {story.headline()}: we are on it",
        topic=f"{story.client} · outage",
        tone="bad" if story.restored_at is None else "warn",
        headline=story.headline(),
        lead=_how_it_began(story),
        blocks=(
            *behind_blocks(story),
            _promises(story, "What we promise", mailed="notify"),
            Text(_WHAT_HAPPENS_NEXT.format(trouble=story.trouble), title="What happens next"),
            _facts(story),
        ),
        footer=_footer(story),
    )


def _plan(story: Story, _to: str) -> Letter:
    plan = story.case.incident.plan or {}
    eta = one_line(plan["eta"], 60)
    return Letter(
        subject=f"[{story.client}] {story.device}: our plan, estimated time {eta}",
        topic=f"{story.client} · plan",
        tone="calm",
        headline=f"Our plan for {story.device}",
        lead=f"{_how_it_began(story)} This is what we found and what we do. Written by {_who(plan)}.",
        blocks=(
            Quote("What we found", plan["cause"]),
            Quote("What we do", plan["steps"]),
            Quote("Estimated time", plan["eta"]),
            _promises(story, "Our promises", mailed="plan"),
            Text("You are told as soon as the device is back, and what was done."),
            _facts(story),
        ),
        footer=_footer(story),
    )


def _recovery(story: Story, to: str) -> Letter:
    if is_technician(story, to):
        return recovery_letter(story, to)
    assert story.restored_at is not None
    return Letter(
        subject=f"[{story.client}] {story.device} is back since {story.clock(story.restored_at)}",
        topic=f"{story.client} · recovery",
        tone="good",
        headline=f"{story.device} is back since {story.clock(story.restored_at)}",
        lead=(
            f"It answers again since {story.time(story.restored_at)} and has stayed up for "
            f"{show_length(story.case.terms.stable_for)}. It had been {story.was_down()}."
        ),
        blocks=(
            Text(
                "We write down the cause and what was done, and send you both. "
                "Until then this incident stays open, and its clock runs.",
                title="What happens next",
            ),
            *behind_blocks(story),
            _promises(story, "Our promises"),
            _facts(story),
        ),
        footer=_footer(story),
    )


def _closing(story: Story, to: str) -> Letter:
    verdicts = [verdict.verdict for verdict in story.verdicts]
    ending, result = _ending(story), _result(verdicts)
    technician = is_technician(story, to)
    return Letter(
        subject=f"[{story.client}] {ending}: {result}",
        topic=f"{story.client} · incident closed",
        tone="bad" if "broken" in verdicts else "warn" if "excused" in verdicts else "good",
        headline=f"{ending}: {result}",
        lead=_whole_outage(story),
        blocks=(
            _clocks(story) if technician else _promises(story, "Our promises"),
            *_repair(story),
            *(closing_links(story, to) if technician else (_disagree(story, to),)),
            _facts(story),
        ),
        footer=technician_footer(story, to) if technician else _footer(story),
    )


_LETTERS: Final[dict[str, Callable[[Story, str], Letter]]] = {
    "notice": _notice,
    "alert": alert_letter,
    "call": call_letter,
    "plan": _plan,
    "recovery": _recovery,
    "closing": _closing,
}
_WHAT_HAPPENS_NEXT: Final = (
    "Our technicians have been alerted. They look for the cause and send you a plan with the estimated time; "
    "you are told when the device is back and what was done. If you know why it is {trouble}, be it a power "
    "cut, works or a move, reply to this mail: it makes the repair faster."
)


def _how_it_began(story: Story) -> str:
    incident = story.case.incident
    began = "We last heard from it" if incident.failure is None else "It reported a failure"
    seen = f"{began} on {story.time(incident.started_at)}."
    back = story.restored_at or story.case.device.back_since
    return seen if back is None else f"{seen} It answers again since {story.time(back)}."


def _ending(story: Story) -> str:
    if story.restored_at is None:
        return f"{story.device} was retired"
    return f"{story.device} {'came back by itself' if story.case.incident.by_itself else 'is repaired'}"


def _disagree(story: Story, to: str) -> Reference:
    """The way to say that something of this is not right; it works as long after the end as any such link."""
    over_at = ended_at(story.case.situation(technicians=()))
    since = story.now if over_at is None else over_at
    url = live_url(DISAGREE, story.case.incident, to, INCIDENT_MATTER, since=since, now=story.now)
    return Reference("I disagree", url)


def _result(verdicts: list[str]) -> str:
    broken, excused = verdicts.count("broken"), verdicts.count("excused")
    if broken:
        return f"we broke {broken} of {count_of(len(verdicts), 'promise')}"
    if excused:
        return f"{excused} of {count_of(len(verdicts), 'promise')} missed, excused"
    return "every promise kept" if "kept" in verdicts else "the incident is closed"


def _whole_outage(story: Story) -> str:
    started_at, retired_at = story.case.incident.started_at, story.case.device.retired_at
    if story.restored_at is not None:
        end = f"until {story.time(story.restored_at)}"
    elif retired_at is not None:
        end = f"until it was retired on {story.time(retired_at)}"
    else:
        end = "until now"
    return f"It was {story.was_down()}, from {story.time(started_at)} {end}."


def _repair(story: Story) -> tuple[Block, ...]:
    repair = story.case.incident.repair
    if repair:
        written = f"{_who(repair)}, {story.time(repair['at'])}"
        return (
            Quote("What the cause was", repair["cause"]),
            Quote("What was done", repair["work"]),
            Text(f"Documented by {written}."),
        )
    if story.case.incident.by_itself:
        return (Text("The device came back by itself; nobody had to repair it.", title="What was done"),)
    return ()


def _promises(story: Story, title: str, mailed: str = "") -> Checks:
    """How the promises stand; `mailed` is the stage that this very mail is about."""
    checks = (client_check(story, verdict, verdict.stage == mailed) for verdict in story.verdicts)
    return Checks(title, tuple(checks))


def _clocks(story: Story) -> Checks:
    """The same for a technician."""
    return Checks("The clocks", tuple(technician_check(story, verdict) for verdict in story.verdicts))


def _facts(story: Story) -> Facts:
    incident = story.case.incident
    rows = [
        ("Device", story.name_of_device()),
        (f"{story.trouble.capitalize()} since", story.time(incident.started_at)),
        ("Noticed", story.time(incident.opened_at)),
    ]
    if story.restored_at is not None:
        rows.append(("Back since", story.time(story.restored_at)))
    return Facts("The incident", (*rows, ("Its name", incident.incident)))


def _footer(story: Story) -> tuple[str, ...]:
    started = "was last heard from" if story.case.incident.failure is None else "reported the failure"
    return (
        "Reply to this mail to reach us.",
        f"The clock of every promise starts when the device {started}, not when we noticed. "
        f"{story.formats.zones()}",
    )


def _who(written: dict[str, Any]) -> str:
    return one_line(str(written["by"]), 100)
