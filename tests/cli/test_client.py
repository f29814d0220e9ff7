"""`makegood client`: what is promised goes in, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from cli.conftest import Makegood
from support.cast import a_contract, an_up_device, enroll

from makegood.rules.contracts import parse_contract
from makegood.rules.instants import parse_instant
from makegood.storage.contracts import versions_of
from makegood.storage.devices import Device
from makegood.storage.records import AuditEntry
from makegood_cli.contract_changes import differences
from makegood_cli.contract_file import parse_yaml
from makegood_cli.holiday_dates import with_dates
from makegood_cli.promises import promises

CONTRACTS = Path(__file__).parent.parent.parent / "contracts"
NOW = parse_instant("2026-01-15T12:00:00Z")

ONE_DOMAIN = (
    "Every contact for outages is at acme.example: when its mail is down, nobody can be told. Add an address "
    "elsewhere, and numbers to call under contacts.phone."
)
NO_DEVICE = (
    "No device is enrolled for backup, so no evidence comes and nothing is counted. Enroll each device that "
    "is to show it, as by --practice backup."
)


@pytest.fixture(autouse=True)
def january(makegood: Makegood) -> None:
    makegood.deployment.now = NOW


@pytest.fixture
def contract(tmp_path: Path) -> Any:
    def write(text: str | None = None, **changes: Any) -> Path:
        file = tmp_path / "acme.yaml"
        file.write_text(yaml.safe_dump(a_contract(**changes)) if text is None else text)
        return file

    return write


def test_the_example_says_what_it_promises(makegood: Makegood) -> None:
    said = makegood.says("client", "apply", CONTRACTS / "acme-dental.yaml")
    assert said.startswith("New client.\nAcme Dental Group (acme-dental), from 2026-01-01: $2,400.00 ")
    assert "\n  tell the client within 15 minutes, else 5% back\n" in said
    assert "else 10% back and 2% back for each hour begun after that, at most 10 times\n" in said
    assert "$10.00 back for each day missed" in said
    example = "$1,234.50, March 31, 2026, 5:30 PM"
    assert f"\nThe client reads amounts and dates as people do in en_US: {example}.\n" in said


@pytest.mark.parametrize("file", sorted(CONTRACTS.glob("*.yaml")), ids=lambda file: str(file.stem))
def test_every_example_is_a_contract(file: Path) -> None:
    contract = parse_contract(with_dates(parse_yaml(file.read_text())))
    assert promises(contract)[0].startswith(f"{contract.name} ({contract.client}), from ")


def test_every_optional_field_is_explained_by_the_second_example() -> None:
    text = (CONTRACTS / "every-option.yaml").read_text()
    for field in ("effective_until", "then", "at_most", "self_recovery", "stable_for", "grace_days"):
        assert f"{field}:" in text
    for field in (
        "hours",
        "holidays",
        "refund_each",
        "refund_cap",
        "maintenance_notice",
        "statement",
        "at_least",
    ):
        assert f"{field}:" in text


def test_the_same_file_again_changes_nothing(makegood: Makegood, contract: Any) -> None:
    makegood.run("client", "apply", contract())
    assert makegood.says("client", "apply", contract()).startswith("Nothing changed.\n")
    assert makegood.json("client", "apply", contract()) == {
        "client": "acme-dental",
        "effective_from": "2026-01-01",
        "change": "unchanged",
        "warnings": [ONE_DOMAIN, NO_DEVICE],
        "differences": [],
    }


def test_who_and_when_is_on_record(makegood: Makegood, contract: Any) -> None:
    makegood.run("client", "apply", contract())
    (entry,) = AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#"))
    assert entry.at == NOW
    assert entry.who == "arn:aws:sts::123456789012:user/moto (tess)"
    assert entry.what == "contract of 2026-01-01 created"


def test_every_mistake_is_named_with_its_path(makegood: Makegood, contract: Any) -> None:
    file = contract(monthly_fee="much", outages={"notify": {"withn": "15m"}})
    lines = makegood.refuses("client", "apply", file).splitlines()
    assert lines[0] == f"Error: {file} is refused:"
    assert [line.split(": ")[:2] for line in lines[1:]] == [
        ["line 11", "monthly_fee"],
        ["line 14", "outages.notify.within"],
        ["line 15", "outages.notify.withn"],
    ]
    assert "did you mean within?" in lines[3]
    assert versions_of("acme-dental") == []


def test_terms_that_cannot_be_kept_are_refused(makegood: Makegood, contract: Any) -> None:
    makegood.run("client", "apply", contract())
    enroll("srv", grace_seconds=180)
    later = contract(effective_from="2026-02-01", outages={"notify": {"within": "12m"}})
    assert "outages.notify.within: must be longer than 720s" in makegood.refuses("client", "apply", later)


def test_a_contract_of_the_past_wants_to_be_backdated(makegood: Makegood, contract: Any) -> None:
    past = contract(effective_from="2025-06-15")
    assert "2026-01-01 or later, unless it is backdated (--backdate)" in makegood.refuses(
        "client", "apply", past
    )
    assert makegood.says("client", "apply", "--backdate", past).startswith("New client.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("client: [acme\nname: x\n", "line 2, column 5: "),
        ("client: acme\nname: a\nname: b\n", "line 3, column 1: name is there twice"),
        ("outages:\n  plan: {within: 1h, within: 2h}\n", "line 2, column 22: within is there twice"),
        ("a: &a [*a]\n", "an alias inside itself"),
        ("[" * 2_000, "too many brackets"),
        ("a: \x07\n", "special characters are not allowed"),
        ("a: !!python/object:os.system x\n", "line 1, column 4: could not determine a constructor"),
        (
            "effective_from: 2026-02-30\n",
            "must be a date such as 2026-03-01, got '2026-02-30'",
        ),
        ("", "must be an object with client, name"),
        ("just words\n", "must be an object with client, name"),
        ("? [1, 2]\n: x\n", "found unhashable key"),
        ("client: a\n---\nclient: b\n", "but found another document"),
    ],
)
def test_what_is_not_a_contract_file_is_named_by_line(
    makegood: Makegood, contract: Any, text: str, said: str
) -> None:
    assert said in makegood.refuses("client", "apply", contract(text))


def test_files_that_cannot_be_read_are_named(makegood: Makegood, tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"
    assert makegood.refuses("client", "apply", missing) == (
        f"Error: {missing}: cannot be read: No such file or directory\n"
    )
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"name: \xff")
    assert makegood.refuses("client", "apply", binary) == f"Error: {binary}: is not UTF-8 text, at byte 6\n"


def test_a_contract_comes_through_the_standard_input(makegood: Makegood) -> None:
    text = (CONTRACTS / "acme-dental.yaml").read_text()
    assert makegood.says("client", "apply", "-", input=text).startswith("New client.")


def test_dates_are_stored_as_text(makegood: Makegood) -> None:
    makegood.run("client", "apply", CONTRACTS / "acme-dental.yaml")
    (version,) = versions_of("acme-dental")
    assert version.written["effective_from"] == "2026-01-01"


def test_the_clients_are_listed(makegood: Makegood, contract: Any) -> None:
    makegood.run("client", "apply", contract())
    makegood.run("client", "apply", contract(client="zoo", name="Zoo", effective_from="2026-02-10"))
    assert makegood.json("client", "list") == [
        {
            "client": "acme-dental",
            "name": "Acme Dental Group",
            "contract": "in force",
            "effective_from": "2026-01-01",
            "effective_until": None,
            "monthly_fee": "$2,400.00",
            "timezone": "America/New_York",
            "next_period": "2026-01",
        },
        {
            "client": "zoo",
            "name": "Zoo",
            "contract": "not in force",
            "effective_from": "2026-02-10",
            "effective_until": None,
            "monthly_fee": "$2,400.00",
            "timezone": "America/New_York",
            "next_period": "2026-02",
        },
    ]
    table = makegood.says("client", "list").splitlines()
    assert table[0].startswith("client ")
    assert "Acme Dental Group" in table[2]
    assert "not in force" in table[3]


def test_no_clients_are_an_empty_list(makegood: Makegood) -> None:
    assert makegood.json("client", "list") == []


def test_a_new_version_says_what_changes_and_from_when(makegood: Makegood, contract: Any) -> None:
    makegood.run("client", "apply", contract())
    outages = {
        "notify": {"within": "900s", "refund": "5%"},
        "plan": {"within": "2h"},
        "repair": {"within": "4h", "refund": "10%", "then": {"every": "1h", "refund": "2%"}},
    }
    people = {"outages": ["night@acme.example"], "statements": ["owner@acme.example"]}
    new = contract(
        effective_from="2026-02-01",
        monthly_fee="3000.00",
        outages=outages,
        contacts=people,
        maintenance_notice="48h",
    )
    lines = makegood.says("client", "apply", new).splitlines()
    assert lines[:10] == [
        "New version of the contract.",
        "What changes from 2026-02-01 on:",
        "  told of outages                                 front-desk@acme.example, owner@acme.example -> "
        "night@acme.example",
        "  notice of maintenance                           3 days -> 2 days",
        "  monthly fee                                     2400.00 -> 3000.00",
        "  mail the plan: within                           1 hour -> 2 hours",
        "  mail the plan: else back                        5% -> nothing",
        "  repair and document it: late, at most so often  10 -> nothing",
        "Incidents that begin before then keep the terms they began with.",
        "",
    ]


def test_a_dry_run_says_the_same_and_writes_nothing(makegood: Makegood, contract: Any) -> None:
    makegood.run("client", "apply", contract())
    later = contract(effective_from="2026-02-01", monthly_fee="3000.00")
    said = makegood.says("client", "apply", later, "--dry-run")
    assert said.startswith(
        "Nothing was written. It would be: New version of the contract.\n"
        "What changes from 2026-02-01 on:\n"
        "  monthly fee  2400.00 -> 3000.00\n"
        "Incidents that begin before then keep the terms they began with.\n"
    )
    assert len(versions_of("acme-dental")) == 1
    assert len(list(AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#")))) == 1
    assert makegood.says("client", "apply", later).startswith("New version of the contract.\n")
    assert len(versions_of("acme-dental")) == 2


def test_a_dry_run_refuses_what_would_be_refused(makegood: Makegood, contract: Any) -> None:
    makegood.run("client", "apply", contract())
    past = contract(monthly_fee="3000.00")
    refused = makegood.refuses("client", "apply", past, "--dry-run")
    assert "its terms stay as they are" in refused
    assert refused == makegood.refuses("client", "apply", past)


def test_contacts_change_at_once(makegood: Makegood, contract: Any) -> None:
    makegood.run("client", "apply", contract())
    people = {"outages": ["night@acme.example"], "statements": ["owner@acme.example"]}
    said = makegood.says("client", "apply", contract(contacts=people))
    assert "What changes at once:\n  told of outages  front-desk@acme.example, owner" in said
    assert "Incidents that begin" not in said


def test_people_of_a_version_that_has_not_begun_change_with_it(makegood: Makegood, contract: Any) -> None:
    makegood.run("client", "apply", contract())
    later = {"effective_from": "2026-02-01", "monthly_fee": "3000.00"}
    makegood.run("client", "apply", contract(**later))
    said = makegood.says("client", "apply", contract(**later, name="Acme"))
    assert "What changes from 2026-02-01 on:\n  name  Acme Dental Group -> Acme\n" in said


def test_of_a_long_list_only_what_is_new_or_gone_is_shown() -> None:
    days = [f"2026-12-{day:02}" for day in range(1, 11)]
    before, after = (
        {"outages": {"holidays": {"dates": found}}} for found in (days, [*days[1:], "2027-01-01"])
    )
    (difference,) = differences(before, after)
    assert (difference.label, difference.before, difference.after) == (
        "outages.holidays.dates",
        "10 entries",
        "10 entries; new: 2027-01-01; gone: 2026-12-01",
    )


def test_levels_of_people_are_shown_one_by_one() -> None:
    before: Any = {"outages": {"escalation": [{"after": "0m", "to": "a@p.example"}]}}
    after: Any = {"outages": {"escalation": [{"after": "30m", "to": "a@p.example"}]}}
    (difference,) = differences(before, after)
    assert (difference.before, difference.after) == (
        "after 0 seconds to a@p.example",
        "after 30 minutes to a@p.example",
    )


def test_what_is_spelt_out_is_no_change() -> None:
    spelt_out: Any = {
        "refund_cap": "100%",
        "maintenance_notice": "3d",
        "statement": {"day": 3, "hour": 9},
        "outages": {"stable_for": "600s", "repair": {"self_recovery": "system"}},
        "practices": {"backup": {"at_least": "100%"}, "patching": {"grace_days": 7}},
        "effective_until": None,
    }
    assert differences({}, spelt_out) == differences(spelt_out, {}) == []


def test_a_client_whose_every_contact_shares_a_domain_is_warned_about(
    makegood: Makegood, contract: Any
) -> None:
    applied = makegood.run("client", "apply", contract())
    assert f"Warning: {ONE_DOMAIN}\n" in applied.stderr
    elsewhere = {"outages": ["owner@acme.example", "dana@mail.example"], "statements": ["owner@acme.example"]}
    applied = makegood.run("client", "apply", contract(contacts=elsewhere))
    assert ONE_DOMAIN not in applied.stderr


def test_a_promise_that_no_device_shows_is_warned_about(makegood: Makegood, contract: Any) -> None:
    warned = f"Warning: {NO_DEVICE}\n"
    assert warned in makegood.run("client", "apply", contract()).stderr
    retired = an_up_device("old", practices={"backup"})
    retired.update(actions=[Device.state.set("retired")])
    an_up_device("till", practices={"patching"})
    assert warned in makegood.run("client", "apply", contract()).stderr
    an_up_device("nas", practices={"backup"})
    assert warned not in makegood.run("client", "apply", contract()).stderr


def test_whom_to_call_is_said_and_a_number_without_a_name_refused(makegood: Makegood, contract: Any) -> None:
    contacts = {"outages": ["owner@acme.example"], "statements": ["owner@acme.example"]}
    good = {**contacts, "phone": ["Dana Reyes, +1 212 555 0100"]}
    said = makegood.says("client", "apply", contract(contacts=good))
    assert "When no notice arrives, called: Dana Reyes, +1 212 555 0100." in said
    for wrong in ("Dana Reyes", "+1 212 555 0100", 12, "Dana\nReyes, +1 212 555 0100"):
        refused = makegood.refuses("client", "apply", contract(contacts={**contacts, "phone": [wrong]}))
        assert "contacts.phone[0]: must be" in refused
