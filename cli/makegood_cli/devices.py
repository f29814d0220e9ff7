"""`makegood device`: who may send heartbeats, and with which token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from makegood import clock
from makegood.rules.evidence import PRACTICES
from makegood.rules.feeds import FED
from makegood.rules.instants import Instant
from makegood.settings import settings
from makegood.storage import enrolment
from makegood.storage.changes import known_client
from makegood.storage.devices import RETIRED, Device, rows_of
from makegood.storage.feed_enrolment import FeedEnrolment
from makegood.timers import start_timer
from makegood_cli.connection import connect, operator
from makegood_cli.durations import Duration
from makegood_cli.enrolling import enroll_list
from makegood_cli.feeds import (
    COLUMNS,
    enroll_feed,
    feed_as_cells,
    feed_as_json,
    refuse_mixture,
    say_ping_token,
    token_as_json,
)
from makegood_cli.options import Command, current_options
from makegood_cli.output import duration, print_json, say, warn, written
from makegood_cli.tables import print_table
from makegood_cli.token_file import opened, token_option


@click.command(cls=Command)
@click.argument("client", required=False)
@click.argument("device", required=False)
@click.option("--kind", help="What it is, such as router or server.")
@click.option(
    "--grace",
    type=Duration(),
    help="How long it may be silent, such as 180s; how long a job of a feed may run, such as 4h.",
)
@click.option("--via", metavar="AGENT", help="The device whose agent may vouch for this one.")
@click.option(
    "--practice",
    "practices",
    multiple=True,
    metavar="PRACTICE",
    help=f"A practice it brings evidence of, as often as needed: {', '.join(PRACTICES)}.",
)
@click.option("--name", help="What people call it [DEVICE].")
@click.option("--feed", metavar="PRACTICE", help=f"Enroll a practice feed instead: {', '.join(FED)}.")
@click.option("--for", "proven", metavar="DEVICE", help="The device whose practice the feed proves.")
@click.option("--from", "file", metavar="FILE.csv", help="Enroll the devices of this list.")
@click.option(
    "--tokens",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the tokens of a list go [FILE.tokens.csv].",
)
@token_option
def enroll(
    *,
    client: str | None,
    device: str | None,
    kind: str | None,
    grace: int | None,
    via: str | None,
    practices: tuple[str, ...],
    name: str | None,
    feed: str | None,
    proven: str | None,
    file: str | None,
    tokens: Path | None,
    token_file: Path | None,
) -> None:
    """Enroll a device and print its token, this once.

    Its first heartbeat begins its monitoring. With --feed and --for the name is that of a practice feed: the
    pings of a job prove a practice of a device, such as its daily backup.

    With --from the devices of a CSV file are enrolled, all or none: columns client (unless CLIENT is given),
    device, kind, grace, and if need be via, practices (with spaces between them), name. Tokens go to a file.
    """
    of_one: dict[str, object] = {
        "DEVICE": device,
        "--kind": kind,
        "--grace": grace,
        "--via": via,
        "--practice": practices,
    }
    of_one |= {"--name": name, "--feed": feed, "--for": proven, "--token-file": token_file}
    if file is not None:
        if given := [option for option, value in of_one.items() if value]:
            raise click.UsageError(f"A list takes no {', '.join(given)}: each row has its own.")
        enroll_list(file, client, tokens)
        return
    if client is None or device is None or grace is None:
        needed = {"CLIENT": client, "DEVICE": device, "--grace": grace}
        missing = [each for each, value in needed.items() if value is None]
        raise click.UsageError(f"Missing {', '.join(missing)}; or enroll a list with --from.")
    of_device: dict[str, object] = {
        "--kind": kind,
        "--via": via,
        "--practice": practices,
        "--token-file": token_file,
    }
    refuse_mixture({"--feed": feed, "--for": proven}, of_device)
    if feed and proven:
        enroll_feed(FeedEnrolment(client, device, feed, proven, name or device, grace))
        return
    connect()
    wanted = enrolment.Enrolment(client, device, kind or "", name or device, grace, via, practices)
    with opened(token_file) as out:
        token = enrolment.enroll(wanted, operator(clock.now()), settings().detection_seconds)
        if out:
            out.write(f"{token}\n")
    if current_options().json and token_file is not None:
        told = {"client": client, "device": device, "url": settings().base_url}
        print_json({**told, "token_file": str(token_file)})
        return
    if current_options().json:
        print_json(token_as_json(client, device, token))
        return
    say(f"{device} of {client} is enrolled and may be silent for {duration(grace)}.")
    if via is not None:
        say(f"Let {via} vouch for it, by one more option of its agent:\n\n  --see {device}=ping:ADDRESS\n")
    if token_file is not None:
        say(f"Its token is in {token_file}, this once. On the device, with that file:\n")
        say(f"  python3 makegood_agent.pyz --url {settings().base_url} --token-file {token_file.name}")
        return
    say("Its token, shown once:" if via is None else "Or give it an agent of its own. Its token, shown once:")
    _say_token(token)


@click.command("list", cls=Command)
@click.argument("client")
def list_devices(client: str) -> None:
    """List the devices and the practice feeds of a client, retired ones too."""
    connect()
    known_client(client)
    now = clock.now()
    rows = rows_of(client)
    devices, feeds = [row for row in rows if not row.is_feed], [row for row in rows if row.is_feed]
    if current_options().json:
        print_json([as_json(row) for row in (*devices, *feeds)])
        return
    columns = ("device", "name", "kind", "state", "grace", "via", "practices", "last seen", "since", "token")
    print_table(columns, [_as_cells(row, now) for row in devices])
    if feeds:
        print_table(COLUMNS, [feed_as_cells(row) for row in feeds])


@click.command(cls=Command)
@click.argument("client")
@click.argument("device")
@click.option("--revoke", is_flag=True, help="End the old token at once.")
def rotate(client: str, device: str, revoke: bool) -> None:
    """Give a device a new token and print it, this once.

    The old token stays valid until the new one's first use, at most for a day.
    """
    connect()
    token = enrolment.rotate(client, device, operator(clock.now()), revoke=revoke)
    if current_options().json:
        print_json(token_as_json(client, device, token))
        return
    old = "is revoked" if revoke else "is good until this one is used, for a day at most"
    say(f"The new token of {device}, shown only now (the old one {old}):")
    if enrolment.known_device(client, device).is_feed:
        say_ping_token(token)
    else:
        _say_token(token)


@click.command(cls=Command)
@click.argument("client")
@click.argument("device")
def retire(client: str, device: str) -> None:
    """Retire a device or a feed for ever; an incident it has ends. Its name stays taken."""
    connect()
    incidents = enrolment.retire(client, device, operator(clock.after_effect()))
    for incident in incidents:
        start_timer(incident)
    others = [row for row in rows_of(client) if row.state != RETIRED]
    left = [row.device for row in others if row.via == device]
    feeds = [row.device for row in others if row.feed_device == device]
    if current_options().json:
        ended = [incident.incident for incident in incidents]
        told = {"ended_incidents": ended, "vouched_for": left, "feeds": feeds}
        print_json({"client": client, "device": device, **told})
        return
    say(f"{device} of {client} is retired.")
    for incident in incidents:
        say(f"Its incident {incident.incident} ends; the closing mails follow.")
    if left:
        warn(
            f"Nobody vouches any more for {', '.join(left)}: retire them, or give them an agent of their own."
        )
    if feeds:
        warn(f"What {', '.join(feeds)} proves counts for nothing any more: retire it.")


def _say_token(token: str) -> None:
    say(f"\n  {token}\n\nOn the device:\n")
    say(f"  MAKEGOOD_TOKEN={token} \\\n    python3 makegood_agent.pyz --url {settings().base_url}")


def as_json(row: Device) -> dict[str, Any]:
    """A device, or a feed in a form of its own."""
    if row.is_feed:
        return feed_as_json(row)
    return {
        "device": row.device,
        "name": row.name,
        "kind": row.kind,
        "state": row.state,
        "grace_seconds": row.grace_seconds,
        "via": row.via,
        "practices": sorted(row.practices or ()),
        "enrolled_at": written(row.enrolled_at),
        "last_seen": written(row.last_seen),
        "due_at": written(row.due_at),
        "retired_at": written(row.retired_at),
        "incident": row.incident,
        "old_token_expires_at": written(row.token_expires_at),
    }


def _as_cells(row: Device, now: Instant) -> tuple[object, ...]:
    overdue = row.state == "up" and row.due_at is not None and row.due_at < now
    return (
        row.device,
        row.name,
        row.kind,
        "up, overdue" if overdue else row.state,
        duration(row.grace_seconds),
        row.via,
        sorted(row.practices or ()),
        written(row.last_seen),
        written(row.retired_at or row.enrolled_at),
        None if row.token_expires_at is None else f"old one until {written(row.token_expires_at)}",
    )
