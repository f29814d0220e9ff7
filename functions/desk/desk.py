"""The technicians' door: by signed link, incidents, practices, maintenance, and the pages where they act."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
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
from makegood.pages.frames import Page, failed, not_a_form, see_other, too_large
from makegood.rules.links import LinkRefusedError
from makegood.settings import settings
from makegood.storage.incidents import Case, load_case
from makegood.storage.tables import bind_tables

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()
app = APIGatewayHttpResolver()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers with a page, whatever was asked. The path is a secret and stands in no log."""
    answer = app.resolve(event, context)
    is_head = event["requestContext"]["http"]["method"] == "HEAD"
    return {**answer, "body": ""} if is_head else answer


@app.route("/desk/<text>", method=["GET", "HEAD"])
def show(text: str) -> Page:
    visit = _open(text, "home", "incident", "level", "practices", "maintenance")
    if visit.link.purpose == "home":
        return home_page(visit)
    if visit.link.purpose == "practices":
        return practices_page(visit)
    if visit.link.purpose == "maintenance":
        return maintenance_page(visit)
    return incident_page(visit, _case(visit))


@app.post("/desk/<text>/<action>")
def act(text: str, action: str) -> Page:
    visit = _open(text, "incident", "level", "maintenance")
    if visit.link.purpose == "maintenance":
        return change_maintenance(visit, action, app.current_event.raw_event)
    if action == CALL:
        return _take_call(visit)
    form = FORMS.get(action)
    if form is None:
        return _take_matter(visit, action)
    filled = read_form(form, app.current_event.raw_event)
    case = _for(visit, bring_up_to_date(visit.link.client, visit.link.incident, visit.now))
    if filled.errors:
        return incident_page(visit, case, status=400, filled=filled)
    outcome = act_on(case, filled, visit)
    if outcome is Outcome.RECORDED:
        return see_other(visit.url(anchor=action))
    return incident_page(visit, _case(visit), status=409, filled=filled)


def _take_call(visit: Visit) -> Page:
    case = _case(visit)
    filled, recorded = record_call(case, read_form(call_form(case), app.current_event.raw_event), visit)
    if not recorded:
        return incident_page(visit, case, status=400, filled=filled)
    return see_other(visit.url(anchor=CALL))


def _take_matter(visit: Visit, action: str) -> Page:
    """A pause, an excuse, a decision."""
    case = _for(visit, bring_up_to_date(visit.link.client, visit.link.incident, visit.now))
    form = matter_form(case, action)
    if form is None:
        raise NotFoundError
    filled = read_form(form, app.current_event.raw_event)
    if filled.errors:
        return incident_page(visit, case, status=400, filled=filled)
    refusal = act_on_matter(visit, filled)
    if refusal:
        return incident_page(visit, _case(visit), status=409, filled=filled, refusal=refusal)
    follow_up(visit)
    return see_other(visit.url(anchor="matters"))


@app.route("/desk/<text>/<device>/<practice>", method=["GET", "HEAD"])
def show_matter(text: str, device: str, practice: str) -> Page:
    return matter_page(_open(text, "practices"), device, practice)


@app.post("/desk/<text>/<device>/<practice>")
def sign_matter(text: str, device: str, practice: str) -> Page:
    return sign(_open(text, "practices"), device, practice, app.current_event.raw_event)


@app.not_found
def unknown(error: NotFoundError) -> Page:
    return not_found(error)


def fail(error: Exception) -> Page:
    logger.error("AWS failed a page", extra={"error": type(error).__name__})
    return failed(error)


for _error, _page in (
    (LinkRefusedError, refused),
    (NotAFormError, not_a_form),
    (TooLargeError, too_large),
    ([PynamoDBException, BotoCoreError, ClientError], fail),
):
    app.exception_handler(_error)(_page)


def _open(text: str, *purposes: str) -> Visit:
    """Checks the link before anything is read."""
    event = app.current_event.raw_event
    link = open_link(text, purposes, request_instant(event))
    logger.append_keys(client=link.client, incident=link.incident)
    return Visit(text, link, request_instant(event), request_instant_up(event))


def _case(visit: Visit) -> Case:
    return _for(visit, load_case(visit.link.client, visit.link.incident, visit.now))


def _for(visit: Visit, case: Case | None) -> Case:
    if case is None:
        raise NotFoundError
    refuse_stranger(visit.link, case)
    return case
