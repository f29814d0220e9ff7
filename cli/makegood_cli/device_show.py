"""`makegood device show`: one device or feed, what it logged, and its agent's word of the time offline."""

from __future__ import annotations

from textwrap import indent
from typing import Any

import click

from makegood.storage.changes import known_client
from makegood.storage.enrolment import known_device
from makegood.storage.records import Offline
from makegood.storage.words import newest_words
from makegood_cli.connection import connect
from makegood_cli.devices import as_json
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say, written
from makegood_cli.tables import print_fields, print_table

SPANS_SHOWN = 50
DAYS_SHOWN = 7


@click.command(cls=Command)
@click.argument("client")
@click.argument("device")
def show(client: str, device: str) -> None:
    """Show a device or a practice feed, what it logged, and when its agent says it lived while offline.

    That is an agent's word, by its own clock: it changes no verdict. The newest 50 times are shown. Of what
    pings logged (/ping/TOKEN/log) the newest of a day is kept; the last seven of them are shown.
    """
    connect()
    known_client(client)
    row = as_json(known_device(client, device))
    shown: dict[str, Any] = {**row, "logged": _logged(client, device), "offline": _offline(client, device)}
    if current_options().json:
        print_json(shown)
        return
    spans, logged = shown.pop("offline"), shown.pop("logged")
    print_fields({name.replace("_", " "): value for name, value in shown.items()})
    for each in logged:
        say(f"\nLogged at {each['at']}\n\n{indent(each['said'], '  ')}")
    if spans:
        say("\nOffline, by its agent's own clock")
        print_table([name.replace("_", " ") for name in spans[0]], [tuple(span.values()) for span in spans])


def _logged(client: str, device: str) -> list[dict[str, Any]]:
    """The newest first."""
    return [
        {"at": written(words.at), "said": words.said} for words in newest_words(client, device, DAYS_SHOWN)
    ]


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
