"""Contracts: read as they are written, refused with every mistake and what is allowed instead."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.months import CONTRACT, TERMS, a_contract

from makegood.rules.contracts import (
    ContractError,
    LateTerms,
    PracticeTerms,
    Problem,
    StageTerms,
    covered,
    moment_of_issue,
    parse_contract,
    parse_outages,
)
from makegood.rules.instants import format_instant, parse_instant
from makegood.rules.noticing import longest_grace, unkeepable
from makegood.rules.values import MaxAge, Refund

FILE = """
client: acme-dental
name: Acme Dental Group
timezone: America/New_York
currency: USD
monthly_fee: "2400.00"
effective_from: 2026-01-01
effective_until: 2027-01-01
contacts:
  outages: [front-desk@acme.example, owner@acme.example]
  statements: [owner@acme.example]
outages:
  notify: {within: 15m, refund: 5%}
  repair: {within: 4h, refund: "10.00", then: {every: 1h, refund: 2%, at_most: 10}, self_recovery: document}
  stable_for: 5m
practices:
  patching: {max_age: 2d, at_least: 95%, refund: 5%, grace_days: 14}
  backup: {max_age: 26h, refund_each: "10.00"}
refund_cap: 50%
maintenance_notice: 48h
statement: {day: 5, hour: 7}
"""


A_DURATION = "a duration such as 15m (a whole number of s, m, h or d, up to 3650d)"
A_TIME_ZONE = "an IANA time zone such as America/New_York"
THE_PRACTICES = "patching, antivirus, quarantine, log_review, backup, restore_test"


def problems_of(data: object) -> list[str]:
    with pytest.raises(ContractError) as refused:
        parse_contract(data)
    assert str(refused.value) == "\n".join(map(str, refused.value.problems))
    return [str(problem) for problem in refused.value.problems]


def test_a_contract_file_means_what_it_says() -> None:
    contract = parse_contract(yaml.safe_load(FILE))
    assert (contract.client, contract.name, contract.timezone) == (
        "acme-dental",
        "Acme Dental Group",
        "America/New_York",
    )
    assert (contract.currency, contract.monthly_fee) == ("USD", 240_000)
    assert (contract.effective_from, contract.effective_until) == (date(2026, 1, 1), date(2027, 1, 1))
    assert contract.contacts.outages == ("front-desk@acme.example", "owner@acme.example")
    assert contract.contacts.statements == ("owner@acme.example",)
    assert (contract.refund_cap_bps, contract.maintenance_notice_seconds) == (5_000, 48 * 3_600)
    assert (contract.statement.day, contract.statement.hour) == (5, 7)


def test_its_outages_mean_what_they_say() -> None:
    outages = parse_contract(yaml.safe_load(FILE)).outages
    assert outages is not None
    assert outages.notify == StageTerms(within=900, refund=Refund(bps=500), late=None)
    assert outages.plan is None
    assert outages.repair == StageTerms(
        within=14_400, refund=Refund(cents=1_000), late=LateTerms(3_600, Refund(bps=200), 10)
    )
    assert (outages.stable_for, outages.self_recovery) == (300, "document")
    assert list(outages.promised()) == ["notify", "repair"]


def test_its_practices_mean_what_they_say_in_their_order() -> None:
    assert parse_contract(yaml.safe_load(FILE)).practices == (
        PracticeTerms("patching", MaxAge(local_days=2), 9_500, 14, Refund(bps=500), None),
        PracticeTerms("backup", MaxAge(seconds=93_600), 10_000, 7, None, Refund(cents=1_000)),
    )


def test_what_is_absent_has_its_default() -> None:
    required = ("client", "name", "timezone", "currency", "monthly_fee", "effective_from", "contacts")
    contract = parse_contract({key: CONTRACT[key] for key in required})
    assert contract.effective_until is None
    assert contract.outages is None
    assert contract.practices == ()
    assert contract.refund_cap_bps == 10_000
    assert contract.maintenance_notice_seconds == 259_200
    assert (contract.statement.day, contract.statement.hour) == (3, 9)


def test_an_outage_promise_has_defaults() -> None:
    outages = parse_outages({"repair": {"within": "4h", "then": {"every": "1h"}}}, "USD")
    assert outages.repair == StageTerms(14_400, None, LateTerms(3_600, None, None))
    assert (outages.stable_for, outages.self_recovery) == (600, "system")


def test_null_is_absent() -> None:
    contract = parse_contract(a_contract(effective_until=None, outages=None, practices={"backup": None}))
    assert (contract.effective_until, contract.outages, contract.practices) == (None, None, ())


def test_a_month_may_be_free() -> None:
    assert parse_contract(a_contract(monthly_fee=0)).monthly_fee == 0


def test_every_mistake_is_named_with_its_path_what_is_allowed_and_what_was_found() -> None:
    contract: dict[str, object] = {
        "client": "Acme Dental",
        "timezone": "Europe/Berln",
        "currency": "usd",
        "monthly_fee": 24.5,
        "effective_from": "2026-02-30",
        "contacts": {"outages": [], "statements": ["owner@acme.example", "Owner@Acme.example", "x"]},
        "outages": {
            "notify": {"wihtin": "15m"},
            "plan": "1h",
            "repair": {"within": "0s", "then": {"every": "1 h", "at_most": -1}},
        },
        "practices": {"backups": {}, "backup": {"max_age": "1w", "grace_days": 3, "at_least": "101%"}},
        "refund_cap": "half",
        "statement": {"day": 29, "hour": True},
    }
    assert problems_of(contract) == [
        "currency: must be an ISO 4217 currency such as USD, got 'usd'",
        f"timezone: must be {A_TIME_ZONE}, got 'Europe/Berln' (did you mean Europe/Berlin?)",
        "outages.notify.wihtin: is not known here (did you mean within?); known are within, refund, then",
        f"outages.notify.within: must be {A_DURATION}, got nothing",
        "outages.plan: must be an object with within, refund, then, got '1h'",
        "outages.repair.within: must be longer than nothing, got '0s'",
        f"outages.repair.then.every: must be {A_DURATION}, got '1 h'",
        "outages.repair.then.at_most: must be a whole number, 0 or more, got -1",
        "client: must be 1 to 24 of a-z, 0-9 and -, got 'Acme Dental'",
        "name: must be 1 to 200 characters in one line, none of them invisible, got nothing",
        'monthly_fee: must be an amount such as "10.00", got 24.5',
        "effective_from: must be a date such as 2026-03-01, got '2026-02-30'",
        "contacts.outages: must be a list that is not empty, got []",
        "contacts.statements[2]: must be an e-mail address such as owner@acme.example, got 'x'",
        "contacts.statements[1]: must be named once, got Owner@Acme.example again",
        f"practices.backups: is not known here (did you mean backup?); known are {THE_PRACTICES}",
        "practices.backup.grace_days: is not known here; known are max_age, at_least, refund, refund_each",
        f"practices.backup.max_age: must be {A_DURATION}, got '1w'",
        "practices.backup.at_least: must be a percentage up to 100%, got '101%'",
        "refund_cap: must be a percentage such as 5% or 7.25%, got 'half'",
        "statement.day: must be a whole number from 1 to 28, got 29",
        "statement.hour: must be a whole number from 0 to 23, got True",
    ]


@pytest.mark.parametrize("data", [None, [], "client: acme", 7])
def test_what_is_no_object_is_one_mistake(data: object) -> None:
    (problem,) = problems_of(data)
    assert problem.startswith("must be an object with client, name, timezone")


def test_a_key_that_is_no_text_is_not_known() -> None:
    contract: dict[Any, Any] = {**CONTRACT, True: 1}
    (problem,) = problems_of(contract)
    assert problem.startswith("True: is not known here")


@pytest.mark.parametrize(
    "name", ["", " ", "a\nb", "a\x00b", "\ud800", "a\u2028b", "evil \u202etxt.exe", "x" * 201, 7]
)
def test_a_name_that_would_garble_a_mail_is_refused(name: object) -> None:
    (problem,) = problems_of(a_contract(name=name))
    assert problem.startswith("name: must be 1 to 200 characters in one line")


@pytest.mark.parametrize("name", ["x" * 200, "<b>Zahnärzte & Söhne</b>", "مرفأ الأسنان", "می‌خواهم"])
def test_a_name_may_be_in_any_language(name: str) -> None:
    assert parse_contract(a_contract(name=name)).name == name


@pytest.mark.parametrize(
    "address",
    [
        "owner",
        "@acme.example",
        "owner@",
        "a@b@acme.example",
        "owner @acme.example",
        "owner@acme.example\n",
        "owner@acme.example\r\nBcc: all@acme.example",
        "a@acme.example,b@acme.example",
        "Owner <owner@acme.example>",
        "öwner@acme.example",
        "x" * 65 + "@acme.example",
        "x@" + "y" * 253,
        None,
    ],
)
def test_what_is_no_plain_address_is_refused(address: object) -> None:
    (problem,) = problems_of(a_contract(contacts={"outages": [address], "statements": ["a@acme.example"]}))
    assert problem.startswith("contacts.outages[0]: must be an e-mail address")


@pytest.mark.parametrize(
    "timezone",
    ["Berlin", "America", "localtime", "right/UTC", "posix/UTC", "../UTC", "/etc/passwd", "a\0b", "", 1],
)
def test_what_is_no_time_zone_is_refused(timezone: object) -> None:
    (problem,) = problems_of(a_contract(timezone=timezone))
    assert problem.startswith("timezone: must be an IANA time zone such as America/New_York")


def test_a_client_may_read_in_another_english_locale() -> None:
    assert parse_contract(a_contract()).locale is None
    assert parse_contract(a_contract(locale="en_DE")).locale == "en_DE"


@pytest.mark.parametrize("locale", ["de_DE", "en", "en-US", "EN_us", "english", "", 1, ["en_US"]])
def test_a_locale_that_is_not_english_is_refused(locale: object) -> None:
    (problem,) = problems_of(a_contract(locale=locale))
    assert problem.startswith("locale: must be an English locale such as en_US or en_DE, got ")


def test_a_locale_written_with_a_dash_is_put_right() -> None:
    (problem,) = problems_of(a_contract(locale="en-GB"))
    assert problem.endswith("got 'en-GB' (did you mean en_GB?)")


def test_a_contract_ends_after_it_begins() -> None:
    day_after = parse_contract(a_contract(effective_from="2026-01-01", effective_until="2026-01-02"))
    assert day_after.effective_until == date(2026, 1, 2)
    assert problems_of(a_contract(effective_from="2026-01-01", effective_until="2026-01-01")) == [
        "effective_until: must be after 2026-01-01, got '2026-01-01'"
    ]


def test_a_date_with_a_time_is_no_date() -> None:
    (problem,) = problems_of(yaml.safe_load(FILE.replace("2026-01-01", "2026-01-01T09:00:00")))
    assert problem == "effective_from: must be a date such as 2026-03-01, got '2026-01-01T09:00:00'"


def test_statements_always_need_a_contact_but_outages_only_when_they_are_promised() -> None:
    contacts = {"statements": ["owner@acme.example"]}
    assert problems_of(a_contract(contacts=contacts)) == [
        "contacts.outages: must be a list that is not empty, got nothing"
    ]
    assert parse_contract(a_contract(contacts=contacts, outages=None)).contacts.outages == ()
    assert problems_of(a_contract(contacts={"outages": ["owner@acme.example"]})) == [
        "contacts.statements: must be a list that is not empty, got nothing"
    ]


def test_only_repair_says_who_documents_what_came_back_by_itself() -> None:
    with pytest.raises(ContractError, match=r"outages\.plan\.self_recovery: is not known here"):
        parse_outages({"plan": {"within": "1h", "self_recovery": "document"}}, "USD")
    with pytest.raises(ContractError, match="must be one of system, document, got 'nobody'"):
        parse_outages({"repair": {"within": "1h", "self_recovery": "nobody"}}, "USD")


def test_amounts_are_left_out_where_no_currency_is_given() -> None:
    outages = parse_outages(
        {"notify": {"within": "5m", "refund": "2.500"}, "plan": {"within": "1h", "refund": "5%"}}
    )
    assert outages.notify == StageTerms(300, None, None)
    assert outages.plan == StageTerms(3_600, Refund(bps=500), None)


ANYTHING = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3)


@given(st.sampled_from(list(CONTRACT)), ANYTHING)
def test_any_value_of_any_field_is_read_or_refused(key: str, value: object) -> None:
    try:
        problems: tuple[Problem, ...] = ()
        parse_contract(a_contract(**{key: value}))
    except ContractError as refused:
        problems = refused.problems
    assert all(problem.path.startswith(key) for problem in problems)


@pytest.mark.parametrize(
    ("within", "grace", "detection", "kept"),
    [("15m", 269, 180, True), ("15m", 270, 180, False), ("15m", 271, 180, False), ("901s", 270, 180, True)],
)
def test_noticing_must_take_less_than_half_of_the_time_to_notify(
    within: str, grace: int, detection: int, kept: bool
) -> None:
    contract = parse_contract(a_contract(outages={"notify": {"within": within}}))
    problems = unkeepable(contract, longest_grace_seconds=grace, detection_seconds=detection)
    assert [problem.path for problem in problems] == ([] if kept else ["outages.notify.within"])


def test_terms_that_cannot_be_kept_say_why() -> None:
    (problem,) = unkeepable(parse_contract(CONTRACT), longest_grace_seconds=300, detection_seconds=180)
    assert str(problem) == (
        "outages.notify.within: must be longer than 960s,"
        " which is twice the longest grace (300s) and the time to detect (180s), got 900s"
    )


@pytest.mark.parametrize("outages", [None, {}])
def test_without_a_promise_about_outages_every_grace_can_be_kept(outages: Any) -> None:
    contract = parse_contract(a_contract(outages=outages))
    assert unkeepable(contract, 86_400, 180) == []
    assert longest_grace(contract, 180) is None


@pytest.mark.parametrize("stage", ["plan", "repair"])
def test_plan_and_repair_are_due_after_the_silence_is_noticed(stage: str) -> None:
    contract = parse_contract(a_contract(outages={stage: {"within": "8m"}}))
    assert unkeepable(contract, 299, 180) == []
    [problem] = unkeepable(contract, 300, 180)
    assert str(problem) == (
        f"outages.{stage}.within: must be longer than 480s,"
        " which is the longest grace (300s) and the time to detect (180s), got 480s"
    )


@given(
    notify=st.integers(1, 4_000),
    plan=st.integers(1, 4_000),
    repair=st.integers(1, 4_000),
    grace=st.integers(0, 2_000),
)
def test_the_longest_grace_is_the_longest_that_can_be_kept(
    notify: int, plan: int, repair: int, grace: int
) -> None:
    terms = {"notify": notify, "plan": plan, "repair": repair}
    contract = parse_contract(
        a_contract(outages={stage: {"within": f"{within}s"} for stage, within in terms.items()})
    )
    longest = longest_grace(contract, 180)
    assert longest is not None
    assert (unkeepable(contract, grace, 180) == []) == (grace <= longest)


def test_a_contract_covers_whole_local_days() -> None:
    contract = a_contract(
        timezone="America/New_York", effective_from="2026-01-01", effective_until="2026-04-16"
    )
    assert covered(parse_contract(contract)) == (
        parse_instant("2026-01-01T05:00:00Z"),
        parse_instant("2026-04-16T04:00:00Z"),
    )
    assert covered(parse_contract({**contract, "effective_until": None}))[1] is None


@pytest.mark.parametrize(
    ("timezone", "statement", "period", "moment"),
    [
        ("America/New_York", {"day": 3, "hour": 9}, "2026-03", "2026-04-03T13:00:00Z"),
        ("America/New_York", {"day": 3, "hour": 9}, "2026-12", "2027-01-03T14:00:00Z"),
        (
            "America/New_York",
            {"day": 8, "hour": 2},
            "2026-02",
            "2026-03-08T07:00:00Z",
        ),  # 2 o'clock is skipped
        (
            "America/New_York",
            {"day": 1, "hour": 1},
            "2026-10",
            "2026-11-01T05:00:00Z",
        ),  # 1 o'clock comes twice
        ("Pacific/Apia", {"day": 1, "hour": 0}, "2026-03", "2026-03-31T11:00:00Z"),
    ],
)
def test_a_statement_is_issued_at_a_local_hour_of_the_next_month(
    timezone: str, statement: dict[str, int], period: str, moment: str
) -> None:
    contract = parse_contract(a_contract(timezone=timezone, statement=statement))
    assert format_instant(moment_of_issue(contract, period)) == moment


def test_incidents_carry_terms_of_their_own() -> None:
    outages = parse_outages(TERMS, "USD")
    assert outages == parse_contract(CONTRACT).outages
    with pytest.raises(ContractError, match=r"^outages\.notify\.within: must be a duration .*, got nothing$"):
        parse_outages({"notify": {}}, "USD")


@pytest.mark.parametrize(("written", "seconds"), [({}, 5 * 86_400), ({"pause_at_most": "36h"}, 129_600)])
def test_a_pause_lasts_at_most_five_days_or_what_the_contract_says(
    written: dict[str, str], seconds: int
) -> None:
    assert parse_outages({"plan": {"within": "1h"}, **written}).pause_at_most == seconds


@pytest.mark.parametrize("wrong", ["0s", "5", -1, "for ever"])
def test_a_maximum_of_pauses_that_is_none_is_refused_by_its_path(wrong: object) -> None:
    with pytest.raises(ContractError) as refused:
        parse_outages({"plan": {"within": "1h"}, "pause_at_most": wrong})
    assert [problem.path for problem in refused.value.problems] == ["outages.pause_at_most"]
