"""The demo's statement as it is issued: whatever of it is changed, `makegood statement verify` says where."""

from __future__ import annotations

import base64
import copy
import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import ec
from support.deployment import a_deployment
from support.sealed import DER, KEY, first_objection, is_genuine, is_genuine_text, sealed

from makegood.issuing import issue
from makegood.rules import proof
from makegood.rules.instants import parse_instant
from makegood.rules.proof import canonical, fingerprint, pem
from makegood.signing import public_key
from makegood.storage.statements import STATEMENT, stored_file
from makegood_cli.main import cli
from makegood_local.demo_month import demo_month
from makegood_local.load_facts import store_facts

# Chicago, 3 April 2026, 9 o'clock.
MOMENT = parse_instant("2026-04-03T14:00:00Z")

Json = dict[str, Any]
Place = tuple[str | int, ...]


@cache
def issued() -> tuple[bytes, bytes]:
    """The file that the reporter stored and mailed, and the key that was published with it."""
    with a_deployment() as deployment:
        deployment.now = MOMENT
        store_facts(demo_month(MOMENT))
        issue("harbor-law", "2026-03", MOMENT)
        stored = stored_file("harbor-law", "2026-03", STATEMENT)
        assert stored is not None
        return stored, public_key()


@cache
def demo() -> Json:
    """The same with a signature that is the same each time."""
    document = json.loads(issued()[0])
    return sealed({name: document[name] for name in document if name != "proof"})


def verify(folder: Path, text: bytes, der: bytes = DER, *more: str) -> Result:
    (folder / "statement.json").write_bytes(text)
    (folder / "provider.pem").write_text(pem(der))
    words = ["statement", "verify", str(folder / "statement.json"), "--key", str(folder / "provider.pem")]
    result = CliRunner().invoke(cli, [*more, *words])
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    return result


def containers(value: object, place: Place = ()) -> Iterator[tuple[Place, dict[str, Any] | list[Any]]]:
    """Every object and every list of a document, with the way to it."""
    if isinstance(value, dict | list):
        yield place, value
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for step, item in items:
            yield from containers(item, (*place, step))


def at(document: Json, place: Place) -> Any:
    found: Any = document
    for step in place:
        found = found[step]
    return found


def written(place: Place) -> str:
    """A place as the command writes it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)[1:]


def changes(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, str | int]]:
    """What can be done to each place of an object or a list."""
    for step in list(value) if isinstance(value, dict) else range(len(value)):
        yield "left out", step
        yield ("renamed" if isinstance(value, dict) else "twice"), step
    for step in range(len(value) - 1):
        if isinstance(value, dict) or value[step] != value[step + 1]:
            yield "swapped with the next", step


def apply(document: Json, place: Place, change: str, step: Any) -> Json:
    found = copy.deepcopy(document)
    value: Any = at(found, place)
    if change == "left out":
        del value[step]
    elif change == "twice":
        value.insert(step, copy.deepcopy(value[step]))
    elif isinstance(value, list):
        value[step], value[step + 1] = value[step + 1], value[step]
    else:
        pairs = list(value.items())
        value.clear()
        if change == "renamed":
            value.update((f"{key}_" if key == step else key, item) for key, item in pairs)
        else:
            pairs[step], pairs[step + 1] = pairs[step + 1], pairs[step]
            value.update(pairs)
    return found


@pytest.fixture
def lines_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst case, and quick: whatever the facts are, they come to the lines as issued."""
    lines = {name: demo()[name] for name in demo() if name not in ("facts", "proof")}
    monkeypatch.setattr(proof, "compute", lambda _: lines)


def test_the_demos_statement_is_genuine_as_it_was_issued(tmp_path: Path) -> None:
    stored, key = issued()
    result = verify(tmp_path, stored, key)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Genuine: harbor-law, 2026-03, as of 2026-04-03T14:00:00Z.")
    assert verify(tmp_path, canonical(demo())).exit_code == 0


def test_every_number_and_every_text_of_it_counts() -> None:
    """By one step, with the accounting's own answer to it; a line that differs is the first that is named."""
    tried = 0
    for place, value in containers(demo()):
        for step in list(value) if isinstance(value, dict) else range(len(value)):
            here, before = (*place, step), at(demo(), (*place, step))
            if isinstance(before, dict | list):
                continue
            spoiled = copy.deepcopy(demo())
            at(spoiled, place)[step] = one_step_from(before)
            said = first_objection(spoiled)
            assert said, written(here)
            if here[0] not in ("facts", "proof"):
                assert said.startswith(f"{written(here)}: the statement says "), said
            tried += 1
    assert tried > 1_000


def one_step_from(value: object) -> object:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"
    return 0


@pytest.mark.parametrize("spoil", [float, lambda number: -number or 1, lambda _: None, str])
def test_a_number_written_as_something_else_is_another(spoil: Any) -> None:
    for place, value in containers(demo()):
        for step in list(value) if isinstance(value, dict) else range(len(value)):
            if type(at(demo(), (*place, step))) is int:
                spoiled = copy.deepcopy(demo())
                at(spoiled, place)[step] = spoil(at(demo(), (*place, step)))
                assert not is_genuine(spoiled), written((*place, step))


@pytest.mark.usefixtures("lines_agree")
def test_every_key_and_every_row_counts_left_out_renamed_twice_or_in_another_order() -> None:
    tried = 0
    for place, value in containers(demo()):
        if place[:1] == ("proof",):
            continue
        for change, step in changes(value):
            parts = ("facts", "proof", len(value) - 3, len(value) - 2)
            if not place and step in parts:
                continue  # without them it is no statement; where they stand among the lines is nothing
            assert not is_genuine_text(canonical(apply(demo(), place, change, step))), (
                written(place),
                change,
                step,
            )
            tried += 1
    assert tried > 3_000


@pytest.mark.parametrize("name", ["stages", "practices", "availability", "refunds"])
def test_a_line_left_out_doubled_or_moved_is_named(name: str) -> None:
    for change, step in changes(demo()[name]):
        said = first_objection(apply(demo(), (name,), change, step))
        assert said.startswith(f"{name}["), (change, step, said)


@pytest.mark.parametrize("name", ["sha256", "algorithm", "key", "signature"])
def test_a_proof_needs_all_its_fields_and_has_no_others(name: str) -> None:
    without = apply(demo(), ("proof",), "left out", name)
    assert not is_genuine_text(canonical(without))
    assert not is_genuine_text(canonical(apply(demo(), ("proof",), "renamed", name)))
    more = {**demo(), "proof": {**demo()["proof"], "note": "paid in full"}}
    assert first_objection(more).startswith("proof.note: no proof has this")
    digests = {**demo()["proof"]["sha256"], "letter": "0" * 64}
    more = {**demo(), "proof": {**demo()["proof"], "sha256": digests}}
    assert first_objection(more).startswith("proof.sha256.letter: no proof has this")


OTHER_BYTES = b'0123456789abcdefXYZ"\\{}[],: \n\x00\xff'


@pytest.mark.usefixtures("lines_agree")
def test_every_byte_of_the_file_counts() -> None:
    """One byte at a time becomes another, also in the proof; only the line feed at the end may be a space."""
    text, draw = canonical(demo()), random.Random(6)
    assert is_genuine_text(text)
    for place in range(len(text) - 1):
        drawn = draw.choice(OTHER_BYTES)
        for spoiled in {text[place] ^ 1, drawn if place % 5 == 0 else text[place] ^ 1} - {text[place]}:
            changed = text[:place] + bytes([spoiled]) + text[place + 1 :]
            assert not is_genuine_text(changed), (place, text[place - 30 : place + 30], spoiled)
    assert is_genuine_text(text[:-1] + b" ")


@pytest.mark.usefixtures("lines_agree")
def test_a_byte_more_or_less_counts_wherever_it_is_no_space() -> None:
    text = canonical(demo())
    for place in range(0, len(text) - 1, 7):
        assert not is_genuine_text(text[:place] + text[place + 1 :]), place
        assert not is_genuine_text(text[:place] + b"1" + text[place:]), place


def test_a_signature_is_written_in_one_way_only() -> None:
    """base64 leaves bits of its last character unused: three others mean the same bytes."""
    document = sealed_with_padding()
    signature = document["proof"]["signature"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = len(signature.rstrip("=")) - 1
    same = 0
    for character in alphabet:
        spoiled = signature[:last] + character + signature[last + 1 :]
        same += base64.b64decode(spoiled) == base64.b64decode(signature)
        proven = {**document, "proof": {**document["proof"], "signature": spoiled}}
        assert is_genuine(proven) == (spoiled == signature)
    assert same > 1


def sealed_with_padding() -> Json:
    document = {name: demo()[name] for name in demo() if name != "proof"}
    return next(
        found
        for number in range(1, 100)
        for found in [sealed({**document, "facts": renamed(document["facts"], number)})]
        if found["proof"]["signature"].endswith("=")
    )


def renamed(facts: Json, number: int) -> Json:
    return {**facts, "contract": {**facts["contract"], "name": f"Harbor Law {number}"}}


def test_the_signature_of_another_key_of_another_statement_or_none_is_not_it(tmp_path: Path) -> None:
    other = ec.derive_private_key(7, ec.SECP256R1())
    lines = {name: demo()[name] for name in demo() if name != "proof"}
    february = sealed({**lines, "facts": renamed(lines["facts"], 2)})
    for proven, said in [
        (sealed(lines, other)["proof"], f"fingerprint is {fingerprint(DER)}"),
        ({**sealed(lines, other)["proof"], "key": fingerprint(DER)}, "not this key's signature"),
        (february["proof"], "proof.sha256.terms: this part was changed after it was signed"),
        ({**demo()["proof"], "signature": february["proof"]["signature"]}, "not this key's signature"),
        ({**demo()["proof"], "signature": ""}, "not this key's signature"),
        ({**demo()["proof"], "signature": None}, "not this key's signature"),
        ({**demo()["proof"], "signature": 7}, "not this key's signature"),
    ]:
        result = verify(tmp_path, canonical({**lines, "proof": proven}))
        assert result.exit_code == 1
        assert said in result.stderr
    assert verify(tmp_path, canonical(lines)).exit_code == 2
    assert KEY.public_key() != other.public_key()


NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5_000)
"""What no accounting can hold; the last is longer than Python reads."""

GREAT = ("9" * 4_299, "-" + "9" * 4_299, "1e308", "1e5", "362e2", "36200.0")


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_no_number_is_refused_wherever_it_stands(tmp_path: Path, number: str) -> None:
    for text in spoiled_numbers(number):
        result = verify(tmp_path, text)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "is not JSON" in result.stderr


@pytest.mark.parametrize("number", GREAT)
def test_a_number_of_another_size_or_kind_is_not_genuine(tmp_path: Path, number: str) -> None:
    for text in spoiled_numbers(number):
        result = verify(tmp_path, text)
        assert (result.exit_code, result.stdout) == (1, "")


def spoiled_numbers(number: str) -> Iterator[bytes]:
    """The number in a line, in the facts, in the terms and among the adjustments, twice."""
    text = canonical(demo()).decode()
    twice = ",".join(f'{{"period":"2026-02","cents":{number},"reason":"x"}}' for _ in range(2))
    for known, spoiled in [
        ('"refund_cents":36200', f'"refund_cents":{number}'),
        ('"definitions_age_hours":5', f'"definitions_age_hours":{number}'),
        ('"at_most":10', f'"at_most":{number}'),
        ('"day":3,', f'"day":{number},'),
        ('"adjustments":[]}', f'"adjustments":[{twice}]}}'),
    ]:
        assert known in text, known
        yield text.replace(known, spoiled, 1).encode()


def test_a_key_that_stands_twice_is_refused_in_every_object(tmp_path: Path) -> None:
    """Of two equal keys some readers take the first and some the last."""
    text = canonical(demo()).decode()
    starts = [place for place, character in enumerate(text) if character == "{" and text[place + 1] == '"']
    for start in starts:
        key = text[start + 1 : text.index(":", start)]
        assert not is_genuine_text(f"{text[: start + 1]}{key}:0,{text[start + 1 :]}".encode()), start
    doubled = text.replace('"refund_cents":36200', '"refund_cents":99900,"refund_cents":36200')
    result = verify(tmp_path, doubled.encode())
    assert (result.exit_code, "'refund_cents' is there twice" in result.stderr) == (2, True)


@pytest.mark.parametrize("depth", [100, 500, 900, 990, 5_000])
def test_brackets_inside_each_other_are_no_statement_and_no_crash(tmp_path: Path, depth: int) -> None:
    text = canonical(demo()).decode()
    deep = "[" * depth + "]" * depth
    for spoiled in (
        text.replace('"healthy":false', f'"healthy":{deep}'),
        text.replace('"facts":{', f'"facts":{{"more":{deep},', 1),
        text.replace('"algorithm":', f'"more":{deep},"algorithm":'),
        text.replace('"bytes":41307045888', f'"bytes":{deep}', 1),
    ):
        assert spoiled != text
        assert verify(tmp_path, spoiled.encode()).exit_code in (1, 2)
