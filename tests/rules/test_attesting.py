"""What waits for a person: open days, and observations that hold more than somebody has looked at."""

from __future__ import annotations

from typing import Any

import pytest
from support.months import a_contract, a_device, a_month, at

from makegood.rules.attesting import Matter, matters_of
from makegood.rules.facts import EvidenceFacts, parse_facts
from makegood.rules.gaps import Gap, OpenDay
from makegood.rules.instants import parse_instant

PRACTICES: dict[str, Any] = {name: {"max_age": "1d"} for name in ("restore_test", "backup", "log_review")}
SEEN: dict[str, Any] = {"failed_units": 1, "failed_logons": 30, "disk_errors": 0}
REPORT = {**SEEN, "since": at("09 12:00"), "until": at("10 12:00")}
REVIEW = {**SEEN, "reviewed": True, "until": at("10 12:00"), "by": "tess@provider.example"}


def a_report(moment: str, facts: dict[str, Any], device: str = "srv") -> EvidenceFacts:
    return EvidenceFacts(device, "log_review", parse_instant(moment), facts)


def the_matters(
    gaps: tuple[Gap, ...] = (),
    evidence: tuple[EvidenceFacts, ...] = (),
    observations: tuple[EvidenceFacts, ...] = (),
    **device: Any,
) -> tuple[Matter, ...]:
    devices = [a_device("srv", practices=list(PRACTICES), **device), a_device("nas", practices=["backup"])]
    facts = parse_facts(a_month(contract=a_contract(practices=PRACTICES), devices=devices))
    return matters_of(facts, gaps, evidence, observations)


def the_review(**reports: Any) -> Matter:
    (matter,) = [matter for matter in the_matters(**reports) if matter.practice == "log_review"]
    return matter


def test_only_what_a_person_can_attest_is_a_matter() -> None:
    found = [(matter.device, matter.practice, matter.is_open) for matter in the_matters()]
    assert found == [("srv", "restore_test", False), ("srv", "log_review", False)]
    assert the_matters(retired_at=at("10 12:00")) == ()


def test_an_open_day_waits_before_what_was_only_observed_and_that_before_the_rest() -> None:
    facts = parse_facts(a_month(contract=a_contract(practices=PRACTICES)))
    (_, _, terms) = facts.contract.practices
    gap = Gap(terms, (OpenDay("srv", "missed", None),), 0, 0)
    assert [matter.practice for matter in the_matters((gap,))] == ["log_review", "restore_test"]
    assert the_review(gaps=(gap,)).verdict == "missed"
    seen = the_matters(observations=(a_report(at("10 12:01"), REPORT),))
    assert [(matter.practice, matter.is_open) for matter in seen] == [
        ("log_review", True),
        ("restore_test", False),
    ]


@pytest.mark.parametrize(
    ("reviewed_at", "facts", "is_open"),
    [
        (at("10 12:00:59"), {"reviewed": True}, True),
        (at("10 12:01:00"), {"reviewed": True}, False),
        (at("10 12:01:00"), {"reviewed": False}, False),
        (at("10 12:01:01"), {**REVIEW, "by": "rule: nothing found"}, True),
    ],
)
def test_an_observation_waits_until_somebody_has_judged_it(
    reviewed_at: str, facts: dict[str, Any], is_open: bool
) -> None:
    evidence = (a_report(reviewed_at, facts),)
    matter = the_review(evidence=evidence, observations=(a_report(at("10 12:01"), REPORT),))
    assert matter.is_open is is_open
    assert bool(matter.observed) is is_open


@pytest.mark.parametrize(
    ("changes", "is_open"),
    [
        ({}, False),
        ({"failed_units": 0, "failed_logons": 29}, False),
        ({"failed_units": 2}, True),
        ({"failed_logons": 31}, True),
        ({"disk_errors": 1}, True),
        ({"disk_errors": None}, True),
        ({"undetermined": "disk errors: no access"}, True),
        ({"since": at("10 12:00:00")}, False),
        ({"since": at("10 12:00:01")}, True),
        ({"since": None}, True),
    ],
)
def test_the_next_report_waits_only_when_it_holds_more_than_the_reviewer_saw(
    changes: dict[str, Any], is_open: bool
) -> None:
    """An agent reports a day each time: what was looked at is in it again."""
    later = a_report(at("10 18:00"), {**REPORT, **changes})
    matter = the_review(evidence=(a_report(at("10 13:00"), REVIEW),), observations=(later,))
    assert matter.observed == (later,)
    assert matter.is_open is is_open


def test_what_could_not_be_determined_again_is_nothing_new() -> None:
    blind = {"disk_errors": None, "undetermined": "disk errors: no access"}
    review = a_report(at("10 13:00"), {**REVIEW, **blind})
    later = a_report(at("10 18:00"), {**REPORT, **blind})
    assert not the_review(evidence=(review,), observations=(later,)).is_open


def test_all_that_was_observed_since_the_last_judgement_is_shown_the_oldest_first() -> None:
    looked_at, first, second = (
        a_report(at(moment), REPORT) for moment in ("10 12:59", "10 18:00", "11 06:00")
    )
    review = a_report(at("10 13:00"), REVIEW)
    other = a_report(at("10 19:00"), REPORT, "nas")
    matter = the_review(evidence=(review,), observations=(second, other, looked_at, first))
    assert matter.observed == (first, second)


def test_an_older_observation_that_holds_more_waits_behind_a_newer_one_that_does_not() -> None:
    failed = a_report(at("10 18:00"), {**REPORT, "failed_units": 2})
    later = a_report(at("11 06:00"), REPORT)
    review = a_report(at("10 13:00"), REVIEW)
    assert the_review(evidence=(review,), observations=(failed, later)).is_open
    assert not the_review(evidence=(review,), observations=(later,)).is_open


def test_of_all_that_was_observed_the_highest_counts_are_what_was_looked_at() -> None:
    first = {"failed_units": 2, "failed_logons": 5, "disk_errors": None}
    second = {"failed_units": 1, "failed_logons": None, "disk_errors": None, "undetermined": "no access"}
    observations = (a_report(at("10 18:00"), first), a_report(at("11 06:00"), second))
    assert the_review(observations=observations).observed_facts == {
        "failed_units": 2,
        "failed_logons": 5,
        "disk_errors": None,
        "undetermined": "no access",
    }
