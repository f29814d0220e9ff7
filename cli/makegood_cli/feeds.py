"""Practice feeds on the command line: enrolled, listed and shown beside the devices that they speak for."""

from __future__ import annotations

from typing import Any

import click

from makegood import clock
from makegood.rules.feeds import read
from makegood.settings import settings
from makegood.storage import feed_enrolment
from makegood.storage.devices import Device
from makegood.storage.feed_enrolment import FeedEnrolment
from makegood_cli.connection import connect, operator
from makegood_cli.options import current_options
from makegood_cli.output import duration, print_json, say, written

COLUMNS = ("feed", "name", "proves", "for", "state", "grace", "last ping", "due at", "token")


def refuse_mixture(of_a_feed: dict[str, object], of_a_device: dict[str, object]) -> None:
    """A feed takes `--feed` and `--for`, a device takes the others; UsageError for anything between."""
    given = [option for option, value in of_a_device.items() if value]
    missing = [option for option, value in of_a_feed.items() if not value]
    if not missing and given:
        raise click.UsageError(f"A feed takes no {', '.join(given)}: it speaks for the device after --for.")
    if missing and len(missing) < len(of_a_feed):
        raise click.UsageError(f"A feed needs {', '.join(missing)} too.")
    if missing and not of_a_device["--kind"]:
        raise click.UsageError("A device needs --kind; a feed needs --feed and --for.")


def enroll_feed(wanted: FeedEnrolment) -> None:
    """Enrolls it and prints its token, as `makegood device enroll` does for a device."""
    connect()
    client, feed = wanted.client, wanted.feed
    token = feed_enrolment.enroll_feed(wanted, operator(clock.now()))
    if current_options().json:
        print_json(token_as_json(client, feed, token))
        return
    say(f"{feed} of {client} is enrolled: its pings prove the {wanted.practice} of {wanted.device}.")
    say(f"A job that started has to end within {duration(wanted.grace_seconds)}. Its token, shown once:")
    say_ping_token(token)


def say_ping_token(token: str) -> None:
    url = _ping_url(token)
    say(f"\n  {token}\n\nLet the job ping, behind it /start at its beginning and /fail or its exit status:\n")
    say(f"  curl -fsS -m 10 --retry 5 {url}")


def token_as_json(client: str, device: str, token: str) -> dict[str, str]:
    """What programs are told of a new token, of a device too."""
    return {
        "client": client,
        "device": device,
        "token": token,
        "url": settings().base_url,
        "ping_url": _ping_url(token),
    }


def feed_as_json(row: Device) -> dict[str, Any]:
    return {
        "feed": row.device,
        "name": row.name,
        "practice": row.feed_practice,
        "for": row.feed_device,
        "state": row.state,
        "grace_seconds": row.grace_seconds,
        "last_ping_at": written(row.last_seen),
        "started_at": [written(run.last) for run in read(row.feed_runs).values()],
        "due_at": written(row.due_at),
        "retired_at": written(row.retired_at),
        "old_token_expires_at": written(row.token_expires_at),
    }


def feed_as_cells(row: Device) -> tuple[object, ...]:
    return (
        row.device,
        row.name,
        row.feed_practice,
        row.feed_device,
        row.state,
        duration(row.grace_seconds),
        written(row.last_seen),
        written(row.due_at),
        None if row.token_expires_at is None else f"old one until {written(row.token_expires_at)}",
    )


def _ping_url(token: str) -> str:
    return f"{settings().base_url}/ping/{token}"
