"""Two that issue a statement at once, one that dies at any step: one statement, signature and mail each."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.cast import a_contract
from support.crashes import calls
from support.deployment import Deployment
from support.stored import files, put_back

import issue
from makegood.rules.instants import parse_instant
from makegood.rules.proof import changed_parts
from makegood.storage.records import Adjustment
from makegood.storage.statements import ISSUED, find_statement
from makegood_local.load_facts import store_facts
from makegood_simulator.events import Context, sqs_event
from makegood_simulator.wire import Killed

# Acme's statement of March: issued on 3 April at 9 in New York.
MOMENT = parse_instant("2026-04-03T13:00:00Z")
RECEIVED_AGAIN = 720
PEOPLE = ["books@acme.example", "owner@acme.example"]
FILES = [
    f"acme-dental/2026-03/{name}"
    for name in ("facts.json", "statement.html", "statement.json", "statement.pdf")
]


@pytest.fixture
def again(deployment: Deployment) -> Callable[[], None]:
    """A month that is over, as often as a test asks for it."""
    contract = a_contract(contacts={"outages": PEOPLE, "statements": PEOPLE}, practices={})
    nothing: dict[str, Any] = {
        name: [] for name in ("devices", "incidents", "evidence", "maintenance", "adjustments")
    }
    store_facts({"contract": contract, "period": "2026-03", "as_of": "2026-04-03T13:00:00Z", **nothing})
    start = deployment.snapshot()

    def begin() -> None:
        deployment.now = MOMENT
        deployment.restore(start)
        put_back({})

    return begin


def run_issue() -> bool:
    """What the queue asks for; whether it was done."""
    message = json.dumps({"client": "acme-dental", "period": "2026-03"})
    return bool(issue.handler(sqs_event(message), Context()) == {"batchItemFailures": []})


def a_fact_changes() -> None:
    """Who gathers the facts from now on finds others."""
    key = "adjustment#2026-03#2026-02#0001"
    Adjustment("acme-dental", key, period="2026-02", cents=1_200, reason="x", number=1).save()


def is_issued_once(deployment: Deployment) -> bool:
    """One of each file, genuine, and exactly this in one mail for each contact."""
    kept = files()
    assert sorted(kept) == FILES
    statement = json.loads(kept[FILES[2]])
    assert changed_parts(statement) == ()
    assert statement["facts"] == json.loads(kept[FILES[0]])
    assert sorted(str(mail["To"]) for mail in deployment.mails) == PEOPLE
    for mail in deployment.mails:
        attached = [part.get_content() for part in mail.iter_attachments()]
        assert sorted(attached) == sorted([kept[FILES[2]], kept[FILES[3]]])
    record = find_statement("acme-dental", "2026-03")
    return record is not None and record.status == ISSUED


def calls_of_an_issue(again: Callable[[], None]) -> int:
    """Once the process has read the keys, which it does not read again."""
    for _ in range(2):
        again()
        with calls() as seen:
            assert run_issue()
    assert len(seen.made) > 15
    return len(seen.made)


def test_at_whichever_call_another_overtakes_there_is_one_statement(
    deployment: Deployment, again: Callable[[], None]
) -> None:
    def overtaken(_operation: str, call: Callable[[], Any]) -> Any:
        a_fact_changes()
        run_issue()
        return call()

    for number in range(1, calls_of_an_issue(again) + 1):
        again()
        with calls(number, overtaken) as struck:
            run_issue()
        assert struck.struck
        deployment.now += RECEIVED_AGAIN
        assert run_issue()
        assert is_issued_once(deployment), (number, struck.made)


def test_whoever_dies_before_any_call_leaves_what_the_next_goes_on_from(
    deployment: Deployment, again: Callable[[], None]
) -> None:
    """Before SES took a mail, that is: what it took and nobody could note down may come twice."""

    def dies_before(operation: str, _call: Callable[[], Any]) -> Any:
        raise Killed(operation)

    for number in range(1, calls_of_an_issue(again) + 1):
        again()
        with pytest.raises(Killed), calls(number, dies_before) as struck:
            run_issue()
        first = files()
        a_fact_changes()
        deployment.now += RECEIVED_AGAIN
        assert run_issue()
        kept = files()
        assert {name: kept[name] for name in first} == first
        if struck.made[-2:-1] != ["SendEmail"]:
            assert is_issued_once(deployment), struck.made
