"""`makegood statement verify`: whether a statement is what its facts come to and what the provider signed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

import click
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from makegood.rules.facts import FactsError
from makegood.rules.proof import (
    ALGORITHM,
    changed_parts,
    fingerprint,
    first_difference,
    signed_bytes,
    unsigned_fields,
)
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say, warn
from makegood_cli.reading import STDIN, UnreadableError, read_text
from makegood_cli.statement_file import parse_statement

NOT_GENUINE = 1
REFUSED = 2

Json = dict[str, Any]


@click.command(cls=Command)
@click.argument("file", metavar="STATEMENT.json")
@click.option(
    "--key", "key_file", metavar="KEY.pem", required=True, help="The provider's published public key."
)
@click.pass_context
def verify(context: click.Context, file: str, key_file: str) -> None:
    """Check a statement: is every line what its facts come to, and did the provider sign all of it?

    Needs no AWS, no account and no network: only the statement's JSON file (`-` reads the standard input)
    and the provider's public key. Exit status: 0 genuine, 1 not, 2 a file that is no statement or no key.
    """
    name = "standard input" if file == STDIN else file
    try:
        document = parse_signed(read_text(file))
        key = _read_key(key_file)
        found = list(objections(document, key))
    except UnreadableError as error:
        warn(f"{name}: {error}")
        context.exit(REFUSED)
    except FactsError as error:
        for problem in error.problems:
            warn(f"{name}: facts: {problem}")
        context.exit(NOT_GENUINE)
    if current_options().json:
        print_json({"genuine": not found, "objections": found})
    elif found:
        for objection in found:
            warn(f"{name}: {objection}")
    else:
        say(
            f"Genuine: {document['client']}, {document['period']}, as of {document['as_of']}.\n"
            "Every line is what its facts come to, and facts, terms and lines are those that were signed."
        )
    context.exit(NOT_GENUINE if found else 0)


def objections(document: Json, key: ec.EllipticCurvePublicKey) -> Iterator[str]:
    """Everything that speaks against a statement, the line that differs first."""
    difference = first_difference(document)
    if difference is not None:
        yield difference
    proof = document["proof"]
    for part in changed_parts(document):
        yield f"proof.sha256.{part}: this part was changed after it was signed"
    for field in unsigned_fields(document):
        yield f"proof.{field}: no proof has this; take the file as it came with the mail"
    own = fingerprint(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    if proof.get("algorithm") != ALGORITHM:
        yield f"proof.algorithm: must be {ALGORITHM}, got {proof.get('algorithm')!r}"
    if proof.get("key") != own:
        yield f"proof.key: it names another key than yours, whose fingerprint is {own}"
    if not _is_signed(document, key):
        yield "proof.signature: it is not this key's signature of these facts, terms and lines"


def _is_signed(document: Json, key: ec.EllipticCurvePublicKey) -> bool:
    try:
        text: str = document["proof"]["signature"]
        signature = base64.b64decode(text, validate=True)
        key.verify(signature, signed_bytes(document), ec.ECDSA(SHA256()))
    except (KeyError, TypeError, ValueError, binascii.Error, InvalidSignature):
        return False
    # Of the last character base64 reads some bits only: what another could stand for is not what was signed.
    return base64.b64encode(signature).decode() == text


def parse_signed(text: str) -> Json:
    """A statement that carries a proof, whatever that is worth. Raises UnreadableError for what is none."""
    document = parse_statement(text)
    proof = document.get("proof")
    if not isinstance(proof, dict) or not isinstance(proof.get("sha256"), dict):
        raise UnreadableError(
            "carries no proof: it is a preview, or was issued before statements were signed"
        )
    return document


def _read_key(file: str) -> ec.EllipticCurvePublicKey:
    try:
        found = load_pem_public_key(read_text(file).encode())
    except UnreadableError as error:
        raise UnreadableError(f"the key {file} {error}") from error
    except ValueError as error:
        raise UnreadableError(
            f"the key {file} is no public key in PEM: ask the provider for theirs"
        ) from error
    if not isinstance(found, ec.EllipticCurvePublicKey):
        raise UnreadableError(f"the key {file} is of another kind: statements are signed with ECDSA")
    return found
