"""The credit that a last statement ends with: the provider is mailed whom to pay it, once.

The fee is 2,400.00 USD; 2,900.00 of corrections are credited on March, so 500.00 are left.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.cast import a_contract
from support.deployment import Deployment

from makegood.issuing import UnsentError, issue
from makegood.rules.instants import parse_instant
from makegood.storage.contracts import versions_of
from makegood.storage.records import ContractVersion
from makegood_local.load_facts import store_facts

CLIENT = "acme-dental"
PEOPLE = ["books@acme.example", "owner@acme.example"]
PROVIDER = "help@provider.example"
# Acme's statement of March: issued on 3 April at 9 in New York.
MOMENT = parse_instant("2026-04-03T13:00:00Z")


def a_credit(cents: int = 290_000, **terms: Any) -> None:
    contract = a_contract(contacts={"outages": PEOPLE, "statements": PEOPLE}, practices={}, **terms)
    credited = {"period": "2026-02", "cents": cents, "reason": "three late bounces", "number": 1}
    nothing: dict[str, Any] = {name: [] for name in ("devices", "incidents", "evidence", "maintenance")}
    month = {"period": "2026-03", "as_of": "2026-04-03T13:00:00Z"}
    store_facts({"contract": contract, **month, **nothing, "adjustments": [credited]})


def test_the_provider_is_told_once_whom_to_pay_how_much_and_that_the_client_knows(
    deployment: Deployment,
) -> None:
    a_credit(effective_until="2026-04-01")
    issue(CLIENT, "2026-03", MOMENT)
    issue(CLIENT, "2026-03", MOMENT + 900)
    assert sorted(str(mail["To"]) for mail in deployment.mails) == [PEOPLE[0], PROVIDER, PEOPLE[1]]
    [owed], [told] = deployment.mails_to(PROVIDER), deployment.mails_to(PEOPLE[1])
    assert owed["Subject"] == "[Acme Dental Group] pay $500.00: the credit of the last statement, March 2026"
    text = flat(owed)
    assert "To whom: Acme Dental Group (acme-dental)" in text
    assert "How much: $500.00" in text
    assert f"Told of it: {', '.join(PEOPLE)}" in text
    assert list(owed.iter_attachments()) == []
    assert "No statement follows, so we pay you the credit of $500.00." in flat(told)


@pytest.mark.parametrize(
    ("cents", "terms"),
    [
        (290_000, {}),  # the contract goes on
        (290_000, {"effective_until": "2026-04-02"}),  # April's statement follows
        (240_000, {"effective_until": "2026-04-01"}),  # nothing due, nothing left
    ],
)
def test_where_a_statement_follows_or_nothing_is_left_nobody_is_asked_to_pay(
    deployment: Deployment, cents: int, terms: dict[str, str]
) -> None:
    a_credit(cents, **terms)
    issue(CLIENT, "2026-03", MOMENT)
    assert sorted(str(mail["To"]) for mail in deployment.mails) == PEOPLE


def test_a_client_who_is_known_to_come_back_is_not_paid_apart(deployment: Deployment) -> None:
    a_credit(effective_until="2026-04-01")
    june = {**versions_of(CLIENT)[0].written, "effective_from": "2026-06-01"}
    del june["effective_until"]
    ContractVersion(CLIENT, "contract#2026-06-01", terms=june, applied_at=MOMENT, applied_by="tess").save()
    issue(CLIENT, "2026-03", MOMENT)
    assert deployment.mails_to(PROVIDER) == []


def test_a_statement_is_not_issued_before_who_pays_was_told_and_nobody_reads_it_twice(
    deployment: Deployment,
) -> None:
    a_credit(effective_until="2026-04-01")
    deployment.refuse_mail = {PROVIDER}
    with pytest.raises(UnsentError, match="1 of 3 mails"):
        issue(CLIENT, "2026-03", MOMENT)
    deployment.refuse_mail = set()
    issue(CLIENT, "2026-03", MOMENT + 900)
    assert [str(mail["To"]) for mail in deployment.mails] == [*PEOPLE, PROVIDER]


def flat(mail: Any) -> str:
    return " ".join(mail.get_body(("plain",)).get_content().split())
