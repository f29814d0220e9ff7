"""`makegood statement key`: the public key by which anybody can check the statements of a deployment."""

from __future__ import annotations

import click

from makegood.rules.proof import fingerprint, pem
from makegood.signing import public_key
from makegood_cli.connection import connect
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json


@click.command(cls=Command)
def key() -> None:
    """Print the public key (PEM) that checks the statements this deployment signs now, for `verify --key`.

    Publish it, or its fingerprint (--json), where clients trust that it is yours: docs/verify.md.
    """
    connect()
    der = public_key()
    if current_options().json:
        print_json({"key": fingerprint(der), "pem": pem(der)})
        return
    click.echo(pem(der), nl=False)
