"""`makegood init`: a contract that passes and the settings of a deployment, never over what is there."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import yaml
from cli.conftest import Makegood

from makegood.rules.instants import parse_instant
from makegood_local.template import load_template

ROOT = Path(__file__).parents[2]

GIVEN = {
    "client": "acme-dental",
    "name": 'Acme "Dental": Group',
    "timezone": "America/New_York",
    "monthly-fee": "2400.00",
    "contacts": "front-desk@acme.example, owner@elsewhere.example",
    "sender": "guarantee@provider.example",
    "reply-to": "help@provider.example",
    "technicians": "tess@provider.example, tom@provider.example",
}
OPTIONS = [part for name, value in GIVEN.items() for part in (f"--{name}", value)]


@pytest.fixture(autouse=True)
def march(makegood: Makegood) -> None:
    makegood.deployment.now = parse_instant("2026-03-12T04:00:00Z")


def test_the_contract_written_is_one_that_passes(makegood: Makegood, tmp_path: Path) -> None:
    said = makegood.says("init", tmp_path / "new", *OPTIONS, "--no-input")
    contract = tmp_path / "new" / "acme-dental.yaml"
    assert f"makegood contract check {contract}" in said
    checked = makegood.says("contract", "check", contract)
    assert checked.startswith('Acme "Dental": Group (acme-dental), from 2026-03-01: $2,400.00 a month')
    assert "tell the client within 15 minutes, else 5% back" in checked
    assert makegood.says("client", "apply", contract).startswith("New client.")
    written = yaml.safe_load(contract.read_text())
    assert written["contacts"] == {
        "outages": ["front-desk@acme.example", "owner@elsewhere.example"],
        "statements": ["front-desk@acme.example", "owner@elsewhere.example"],
    }


def test_editors_find_the_schema_beside_the_contract(makegood: Makegood, tmp_path: Path) -> None:
    makegood.run("init", tmp_path, *OPTIONS, "--no-input")
    first = (tmp_path / "acme-dental.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=contract.schema.json"
    published = (ROOT / "docs" / "contract.schema.json").read_text()
    assert (tmp_path / "contract.schema.json").read_text() == published


def test_the_settings_are_those_the_template_asks_for(makegood: Makegood, tmp_path: Path) -> None:
    makegood.run("init", tmp_path, *OPTIONS, "--no-input", "--stack", "guarantee", "--region", "eu-west-1")
    written = tomllib.loads((tmp_path / "samconfig.toml").read_text())
    deploy = written["default"]["deploy"]["parameters"]
    assert deploy.pop("region") == "eu-west-1"
    assert written["default"].pop("global") == {"parameters": {"stack_name": "guarantee"}}
    overrides = dict(each.split("=", 1) for each in deploy.pop("parameter_overrides"))
    assert overrides == {
        "Sender": "guarantee@provider.example",
        "ReplyTo": "help@provider.example",
        "Technicians": "tess@provider.example,tom@provider.example",
        "AlarmEmail": "help@provider.example",
    }
    parameters = load_template(ROOT / "infra" / "template.yaml")["Parameters"]
    needed = {name for name, parameter in parameters.items() if "Default" not in parameter}
    assert needed <= set(overrides) <= set(parameters)
    assert written["default"].pop("build") == {"parameters": {"template_file": "infra/template.yaml"}}
    assert deploy == {"resolve_s3": True, "capabilities": "CAPABILITY_IAM", "confirm_changeset": True}


def test_what_is_there_is_never_written_over_without_a_word(makegood: Makegood, tmp_path: Path) -> None:
    for name in ("samconfig.toml", "acme-dental.yaml", "contract.schema.json"):
        file = tmp_path / name
        file.write_text("mine\n")
        said = makegood.refuses("init", tmp_path, *OPTIONS, "--no-input")
        assert said == f"Error: {file} is there already; --force writes over it.\n"
        assert [each.name for each in tmp_path.iterdir()] == [name]
        makegood.run("init", tmp_path, *OPTIONS, "--no-input", "--force")
        assert file.read_text() != "mine\n"
        for each in tmp_path.iterdir():
            each.unlink()


def test_the_same_again_finds_its_own_schema(makegood: Makegood, tmp_path: Path) -> None:
    makegood.run("init", tmp_path, *OPTIONS, "--no-input")
    (tmp_path / "samconfig.toml").unlink()
    makegood.run("init", tmp_path, *OPTIONS, "--client", "second", "--no-input")


def test_what_is_not_given_is_asked_for_until_it_will_do(makegood: Makegood, tmp_path: Path) -> None:
    answers = [
        "Acme!",
        "acme-dental",
        "Acme Dental",
        "Mars",
        "Europe/Berlin",
        "EUR",
        "1,250",
        "1250.00",
        "",
        "nobody",
    ]
    more = [
        "owner@acme.example",
        "",
        "20m",
        "",
        "",
        "g@provider.example",
        "h@provider.example",
        "t@p.example",
        "",
    ]
    result = makegood.run("init", tmp_path, input="\n".join([*answers, *more]) + "\n")
    assert result.stdout.startswith("Wrote ")
    assert "Error: must be 1 to 24 of a-z, 0-9 and -, got 'Acme!'" in result.stderr
    assert "Error: must be an amount such as \"10.00\", got '1,250'" in result.stderr
    assert "First day of the contract [2026-03-01]" in result.stderr
    contract = yaml.safe_load((tmp_path / "acme-dental.yaml").read_text())
    assert (contract["monthly_fee"], contract["currency"]) == ("1250.00", "EUR")
    assert contract["outages"]["notify"]["within"] == "20m"
    assert contract["contacts"]["statements"] == ["owner@acme.example"]
    assert "AlarmEmail=h@provider.example" in (tmp_path / "samconfig.toml").read_text()


def test_without_questions_everything_missing_or_wrong_is_named_at_once(
    makegood: Makegood, tmp_path: Path
) -> None:
    said = makegood.refuses("init", tmp_path, "--client", "Acme", "--no-input", exits=2)
    assert "--client must be 1 to 24 of a-z, 0-9 and -, got 'Acme'" in said
    for name in ("name", "timezone", "monthly-fee", "contacts", "sender", "reply-to", "technicians"):
        assert f"--{name} is missing" in said
    assert list(tmp_path.iterdir()) == []


def test_a_notice_that_cannot_be_kept_is_refused(makegood: Makegood, tmp_path: Path) -> None:
    said = makegood.refuses("init", tmp_path, *OPTIONS, "--notify", "8m", "--no-input")
    assert said.startswith("Error: outages.notify.within: must be longer than 480s")
    assert list(tmp_path.iterdir()) == []


def test_programs_get_the_files_and_are_asked_nothing(makegood: Makegood, tmp_path: Path) -> None:
    answer = json.loads(makegood.says("init", tmp_path, *OPTIONS, "--json"))
    names = ["acme-dental.yaml", "contract.schema.json", "samconfig.toml"]
    assert answer == {"files": [str(tmp_path / name) for name in names]}
