"""The page of a client's announced maintenance: what lies ahead, and the forms that announce and cancel."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from desk_forms import time_error
from desk_links import Visit
from desk_pages import page
from makegood.announcing import announcement, tell
from makegood.mail.maintenance_words import Announcement, show_length_in_hours
from makegood.mail.outbox import UnreachableError
from makegood.pages.forms import Field, Filled, Form, Task, inputs_of, read_form
from makegood.pages.frames import see_other
from makegood.pages.routes import NotFoundError, Page
from makegood.rules.announcing import Plan, read_devices
from makegood.rules.contracts import Contract
from makegood.rules.instants import instant_of
from makegood.rules.intervals import Interval
from makegood.storage.changes import Operator, RefusedError
from makegood.storage.contracts import version_nearest, versions_of
from makegood.storage.devices import RETIRED, devices_of
from makegood.storage.maintenance import announce, cancel, maintenance_of
from makegood.storage.records import Maintenance
from makegood.texts import one_line

ANNOUNCE: Final = Form(
    "announce",
    "Announce maintenance",
    "Announce it to the client",
    (
        Field("devices", "Devices", "Their names, separated by commas; * for all.", 1, at_most=2_000),
        Field("from", "From", "By the client's clock.", 1, "datetime-local", check=time_error),
        Field("to", "To", "By the client's clock.", 1, "datetime-local", check=time_error),
        Field("reason", "Reason", "Why, in words the client understands; they are in the mail.", 1),
        Field(
            "notice",
            "Notice",
            "What is announced later than the contract asks for does not count.",
            1,
            options=(
                ("enough", "Only if there is enough notice, so that it counts"),
                ("short", "Also at short notice: the client is told, and it does not count"),
            ),
        ),
    ),
)
CANCEL: Final = Form(
    "cancel", "Cancel it", "Cancel it and tell the client", (Field("maintenance", "", "", 1, kind="hidden"),)
)
FORMS: Final = {form.action: form for form in (ANNOUNCE, CANCEL)}

logger = Logger(child=True)


def maintenance_page(visit: Visit) -> Page:
    return _page(visit)


def change_maintenance(visit: Visit, action: str, event: dict[str, Any]) -> Page:
    """Announces or cancels, by name and as of the request's receipt, and mails the client at once."""
    form = FORMS.get(action)
    if form is None:
        raise NotFoundError
    filled = read_form(form, event)
    if filled.errors:
        return _page(visit, 400, filled)
    try:
        record = _announce(visit, filled) if form is ANNOUNCE else _cancel(visit, filled)
    except RefusedError as refused:
        return _page(visit, 409, filled, str(refused).splitlines())
    logger.info("maintenance", extra={"action": action, "maintenance": record.maintenance})
    _tell(record)
    return see_other(visit.url(anchor=record.maintenance))


def _announce(visit: Visit, filled: Filled) -> Maintenance:
    zone, values = _contract(visit).zone, filled.values
    starts, ends = (instant_of(datetime.fromisoformat(values[name]), zone) for name in ("from", "to"))
    plan = Plan(read_devices(values["devices"]), Interval(starts, ends), values["reason"])
    operator = Operator(visit.link.person, visit.now_up)
    return announce(visit.link.client, plan, operator, short_notice=values["notice"] == "short")[0]


def _cancel(visit: Visit, filled: Filled) -> Maintenance:
    operator = Operator(visit.link.person, visit.now_up)
    return cancel(visit.link.client, filled.values["maintenance"], operator)[0]


def _tell(record: Maintenance) -> None:
    """The record stands whatever fails here; what has not left is tried again every few minutes."""
    try:
        tell(record.client, record.maintenance)
    except (UnreachableError, PynamoDBException, BotoCoreError, ClientError):
        logger.exception("the client could not be told of maintenance at once")


def _page(
    visit: Visit, status: int = 200, filled: Filled | None = None, refused: list[str] | None = None
) -> Page:
    contract = _contract(visit)
    found = [announcement(record) for record in maintenance_of(visit.link.client)]
    ahead = [each for each in found if any(window.end > visit.now for window in each.windows)]
    devices = sorted(row.device for row in devices_of(visit.link.client) if row.state != RETIRED)
    return page(
        "maintenance.html.j2",
        status,
        client=one_line(contract.name, 60),
        timezone=contract.timezone,
        notice=show_length_in_hours(contract.maintenance_notice_seconds),
        devices=", ".join(devices),
        rows=[_row(each, visit) for each in ahead],
        task=_task(visit, filled),
        faulty=bool(filled and filled.errors),
        refused=refused or [],
        home_url=visit.home_url(),
        person=visit.link.person,
    )


def _row(told: Announcement, visit: Visit) -> dict[str, Any]:
    record = told.record
    can_cancel = record.cancelled_at is None and any(w.start > visit.now_up for w in told.windows)
    inputs = inputs_of(CANCEL, None, {"maintenance": record.maintenance})
    return {
        "name": record.maintenance,
        "devices": told.devices(),
        "when": told.when(),
        "reason": told.reason(),
        "announced": f"{record.announced_by}, {told.formats.zoned_time(record.announced_at)}",
        "cancelled": record.cancelled_at is not None,
        "standing": _standing(told),
        "told": record.open_shard is None,
        "task": Task(CANCEL, visit.url(CANCEL.action), inputs, open=True) if can_cancel else None,
    }


def _standing(told: Announcement) -> tuple[str, str]:
    if not told.counted:
        return "announced too late, does not count", "warn"
    if told.counted != told.windows:
        return "counts later than it begins", "warn"
    return "counts", "good"


def _task(visit: Visit, filled: Filled | None) -> Task:
    """The form that announces, with what was typed into it."""
    typed = filled if filled is not None and filled.form is ANNOUNCE else None
    return Task(ANNOUNCE, visit.url(ANNOUNCE.action), inputs_of(ANNOUNCE, typed), open=True)


def _contract(visit: Visit) -> Contract:
    versions = versions_of(visit.link.client)
    if not versions:
        raise NotFoundError
    return version_nearest(versions, visit.now).contract
