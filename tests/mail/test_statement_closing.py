"""What the last statement says, and what every signed one says of its key."""

from __future__ import annotations

from typing import Any

import pytest
from support.months import a_contract, a_month, the_statement
from support.telling import told_mail, told_view

from makegood.rules.proof import seal

LATER = "If something turns out in your favour later, we tell you by mail at once and pay it to you."


def said(until: str | None, **changes: Any) -> list[str]:
    month = {"contract": a_contract(effective_until=until), **changes}
    reasons = told_view(the_statement(**month), a_month(**month)).reasons
    return [reason for reason in reasons if "statement" in reason or "pay" in reason]


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


def test_a_signed_statement_names_its_key_in_groups_and_a_preview_does_not() -> None:
    document = {**the_statement(), "facts": a_month()}
    signed = seal(document, "0123456789abcdef" * 4, "x")
    message = told_mail(signed, a_month())
    shown = " ".join(["01234567", "89abcdef"] * 4)
    assert f"fingerprint {shown}" in " ".join(message.text.split())
    assert shown in message.html
    assert "fingerprint" not in told_mail(the_statement(), a_month()).text
