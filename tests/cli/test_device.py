"""`makegood device`: tokens shown once, states shown as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli.conftest import Makegood
from support.cast import START, an_up_device, enroll, sign_up

from makegood.rules.instants import format_instant
from makegood.rules.tokens import parse_token, token_hash
from makegood.storage.contracts import versions_of
from makegood.storage.devices import RETIRED, find_device
from makegood.storage.incidents import open_incident
from makegood.storage.records import AuditEntry

ENROLL = ("device", "enroll", "acme-dental")
SERVER = ("--kind", "server", "--grace", "180s")


@pytest.fixture(autouse=True)
def acme(makegood: Makegood) -> None:
    makegood.deployment.now = START
    sign_up()


def test_enrolling_prints_the_token_and_how_to_use_it(makegood: Makegood) -> None:
    enroll("gateway")
    said = makegood.says(
        *ENROLL, "srv", *SERVER, "--practice", "backup", "--via", "gateway", "--name", "Server 1"
    )
    row = find_device("acme-dental", "srv")
    assert row is not None
    token = next(line.strip() for line in said.splitlines() if line.startswith("  acme-dental.srv."))
    assert token_hash(token) == row.token_hash
    assert f"MAKEGOOD_TOKEN={token}" in said
    assert "makegood_agent.pyz --url https://makegood.provider.example" in said
    assert (
        0 < said.index("Let gateway vouch for it") < said.index("--see srv=ping:ADDRESS") < said.index(token)
    )
    assert (row.kind, row.grace_seconds, row.via, row.practices, row.name) == (
        "server",
        180,
        "gateway",
        {"backup"},
        "Server 1",
    )


def test_a_token_goes_to_a_file_of_ones_own(makegood: Makegood, tmp_path: Path) -> None:
    file = tmp_path / "token"
    said = makegood.says(*ENROLL, "srv", *SERVER, "--token-file", file)
    row = find_device("acme-dental", "srv")
    assert row is not None
    assert token_hash(file.read_text().strip()) == row.token_hash
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().strip() not in said
    assert f"Its token is in {file}, this once." in said
    answer = makegood.json(*ENROLL, "till", *SERVER, "--token-file", tmp_path / "till")
    assert answer["token_file"] == str(tmp_path / "till")
    assert "token" not in answer


def test_a_file_for_a_token_is_made_before_the_device(makegood: Makegood, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("another")
    said = makegood.refuses(*ENROLL, "srv", *SERVER, "--token-file", file)
    assert said == f"Error: {file} is there already: name a new file.\n"
    assert "No such file" in makegood.refuses(*ENROLL, "srv", *SERVER, "--token-file", tmp_path / "no/token")
    assert find_device("acme-dental", "srv") is None
    assert file.read_text() == "another"
    other = tmp_path / "other"
    makegood.refuses(*ENROLL, "srv", "--kind", "server", "--grace", "9h", "--token-file", other)
    assert not other.exists()


def test_programs_get_the_token_as_json(makegood: Makegood) -> None:
    answer = makegood.json(*ENROLL, "srv", *SERVER)
    token = answer.pop("token")
    said = parse_token(token)
    assert said is not None
    assert (said.client, said.device) == ("acme-dental", "srv")
    assert answer == {
        "client": "acme-dental",
        "device": "srv",
        "url": "https://makegood.provider.example",
        "ping_url": f"https://makegood.provider.example/ping/{token}",
    }


def test_a_device_without_a_name_is_called_by_its_key(makegood: Makegood) -> None:
    makegood.run(*ENROLL, "srv", *SERVER)
    row = find_device("acme-dental", "srv")
    assert row is not None
    assert row.name == "srv"


def test_a_wrong_duration_is_a_wrong_argument(makegood: Makegood) -> None:
    said = makegood.refuses(*ENROLL, "srv", "--kind", "server", "--grace", "3 minutes", exits=2)
    assert "Invalid value for '--grace': must be a duration such as 15m" in said


def test_what_is_wrong_is_said_line_by_line(makegood: Makegood) -> None:
    enroll("srv")
    said = makegood.refuses(*ENROLL, "srv", *SERVER, "--practice", "patching")
    assert said == (
        "Error: srv is enrolled already.\n--practice patching is not in the contract; promised are: backup.\n"
    )


def test_the_devices_are_listed(makegood: Makegood) -> None:
    an_up_device("gateway", last_seen=START - 181, name="\x1b[31mred\x1b[0m [bold]", practices={"backup"})
    enroll("modem", via="gateway")
    enroll("old", state=RETIRED, retired_at=START - 60)
    gateway, modem, old = makegood.json("device", "list", "acme-dental")
    assert gateway == {
        "device": "gateway",
        "name": "\x1b[31mred\x1b[0m [bold]",
        "kind": "router",
        "state": "up",
        "grace_seconds": 180,
        "via": None,
        "practices": ["backup"],
        "enrolled_at": format_instant(START - 30 * 86_400),
        "last_seen": format_instant(START - 181),
        "due_at": format_instant(START - 1),
        "retired_at": None,
        "incident": None,
        "old_token_expires_at": None,
    }
    assert (modem["state"], modem["via"], old["state"]) == ("new", "gateway", "retired")
    table = makegood.says("device", "list", "acme-dental")
    assert "up, overdue" in table
    assert "red [bold]" in table
    assert "  backup  " in table
    assert "\x1b" not in table


def test_an_unknown_client_has_no_list(makegood: Makegood) -> None:
    said = makegood.refuses("device", "list", "acme")
    assert said == "Error: There is no client acme; it begins with its first contract.\n"


def test_a_rotation_prints_the_new_token(makegood: Makegood) -> None:
    enroll("srv")
    said = makegood.says("device", "rotate", "acme-dental", "srv")
    assert "the old one is good until this one is used, for a day at most" in said
    row = find_device("acme-dental", "srv")
    assert row is not None
    assert row.next_token_hash is not None
    token = next(line.strip() for line in said.splitlines() if line.startswith("  acme-dental.srv."))
    assert token_hash(token) == row.next_token_hash
    assert row.token_expires_at == START + 86_400
    assert f"old one until {format_instant(START + 86_400)}" in makegood.says("device", "list", "acme-dental")


def test_a_revoked_token_is_worth_nothing_at_once(makegood: Makegood) -> None:
    enroll("srv")
    token = makegood.json("device", "rotate", "--revoke", "acme-dental", "srv")["token"]
    row = find_device("acme-dental", "srv")
    assert row is not None
    assert (row.token_hash, row.next_token_hash) == (token_hash(token), None)


def test_no_token_is_on_record(makegood: Makegood) -> None:
    token = makegood.json(*ENROLL, "srv", *SERVER)["token"]
    (entry,) = AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#"))
    assert entry.what == "device srv enrolled"
    assert token.split(".")[2] not in str(entry.attribute_values)


def test_retiring_ends_the_incident_and_names_who_is_left_alone(makegood: Makegood) -> None:
    gateway = an_up_device("gateway", last_seen=START - 1_000)
    enroll("modem", via="gateway")
    enroll("gone", via="gateway", state=RETIRED)
    incident = open_incident(gateway, START, versions_of("acme-dental"))
    assert incident is not None
    result = makegood.run("device", "retire", "acme-dental", "gateway")
    assert result.stdout == (
        "gateway of acme-dental is retired.\n"
        f"Its incident {incident.incident} ends; the closing mails follow.\n"
    )
    assert result.stderr.startswith("Nobody vouches any more for modem:")
    assert makegood.deployment.executions() == ["acme-dental_gateway_20260312T034320Z_2"]


def test_retiring_again_says_the_same(makegood: Makegood) -> None:
    an_up_device("srv")
    first = makegood.json("device", "retire", "acme-dental", "srv")
    assert first == {
        "client": "acme-dental",
        "device": "srv",
        "ended_incidents": [],
        "vouched_for": [],
        "feeds": [],
    }
    assert makegood.json("device", "retire", "acme-dental", "srv") == first
