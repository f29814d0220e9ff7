"""`makegood contract check`: everything that is wrong, by line; what is right, in plain words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.conftest import Makegood

CONTRACTS = Path(__file__).parent.parent.parent / "contracts"

Checked = Callable[..., list[str]]

GOOD = """\
client: acme-dental
name: Acme Dental Group
timezone: America/New_York
currency: USD
monthly_fee: "2400.00"
effective_from: 2026-01-01
contacts:
  outages: [front-desk@acme.example, owner@elsewhere.example]
  statements:
    - owner@acme.example
outages:
  notify: {within: 15m, refund: 5%}
  plan:
    within: 1h
"""


@pytest.fixture
def checked(makegood: Makegood, tmp_path: Path) -> Checked:
    def check(text: str, *options: str, exits: int = 1) -> list[str]:
        file = tmp_path / "acme.yaml"
        file.write_text(text)
        said = makegood.says("contract", "check", file, *options, exits=exits)
        return said.replace(str(file), "acme.yaml").splitlines()

    return check


def test_a_good_contract_is_said_in_plain_words(checked: Checked) -> None:
    said = checked(GOOD, exits=0)
    assert said[0].startswith("Acme Dental Group (acme-dental), from 2026-01-01: $2,400.00 a month")
    assert "  tell the client within 15 minutes, else 5% back" in said
    assert said[-1] == (
        "So that this can be kept, no device may be silent for longer than 209 seconds (its grace), "
        "with 4 minutes to detect it."
    )


def test_each_mistake_is_named_with_its_line(checked: Checked) -> None:
    wrong = GOOD.replace("owner@acme.example\n", "owner at acme\n").replace("within: 1h", "withn: 1h")
    wrong = wrong.replace("USD", "dollars").replace("name: Acme Dental Group\n", "")
    assert [line.split(": ")[0:2] for line in checked(wrong)] == [
        ["acme.yaml is refused:"],
        ["acme.yaml:1", "name"],
        ["acme.yaml:3", "currency"],
        ["acme.yaml:9", "contacts.statements[0]"],
        ["acme.yaml:12", "outages.plan.within"],
        ["acme.yaml:13", "outages.plan.withn"],
    ]


def test_a_field_inside_brackets_has_the_line_of_the_brackets(checked: Checked) -> None:
    said = checked(GOOD.replace("refund: 5%", "refund: 5"))
    assert said[1].startswith("acme.yaml:12: outages.notify.refund: must be a percentage")


def test_a_file_that_is_no_yaml_is_refused_with_its_line(checked: Checked) -> None:
    assert checked(GOOD.replace("name:", "client:")) == [
        "acme.yaml is refused.",
        "acme.yaml:2: column 1: client is there twice",
    ]


def test_terms_that_cannot_be_kept_are_refused_where_they_stand(checked: Checked) -> None:
    [_, problem] = checked(GOOD, "--grace", "210s")
    assert problem.startswith("acme.yaml:12: outages.notify.within: must be longer than 900s")
    checked(GOOD, "--grace", "209s", exits=0)
    [_, problem] = checked(GOOD.replace("15m", "8m"))
    assert problem.startswith("acme.yaml:12: outages.notify.within: must be longer than 480s")
    checked(GOOD.replace("15m", "8m"), "--detection", "5s", exits=0)


def test_the_name_of_the_deployments_own_client_is_taken(checked: Checked) -> None:
    said = checked(GOOD.replace("acme-dental", "canary"))
    assert said[1] == "acme.yaml:1: client: must be another name: canary is the deployment's own"


def test_what_is_allowed_and_will_hurt_is_a_warning(checked: Checked) -> None:
    said = checked(GOOD.replace("elsewhere.example", "acme.example"), exits=0)
    assert said[-1].startswith("Warning: Every contact for outages is at acme.example")


def test_programs_get_the_problems_as_json(makegood: Makegood, tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(GOOD.replace("USD", "USDD"))
    answer = json.loads(makegood.says("contract", "check", file, "--json", exits=1))
    assert answer["ok"] is False
    assert answer["problems"] == [
        {
            "line": 4,
            "path": "currency",
            "message": "must be an ISO 4217 currency such as USD, got 'USDD'",
        }
    ]
    assert answer["promises"] == []
    file.write_text(GOOD)
    answer = makegood.json("contract", "check", file)
    assert (answer["ok"], answer["problems"], answer["longest_grace_seconds"]) == (True, [], 209)


def test_a_file_that_is_not_there_is_no_traceback(makegood: Makegood) -> None:
    said = makegood.says("contract", "check", "nothing.yaml", exits=1)
    assert said == "nothing.yaml is refused.\nnothing.yaml: cannot be read: No such file or directory\n"


@pytest.mark.parametrize("file", sorted(CONTRACTS.glob("*.yaml")), ids=lambda file: str(file.stem))
def test_every_example_passes(makegood: Makegood, file: Path) -> None:
    assert makegood.says("contract", "check", file, "--detection", "5s")
