"""`makegood statement verify`: a genuine statement is called so, one with anything changed is not."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from support.deployment import Deployment
from support.sealed import DER, is_genuine, sealed

from makegood.issuing import issue
from makegood.rules.instants import parse_instant
from makegood.rules.proof import fingerprint, pem, seal
from makegood.signing import public_key
from makegood.storage.statements import keep_first
from makegood_cli.main import cli
from makegood_local.load_facts import store_facts

VECTORS = Path(__file__).parent.parent / "vectors"
Json = dict[str, Any]
Place = tuple[str | int, ...]


def signed(name: str = "02-*.json") -> Json:
    """A worked month as it would have been issued, signed by KEY."""
    (file,) = VECTORS.glob(name)
    month = json.loads(file.read_text())
    return sealed({**month["statement"], "facts": month["facts"]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "provider.pem").write_text(pem(DER))
    (tmp_path / "statement.json").write_text(json.dumps(signed()))
    return tmp_path


def verify(folder: Path, *more: str, text: str | None = None) -> Result:
    if text is not None:
        (folder / "statement.json").write_text(text)
    words = ["statement", "verify", str(folder / "statement.json"), "--key", str(folder / "provider.pem")]
    result = CliRunner().invoke(cli, [*more, *words])
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    return result


def leaves(value: object, place: Place = ()) -> Iterator[tuple[Place, object]]:
    """Every number and text of a document, with the way to it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*place, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, (*place, number))
    else:
        yield place, value


def changed(document: Json, place: Place, value: object) -> Json:
    found = copy.deepcopy(document)
    parent: Any = found
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value
    return found


def another(value: object) -> object:
    """A value one step from this one."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"
    return 0


def test_a_genuine_statement_is_called_so_without_aws_or_network(folder: Path) -> None:
    script = (
        "import sys; from makegood_cli.main import cli\n"
        "try: cli(['statement', 'verify', 'statement.json', '--key', 'provider.pem'])\n"
        "except SystemExit as end: print(end.code)\n"
        "print([name for name in ('boto3', 'botocore', 'pynamodb') if name in sys.modules])"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("Genuine: ")
    assert done.stdout.splitlines()[-2:] == ["0", "[]"]


@pytest.mark.parametrize("name", ["02-*.json", "random/2?.json"])
def test_every_number_and_every_text_counts(name: str) -> None:
    for file in sorted(VECTORS.glob(name))[:3]:
        document = signed(str(file.relative_to(VECTORS)))
        assert is_genuine(document)
        tried = [
            (place, value) for place, value in leaves(document) if place[0] != "proof" and value is not None
        ]
        assert len(tried) > 50
        for place, value in tried:
            assert not is_genuine(changed(document, place, another(value))), place


def test_every_byte_of_the_proof_counts_too() -> None:
    document = signed()
    for place, value in leaves(document["proof"], ("proof",)):
        assert not is_genuine(changed(document, place, another(value))), place


def test_a_line_more_or_less_counts() -> None:
    document = signed()
    assert not is_genuine({**document, "discount_cents": 1})
    assert not is_genuine({key: value for key, value in document.items() if key != "healthy"})


def test_a_file_written_anew_with_spaces_is_as_genuine(folder: Path) -> None:
    assert verify(folder, text=json.dumps(signed(), indent=2)).exit_code == 0


def test_the_first_line_that_differs_is_named(folder: Path) -> None:
    document = signed()
    cents = document["refunds"][0]["payable_cents"]
    text = json.dumps(changed(document, ("refunds", 0, "payable_cents"), cents - 1))
    result = verify(folder, text=text)
    assert result.exit_code == 1
    said = f"refunds[0].payable_cents: the statement says {cents - 1}, its facts come to {cents}"
    assert said in result.stderr
    assert "proof.sha256.statement: this part was changed" in result.stderr
    assert "proof.sha256.facts" not in result.stderr


def test_facts_and_lines_changed_together_are_caught_by_the_signature(folder: Path) -> None:
    """Consistent in itself, digests and all: only the signature tells."""
    document = signed()
    forged = changed(document, ("facts", "contract", "name"), "Acme Dental")
    forged = seal(forged, fingerprint(DER), document["proof"]["signature"])
    result = verify(folder, text=json.dumps(forged))
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{folder}/statement.json: proof.signature: it is not this key's signature")


def test_another_key_is_named_as_another(folder: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    (folder / "provider.pem").write_text(pem(der))
    result = verify(folder)
    assert result.exit_code == 1
    assert (
        f"proof.key: it names another key than yours, whose fingerprint is {fingerprint(der)}"
        in result.stderr
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("[]", "is no statement with its facts"),
        ('{"facts": {}}', "is no whole statement: client, period, as_of is missing"),
        ('{"client": "a", "period": "b", "as_of": "c", "facts": {}}', "facts.contract is missing"),
        (json.dumps({**signed(), "proof": None}), "carries no proof: it is a preview"),
        (json.dumps(signed())[:-1] + ', "period": "2026-04"}', "'period' is there twice"),
    ],
)
def test_what_is_no_statement_is_refused_in_words(folder: Path, text: str, said: str) -> None:
    result = verify(folder, text=text)
    assert result.exit_code == 2
    assert said in result.stderr


def test_what_is_no_key_is_refused_in_words(folder: Path) -> None:
    (folder / "provider.pem").write_text("hello")
    assert "is no public key in PEM" in verify(folder).stderr
    other = rsa.generate_private_key(65537, 2048).public_key()
    der = other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    (folder / "provider.pem").write_text(pem(der))
    assert (verify(folder).exit_code, "is of another kind" in verify(folder).stderr) == (2, True)


def test_for_programs_the_answer_is_json(folder: Path) -> None:
    assert json.loads(verify(folder, "--json").stdout) == {"genuine": True, "objections": []}


def test_what_is_issued_verifies_with_the_key_that_the_deployment_publishes(
    deployment: Deployment, tmp_path: Path
) -> None:
    (file,) = VECTORS.glob("02-*.json")
    facts = json.loads(file.read_text())["facts"]
    store_facts(facts)
    deployment.now = parse_instant(facts["as_of"])
    client, period = facts["contract"]["client"], facts["period"]
    issue(client, period, deployment.now)
    (tmp_path / "statement.json").write_bytes(keep_first(client, period, "statement.json", b""))
    (tmp_path / "provider.pem").write_text(pem(public_key()))
    result = verify(tmp_path)
    assert (result.exit_code, result.stderr) == (0, "")
