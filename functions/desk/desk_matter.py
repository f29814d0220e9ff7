"""The page of one thing to attest: what is known of it first, then the form that a person signs."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from desk_attesting import FORMS, SEEN, Attester, is_same_word
from desk_day import Day, load_day
from desk_links import Visit
from desk_pages import page
from desk_practices import VERDICTS, signed_by, title_of
from makegood.mail.formats import formats_of
from makegood.mail.practice_words import show_facts
from makegood.pages.forms import Filled, Task, inputs_of, read_form
from makegood.pages.frames import see_other
from makegood.pages.routes import NotFoundError, Page
from makegood.rules.attesting import Matter
from makegood.rules.facts import EvidenceFacts
from makegood.storage.attestations import as_facts, attest
from makegood.storage.practice_day import look_at_day
from makegood.storage.waiting import note_day
from makegood.texts import one_line

logger = Logger(child=True)


class Refusal(Enum):
    """Why a form was not taken as it was."""

    FAULTY = "faulty"
    CHANGED = "changed"
    OVER = "over"


def matter_page(visit: Visit, device: str, practice: str) -> Page:
    day, matter = _load(visit, device, practice)
    return _page(visit, day, matter)


def sign(visit: Visit, device: str, practice: str, event: dict[str, Any]) -> Page:
    """Records what a person attests, once, if it is about what stands there now."""
    day, matter = _load(visit, device, practice)
    standing = day.standing(matter)
    filled, facts = _attester(visit, day, matter).read(read_form(FORMS[practice], event))
    before, is_stale = standing.attested.report, filled.values[SEEN] != standing.digest()
    if before is not None and is_stale and facts and is_same_word(before.facts, facts):
        return see_other(visit.url(f"{device}/{practice}"))  # the form was sent twice
    if not matter.is_open:
        return _page(visit, day, matter, filled, Refusal.OVER)
    if is_stale:
        return _page(visit, day, matter, filled, Refusal.CHANGED)
    if filled.errors:
        return _page(visit, day, matter, filled, Refusal.FAULTY)
    if not attest(standing, facts, visit.link.person, visit.now):
        day, matter = _load(visit, device, practice)
        return _page(visit, day, matter, filled, Refusal.CHANGED if matter.is_open else Refusal.OVER)
    logger.info("attested", extra={"device": device, "practice": practice})
    _note_for_home(visit)
    return see_other(visit.url(f"{device}/{practice}"))


def _note_for_home(visit: Visit) -> None:
    """What was signed stands, whatever becomes of the note."""
    try:
        today = look_at_day(visit.link.client, visit.now)
        if today is not None:
            note_day(visit.link.client, today, visit.now)
    except (PynamoDBException, BotoCoreError, ClientError):
        logger.exception("the desk's home could not be told")


def _load(visit: Visit, device: str, practice: str) -> tuple[Day, Matter]:
    day = load_day(visit.link.client, visit.now)
    matter = day.find(device, practice) if day else None
    if day is None or matter is None:
        raise NotFoundError
    return day, matter


def _attester(visit: Visit, day: Day, matter: Matter) -> Attester:
    return Attester(visit.link.person, matter, visit.now, formats_of(day.today.contract))


def _page(
    visit: Visit, day: Day, matter: Matter, filled: Filled | None = None, refusal: Refusal | None = None
) -> Page:
    contract = day.today.contract
    attested = day.standing(matter).attested.report
    return page(
        "matter.html.j2",
        {None: 200, Refusal.FAULTY: 400}.get(refusal, 409),
        client=one_line(contract.name, 60),
        timezone=contract.timezone,
        title=title_of(matter.device, matter.practice),
        standing=VERDICTS[matter.verdict] if matter.is_open else ("nothing waits", "good"),
        observed=[_told(observation, day) for observation in matter.observed],
        newest=_told(matter.newest, day) if matter.newest else None,
        attested=_told(as_facts(attested), day) if attested else None,
        attested_by=signed_by(as_facts(attested)) if attested else "",
        task=_task(visit, day, matter, filled) if matter.is_open else None,
        refusal=refusal.value if refusal else "",
        unsent=filled if refusal is Refusal.OVER else None,
        list_url=visit.practices_url(contract.client),
        person=visit.link.person,
    )


def _told(report: EvidenceFacts, day: Day) -> tuple[str, list[tuple[str, str]]]:
    """When it came in, and what it says."""
    formats = formats_of(day.today.contract)
    return formats.zoned_time(report.at), list(show_facts(report.facts, formats))


def _task(visit: Visit, day: Day, matter: Matter, filled: Filled | None) -> Task:
    """The form; what it is bound to is what this page shows, whatever an earlier page showed."""
    form, seen = FORMS[matter.practice], day.standing(matter).digest()
    given_back = filled and replace(filled, values={**filled.values, SEEN: seen})
    suggested = _attester(visit, day, matter).suggested(seen)
    url = visit.url(f"{matter.device}/{matter.practice}")
    return Task(form, url, inputs_of(form, given_back, suggested), open=True)
