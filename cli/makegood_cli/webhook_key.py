"""`makegood webhook key`: the secret by which a webhook's receiver checks that a call is ours."""

from __future__ import annotations

import click

from makegood.keys import webhook_key
from makegood.rules.levels import WEBHOOK, read_address, way_of
from makegood.storage.changes import RefusedError
from makegood_cli.connection import connect
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json


@click.command(cls=Command)
@click.argument("url")
def key(url: str) -> None:
    """Print the secret that signs calls to URL, a level of a contract's `escalation`. Keep it secret."""
    connect()
    if not _is_webhook(url):
        raise RefusedError(
            f"{url} is no address that a contract can name: https:// and a host name, no port."
        )
    name, secret = webhook_key(url)
    if current_options().json:
        print_json({"url": url, "key": name, "secret": secret})
        return
    click.echo(secret)


def _is_webhook(url: str) -> bool:
    try:
        return way_of(read_address(url)) == WEBHOOK
    except ValueError:
        return False
