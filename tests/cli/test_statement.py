"""`makegood statement preview` and `issue`: as it stands now, and not before its time."""

from __future__ import annotations

import json
import os

import boto3
import pytest
from cli.conftest import Makegood
from support.cast import ACME, MINUTE, START, an_up_device, sign_up

from makegood.issuing import issue
from makegood.rules.instants import parse_instant
from makegood.storage.contracts import versions_of
from makegood.storage.incidents import open_incident
from makegood.storage.records import AuditEntry

# Acme's statement of March is issued on the third of April at nine in New York.
MOMENT = parse_instant("2026-04-03T13:00:00Z")


@pytest.fixture(autouse=True)
def acme(makegood: Makegood) -> None:
    makegood.deployment.now = START
    sign_up()
    an_up_device("srv", practices={"backup"})


def asked() -> list[dict[str, str]]:
    url = os.environ["STATEMENTS_QUEUE_URL"]
    messages = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def test_a_preview_carries_its_facts(makegood: Makegood) -> None:
    statement = makegood.json("statement", "preview", "acme-dental", "2026-03")
    assert statement["as_of"] == "2026-03-12T04:00:00Z"
    assert statement["fee_cents"] == 240_000
    assert statement["facts"]["contract"]["client"] == "acme-dental"


def test_a_preview_shows_people_what_it_comes_to(makegood: Makegood) -> None:
    said = makegood.says("statement", "preview", "acme-dental", "2026-03")
    assert said.startswith("Statement of acme-dental for 2026-03, as of 2026-03-12T04:00:00Z\n")
    # Ten days in scope, none with evidence: 10.00 for each.
    assert "practice/backup/each" in said
    assert "Refund   $110.00\n" in said
    assert "Healthy  no\n" in said


@pytest.mark.parametrize(
    ("ago", "healthy"),
    [
        (None, "so far: no promise is broken"),
        (15 * MINUTE, "so far: no promise is broken, 3 are open"),
        (15 * MINUTE + 1, "no"),
    ],
)
def test_a_preview_does_not_praise_what_is_open(makegood: Makegood, ago: int | None, healthy: str) -> None:
    sign_up({**ACME, "client": "zoo", "practices": {}})
    if ago is not None:
        row = an_up_device("cam", client="zoo", last_seen=START - ago)
        assert open_incident(row, START, versions_of("zoo")) is not None
    said = makegood.says("statement", "preview", "zoo", "2026-03")
    assert f"Healthy  {healthy}\n" in said


def test_a_month_that_is_over_without_a_broken_promise_is_healthy(makegood: Makegood) -> None:
    sign_up({**ACME, "client": "zoo", "practices": {}})
    makegood.deployment.now = MOMENT
    assert "Healthy  yes\n" in makegood.says("statement", "preview", "zoo", "2026-03")


@pytest.mark.parametrize("command", ["preview", "issue"])
def test_a_month_without_a_contract_has_no_statement(makegood: Makegood, command: str) -> None:
    assert makegood.refuses("statement", command, "acme-dental", "2025-12") == (
        "Error: No contract of acme-dental covers 2025-12.\n"
    )


def test_an_unknown_client_has_no_statement(makegood: Makegood) -> None:
    assert "There is no client acme" in makegood.refuses("statement", "preview", "acme", "2026-03")


@pytest.mark.parametrize("period", ["2026-13", "March", "2026-3"])
def test_a_month_that_is_none_is_a_wrong_argument(makegood: Makegood, period: str) -> None:
    said = makegood.refuses("statement", "issue", "acme-dental", period, exits=2)
    assert "must be a month such as 2026-03" in said


def test_a_statement_is_not_asked_for_before_its_moment(makegood: Makegood) -> None:
    makegood.deployment.now = MOMENT - 1
    assert makegood.refuses("statement", "issue", "acme-dental", "2026-03") == (
        "Error: The statement of 2026-03 is issued at 2026-04-03T13:00:00Z, not before.\n"
    )
    assert asked() == []


def test_a_statement_is_asked_for_from_its_moment_on(makegood: Makegood) -> None:
    makegood.deployment.now = MOMENT
    makegood.run("statement", "issue", "acme-dental", "2026-03")
    assert asked() == [{"client": "acme-dental", "period": "2026-03"}]
    (entry,) = AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#"))
    assert entry.what == "asked for the statement of 2026-03"


def test_an_issued_statement_is_not_asked_for_again(makegood: Makegood) -> None:
    makegood.deployment.now = MOMENT
    issue("acme-dental", "2026-03", MOMENT)
    answer = makegood.json("statement", "issue", "acme-dental", "2026-03")
    assert answer == {"client": "acme-dental", "period": "2026-03", "asked": False}
    assert asked() == []
