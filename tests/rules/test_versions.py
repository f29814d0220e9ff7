"""How a contract may change: what a version does beside the known ones, around each limit."""

from __future__ import annotations

from typing import Any

import pytest
from support.cast import a_contract

from makegood.rules.contracts import Contract, ContractError, parse_contract
from makegood.rules.instants import parse_instant
from makegood.rules.versions import Change, judge_version

# In New York: the evening of the 31st, then the first second of the 1st.
MARCH_31 = parse_instant("2026-04-01T03:59:59Z")
APRIL_1 = parse_instant("2026-04-01T04:00:00Z")
APRIL_12 = parse_instant("2026-04-12T12:00:00Z")


def a_version(start: str, **changes: Any) -> Contract:
    return parse_contract(a_contract(effective_from=start, **changes))


def dearer(start: str) -> Contract:
    return a_version(start, monthly_fee="3000.00")


OLD = a_version("2026-01-01")


def problems(
    new: Contract, *known: Contract, now: int = APRIL_12, unissued: str | None = "2026-03", **more: Any
) -> list[str]:
    with pytest.raises(ContractError) as refused:
        judge_version(new, known, unissued if known else None, now, **more)
    return [str(problem) for problem in refused.value.problems]


def change(
    new: Contract, *known: Contract, now: int = APRIL_12, unissued: str | None = "2026-03", **more: Any
) -> Change:
    return judge_version(new, known, unissued if known else None, now, **more)


@pytest.mark.parametrize("start", ["2026-04-01", "2026-04-11", "2026-04-12", "2026-05-20"])
def test_the_first_version_begins_on_any_day_from_the_first_of_the_present_month(start: str) -> None:
    assert change(a_version(start)) is Change.CREATED


def test_the_present_month_is_that_of_the_contracts_time_zone() -> None:
    march = a_version("2026-03-01")
    assert change(march, now=MARCH_31) is Change.CREATED
    assert problems(march, now=APRIL_1) == [
        "effective_from: must be on 2026-04-01 or later, unless it is backdated (--backdate), got 2026-03-01"
    ]


def test_a_contract_taken_over_is_backdated() -> None:
    assert change(a_version("2025-06-15"), backdated=True) is Change.CREATED


def test_a_later_version_begins_on_the_first_of_a_coming_month() -> None:
    assert change(dearer("2026-05-01"), OLD) is Change.ADDED
    assert change(dearer("2026-04-01"), OLD, now=MARCH_31) is Change.ADDED


def test_a_later_version_in_the_present_month_is_too_late() -> None:
    assert problems(dearer("2026-04-01"), OLD) == [
        "effective_from: must be on 2026-05-01 or later, unless it is backdated (--backdate), got 2026-04-01"
    ]
    assert problems(dearer("2026-04-01"), OLD, now=APRIL_1)


def test_a_later_version_in_the_middle_of_a_month_is_refused() -> None:
    assert problems(dearer("2026-05-02"), OLD) == [
        "effective_from: must be on the first of a month, as every version after the first, got 2026-05-02"
    ]


def test_backdating_does_not_reach_a_month_with_a_statement() -> None:
    assert change(dearer("2026-03-01"), OLD, unissued="2026-03", backdated=True) is Change.ADDED
    assert problems(dearer("2026-02-01"), OLD, unissued="2026-03", backdated=True) == [
        "effective_from: must be after 2026-01-01, and not in a month with a statement, got 2026-02-01"
    ]


def test_nothing_goes_in_front_of_a_version_that_has_begun() -> None:
    begun = a_version("2026-04-10")
    assert problems(a_version("2026-04-01"), begun, unissued="2026-04", backdated=True) == [
        "effective_from: must be after 2026-04-10, and not in a month with a statement, got 2026-04-01"
    ]


def test_a_version_goes_in_front_of_one_that_has_not_begun() -> None:
    coming = a_version("2026-06-01")
    assert change(a_version("2026-04-20"), coming, unissued="2026-06") is Change.ADDED


def test_what_then_comes_second_begins_on_the_first_of_a_month() -> None:
    coming = a_version("2026-06-15")
    assert problems(a_version("2026-04-20"), coming, unissued="2026-06") == [
        "effective_from: must be on the first of a month, as every version after the first, got 2026-06-15"
    ]


def test_the_same_again_changes_nothing() -> None:
    assert change(OLD, OLD) is Change.UNCHANGED


def test_the_same_terms_in_other_words_change_nothing() -> None:
    outages = {**a_contract()["outages"], "notify": {"within": "900s", "refund": "5.00%"}}
    assert change(a_version("2026-01-01", outages=outages), OLD) is Change.UNCHANGED


def test_name_and_contacts_change_at_any_time() -> None:
    contacts = {"outages": ["new@acme.example"], "statements": ["new@acme.example"]}
    assert change(a_version("2026-01-01", name="Acme Ltd", contacts=contacts), OLD) is Change.UPDATED


def test_how_the_client_reads_changes_at_any_time() -> None:
    assert change(a_version("2026-01-01", locale="en_GB"), OLD) is Change.UPDATED


def test_terms_change_until_the_day_they_begin() -> None:
    before, after = a_version("2026-04-01"), dearer("2026-04-01")
    assert change(after, OLD, before, now=MARCH_31) is Change.REPLACED
    assert problems(after, OLD, before, now=APRIL_1) == [
        "effective_from: the version of 2026-04-01 has begun and its terms stay as they are; "
        "let new ones (monthly_fee) begin on 2026-05-01 or the first of a later month"
    ]


def test_the_terms_that_differ_are_called_as_in_the_file() -> None:
    other = a_version("2026-01-01", refund_cap="50%", maintenance_notice="24h")
    assert "let new ones (maintenance_notice, refund_cap) begin on 2026-05-01" in problems(other, OLD)[0]


def test_an_end_is_set_as_long_as_it_is_ahead() -> None:
    assert change(a_version("2026-01-01", effective_until="2026-04-13"), OLD) is Change.UPDATED
    assert problems(a_version("2026-01-01", effective_until="2026-04-12"), OLD) == [
        "effective_until: what is covered up to today, 2026-04-12, cannot change any more"
    ]


def test_an_end_that_has_passed_stays() -> None:
    ended = a_version("2026-01-01", effective_until="2026-04-12")
    assert problems(OLD, ended) == [
        "effective_until: what is covered up to today, 2026-04-12, cannot change any more"
    ]


def test_time_zone_and_currency_stay_what_they_are() -> None:
    moved = a_version("2026-05-01", timezone="Europe/Berlin", currency="EUR")
    assert problems(moved, OLD) == [
        "timezone: must stay America/New_York as long as the client does, got Europe/Berlin",
        "currency: must stay USD as long as the client does, got EUR",
    ]


def test_a_mistaken_time_zone_can_be_put_right_before_the_only_version_begins() -> None:
    coming = a_version("2026-05-01")
    assert change(a_version("2026-05-01", timezone="Europe/Berlin"), coming) is Change.REPLACED


def with_ladder(**ladder: Any) -> Contract:
    return a_version("2026-01-01", outages={**a_contract()["outages"], **ladder})


def test_the_ladder_of_a_version_that_runs_can_change() -> None:
    levels = [{"after": "0m", "to": "oncall@provider.example"}]
    assert change(with_ladder(escalation=levels), OLD) is Change.UPDATED
    assert change(with_ladder(warnings=["30%"]), OLD) is Change.UPDATED
    assert change(with_ladder(warnings=["50%", "80%"]), OLD) is Change.UNCHANGED


def test_a_new_ladder_carries_no_new_promise_with_it() -> None:
    both = with_ladder(warnings=["30%"], stable_for="5m")
    assert "let new ones (outages) begin on 2026-05-01" in problems(both, OLD)[0]
    nothing = parse_contract({key: value for key, value in a_contract().items() if key != "outages"})
    assert "let new ones (outages) begin on 2026-05-01" in problems(nothing, OLD)[0]
