"""Facts that changed after their period may have been issued."""

from __future__ import annotations

import pytest
from support.cast import START
from support.deployment import Deployment

from makegood.storage.adjusting import dirty, marks_of
from makegood.storage.transactions import write_together

NAME = "modem-20260312T040000Z"


@pytest.fixture(autouse=True)
def _tables(deployment: Deployment) -> None:
    deployment.now = START


def test_the_same_mark_twice_is_one_mark() -> None:
    for _ in range(2):
        write_together(dirty("acme-dental", NAME, "the notice to owner@acme.example bounced", START))
    [mark] = marks_of("acme-dental")
    assert (mark.incident, mark.reason, mark.at) == (
        NAME,
        "the notice to owner@acme.example bounced",
        START,
    )


def test_two_reasons_at_one_instant_are_two_marks_of_this_client_alone() -> None:
    write_together(dirty("acme-dental", NAME, "one", START), dirty("acme-dental", NAME, "two", START))
    assert sorted(mark.reason for mark in marks_of("acme-dental")) == ["one", "two"]
    assert marks_of("bystander") == []
