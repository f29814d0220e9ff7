"""`makegood contact list`, `check` and `restore`: whether mails reach a client's contacts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from makegood import aws, clock
from makegood.rules.contracts import Contract
from makegood.rules.instants import Instant, format_instant
from makegood.storage.changes import RefusedError, change_client, known_client, one_after_another
from makegood.storage.contacts import clear_flags, find_contact, flag_of
from makegood.storage.contracts import version_nearest, versions_of
from makegood.storage.records import Contact
from makegood_cli.connection import connect, operator
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say, written
from makegood_cli.tables import print_table

COLUMNS = ("contact", "gets", "state", "since", "last confirmed at")

STATES = {
    "bounced": "mails come back",
    "complained": "called our mail unwanted",
}


@dataclass(frozen=True)
class Suppressed:
    """SES sends nothing to this address of the account any more."""

    reason: str
    since: Instant


@click.command("list", cls=Command)
@click.argument("client")
def list_contacts(client: str) -> None:
    """List a client's contacts, whether mails reach them, and when one last arrived.

    Each month's statement is a mail too, so a contact that is well is confirmed once a month.
    """
    connect()
    rows = [_row(client, *contact) for contact in _contacts(client)]
    if current_options().json:
        print_json(rows)
        return
    print_table(COLUMNS, [tuple(row.values()) for row in rows])


@click.command(cls=Command)
@click.argument("client")
def check(client: str) -> None:
    """Check a client's contacts against the list of addresses that SES sends nothing to any more."""
    connect()
    rows = [_checked(client, *contact) for contact in _contacts(client)]
    if current_options().json:
        print_json(rows)
        return
    print_table((*COLUMNS, "held back by SES"), [tuple(row.values()) for row in rows])
    held = [str(row["contact"]) for row in rows if row["suppressed"]]
    if held:
        say(
            f"SES sends nothing to {', '.join(held)}. Once the address works again: "
            f"`makegood contact restore {client} ADDRESS`."
        )


@click.command(cls=Command)
@click.argument("client")
@click.argument("address")
def restore(client: str, address: str) -> None:
    """Let SES send to ADDRESS again, once it works or its owner agrees; the next mail shows if it does."""
    connect()
    if address not in dict(_contacts(client)):
        raise RefusedError(
            f"{address} is no contact of {client}; `makegood contact list {client}` names them."
        )
    now = clock.now()
    who = operator(now)
    was_held = _take_off_the_list(address)
    one_after_another(lambda: change_client(who, known_client(client), f"contact {address} restored"))
    clear_flags(client, address, now)
    if current_options().json:
        print_json({"client": client, "contact": address, "was_suppressed": was_held})
        return
    held = "SES sends to it again" if was_held else "SES had not held it back"
    say(f"{address} is restored: {held}. The next mail shows whether it arrives.")


def _contacts(client: str) -> Iterator[tuple[str, str]]:
    """Each address of the contract once, and what it gets."""
    known_client(client)
    contacts = _contract(client).contacts
    for address in dict.fromkeys((*contacts.outages, *contacts.statements)):
        gets = [name for name in ("outages", "statements") if address in getattr(contacts, name)]
        yield address, " and ".join(gets)


def _contract(client: str) -> Contract:
    return version_nearest(versions_of(client), clock.now()).contract


def _row(client: str, address: str, gets: str) -> dict[str, Any]:
    known = find_contact(client, address)
    flag = None if known is None else flag_of(known)
    return {
        "contact": address,
        "gets": gets,
        "state": STATES[flag.why] if flag else _unflagged(known),
        "since": written(flag.since) if flag else None,
        "confirmed_at": written(known.confirmed_at) if known else None,
    }


def _unflagged(known: Contact | None) -> str:
    if known is None or (known.confirmed_at is None and known.restored_at is None):
        return "no mail arrived yet"
    if known.restored_at is not None and (known.confirmed_at or 0) < known.restored_at:
        return "restored, not confirmed yet"
    return "reached"


def _checked(client: str, address: str, gets: str) -> dict[str, Any]:
    held = _suppressed(address)
    reason = f"{held.reason.lower()}, since {format_instant(held.since)}" if held else None
    return {**_row(client, address, gets), "suppressed": reason}


def _suppressed(address: str) -> Suppressed | None:
    ses = aws.ses()
    try:
        found = ses.get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]
    except ses.exceptions.NotFoundException:
        return None
    return Suppressed(found["Reason"], int(found["LastUpdateTime"].timestamp()))


def _take_off_the_list(address: str) -> bool:
    """False when it was not on it."""
    ses = aws.ses()
    try:
        ses.delete_suppressed_destination(EmailAddress=address)
    except ses.exceptions.NotFoundException:
        return False
    return True
