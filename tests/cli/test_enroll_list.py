"""`makegood device enroll --from`: a list of devices, all or none, and every token kept."""

from __future__ import annotations

import csv
import stat
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Makegood
from support.cast import START, a_contract, an_up_device, enroll, sign_up

from makegood.rules.tokens import token_hash
from makegood.storage.devices import Device, find_device, rows_of
from makegood.storage.enrolment import enroll as storage_enroll
from makegood_cli import enrolling

LIST = """\
client,device,kind,grace,via,practices,name
acme-dental,modem,router,180s,gateway,,
acme-dental,gateway,server,120s,,backup,The gateway
beta,srv,server,3m,,,
"""


@pytest.fixture(autouse=True)
def clients(makegood: Makegood) -> None:
    makegood.deployment.now = START
    sign_up()
    sign_up(a_contract(client="beta"))


@pytest.fixture
def listed(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        file = tmp_path / "devices.csv"
        file.write_text(text)
        return file

    return write


def tokens(file: Path) -> list[dict[str, str]]:
    with file.with_suffix(".tokens.csv").open(newline="") as kept:
        return list(csv.DictReader(kept))


def devices() -> list[tuple[str, str]]:
    return [(row.client, row.device) for client in ("acme-dental", "beta") for row in rows_of(client)]


def test_every_device_of_the_list_is_enrolled_and_its_token_kept(makegood: Makegood, listed: Any) -> None:
    file = listed(LIST)
    said = makegood.says("device", "enroll", "--from", file)
    assert said.startswith(
        f"3 devices are enrolled. Their tokens, with a line to install each agent: {file}"[:80]
    )
    kept = tokens(file)
    # Who vouches comes before whom it vouches for.
    assert [row["device"] for row in kept] == ["gateway", "srv", "modem"]
    for row in kept:
        device = find_device(row["client"], row["device"])
        assert device is not None
        assert device.token_hash == token_hash(row["token"])
        agent = "python3 makegood_agent.pyz --url https://makegood.provider.example"
        own = f"MAKEGOOD_TOKEN={row['token']} {agent}"
        assert row["install"] == (own if device.via is None else "gateway's agent: --see modem=ping:ADDRESS")
        assert row["token"] not in said
    gateway, modem = Device.get("acme-dental", "gateway"), Device.get("acme-dental", "modem")
    assert (gateway.kind, gateway.grace_seconds, gateway.practices, gateway.name) == (
        "server",
        120,
        {"backup"},
        "The gateway",
    )
    assert (modem.via, modem.name, modem.zone) == ("gateway", "modem", "America/New_York")
    assert stat.S_IMODE(file.with_suffix(".tokens.csv").stat().st_mode) == 0o600


def test_every_wrong_row_is_named_and_nothing_is_enrolled(makegood: Makegood, listed: Any) -> None:
    an_up_device("old")
    before = devices()
    file = listed(
        "client,device,kind,grace,via,practices\n"
        "acme-dental,ok,server,180s,,\n"
        "acme-dental,Bad,server,180s,,\n"
        "acme-dental,slow,server,270s,,\n"
        "acme-dental,three,server,3 minutes,,\n"
        "acme-dental,ok,server,180s,,\n"
        "acme-dental,old,server,180s,,\n"
        "acme-dental,lost,server,180s,nobody,patching\n"
        "gamma,srv,server,180s,,\n"
        "acme-dental,short\n"
        ",nameless,server,180s,,\n"
    )
    lines = makegood.refuses("device", "enroll", "--from", file).splitlines()
    assert lines[0] == f"Error: {file} is refused; nothing was enrolled:"
    assert sorted(lines[1:], key=lambda line: int(line.split()[1].rstrip(":"))) == [
        "row 3: The device must be 1 to 32 of a-z, 0-9 and -, got 'Bad'.",
        "row 4: grace must be at most 269s, got 270s: by the contract of 2026-01-01, grace and 180s to "
        "detect end before each limit, and before half of notify.within.",
        "row 5: grace must be a duration such as 15m (a whole number of s, m, h or d, up to 3650d), "
        "got '3 minutes'",
        "row 6: ok of acme-dental stands in row 2 already",
        "row 7: old is enrolled already.",
        "row 8: via must be an enrolled device, got nobody.",
        "row 8: practice patching is not in the contract; promised are: backup.",
        "row 9: There is no client gamma; it begins with its first contract.",
        "row 10: has more or fewer cells than there are columns",
        "row 11: the client is missing",
    ]
    assert devices() == before
    assert not file.with_suffix(".tokens.csv").exists()


def test_a_list_of_one_client_needs_no_column_for_it(makegood: Makegood, listed: Any) -> None:
    file = listed("device,kind,grace\nsrv,server,180s\n")
    makegood.run("device", "enroll", "beta", "--from", file)
    assert devices() == [("beta", "srv")]
    said = makegood.refuses("device", "enroll", "acme-dental", "--from", listed(LIST))
    assert "row 4: the client is beta, but the command says acme-dental" in said


def test_the_same_list_again_enrolls_what_is_new_alone(makegood: Makegood, listed: Any) -> None:
    file = listed(LIST)
    makegood.run("device", "enroll", "--from", file)
    first = tokens(file)
    listed(LIST + "beta,two,server,3m,,,\n")
    answer = makegood.json("device", "enroll", "--from", file)
    assert tokens(file)[:3] == first
    assert [row["device"] for row in tokens(file)] == ["gateway", "srv", "modem", "two"]
    assert {row["device"]: row["token"] for row in answer} == {
        row["device"]: row["token"] for row in tokens(file)
    }


def test_a_run_that_is_cut_off_is_gone_on_with(
    makegood: Makegood, listed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = listed(LIST)
    enrolled: list[str] = []

    def die_after_two(*arguments: Any) -> str:
        enrolled.append(storage_enroll(*arguments))
        if len(enrolled) == 2:
            raise KeyboardInterrupt
        return enrolled[-1]

    with monkeypatch.context() as dying:
        dying.setattr(enrolling, "enroll", die_after_two)
        makegood.run("device", "enroll", "--from", file, exits=1)
    assert [bool(row["token"]) for row in tokens(file)] == [
        False,
        True,
        False,
    ]  # the second died with its token
    assert len(devices()) == 2
    makegood.run("device", "enroll", "--from", file)
    kept = tokens(file)
    assert [row["device"] for row in kept] == ["gateway", "srv", "modem"]
    for row in kept:
        device = find_device(row["client"], row["device"])
        assert device is not None
        assert device.token_hash == token_hash(row["token"])


def test_a_list_whose_devices_beat_already_is_gone_on_with(makegood: Makegood, listed: Any) -> None:
    file = listed("client,device,kind,grace\nbeta,srv,router,180s\n")
    makegood.run("device", "enroll", "--from", file)
    before = tokens(file)
    row = Device.get("beta", "srv")
    row.update(actions=[Device.state.set("up"), Device.last_seen.set(START), Device.due_at.set(START + 180)])
    makegood.run("device", "enroll", "--from", file)
    assert tokens(file) == before


def test_a_device_that_somebody_else_enrolled_keeps_its_token(makegood: Makegood, listed: Any) -> None:
    file = listed("client,device,kind,grace\nbeta,srv,router,180s\n")
    for already in (enroll, an_up_device):
        already("srv", client="beta")
        assert "row 2: srv is enrolled already." in makegood.refuses("device", "enroll", "--from", file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the column client is missing; the column device is missing"),
        ("client,device,kind,grase\n", "the column grase is not known (did you mean grace?)"),
        ('client,device,kind,grace\n"a\n', "is no CSV: line 1"),
    ],
)
def test_what_is_no_list_is_refused_as_a_whole(makegood: Makegood, listed: Any, text: str, said: str) -> None:
    assert said in makegood.refuses("device", "enroll", "--from", listed(text))


def test_a_file_that_holds_something_else_is_not_written_to(makegood: Makegood, listed: Any) -> None:
    file = listed(LIST)
    other = file.with_suffix(".tokens.csv")
    other.write_text("mine\n")
    said = makegood.refuses("device", "enroll", "--from", file)
    assert "holds no tokens: name another file with --tokens" in said
    assert (other.read_text(), devices()) == ("mine\n", [])


def test_a_list_and_one_device_are_not_mixed(makegood: Makegood, listed: Any) -> None:
    file = listed(LIST)
    said = makegood.refuses("device", "enroll", "beta", "srv", "--kind", "x", "--from", file, exits=2)
    assert "A list takes no DEVICE, --kind" in said
    said = makegood.refuses("device", "enroll", "beta", exits=2)
    assert "Missing DEVICE, --grace; or enroll a list with --from." in said
    assert "needs --tokens" in makegood.refuses("device", "enroll", "--from", "-", exits=2)
