"""What a contract says of its ladder: read as a whole, or refused with the place of every mistake."""

from __future__ import annotations

from typing import Any

import pytest

from makegood.rules.contracts import ContractError, parse_outages
from makegood.rules.levels import MOST_LEVELS, Level, way_of, without_ladder

HOOK = "https://hooks.provider.example/outages?team=1"


def read(**outages: Any) -> Any:
    return parse_outages({"plan": {"within": "1h"}, **outages})


def problems(**outages: Any) -> list[str]:
    with pytest.raises(ContractError) as refused:
        read(**outages)
    return [str(problem) for problem in refused.value.problems]


def test_without_a_word_of_it_technicians_are_warned_at_half_and_at_four_fifths() -> None:
    assert (read().warnings, read().escalation) == ((50, 80), ())


def test_a_contract_may_want_other_warnings_or_none() -> None:
    assert read(warnings=["1%", "99%"]).warnings == (1, 99)
    assert read(warnings=[]).warnings == ()
    assert read(warnings=None).warnings == (50, 80)


def test_levels_stand_in_the_order_in_which_they_are_reached() -> None:
    levels = [
        {"after": "0m", "to": "oncall@provider.example"},
        {"after": "30m", "to": "sms:+15551234567"},
        {"after": "30m", "to": HOOK},
    ]
    assert read(escalation=levels).escalation == (
        Level(0, "oncall@provider.example"),
        Level(1800, "sms:+15551234567"),
        Level(1800, HOOK),
    )


@pytest.mark.parametrize(
    ("share", "found"),
    [("0%", "'0%'"), ("100%", "'100%'"), ("12.5%", "'12.5%'"), (50, "50"), ("half", "'half'")],
)
def test_a_share_is_a_whole_percentage_below_the_whole(share: object, found: str) -> None:
    assert problems(warnings=[share]) == [
        f"outages.warnings[0]: must be a whole percentage from 1% to 99%, got {found}"
    ]


def test_warnings_rise_and_are_few() -> None:
    assert problems(warnings=["50%", "50%"]) == ["outages.warnings[1]: must be more than 50%, got '50%'"]
    assert problems(warnings=[f"{share}%" for share in range(1, 7)]) == [
        "outages.warnings: must be at most 5, got 6"
    ]


@pytest.mark.parametrize(
    "address",
    [
        "oncall",
        "sms:15551234567",
        "sms:+0555123456",
        "sms:+1555",
        "sms:+15551234567890123",
        "tel:+15551234567",
        "http://hooks.provider.example/x",
        "https://user@hooks.provider.example/x",
        "https://hooks.provider.example:8443/x",
        "https://hooks.provider.example/x y",
        "https://hooks.provider.example/x#part",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://hooks.provider.example/" + "x" * 400,
        "https://hooks.provider.exämple/x",
        "https://hooks.provider.example\n/x",
        7,
    ],
)
def test_an_address_is_a_mailbox_a_phone_or_a_public_host(address: object) -> None:
    [problem] = problems(escalation=[{"after": "0m", "to": address}])
    assert problem.startswith(
        "outages.escalation[0].to: must be an e-mail address, sms:+15551234567 or https://…"
    )


def test_somebody_hears_of_it_at_once_and_later_levels_come_later() -> None:
    assert problems(escalation=[{"after": "5m", "to": "a@b.example"}]) == [
        "outages.escalation[0].after: must be 0m, so that somebody hears of it at once"
    ]
    levels = [
        {"after": "0m", "to": "a@b.example"},
        {"after": "30m", "to": "c@b.example"},
        {"after": "10m", "to": "A@b.example"},
    ]
    assert problems(escalation=levels) == [
        "outages.escalation[2].after: must not be before that of the level above it",
        "outages.escalation[2].to: must be named once, got A@b.example again",
    ]


def test_every_mistake_of_a_level_is_named() -> None:
    assert problems(escalation=[{"after": "soon", "too": "a@b.example"}]) == [
        "outages.escalation[0].too: is not known here (did you mean to?); known are after, to",
        "outages.escalation[0].after: must be a duration such as 15m (a whole number of s, m, h or d, up to "
        "3650d), got 'soon'",
        "outages.escalation[0].to: must be an e-mail address, sms:+15551234567 or https://… (a host name, no "
        "port, no user), got nothing",
    ]
    many = [{"after": "0m", "to": f"a{n}@b.example"} for n in range(MOST_LEVELS + 1)]
    assert problems(escalation=many) == ["outages.escalation: must be at most 20, got 21"]


def test_the_ladder_is_no_fact_of_a_statement() -> None:
    terms = {"plan": {"within": "1h"}, "warnings": ["50%"], "escalation": []}
    assert without_ladder(terms) == {"plan": {"within": "1h"}}


def test_the_way_to_somebody_is_in_the_address() -> None:
    assert [way_of(to) for to in ("a@b.example", "sms:+15551234567", HOOK)] == ["mail", "sms", "webhook"]
