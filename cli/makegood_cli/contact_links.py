"""`makegood contact link` and `revoke-links`: a contact's way to the client's page."""

from __future__ import annotations

import click

from makegood import clock
from makegood.mail.live_links import page_url
from makegood.rules.instants import format_instant
from makegood.storage.changes import RefusedError, change_client, known_client, one_after_another
from makegood.storage.contacts import revocation
from makegood.storage.contracts import version_nearest, versions_of
from makegood_cli.connection import connect, operator, time_at_aws
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say


@click.command(cls=Command)
@click.argument("client")
@click.argument("address")
def link(client: str, address: str) -> None:
    """Print a new link to CLIENT's page for ADDRESS, as its mails hold one; whoever has it reads the page."""
    connect()
    _refuse_stranger(client, address)
    url = page_url(client, address, time_at_aws())
    if current_options().json:
        print_json({"client": client, "contact": address, "link": url})
        return
    say(url)


@click.command(cls=Command)
@click.argument("client")
@click.argument("address")
def revoke_links(client: str, address: str) -> None:
    """Make every link that was mailed to ADDRESS until now useless; later mails hold new ones."""
    connect()
    _refuse_stranger(client, address)
    now = time_at_aws()
    who = operator(now)
    what = f"links of {address} revoked"
    one_after_another(
        lambda: change_client(who, known_client(client), what, revocation(client, address, now))
    )
    if current_options().json:
        print_json({"client": client, "contact": address, "revoked_at": format_instant(now)})
        return
    say(
        f"No link that was mailed to {address} until now opens anything. The next mail holds new ones; who "
        "is to get none is taken out of the contract's contacts."
    )


def _refuse_stranger(client: str, address: str) -> None:
    known_client(client)
    contacts = version_nearest(versions_of(client), clock.now()).contract.contacts
    if address not in (*contacts.outages, *contacts.statements):
        raise RefusedError(
            f"{address} is no contact of {client}; `makegood contact list {client}` names them."
        )
