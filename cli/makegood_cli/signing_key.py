"""`makegood statement key`: the public key by which anybody can check the statements of a deployment."""

from __future__ import annotations

import base64
import textwrap

import click

from makegood.rules.proof import fingerprint
from makegood.signing import public_key
from makegood_cli.connection import connect
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json


@click.command(cls=Command)
def key() -> None:
    """Print the public key (PEM) that checks this deployment's statements. Publish it, for `verify --key`."""
    connect()
    der = public_key()
    if current_options().json:
        print_json({"key": fingerprint(der), "pem": pem(der)})
        return
    click.echo(pem(der), nl=False)


def pem(der: bytes) -> str:
    """A public key in the form that other programs read."""
    lines = textwrap.fill(base64.b64encode(der).decode(), 64)
    return f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"
