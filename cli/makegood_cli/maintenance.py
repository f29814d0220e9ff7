"""`makegood maintenance`: work that is announced before it begins, so that its silence is no outage."""

from __future__ import annotations

from typing import Any

import click

from makegood import clock
from makegood.announcing import announcement, tell
from makegood.mail.maintenance_words import Announcement
from makegood.mail.outbox import UnreachableError
from makegood.rules.announcing import Plan, read_devices
from makegood.rules.instants import Instant
from makegood.storage import maintenance as storage
from makegood.storage.changes import known_client
from makegood.storage.contracts import version_nearest, versions_of
from makegood.storage.records import Maintenance
from makegood_cli.connection import connect, operator
from makegood_cli.maintenance_times import read_weekly, read_window
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say, written
from makegood_cli.tables import print_table


@click.command(cls=Command)
@click.argument("client")
@click.option("--devices", required=True, metavar="DEVICES", help="Which, such as modem,srv; * is all.")
@click.option(
    "--from", "starts", required=True, help="Its beginning, '2026-03-14 02:00' by the client's clock."
)
@click.option("--to", "ends", required=True, help="Until when. With --weekly both are times of the day.")
@click.option("--reason", required=True, help="Why, in words the client understands.")
@click.option("--weekly", metavar="DAYS", help="Every week on these days, such as sat,sun or mon-fri.")
@click.option("--first", help="With --weekly: the first date, 2026-03-14.")
@click.option("--last", help="With --weekly: the last date.")
@click.option("--short-notice", is_flag=True, help="Announce it although it comes too late to count.")
def announce(
    *,
    client: str,
    devices: str,
    starts: str,
    ends: str,
    reason: str,
    weekly: str | None,
    first: str | None,
    last: str | None,
    short_notice: bool,
) -> None:
    """Announce maintenance; the client is mailed at once.

    It counts when it is announced as long before as the contract asks for: a device that falls silent then
    opens no incident. What comes too late is refused, and with --short-notice only told.
    """
    _refuse_mixture(weekly, first, last)
    connect()
    known_client(client)
    zone = version_nearest(versions_of(client), clock.now()).contract.zone
    when = (
        read_weekly(weekly, (starts, ends), (first, last), zone)
        if weekly and first and last
        else read_window(starts, ends, zone)
    )
    plan = Plan(read_devices(devices), when, reason)
    record, is_new = storage.announce(client, plan, operator(clock.after_effect()), short_notice=short_notice)
    told = _tell(record)
    found = announcement(record)
    if current_options().json:
        print_json({**_as_json(found), "recorded": is_new, "told": told})
        return
    say(f"Maintenance {record.maintenance} is announced{'' if is_new else ' already'}: {found.when()}.")
    say(_standing(found))
    say(_said(told))


@click.command(cls=Command)
@click.argument("client")
@click.argument("maintenance")
def cancel(client: str, maintenance: str) -> None:
    """Cancel what has not begun; the client is mailed at once."""
    connect()
    record, is_new = storage.cancel(client, maintenance, operator(clock.after_effect()))
    told = _tell(record)
    if current_options().json:
        print_json({**_as_json(announcement(record)), "recorded": is_new, "told": told})
        return
    say(f"Maintenance {maintenance} is cancelled{'' if is_new else ' already'}.")
    say(_said(told))


@click.command("list", cls=Command)
@click.argument("client")
@click.option("--all", "everything", is_flag=True, help="What is over or cancelled too.")
def list_maintenance(client: str, everything: bool) -> None:
    """List announced maintenance, the earliest first."""
    connect()
    known_client(client)
    now = clock.now()
    found = [announcement(record) for record in storage.maintenance_of(client)]
    rows = [_as_json(each) for each in found if everything or _is_ahead(each, now)]
    if current_options().json:
        print_json(rows)
        return
    shown = ("maintenance", "devices", "when", "counts", "reason", "announced_at", "announced_by")
    print_table(
        [name.replace("_", " ") for name in shown], [tuple(row[name] for name in shown) for row in rows]
    )


def _refuse_mixture(weekly: str | None, first: str | None, last: str | None) -> None:
    if weekly and not (first and last):
        raise click.UsageError("--weekly needs --first and --last")
    if not weekly and (first or last):
        raise click.UsageError("--first and --last go with --weekly")


def _tell(record: Maintenance) -> bool:
    """Mails at once; what fails is tried again by the deployment."""
    try:
        return tell(record.client, record.maintenance)
    except UnreachableError:
        return False


def _said(told: bool) -> str:
    if told:
        return "The client has been mailed."
    return "The mail has not left for everybody yet; it is tried again every five minutes."


def _standing(found: Announcement) -> str:
    if found.counted == found.windows:
        return "It counts: a device that falls silent meanwhile opens no incident."
    notice = f"the contract asks for {found.notice()} of notice"
    if not found.counted:
        return f"It does not count: {notice}. A silent device has an outage, as at any other time."
    return f"It counts from {written(found.counted[0].start)} on: {notice}."


def _is_ahead(found: Announcement, now: Instant) -> bool:
    return any(window.end > now for window in found.windows)


def _as_json(found: Announcement) -> dict[str, Any]:
    record = found.record
    return {
        "client": record.client,
        "maintenance": record.maintenance,
        "devices": record.devices,
        "from": written(record.start),
        "to": written(record.end),
        "weekly": record.weekly,
        "when": found.when(),
        "counts": _counts(found),
        "reason": record.reason,
        "announced_at": written(record.announced_at),
        "announced_by": record.announced_by,
        "cancelled_at": written(record.cancelled_at),
        "cancelled_by": record.cancelled_by,
    }


def _counts(found: Announcement) -> str:
    if found.record.cancelled_at is not None and not found.windows:
        return "cancelled"
    if not found.counted:
        return "no, announced too late"
    return "yes" if found.counted == found.windows else f"from {written(found.counted[0].start)} on"
