"""`makegood statement compute`: a statement a line, for every worked month; mistakes by file and path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from makegood_cli.main import cli

VECTORS = sorted((Path(__file__).parent.parent / "vectors").rglob("*.json"))
PLAIN = json.loads(VECTORS[0].read_text())
COMMAND = [sys.executable, "-c", "from makegood_cli.main import main; main()", "statement", "compute"]


def compute(*files: Path | str, **more: Any) -> Result:
    result = CliRunner().invoke(cli, ["statement", "compute", *map(str, files)], **more)
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    return result


@pytest.fixture
def facts(tmp_path: Path) -> Any:
    def write(name: str = "facts.json", text: str | None = None, **changes: Any) -> Path:
        file = tmp_path / name
        file.write_text(json.dumps({**PLAIN["facts"], **changes}) if text is None else text)
        return file

    return write


def test_every_worked_month_comes_out_exactly_in_the_order_given(tmp_path: Path) -> None:
    assert len(VECTORS) > 70
    worked = [json.loads(vector.read_text()) for vector in VECTORS]
    files = [tmp_path / f"{number:02}.json" for number in range(len(worked))]
    for file, month in zip(files, worked, strict=True):
        file.write_text(json.dumps(month["facts"]))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    names = list(map(str, reversed(files)))
    done = subprocess.run([*COMMAND, *names], env=environment, capture_output=True, text=True, check=True)
    lines = [json.dumps(month["statement"], separators=(",", ":")) for month in reversed(worked)]
    assert done.stdout.splitlines() == lines
    assert done.stderr == ""


def test_nothing_of_aws_is_loaded() -> None:
    script = (
        "import sys; from makegood_cli.main import cli\n"
        "try: cli(['statement', 'compute', '-'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('boto3', 'botocore', 'pynamodb', 'rich') if name in sys.modules])"
    )
    text = json.dumps(PLAIN["facts"])
    done = subprocess.run(
        [sys.executable, "-c", script], input=text, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_facts_come_through_the_standard_input() -> None:
    result = compute("-", input=json.dumps(PLAIN["facts"]))
    assert json.loads(result.stdout) == PLAIN["statement"]


def test_refused_facts_are_named_and_the_good_files_are_still_computed(facts: Any) -> None:
    bad = facts("bad.json", as_of="soon", period="2026-13")
    good = facts("good.json")
    result = compute(bad, good)
    assert result.exit_code == 2
    assert json.loads(result.stdout) == PLAIN["statement"]
    assert [line.split(": ")[:2] for line in result.stderr.splitlines()] == [
        [str(bad), "period"],
        [str(bad), "as_of"],
    ]


def test_the_path_leads_to_the_mistake(facts: Any) -> None:
    incident = {"incident": "x", "device": "modem", "started_at": "2026-04-10T08:00:00Z"}
    early = {**incident, "restored_at": "2026-04-10T07:59:59Z"}
    result = compute(facts(incidents=[early]))
    assert result.exit_code == 2
    assert "facts.json: incidents[0].restored_at: must not be before started_at" in result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON: line 1, column 1: Expecting value"),
        ('{"period": }', "is not JSON: line 1, column 12: Expecting value"),
        ('{"a": 1, "a": 2}', "is not JSON: 'a' is there twice in one object"),
        ('{"a": NaN}', "is not JSON: NaN is not a number"),
        ('{"a": -Infinity}', "is not JSON: -Infinity is not a number"),
        ("[" * 100_000, "too many brackets"),
        ("9" * 5_000, "is not JSON: "),
        ("[]", "must be an object"),
        ("null", "must be an object"),
        ('"\\ud800"', "must be an object"),
    ],
)
def test_what_is_no_json_object_is_a_bad_file(facts: Any, text: str, said: str) -> None:
    result = compute(facts(text=text))
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    "as_of", [1_775_000_000, 1.5, True, "2026-05-03T13:00:00.0Z", "2026-05-03T13:00:00+00:00"]
)
def test_an_instant_is_text_and_nothing_else(facts: Any, as_of: object) -> None:
    result = compute(facts(as_of=as_of))
    assert result.exit_code == 2
    assert "facts.json: as_of: must be an instant such as" in result.stderr


def test_files_that_cannot_be_read_are_bad_files(facts: Any, tmp_path: Path) -> None:
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe{")
    result = compute(tmp_path / "missing.json", tmp_path, binary, facts("good.json"))
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 1
    assert [line.removeprefix(str(tmp_path)) for line in result.stderr.splitlines()] == [
        "/missing.json: cannot be read: No such file or directory",
        ": cannot be read: Is a directory",
        "/binary.json: is not UTF-8 text, at byte 0",
    ]


def test_what_a_file_says_cannot_steer_the_terminal(facts: Any) -> None:
    result = compute(facts(text=json.dumps({"\x1b[2Jperiod\x1b]0;x\x07": 1})))
    assert result.exit_code == 2
    assert "period" in result.stderr
    assert "\x1b" not in result.stderr
    assert "\x07" not in result.stderr


def test_whoever_has_a_statement_is_sent_to_its_check(facts: Any) -> None:
    file = facts("statement.json", json.dumps({"client": "acme-dental", "facts": PLAIN["facts"]}))
    said = compute(file)
    assert said.exit_code == 2
    assert f"{file}: is a statement and has its facts inside" in said.stderr
    assert "makegood statement verify" in said.stderr


def test_no_file_is_a_wrong_argument() -> None:
    assert compute().exit_code == 2
