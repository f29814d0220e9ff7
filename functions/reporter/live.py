"""The client's door: by signed link, its own page, its statements, and what is asked of one person."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from live_acts import act_on, form_of
from live_files import statement_file
from live_method import method_page
from live_month_page import month_page
from live_pages import live_page, not_found, refused
from live_visits import LiveVisit, load_for, open_link
from makegood.gateway import request_instant, request_instant_up
from makegood.mail.live_links import PAGE
from makegood.pages.forms import NotAFormError, TooLargeError, read_form
from makegood.pages.frames import HEADERS, failed, not_a_form, see_other, too_large
from makegood.pages.routes import GET, POST, Event, NotFoundError, Page, Routes
from makegood.rules.links import LinkRefusedError
from makegood.settings import settings
from makegood.storage.public_keys import published_key
from makegood.storage.tables import bind_tables
from makegood.timers import wake

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


@routes.add(GET, "/live/keys/*")
def show_key(_event: Event, fingerprint: str) -> Page:
    """A public key that statements were signed with: the only page that is for everybody.

    Routes are tried in this order, so it stands before those that take `keys` for a link.
    """
    pem = published_key(fingerprint)
    if pem is None:
        raise NotFoundError
    return Page(200, "text/plain; charset=utf-8", pem, HEADERS)


@routes.add(GET, "/live/*", compress=True)
def show(event: Event, text: str) -> Page:
    visit = _open(event, text)
    return month_page(visit) if visit.link.purpose == PAGE else live_page(visit, load_for(visit))


@routes.add(GET, "/live/*/*", compress=True)
def show_more(event: Event, text: str, name: str) -> Page:
    """The method, or another month than the one that runs."""
    visit = _open_page(event, text)
    return method_page(visit) if name == "method" else month_page(visit, name)


@routes.add(GET, "/live/*/*/*", compress=True)
def show_file(event: Event, text: str, period: str, name: str) -> Page:
    return statement_file(_open_page(event, text), period, name)


@routes.add(POST, "/live/*/*")
def act(event: Event, text: str, action: str) -> Page:
    visit = _open(event, text)
    case = load_for(visit)
    form = form_of(visit, case, action)
    if form is None:
        raise NotFoundError
    filled = read_form(form, event)
    if filled.errors:
        return live_page(visit, case, status=400, filled=filled)
    refusal = act_on(visit, filled)
    if refusal:
        return live_page(visit, load_for(visit), status=409, filled=filled, refusal=refusal)
    logger.info("recorded", extra={"action": action})
    _wake(visit)
    return see_other(visit.url())


def _open(event: Event, text: str) -> LiveVisit:
    """Checks the link before anything is read."""
    link = open_link(text, request_instant(event))
    logger.append_keys(client=link.client, incident=link.incident)
    return LiveVisit(text, link, request_instant(event), request_instant_up(event))


def _open_page(event: Event, text: str) -> LiveVisit:
    visit = _open(event, text)
    if visit.link.purpose != PAGE:
        raise NotFoundError
    return visit


def _wake(visit: LiveVisit) -> None:
    """The incident's timer sends what follows; the record stands whatever fails here."""
    try:
        wake(visit.link.client, visit.link.incident)
    except (PynamoDBException, BotoCoreError, ClientError):
        logger.exception("a timer could not be started; the sweep makes up for it")
