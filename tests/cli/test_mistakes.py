"""What people get wrong ends in words that name the place: files, folders, lists, days."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cli.conftest import Makegood
from click.testing import CliRunner
from support.cast import START, sign_up

from makegood_cli.connection import LOCAL_FILE
from makegood_cli.main import cli

HEAD = "client,device,kind,grace\n"


@pytest.fixture
def acme(makegood: Makegood, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Makegood:
    """The command in an empty folder, with one client."""
    monkeypatch.chdir(tmp_path)
    makegood.deployment.now = START
    sign_up()
    return makegood


LISTS = {
    "a row with a cell too many": (
        f"{HEAD}acme-dental,srv,server,180s,more\n",
        "row 2: has more or fewer cells than there are columns",
    ),
    "a list of nothing": (HEAD, "list.csv lists no device"),
    "a column twice": (
        "client,device,kind,grace,grace\nacme-dental,srv,server,1h,180s\n",
        "the column grace is there twice",
    ),
    "no list at all": ("{}", "list.csv has not the columns of a list: the column client is missing"),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_that_is_none_is_refused_by_its_place(acme: Makegood, case: str) -> None:
    text, said = LISTS[case]
    Path("list.csv").write_text(text)
    assert said in acme.refuses("device", "enroll", "--from", "list.csv")
    assert acme.json("device", "list", "acme-dental") == []


def test_a_list_as_excel_writes_it_with_semicolons_is_read(acme: Makegood) -> None:
    Path("list.csv").write_bytes(b"\xef\xbb\xbfclient;device;kind;grace\r\nacme-dental;srv;server;180s\r\n")
    acme.says("device", "enroll", "--from", "list.csv")
    assert [each["device"] for each in acme.json("device", "list", "acme-dental")] == ["srv"]


def test_tokens_are_not_looked_for_in_what_is_no_text(acme: Makegood) -> None:
    Path("list.csv").write_text(f"{HEAD}acme-dental,srv,server,180s\n")
    Path("list.tokens.csv").write_bytes(b"\xff\xfe")
    assert "list.tokens.csv is not UTF-8 text, at byte 0" in acme.refuses(
        "device", "enroll", "--from", "list.csv"
    )


@pytest.mark.parametrize("place", [".", "/", ".."])
def test_a_folder_is_no_list(acme: Makegood, place: str) -> None:
    said = acme.refuses("device", "enroll", "--from", place)
    assert said == f"Error: {place} cannot be read: Is a directory\n"


def test_an_export_to_where_nothing_can_be_written_names_the_place(acme: Makegood) -> None:
    Path("file").write_text("")
    assert acme.refuses("export", "acme-dental", "--to", "file/x") == "Error: file/x: Not a directory\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk_is_said(acme: Makegood) -> None:
    with Path("/dev/full").open("w") as full, pytest.MonkeyPatch.context() as patch:
        patch.setattr("click.echo", lambda text: print(text, file=full, flush=True))
        said = CliRunner().invoke(cli, ["contract", "schema"])
    assert said.stderr == "Error: What it says cannot be written: No space left on device\n"
    assert said.exit_code == 1


def test_a_closed_standard_input_is_asked_nothing(acme: Makegood, monkeypatch: pytest.MonkeyPatch) -> None:
    invoke = cli.main
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit) as ended:
        invoke(["init"])
    assert ended.value.code == 2


@pytest.mark.parametrize("text", ["", "no json", "{}", "[]", "5", '{"url": "x"}'])
def test_a_broken_file_of_the_local_stack_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    LOCAL_FILE.parent.mkdir()
    LOCAL_FILE.write_text(text)
    said = CliRunner().invoke(cli, ["client", "list", "--local"])
    assert said.exit_code == 1
    assert f"{LOCAL_FILE} does not say where a local stack is: `make run` writes it anew." in said.stderr


@pytest.mark.parametrize("day", ["9999-12-31", "1492-10-12", "2026-02-30", "tomorrow"])
def test_a_contract_ends_with_a_day_that_there_is(acme: Makegood, day: str) -> None:
    said = acme.refuses("client", "end", "acme-dental", "--on", day, exits=2)
    assert f"must be a day such as 2026-03-01, got {day!r}" in said


def test_nothing_is_shown_of_a_month_that_has_not_begun(acme: Makegood) -> None:
    assert "2026-04 has not begun" in acme.refuses("statement", "preview", "acme-dental", "2026-04")
    acme.says("statement", "preview", "acme-dental", "2026-03")


BOMB = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else '1'] * 9)}]" for n in range(9))

CONTRACTS = {
    "a day that does not exist": (
        "effective_from: 2026-02-30",
        "1: effective_from: must be a date such as 2026-03-01, got '2026-02-30'",
    ),
    "a number of thousands of digits": (
        "client: " + "9" * 5_000,
        "1: client: must be 1 to 24 of a-z, 0-9 and -",
    ),
    "aliases of aliases": (BOMB, " has more than 100,000 values"),
}


@pytest.mark.parametrize("case", CONTRACTS)
def test_what_yaml_trips_over_is_refused_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text, said = CONTRACTS[case]
    Path("c.yaml").write_text(text)
    result = CliRunner().invoke(cli, ["contract", "check", "c.yaml"])
    assert result.exit_code == 1
    assert f"c.yaml:{said}" in result.stdout
