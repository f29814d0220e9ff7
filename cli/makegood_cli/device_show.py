"""`makegood device show`: one device, and what its agent says of the time when nothing came in."""

from __future__ import annotations

from typing import Any

import click

from makegood.storage.changes import known_client
from makegood.storage.enrolment import known_device
from makegood.storage.records import Offline
from makegood_cli.connection import connect
from makegood_cli.devices import as_json
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say, written
from makegood_cli.tables import print_fields, print_table

SPANS_SHOWN = 50


@click.command(cls=Command)
@click.argument("client")
@click.argument("device")
def show(client: str, device: str) -> None:
    """Show a device, and when its agent says it lived while offline.

    An agent's word, by its own clock: it changes no verdict. The newest 50 times are shown.
    """
    connect()
    known_client(client)
    shown: dict[str, Any] = {**as_json(known_device(client, device)), "offline": _offline(client, device)}
    if current_options().json:
        print_json(shown)
        return
    spans = shown.pop("offline")
    print_fields({name.replace("_", " "): value for name, value in shown.items()})
    if spans:
        say("\nOffline, by its agent's own clock")
        print_table([name.replace("_", " ") for name in spans[0]], [tuple(span.values()) for span in spans])


def _offline(client: str, device: str) -> list[dict[str, Any]]:
    """The newest first."""
    found = Offline.query(
        client,
        Offline.sk.startswith(f"offline#{device}#"),
        consistent_read=True,
        scan_index_forward=False,
        limit=SPANS_SHOWN,
    )
    return [
        {
            "from": written(span.start),
            "to": written(span.end),
            "beats": span.beats,
            "received_at": written(span.received_at),
        }
        for span in found
    ]
