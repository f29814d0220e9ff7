"""What the last statement says, and what every signed one says of its key."""

from __future__ import annotations

from typing import Any

import pytest
from support.months import a_contract, a_month, an_incident, at, the_statement
from support.telling import told_mail, told_view

from makegood.rules.proof import seal

LATER = "If something turns out in your favour later, we tell you by mail at once and pay it to you."


def said(until: str | None, **changes: Any) -> list[str]:
    month = {"contract": a_contract(effective_until=until), **changes}
    reasons = told_view(the_statement(**month), a_month(**month)).reasons
    return [reason for reason in reasons if "statement" in reason or "pay" in reason or "contract" in reason]


@pytest.mark.parametrize("until", [None, "2026-05-02", "2026-12-01"])
def test_a_statement_that_others_follow_says_nothing_of_an_end(until: str | None) -> None:
    assert said(until) == []


@pytest.mark.parametrize(
    ("until", "last_day"), [("2026-05-01", "April 30, 2026"), ("2026-04-16", "April 15, 2026")]
)
def test_the_last_statement_says_so_and_until_when_the_contract_ran(until: str, last_day: str) -> None:
    assert said(until) == [f"This is your last statement: the contract ended with {last_day}.", LATER]


def test_a_credit_of_the_last_statement_is_paid() -> None:
    adjustments = [{"period": "2026-03", "cents": 150_000, "reason": "a late bounce"}]
    assert "No statement follows, so we pay you the credit of $500.00." in said(
        "2026-05-01", adjustments=adjustments
    )


def test_before_the_end_the_month_so_far_only_announces_it() -> None:
    assert said("2026-04-16", as_of="2026-04-10T00:00:00Z") == [
        "The contract ends with April 15, 2026, so this month's statement will be the last one."
    ]


def test_until_the_month_is_over_the_last_statement_is_only_announced_and_no_payment() -> None:
    adjustments = [{"period": "2026-03", "cents": 150_000, "reason": "a late bounce"}]
    assert said("2026-04-16", as_of="2026-04-20T00:00:00Z", adjustments=adjustments) == [
        "The contract ended with April 15, 2026, so this month's statement will be the last one."
    ]


@pytest.mark.parametrize(
    ("as_of", "ends"), [("2026-04-10T00:00:00Z", "ends"), ("2026-05-03T09:00:00Z", "ended")]
)
def test_a_contract_that_begins_again_has_no_last_statement(as_of: str, ends: str) -> None:
    adjustments = [{"period": "2026-03", "cents": 150_000, "reason": "a late bounce"}]
    assert said("2026-04-16", as_of=as_of, adjustments=adjustments, returns_on="2026-06-01") == [
        f"The contract {ends} with April 15, 2026. It and its statements begin again on June 1, 2026."
    ]


def an_outage_into_may() -> dict[str, Any]:
    """Its notice was in time; the plan and the repair were due in May, and nobody did them."""
    return an_incident(at("30 23:30"), notified_at=at("30 23:35"), planned_at=None, restored_at=None) | {
        "documented_at": None
    }


@pytest.mark.parametrize("until", ["2026-05-01", "2026-05-31"])
def test_only_a_limit_after_the_contracts_end_is_said_to_refund_nothing(until: str) -> None:
    month = {"contract": a_contract(effective_until=until), "incidents": [an_outage_into_may()]}
    view = told_view(the_statement(**month), a_month(**month))
    notes = [note for stage in view.outages[0].stages for note in stage.notes]
    if until == "2026-05-31":
        assert notes[-1] == "Belongs to May 2026"
        assert view.headline == "Not healthy: 2 promises of another month were broken"
        return
    assert view.headline == "Not healthy: 2 promises were broken after the contract's end"
    assert (
        "An outage of modem broke 2 promises whose limits are after the contract's end, where no fee is "
        "charged: nothing is refunded for them."
    ) in view.reasons
    after = "Its limit is after the contract's end, where no fee is charged: nothing is refunded for it"
    assert notes.count(after) == 2
    assert not [note for note in notes if "Belongs" in note]


def test_a_limit_of_the_last_month_after_its_end_is_counted_in_it() -> None:
    """The contract ends on April 15; a plan that was due on the 16th is broken, and refunded."""
    late = an_incident(at("15 23:30"), notified_at=at("15 23:35"), planned_at=None, restored_at=None)
    month = {
        "contract": a_contract(effective_until="2026-04-16"),
        "incidents": [{**late, "documented_at": None}],
    }
    view = told_view(the_statement(**month), a_month(**month))
    assert not [note for stage in view.outages[0].stages for note in stage.notes if "after the" in note]


def test_a_signed_statement_names_its_key_in_groups_and_a_preview_does_not() -> None:
    document = {**the_statement(), "facts": a_month()}
    signed = seal(document, "0123456789abcdef" * 4, "x")
    message = told_mail(signed, a_month())
    shown = " ".join(["01234567", "89abcdef"] * 4)
    assert f"fingerprint {shown}" in " ".join(message.text.split())
    assert shown in message.html
    assert "fingerprint" not in told_mail(the_statement(), a_month()).text
