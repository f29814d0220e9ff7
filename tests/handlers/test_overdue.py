"""The watchdog: a statement that is not out by its hour is told once, and raises the alarm until it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.cast import TESS, TOM, a_contract
from support.deployment import Deployment
from support.letters import flat
from support.logs import logged

import practices
from makegood.issuing import UnsentError, issue
from makegood.rules.instants import parse_instant
from makegood.storage.records import ContractVersion
from makegood_local.load_facts import store_facts
from makegood_simulator.events import Context, schedule_event

MOMENT = parse_instant("2026-04-03T13:00:00Z")
LATE = MOMENT + 45 * 60
OWNER = "owner@acme.example"


@pytest.fixture(autouse=True)
def _march(deployment: Deployment) -> None:
    store_facts(
        {
            "contract": a_contract(practices={}),
            "period": "2026-03",
            "as_of": "2026-04-03T13:00:00Z",
            **{name: [] for name in ("devices", "incidents", "evidence", "maintenance", "adjustments")},
        }
    )
    deployment.now = LATE


def check(deployment: Deployment, at: int) -> int:
    deployment.now = at
    return int(practices.handler(schedule_event(), Context())["overdue"])


def text(mail: Any) -> str:
    return flat(str(mail.get_body(("plain",))))


@pytest.mark.parametrize(("at", "told"), [(MOMENT, 0), (LATE - 1, 0), (LATE, 1)])
def test_a_statement_is_late_three_quarters_of_an_hour_after_its_moment(
    deployment: Deployment, at: int, told: int
) -> None:
    assert check(deployment, at) == told
    assert [str(mail["To"]) for mail in deployment.mails] == [TESS, TOM] * told


def test_the_alarm_stands_until_it_is_out_and_the_mail_comes_once(deployment: Deployment) -> None:
    with logged() as log:
        for quarter in range(3):
            check(deployment, LATE + quarter * 900)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    late = [line for line in lines if line["message"] == "a statement is overdue"]
    assert [(line["client"], line["period"]) for line in late] == [("acme-dental", "2026-03")] * 3
    assert len(deployment.mails) == 2
    issue("acme-dental", "2026-03", deployment.now)
    assert check(deployment, LATE + 3600) == 0


def test_the_mail_says_whose_statement_it_is_and_that_nothing_is_computed(deployment: Deployment) -> None:
    check(deployment, LATE)
    (mail,) = deployment.mails_to(TESS)
    assert mail["Subject"] == (
        "[Acme Dental Group] the statement of March 2026 is late: it was due on April 3, 2026, "
        "9:00 AM EDT (1:00 PM UTC)"
    )
    assert "nothing is computed yet" in text(mail)
    assert "makegood statement issue acme-dental 2026-03" in text(mail)


def test_the_mail_names_who_did_not_get_the_statement(deployment: Deployment) -> None:
    deployment.refuse_mail = {OWNER}
    with pytest.raises(UnsentError):
        issue("acme-dental", "2026-03", MOMENT)
    check(deployment, LATE)
    (mail,) = deployment.mails_to(TESS)
    assert f"the mail has not left for {OWNER}" in text(mail)


def test_a_contract_that_was_only_taken_over_now_has_time_to_issue_its_old_months(
    deployment: Deployment,
) -> None:
    ContractVersion("acme-dental", "contract#2026-01-01").update([ContractVersion.applied_at.set(LATE)])
    assert check(deployment, LATE + 45 * 60 - 1) == 0
    assert check(deployment, LATE + 45 * 60) == 1


def test_technicians_who_could_not_be_told_are_told_by_the_next_check(deployment: Deployment) -> None:
    deployment.refuse_mail = {TOM}
    with pytest.raises(practices.CheckError):
        check(deployment, LATE)
    deployment.refuse_mail = set()
    check(deployment, LATE + 900)
    assert sorted(str(mail["To"]) for mail in deployment.mails) == [TESS, TOM]
