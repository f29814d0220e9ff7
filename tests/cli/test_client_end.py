"""`makegood client end`: a client leaves on a day, and what was promised up to then stays promised."""

from __future__ import annotations

import pytest
from cli.conftest import Makegood
from support.cast import a_contract, enroll

from makegood.rules.instants import parse_instant
from makegood.storage.adjusting import Corrections, NewAdjustment, record_adjustment
from makegood.storage.changes import Operator
from makegood.storage.clients import apply_contract
from makegood.storage.contracts import version_in_force, versions_of
from makegood.storage.records import AuditEntry

NOW = parse_instant("2026-03-15T12:00:00Z")
TESS = Operator("tess", parse_instant("2026-01-01T12:00:00Z"))


@pytest.fixture(autouse=True)
def march(makegood: Makegood) -> None:
    makegood.deployment.now = NOW
    apply_contract(a_contract(), TESS, 180)


def ends() -> list[str | None]:
    return [version.written.get("effective_until") for version in versions_of("acme-dental")]


def test_the_day_given_is_the_last_that_is_covered(makegood: Makegood) -> None:
    enroll("modem")
    said = makegood.says("client", "end", "acme-dental", "--on", "2026-04-15")
    assert said == (
        "Done.\n"
        "The contract of Acme Dental Group (acme-dental) ends with 2026-04-15; nothing is promised from "
        "2026-04-16 on.\n"
        "The last statement is that of 2026-04, issued at 2026-05-03T13:00:00Z.\n"
        "After that day silence opens no incident. Still enrolled: modem.\n"
    )
    assert ends() == ["2026-04-16"]
    versions = versions_of("acme-dental")
    assert version_in_force(versions, parse_instant("2026-04-16T03:59:59Z")) is not None
    assert version_in_force(versions, parse_instant("2026-04-16T04:00:00Z")) is None


def test_today_is_the_earliest_day(makegood: Makegood) -> None:
    refused = makegood.refuses("client", "end", "acme-dental", "--on", "2026-03-14")
    assert "2026-03-14 is past" in refused
    assert "can end with 2026-03-15 at the earliest" in refused
    assert ends() == [None]
    makegood.run("client", "end", "acme-dental", "--on", "2026-03-15")
    assert ends() == ["2026-03-16"]


def test_the_same_again_changes_nothing_and_an_earlier_day_moves_the_end(makegood: Makegood) -> None:
    makegood.run("client", "end", "acme-dental", "--on", "2026-04-15")
    assert makegood.says("client", "end", "acme-dental", "--on", "2026-04-15").startswith("Nothing changed.")
    makegood.run("client", "end", "acme-dental", "--on", "2026-03-31")
    assert ends() == ["2026-04-01"]
    refused = makegood.refuses("client", "end", "acme-dental", "--on", "2026-04-15")
    assert "ends before 2026-04-01 already" in refused


def test_a_version_that_would_have_begun_later_is_withdrawn_and_kept_in_the_audit_trail(
    makegood: Makegood,
) -> None:
    apply_contract(a_contract(effective_from="2026-06-01", monthly_fee="3000.00"), TESS, 180)
    makegood.run("client", "end", "acme-dental", "--on", "2026-04-15", "--dry-run")
    assert ends() == [None, None]
    told = makegood.json("client", "end", "acme-dental", "--on", "2026-04-15")
    assert (told["withdrawn"], told["changed"]) == (["2026-06-01"], True)
    assert ends() == ["2026-04-16"]
    newest = list(AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#")))[-1]
    assert newest.what.startswith("contract of 2026-01-01 ends with 2026-04-15; version {")
    assert '"monthly_fee": "3000.00"' in newest.what


def test_the_version_that_covers_the_day_is_the_one_that_ends(makegood: Makegood) -> None:
    apply_contract(a_contract(effective_from="2026-06-01"), TESS, 180)
    makegood.run("client", "end", "acme-dental", "--on", "2026-06-30")
    assert ends() == [None, "2026-07-01"]


def test_an_end_before_the_beginning_is_refused(makegood: Makegood) -> None:
    apply_contract(a_contract(client="zoo", effective_from="2026-05-01"), TESS, 180)
    assert "begins on 2026-05-01" in makegood.refuses("client", "end", "zoo", "--on", "2026-04-30")
    assert "There is no client ghost" in makegood.refuses("client", "end", "ghost", "--on", "2026-04-30")


def test_a_correction_does_not_lose_the_statement_that_it_waits_for(makegood: Makegood) -> None:
    entry = NewAdjustment("2026-02", 1_200, "x", (), NOW)
    assert record_adjustment("acme-dental", "2026-04", entry, Corrections(0, 0))
    refused = makegood.refuses("client", "end", "acme-dental", "--on", "2026-03-31")
    assert "A correction of 2026-02 stands on the statement of 2026-04" in refused
    makegood.run("client", "end", "acme-dental", "--on", "2026-04-01")


def test_an_end_that_has_not_come_is_taken_back_by_the_contracts_file(makegood: Makegood) -> None:
    makegood.run("client", "end", "acme-dental", "--on", "2026-04-15")
    apply_contract(a_contract(), Operator("tess", NOW), 180)
    assert ends() == [None]
