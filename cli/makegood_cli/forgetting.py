"""`makegood forget`: deletes what was kept of a client who has left, and says what stays and why."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any, Final

import click

from makegood import aws, clock
from makegood.rules.instants import format_instant
from makegood.settings import settings
from makegood.storage.changes import RefusedError, known_client
from makegood.storage.forgetting import KEPT, REVOKED, Inventory, forget, inventory, objections
from makegood_cli.connection import connect, operator
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say

WORDS: Final = {
    "incident": "incidents with their timelines, mails, pauses, excuses and disputes",
    "evidence": "evidence of practices",
    "observation": "observations of agents",
    "contact": "what is known of contacts",
    "offline": "agents' words of their time offline",
    "words": "what devices logged",
    "maintenance": "announced maintenance",
    "silence": "silences",
    "unheard": "silences that were held back",
    "event": "events told",
    "ends": "ends of jobs",
    "dirty": "marks of corrections that are made",
}


@click.command(cls=Command)
@click.argument("client")
@click.option("--delete", is_flag=True, help="Do it; without this it is only said what would be deleted.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget_client(client: str, *, delete: bool, yes: bool) -> None:
    """Delete what is kept of CLIENT, who has left, but for what money and law need; say what stays and why.

    Refused until the contract has ended, its last statement is issued, every device is retired and every
    incident closed. Export the client's data first (makegood export): what is deleted is gone, but for the
    backups of the tables, which forget it within 35 days.
    """
    connect()
    known_client(client)
    found = inventory(client)
    told = _as_json(client, found)
    problems = list(objections(client, clock.now()))
    is_json = current_options().json
    if problems and delete:
        raise RefusedError("\n".join(problems))
    if not is_json:
        _say(client, found, told)
    if delete:
        _confirm(client, found, asks=not yes)
        _delete(client, found)
    if is_json:
        print_json({**told, "objections": problems, "done": delete})
    elif delete:
        say(f"\nDone: {client} is forgotten.")
    elif problems:
        say("\n".join(["\nNothing was deleted, and it cannot be yet:", *(f"  {each}" for each in problems)]))
    else:
        say("\nNothing was deleted; --delete does it.")


def _confirm(client: str, found: Inventory, *, asks: bool) -> None:
    if not asks:
        return
    if current_options().json:
        raise click.UsageError("--json asks nothing: say --yes.")
    count = len(found.keys) + len(found.devices)
    said = click.prompt(f"Type {client} to delete {count:,} items for good", err=True)
    if said != client:
        raise RefusedError("Nothing was deleted.")


def _delete(client: str, found: Inventory) -> None:
    who = operator(clock.after_effect())
    if not sys.stderr.isatty():
        forget(client, who, found)
        return
    count = len(found.keys) + len(found.devices)
    with click.progressbar(length=count, label="deleting", file=sys.stderr) as shown:
        forget(client, who, found, shown.update)


def _say(client: str, found: Inventory, told: dict[str, Any]) -> None:
    say(f"Of {client} is deleted:")
    say(f"  {len(found.devices):>7,}  devices and feeds")
    for kind, count in sorted(found.deleted.items()):
        say(f"  {count:>7,}  {WORDS.get(kind, kind)}")
    say("What stays, and why:")
    for kind, count in sorted(found.kept.items()):
        say(f"  {count:>7,}  {kind} records: {KEPT.get(kind, REVOKED)}")
    files = told["files"]
    until = f", locked until {files['locked_until']}" if files["locked_until"] else ""
    say(
        f"  {files['count']:>7,}  files of issued statements{until}: what the client was sent, with its facts"
    )


def _as_json(client: str, found: Inventory) -> dict[str, Any]:
    return {
        "client": client,
        "deleted": {"devices": len(found.devices), **_sorted(found.deleted)},
        "kept": {
            kind: {"count": count, "because": KEPT.get(kind, REVOKED)}
            for kind, count in _sorted(found.kept).items()
        },
        "files": _files(client),
    }


def _files(client: str) -> dict[str, Any]:
    """The statements' files, and until when S3 lets nobody delete the last of them."""
    s3, bucket = aws.s3(), settings().statements_bucket
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{client}/")
    keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
    newest = max(keys, default=None)
    head = s3.head_object(Bucket=bucket, Key=newest) if newest else None
    until = head.get("ObjectLockRetainUntilDate") if head else None
    return {"count": len(keys), "locked_until": format_instant(int(until.timestamp())) if until else None}


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))
