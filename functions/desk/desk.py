"""The technicians' door: by signed link, incidents, practices, maintenance, and the pages where they act."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from desk_actions import Outcome, act_on, follow_up
from desk_calls import ACTION as CALL
from desk_calls import call_form, record_call
from desk_forms import FORMS
from desk_home import home_page
from desk_incident import incident_page
from desk_links import Visit, open_link, refuse_stranger
from desk_maintenance import change_maintenance, maintenance_page
from desk_matter import matter_page, sign
from desk_matters import act_on_matter, matter_form
from desk_pages import not_found, refused
from desk_practices import practices_page
from makegood.advancing import bring_up_to_date
from makegood.gateway import request_instant, request_instant_up
from makegood.pages.forms import NotAFormError, TooLargeError, read_form
from makegood.pages.frames import failed, not_a_form, see_other, too_large
from makegood.pages.routes import GET, POST, Event, NotFoundError, Page, Routes
from makegood.rules.links import LinkRefusedError
from makegood.settings import settings
from makegood.storage.cases import Case, load_case
from makegood.storage.tables import bind_tables

MOST_LETTERS = 40

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()


def fail(error: Exception) -> Page:
    logger.error("AWS failed a page", extra={"error": type(error).__name__})
    return failed(error)


routes = Routes(
    {
        NotFoundError: not_found,
        LinkRefusedError: refused,
        NotAFormError: not_a_form,
        TooLargeError: too_large,
        PynamoDBException: fail,
        BotoCoreError: fail,
        ClientError: fail,
    }
)


@logger.inject_lambda_context(clear_state=True)
def handler(event: Event, _context: LambdaContext) -> dict[str, Any]:
    """Answers with a page, whatever was asked. The path is a secret and stands in no log."""
    return routes.answer(event)


@routes.add(GET, "/desk/*")
def show(event: Event, text: str) -> Page:
    visit = _open(event, text, "home", "incident", "level", "practices", "maintenance")
    if visit.link.purpose == "home":
        return home_page(visit, _sought(event))
    if visit.link.purpose == "practices":
        return practices_page(visit)
    if visit.link.purpose == "maintenance":
        return maintenance_page(visit)
    return incident_page(visit, _case(visit))


@routes.add(POST, "/desk/*/*")
def act(event: Event, text: str, action: str) -> Page:
    visit = _open(event, text, "incident", "level", "maintenance")
    if visit.link.purpose == "maintenance":
        return change_maintenance(visit, action, event)
    if action == CALL:
        return _take_call(event, visit)
    form = FORMS.get(action)
    if form is None:
        return _take_matter(event, visit, action)
    filled = read_form(form, event)
    case = _for(visit, bring_up_to_date(visit.link.client, visit.link.incident, visit.now))
    if filled.errors:
        return incident_page(visit, case, status=400, filled=filled)
    outcome = act_on(case, filled, visit)
    if outcome is Outcome.RECORDED:
        return see_other(visit.url(anchor=action))
    return incident_page(visit, _case(visit), status=409, filled=filled)


def _take_call(event: Event, visit: Visit) -> Page:
    case = _case(visit)
    filled, recorded = record_call(case, read_form(call_form(case), event), visit)
    if not recorded:
        return incident_page(visit, case, status=400, filled=filled)
    return see_other(visit.url(anchor=CALL))


def _take_matter(event: Event, visit: Visit, action: str) -> Page:
    """A pause, an excuse, a decision."""
    case = _for(visit, bring_up_to_date(visit.link.client, visit.link.incident, visit.now))
    form = matter_form(case, action)
    if form is None:
        raise NotFoundError
    filled = read_form(form, event)
    if filled.errors:
        return incident_page(visit, case, status=400, filled=filled)
    refusal = act_on_matter(visit, filled)
    if refusal:
        return incident_page(visit, _case(visit), status=409, filled=filled, refusal=refusal)
    follow_up(visit)
    return see_other(visit.url(anchor="matters"))


@routes.add(GET, "/desk/*/*/*")
def show_matter(event: Event, text: str, device: str, practice: str) -> Page:
    return matter_page(_open(event, text, "practices"), device, practice)


@routes.add(POST, "/desk/*/*/*")
def sign_matter(event: Event, text: str, device: str, practice: str) -> Page:
    return sign(_open(event, text, "practices"), device, practice, event)


def _open(event: Event, text: str, *purposes: str) -> Visit:
    """Checks the link before anything is read."""
    link = open_link(text, purposes, request_instant(event))
    logger.append_keys(client=link.client, incident=link.incident)
    return Visit(text, link, request_instant(event), request_instant_up(event))


def _sought(event: Event) -> str:
    """How the keys of clients begin that somebody looks for."""
    asked = parse_qs(str(event.get("rawQueryString", "")))
    return asked.get("client", [""])[0].strip().lower()[:MOST_LETTERS]


def _case(visit: Visit) -> Case:
    return _for(visit, load_case(visit.link.client, visit.link.incident, visit.now))


def _for(visit: Visit, case: Case | None) -> Case:
    if case is None:
        raise NotFoundError
    refuse_stranger(visit.link, case)
    return case
