"""The demo's month is the newest that is due, and comes to the same in every month."""

from __future__ import annotations

import pytest
from support.deployment import Deployment

from makegood.rules.instants import parse_instant
from makegood.rules.statements import compute
from makegood.storage.facts import gather_facts
from makegood_local.demo_month import demo_month, newest_due
from makegood_local.load_facts import store_facts

# Chicago, 3 April 2026, 9 o'clock.
MOMENT = parse_instant("2026-04-03T14:00:00Z")


def test_the_month_is_the_newest_whose_moment_of_issue_has_come() -> None:
    assert newest_due(MOMENT - 1) == "2026-02"
    assert newest_due(MOMENT) == "2026-03"
    assert newest_due(parse_instant("2026-05-01T00:00:00Z")) == "2026-03"
    assert demo_month(MOMENT)["as_of"] == "2026-04-03T14:00:00Z"


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_something_of_everything(month: int) -> None:
    statement = compute(demo_month(parse_instant(f"2027-{month:02}-15T00:00:00Z")))
    stages = statement["stages"]
    assert isinstance(stages, list)
    assert [stage["verdict"] for stage in stages] == [
        *("kept", "broken", "broken"),
        *("kept", "kept", "excused"),
        *("kept", "not_required", "kept"),
    ]
    practices = statement["practices"]
    assert isinstance(practices, list)
    assert [practice["verdict"] for practice in practices] == [*["kept"] * 4, "broken", "kept"]
    # Of 1,800.00: 5% for the plan, 10% for the repair, twice 2% for its lateness; two days without a backup.
    assert statement["refund_cents"] == 9_000 + 18_000 + 7_200 + 2_000
    assert statement["due_cents"] == 143_800


def test_the_month_survives_the_tables(deployment: Deployment) -> None:
    facts = demo_month(MOMENT)
    store_facts(facts)
    assert compute(gather_facts("harbor-law", "2026-03", MOMENT)) == compute(facts)
