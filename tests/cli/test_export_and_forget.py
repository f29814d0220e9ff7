"""`makegood export` and `makegood forget`: a client's data go along, and what nothing needs is deleted."""

from __future__ import annotations

import hashlib
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Makegood
from support.cast import OWNER, START, a_contract, enroll, sign_up
from support.stored import files, tables

from makegood import aws
from makegood.issuing import issue
from makegood.rules.instants import format_instant, parse_instant
from makegood.storage.contacts import flag_bounce
from makegood.storage.contracts import versions_of
from makegood.storage.devices import Device, rows_of
from makegood.storage.incidents import open_incident
from makegood.storage.records import WAITING, AuditEntry, Contact, Record, Waiting
from makegood_cli import exporting
from makegood_local.load_facts import store_facts

CLIENT = "acme-dental"
LATER = parse_instant("2026-06-01T12:00:00Z")

FACTS: dict[str, Any] = {
    "contract": a_contract(effective_from="2026-03-01", effective_until="2026-04-01"),
    "period": "2026-03",
    "as_of": "2026-04-03T13:00:00Z",
    "devices": [
        {
            "device": "srv",
            "kind": "server",
            "enrolled_at": "2026-03-01T05:00:00Z",
            "retired_at": None,
            "practices": ["backup"],
        }
    ],
    "incidents": [
        {
            "incident": "srv-20260312T040000Z",
            "device": "srv",
            "started_at": "2026-03-12T04:00:00Z",
            "notified_at": "2026-03-12T04:05:00Z",
            "restored_at": "2026-03-12T04:30:00Z",
            "documented_at": "2026-03-12T04:30:00Z",
            "planned_at": "2026-03-12T04:20:00Z",
            "pauses": [],
            "excuses": [],
        }
    ],
    "evidence": [
        {
            "device": "srv",
            "practice": "backup",
            "at": "2026-03-10T12:00:00Z",
            "facts": {"ok": True, "bytes": 1},
        }
    ],
    "maintenance": [],
    "adjustments": [],
}


@pytest.fixture(autouse=True)
def gone(makegood: Makegood) -> None:
    """Acme left with March, whose statement is issued; another client stays."""
    makegood.deployment.now = parse_instant("2026-04-03T13:05:00Z")
    store_facts(FACTS)
    issue(CLIENT, "2026-03", makegood.deployment.now)
    for row in rows_of(CLIENT):
        row.update(actions=[Device.state.set("retired"), Device.retired_at.set(makegood.deployment.now)])
    AuditEntry(CLIENT, "audit#1#1", at=1, who="tess", what="contract of 2026-03-01 created").save()
    flag_bounce(CLIENT, OWNER, makegood.deployment.now)
    Waiting(WAITING, f"missing#{CLIENT}", at=1, until=2, number=1).save()
    sign_up(a_contract(client="beta"))
    enroll("srv", "beta")
    AuditEntry("beta", "audit#1#1", at=1, who="tess", what="made").save()
    makegood.deployment.now = LATER


def records(client: str = CLIENT) -> list[Record]:
    return list(Record.query(client))


def kinds(client: str = CLIENT) -> set[str]:
    return {str(record.sk).partition("#")[0] for record in records(client)}


def test_everything_that_is_kept_is_exported_and_counted(makegood: Makegood, tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    said = makegood.json("export", CLIENT, "--to", folder)
    stored = records()
    written = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    assert [(item["pk"], item["sk"]) for item in written] == [(each.pk, each.sk) for each in stored]
    assert {"contract", "incident", "evidence", "statement", "audit", "contact"} <= kinds()
    [evidence] = [item for item in written if item["model"] == "Evidence"]
    assert evidence["at"] == parse_instant("2026-03-10T12:00:00Z")
    assert said["counts"] == {"records": len(stored), "devices": 1, "files": 4}
    assert said["kinds"]["Evidence"] == 1
    assert json.loads((folder / "client.json").read_text())["next_period"] == "2026-04"
    for name, body in files().items():
        period_and_name = name.removeprefix(f"{CLIENT}/")
        assert (folder / "statements" / period_and_name).read_bytes() == body
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["exported_at"] == format_instant(LATER)
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert "beta" not in (folder / "records.jsonl").read_text() + (folder / "devices.jsonl").read_text()


def test_no_trace_of_a_token_leaves(makegood: Makegood, tmp_path: Path) -> None:
    makegood.run("export", CLIENT, "--to", tmp_path / "acme")
    [device] = map(json.loads, (tmp_path / "acme" / "devices.jsonl").read_text().splitlines())
    assert (device["device"], device["state"]) == ("srv", "retired")
    assert not [name for name in device if "token" in name]


@pytest.mark.parametrize("name", ["acme.tar", "acme.tar.gz", "acme.tgz"])
def test_it_can_be_one_file(makegood: Makegood, tmp_path: Path, name: str) -> None:
    said = makegood.says("export", CLIENT, "--to", tmp_path / name)
    assert said.startswith(
        f"{tmp_path / name} holds {len(records())} records, 1 devices, 4 files; counted again"
    )
    with tarfile.open(tmp_path / name) as tar:
        names = tar.getnames()
    assert f"{CLIENT}/statements/2026-03/statement.pdf" in names
    assert f"{CLIENT}/manifest.json" in names
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_what_is_there_is_not_written_over(makegood: Makegood, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    assert "is there and not empty" in makegood.refuses("export", CLIENT, "--to", tmp_path)
    (tmp_path / "mine.tar").write_text("mine")
    assert "is there already" in makegood.refuses("export", CLIENT, "--to", tmp_path / "mine.tar")


def test_what_changes_meanwhile_makes_no_export_that_calls_itself_complete(
    makegood: Makegood, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = exporting._items

    def and_another(*arguments: Any) -> Any:
        yield from items(*arguments)
        AuditEntry(CLIENT, "audit#2#2", at=2, who="tess", what="meanwhile").save()

    monkeypatch.setattr(exporting, "_items", and_another)
    said = makegood.refuses("export", CLIENT, "--to", tmp_path / "acme")
    assert "something changed meanwhile" in said
    assert not (tmp_path / "acme" / "manifest.json").exists()


def test_first_it_is_only_said_what_would_be_deleted_and_what_stays(makegood: Makegood) -> None:
    before = tables()
    said = makegood.says("forget", CLIENT)
    assert "        1  devices and feeds\n" in said
    assert "        1  evidence of practices\n" in said
    assert "        1  contract records: the terms that the statements were computed by\n" in said
    assert "        4  files of issued statements" in said
    assert said.endswith("Nothing was deleted; --delete does it.\n")
    assert tables() == before


def test_who_left_is_forgotten_but_for_money_and_law(makegood: Makegood) -> None:
    of_beta, issued = records("beta"), files()
    said = makegood.says("forget", CLIENT, "--delete", "--yes")
    assert said.endswith(f"Done: {CLIENT} is forgotten.\n")
    assert kinds() == {"contract", "statement", "audit"}
    assert rows_of(CLIENT) == []
    assert list(Waiting.query(WAITING)) == []
    assert files() == issued
    assert [each.sk for each in records("beta")] == [each.sk for each in of_beta]
    assert len(rows_of("beta")) == 1
    last = max(AuditEntry.query(CLIENT, AuditEntry.sk.startswith("audit#")), key=lambda entry: entry.at)
    assert last.what.startswith("forgotten: ")
    assert "not in force" in makegood.says("client", "list")


def test_forgetting_again_finds_nothing_more(makegood: Makegood) -> None:
    makegood.run("forget", CLIENT, "--delete", "--yes")
    before = tables()
    answer = makegood.json("forget", CLIENT, "--delete", "--yes")
    assert answer["deleted"] == {"devices": 0}
    assert tables() == before


def test_a_contact_whose_links_were_revoked_stays_so(makegood: Makegood) -> None:
    makegood.run("contact", "revoke-links", CLIENT, OWNER)
    [before] = Contact.query(CLIENT, Contact.sk.startswith("contact#"))
    assert before.links_revoked_at is not None
    makegood.run("forget", CLIENT, "--delete", "--yes")
    [contact] = Contact.query(CLIENT, Contact.sk.startswith("contact#"))
    assert contact.links_revoked_at == before.links_revoked_at


@pytest.mark.parametrize("typed", ["", "acme"])
def test_it_asks_for_the_name(makegood: Makegood, typed: str) -> None:
    before = tables()
    makegood.run("forget", CLIENT, "--delete", input=f"{typed}\n", exits=1)
    assert tables() == before
    makegood.run("forget", CLIENT, "--delete", input=f"{CLIENT}\n")
    assert rows_of(CLIENT) == []


def test_programs_say_yes_themselves(makegood: Makegood) -> None:
    assert "say --yes" in makegood.run("forget", CLIENT, "--delete", "--json", exits=2).stderr


def test_who_has_not_left_is_not_forgotten(makegood: Makegood) -> None:
    before = tables()
    said = makegood.refuses("forget", "beta", "--delete", "--yes")
    assert "The contract has no end: `makegood client end beta --on DAY` ends it." in said
    assert "Still enrolled: srv; `makegood device retire` ends that." in said
    assert tables() == before
    assert "it cannot be yet:\n  The contract has no end" in makegood.says("forget", "beta")


def test_nobody_is_forgotten_before_the_last_statement_and_the_last_incident(makegood: Makegood) -> None:
    sign_up(a_contract(client="beta", effective_from="2026-03-01", effective_until="2026-05-01"))
    row = Device.get("beta", "srv")
    row.update(actions=[Device.state.set("up"), Device.last_seen.set(START), Device.due_at.set(START + 180)])
    assert open_incident(row, START + 300, versions_of("beta")) is not None
    Device.get("beta", "srv").update(actions=[Device.state.set("retired")])
    makegood.deployment.now = LATER
    said = makegood.refuses("forget", "beta", "--delete", "--yes")
    assert "The statement of 2026-03 is not issued, and the last one is that of 2026-04" in said
    assert "Still open: srv-20260312T040000Z." in said


def test_until_when_files_are_locked_is_said(makegood: Makegood, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = aws.s3()
    head = s3.head_object

    def locked(**call: Any) -> Any:
        return {**head(**call), "ObjectLockRetainUntilDate": datetime(2036, 4, 3, 13, 5, tzinfo=UTC)}

    monkeypatch.setattr(s3, "head_object", locked)
    assert "files of issued statements, locked until 2036-04-03T13:05:00Z" in makegood.says("forget", CLIENT)
