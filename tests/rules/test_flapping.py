"""A device that comes and goes: three returns within an hour, one notice, then a digest an hour at most."""

from __future__ import annotations

import pytest

from makegood.rules.flapping import flapping_mails, flapping_since, next_digest_at

START = 1_000_000
MINUTE, HOUR = 60, 3_600
RETURNS = [START, START + 10 * MINUTE, START + 20 * MINUTE]
SINCE = RETURNS[-1]


def kinds(returns: list[int], now: int) -> list[str]:
    mails = list(flapping_mails("incident#x", returns, ["owner@acme.example", "tess@provider.example"], now))
    assert {mail.to for mail in mails} in ({"owner@acme.example", "tess@provider.example"}, set())
    return [mail.kind for mail in mails if mail.to == "owner@acme.example"]


@pytest.mark.parametrize(
    ("returns", "since"),
    [
        ([], None),
        ([0, 1], None),
        ([0, 10, HOUR - 1], HOUR - 1),
        ([0, 10, HOUR], HOUR),
        ([0, 10, HOUR + 1], None),
        ([0, 10, HOUR + 1, HOUR + 5], HOUR + 5),
        ([30, 20, 10, 40], 30),
    ],
)
def test_three_returns_within_an_hour_are_flapping(returns: list[int], since: int | None) -> None:
    assert flapping_since(returns) == since


def test_there_is_one_notice_from_the_third_return_on() -> None:
    assert kinds(RETURNS[:2], SINCE) == []
    assert kinds(RETURNS, SINCE) == ["flapping"]
    assert kinds(RETURNS, SINCE + 5 * HOUR) == ["flapping"]


@pytest.mark.parametrize(
    ("back_after", "digests"),
    [(0, []), (1, ["digest1"]), (HOUR, ["digest1"]), (HOUR + 1, [])],
)
def test_a_digest_is_of_an_hour_in_which_it_came_back(back_after: int, digests: list[str]) -> None:
    assert kinds([*RETURNS, SINCE + back_after], SINCE + HOUR + 3) == ["flapping", *digests]


def test_a_digest_waits_for_the_last_second_of_its_hour() -> None:
    returns = [*RETURNS, SINCE + MINUTE]
    assert next_digest_at(returns, SINCE + MINUTE) == SINCE + HOUR + 3
    assert kinds(returns, SINCE + HOUR + 2) == ["flapping"]
    assert next_digest_at(returns, SINCE + HOUR + 2) == SINCE + HOUR + 3
    assert kinds(returns, SINCE + HOUR + 3) == ["flapping", "digest1"]


def test_only_the_digest_of_the_last_whole_hour_is_wanted() -> None:
    returns = [*RETURNS, SINCE + MINUTE, SINCE + HOUR + MINUTE, SINCE + 4 * HOUR]
    assert kinds(returns, SINCE + 2 * HOUR + 3) == ["flapping", "digest2"]
    assert kinds(returns, SINCE + 3 * HOUR + 3) == ["flapping"]
    assert kinds(returns, SINCE + 4 * HOUR + 3) == ["flapping", "digest4"]


def test_nothing_is_waited_for_in_an_hour_without_a_return() -> None:
    assert next_digest_at(RETURNS[:2], SINCE) is None
    assert next_digest_at(RETURNS, SINCE + MINUTE) is None
    assert next_digest_at([*RETURNS, SINCE + MINUTE], SINCE + HOUR + 3) is None
