"""`makegood dispute`: what clients disagree with, and the operator's decision in writing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from makegood import clock
from makegood.storage.changes import known_client
from makegood.storage.contracts import all_clients
from makegood.storage.disputes import decide_dispute
from makegood.storage.records import Dispute, Record
from makegood.timers import wake
from makegood_cli.allowances import acting, because_option, by_option
from makegood_cli.connection import connect
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say, written
from makegood_cli.tables import print_table


@click.command("list", cls=Command)
@click.argument("client", required=False)
@click.option("--all", "everything", is_flag=True, help="Decided ones too.")
def list_disputes(client: str | None, everything: bool) -> None:
    """List the disputes that wait for a decision, of one client or of all, the oldest first."""
    connect()
    if client is not None:
        known_client(client)
    clients = [entry.client for entry in all_clients()] if client is None else [client]
    found = sorted((d for name in clients for d in _disputes_of(name)), key=lambda dispute: dispute.at)
    rows = [_row(dispute) for dispute in found if everything or dispute.decided_at is None]
    if current_options().json:
        print_json(rows)
        return
    columns = ("client", "incident", "dispute", "about", "by", "at", "text", "decided")
    print_table(columns, [tuple(row.values()) for row in rows])


@click.command(cls=Command)
@click.argument("client")
@click.argument("incident")
@click.argument("dispute", type=int)
@click.option("--uphold/--reject", "upheld", required=True, help="Whether the client is right.")
@because_option
@by_option
def decide(client: str, incident: str, dispute: int, *, upheld: bool, because: str, by: str | None) -> None:
    """Decide a dispute in writing; the client is mailed the decision.

    Upholding it takes the excuse or the pause back that it is about.
    """
    connect()
    who = acting(by, clock.after_effect())
    recorded = decide_dispute(client, incident, dispute, who, upheld=upheld, because=because)
    wake(client, incident)
    if current_options().json:
        print_json({"client": client, "incident": incident, "dispute": dispute, "recorded": recorded})
        return
    done = "upheld" if upheld else "rejected"
    say(f"Dispute {dispute} of {incident} is {done}{'' if recorded else ' already'}.")


def _disputes_of(client: str) -> Iterator[Dispute]:
    for record in Record.query(client, Record.sk.startswith("incident#"), consistent_read=True):
        if isinstance(record, Dispute):
            yield record


def _row(dispute: Dispute) -> dict[str, Any]:
    decided = {None: None, True: "upheld", False: "rejected"}[dispute.upheld]
    return {
        "client": dispute.pk,
        "incident": dispute.incident,
        "dispute": dispute.number,
        "about": dispute.about,
        "by": dispute.by,
        "at": written(dispute.at),
        "text": dispute.text,
        "decided": decided,
    }
