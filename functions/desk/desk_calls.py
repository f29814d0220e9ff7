"""The call to a client whom no mail has reached: the form by which it is recorded, and the record."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from desk_actions import follow_up
from desk_forms import time_error
from desk_links import Visit
from makegood.mail.incident_words import Story
from makegood.pages.forms import Field, Filled, Form, Task, inputs_of
from makegood.rules.instants import Instant, format_instant, instant_of
from makegood.storage.adjusting import dirty
from makegood.storage.cases import Case
from makegood.storage.incidents import find_incident, timeline_entry, waking
from makegood.storage.records import Call, Incident
from makegood.storage.transactions import LostRaceError, Write, write_together

ACTION: Final = "call"
LEAST_DIGITS: Final = 5
WALL: Final = "%Y-%m-%dT%H:%M"


def call_form(case: Case) -> Form:
    """The form; whom to call stands with it."""
    named = "; ".join(case.contract.contacts.phone)
    whom = f"Whom you spoke to. The contract names: {named}." if named else "Whom you spoke to."
    zone = case.contract.timezone
    return Form(
        ACTION,
        "Record a call to the client",
        "The client knows",
        (
            Field("reached", "Reached", whom, 1),
            Field("number", "Number", "The number at which you reached them.", 1, "tel", check=_number_error),
            Field(
                "at",
                "When",
                f"When you spoke, by the clocks of {zone}.",
                1,
                "datetime-local",
                check=time_error,
            ),
        ),
    )


def call_tasks(visit: Visit, case: Case, filled: Filled | None) -> Iterator[Task]:
    """The form is there while nobody was told, also once the outage is over."""
    if case.facts.notified_at is None or (filled is not None and filled.form.action == ACTION):
        form = call_form(case)
        given_back = filled if filled is not None and filled.form.action == ACTION else None
        now = datetime.fromtimestamp(visit.now, case.contract.zone).strftime(WALL)
        yield Task(form, visit.url(ACTION), inputs_of(form, given_back, {"at": now}), open=True)


def record_call(case: Case, filled: Filled, visit: Visit) -> tuple[Filled, bool]:
    """Records a call once, however often the form is sent; False when something typed is wrong.

    The time of the call is the caller's word: not before the outage, not after now.
    """
    at, wrong = (0, filled.errors["at"]) if "at" in filled.errors else _time_of(case, filled, visit)
    if wrong:
        return replace(filled, errors={**filled.errors, "at": wrong}), False
    if filled.errors:
        return filled, False
    call = _call(case.incident, filled, at, visit)
    while not _is_known(call):
        try:
            write_together(*_writes(case, call))
        except LostRaceError:
            continue  # sent twice at once, or the incident was closed meanwhile: look again
        follow_up(visit)
    return filled, True


def _time_of(case: Case, filled: Filled, visit: Visit) -> tuple[Instant, str]:
    """When the call was, and what is wrong with that; of an hour shown twice it is the later one so far."""
    wall = datetime.fromisoformat(filled.values["at"])
    zone, started_at = case.contract.zone, case.incident.started_at
    first, last = instant_of(wall, zone), int(wall.replace(tzinfo=zone, fold=1).timestamp())
    at = last if first < last <= visit.now_up else first
    story = Story(case, visit.now)
    if at > visit.now_up:
        return at, f"This is in the future: now it is {story.time(visit.now)}."
    if at < started_at // 60 * 60:
        return at, f"The outage began on {story.time(started_at)}: please give a time after that."
    return max(at, started_at), ""


def _call(incident: Incident, filled: Filled, at: Instant, visit: Visit) -> Call:
    said = (visit.link.person, filled.values["reached"], filled.values["number"])
    digest = hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]
    person, reached, number = said
    return Call(
        incident.pk,
        f"{incident.sk}#call#{at:010d}#{digest}",
        incident=incident.incident,
        at=at,
        recorded_at=visit.now_up,
        by=person,
        reached=reached,
        number=number,
    )


def _writes(case: Case, call: Call) -> Iterator[Write]:
    incident = find_incident(case.incident.client, case.incident.incident) or case.incident
    told = f"{call.reached}, {call.number}, as stated at {format_instant(call.at)}"
    yield lambda transaction: transaction.save(call, condition=Call.sk.does_not_exist())
    yield timeline_entry(incident, call.recorded_at, "called", call.by, told)
    yield dirty(incident.client, incident.incident, "the client was told by telephone", call.recorded_at)
    if incident.open_shard is not None:
        yield waking(incident, call.recorded_at)


def _is_known(call: Call) -> bool:
    try:
        Call.get(call.pk, call.sk, consistent_read=True)
    except Call.DoesNotExist:
        return False
    return True


def _number_error(value: str) -> str | None:
    is_number = re.fullmatch(r"[0-9+()/ .x-]+", value) and sum(map(str.isdigit, value)) >= LEAST_DIGITS
    return None if is_number else "Please give a telephone number, such as +1 212 555 0100."
