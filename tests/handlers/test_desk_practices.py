"""What a person attests on the desk: looked at first, signed by name, once, and of what stands there now."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from unittest.mock import patch

import pytest
from support.cast import HOUR, MINUTE, OWNER, START, TESS, TOM, a_contract, an_up_device, sign_up
from support.deployment import Deployment
from support.hostile import HOSTILE, assert_harmless
from support.visits import Answer, a_home_link, a_link, everything_stored, get, post

from makegood.rules.instants import parse_instant
from makegood.rules.practice_facts import problems_of
from makegood.rules.statements import compute
from makegood.storage.attestations import attest
from makegood.storage.devices import RETIRED, Device
from makegood.storage.facts import gather_facts
from makegood.storage.records import AuditEntry, Evidence, Observation

# 12 March 2026 in New York: 10:00:30 in the morning.
NOON = START + 10 * HOUR + 30
PRACTICES: dict[str, Any] = {
    "backup": {"max_age": "1d", "refund_each": "10.00"},
    "log_review": {"max_age": "1d", "refund_each": "5.00"},
    "restore_test": {"max_age": "30d"},
}
LOGS = {
    "failed_units": 2,
    "failed_logons": 31,
    "disk_errors": 0,
    "since": "2026-03-11T12:00:00Z",
    "until": "2026-03-12T12:00:40Z",
}
REVIEW = {
    "since": "2026-03-11T08:00",
    "until": "2026-03-12T08:00",
    "findings": "2",
    "remarks": "cups failed after its update; restarted it",
}
HASH = "0123456789abcdef" * 4
RESTORE = {"file": "/srv/a.odt", "snapshot": "9f2c1a", "original": HASH, "restored": HASH.upper()}


@pytest.fixture(autouse=True)
def _srv(deployment: Deployment) -> None:
    sign_up(a_contract(practices=PRACTICES))
    an_up_device("srv", last_seen=NOON, practices=set(PRACTICES))
    deployment.now = NOON


def store(kind: type[Evidence | Observation], at: int, practice: str, facts: dict[str, Any]) -> None:
    day = "2026-03-12" if at >= START else "2026-03-11"
    key = f"{kind.__name__.lower()}#{day}#srv#{practice}"
    kind("acme-dental", key, device="srv", practice=practice, at=at, facts=facts).save()


def observe(at: int = NOON - 60, **changes: Any) -> None:
    store(Observation, at, "log_review", {**LOGS, **changes})


def practices_link(person: str = TESS) -> str:
    return a_link(person, incident="", purpose="practices", expires_at=NOON + 365 * 24 * HOUR)


def look(practice: str, at: int = NOON, person: str = TESS) -> str:
    answer = get(f"{practices_link(person)}/srv/{practice}", at=at)
    assert answer["statusCode"] == 200
    return unescape(answer["body"])


def seen_on(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{32})"', page)
    return found[1] if found else ""


def sign(practice: str, fields: dict[str, str], at: int = NOON + 60, **how: Any) -> Answer:
    person = how.get("person", TESS)
    seen = how.get("seen") or seen_on(look(practice, at, person))
    return post(practices_link(person), f"srv/{practice}", {**fields, "seen": seen}, at=at)


def attested(practice: str) -> Evidence:
    return Evidence.get("acme-dental", f"evidence#2026-03-12#srv#{practice}#attested")


def is_attested(practice: str) -> bool:
    keys = Evidence.sk == f"evidence#2026-03-12#srv#{practice}#attested"
    return bool(list(Evidence.query("acme-dental", keys)))


def verdict(practice: str) -> tuple[int, int, int]:
    """Done, missed and without evidence, of this one day, as the statement counts it."""
    facts = gather_facts("acme-dental", "2026-03", START + 24 * HOUR)
    terms = {**facts["contract"], "effective_from": "2026-03-12"}
    rows = compute({**facts, "contract": terms})["practices"]
    assert isinstance(rows, list)
    (row,) = [row for row in rows if row["practice"] == practice]
    return row["done"], row["missed"], row["no_evidence"]


# The client's page.


def test_the_home_page_leads_the_same_person_to_each_clients_practices() -> None:
    sign_up(a_contract(client="berg", name="Apotheke am Berg"))
    page = get(a_home_link())["body"].partition("Announced maintenance")[0]
    links = re.findall(
        r'href="https://makegood\.provider\.example/desk/([^"]+)"[^>]*>([^<]+)</a> <small[^>]*>([a-z-]+)<',
        page,
    )
    assert [(name, client) for _, name, client in links] == [
        ("Acme Dental Group", "acme-dental"),
        ("Apotheke am Berg", "berg"),
    ]
    assert get(links[0][0])["statusCode"] == 200
    assert "Practices of March 12, 2026" in get(links[0][0])["body"]


def test_the_page_lists_what_waits_for_a_person_and_what_is_about_to_be_missed() -> None:
    observe()
    page = unescape(get(practices_link(), at=NOON)["body"])
    places = [
        page.index(words)
        for words in (
            "$15.00 at stake",
            "The day ends on March 13, 2026, 12:00 AM EDT (4:00 AM UTC).",
            "For you to attest",
            "srv: log review",
            "no evidence yet",
            "Observed on March 12, 2026, 9:59:30 AM EDT (1:59:30 PM UTC): look at it first.",
            "srv: test restore",
            "Nothing was reported this month.",
            "About to be missed",
            "Backup on 1 device",
            "srv: no evidence this month",
        )
    ]
    assert places == sorted(places)
    assert "<form" not in page


def test_what_is_done_waits_for_nobody() -> None:
    store(Evidence, NOON, "backup", {"ok": True})
    store(Evidence, NOON, "log_review", {"reviewed": True})
    store(Evidence, NOON, "restore_test", {"ok": True, "hash_matches": True})
    page = get(practices_link(), at=NOON)["body"]
    assert "Everything that was promised for today is shown to be done." in page
    assert "For you to attest" not in page


def test_what_was_observed_waits_although_a_rule_or_an_earlier_review_did_for_the_day() -> None:
    rule = {**LOGS, "failed_units": 0, "failed_logons": 0, "reviewed": True, "by": "rule: nothing found"}
    observe(NOON - 60)
    for facts, at, waits in (
        (rule, NOON, True),
        ({"reviewed": True, "by": TOM}, NOON - 61, True),
        ({"reviewed": True, "by": TOM}, NOON - 60, False),
    ):
        store(Evidence, at, "log_review", facts)
        assert ("srv: log review" in get(practices_link(), at=NOON)["body"]) is waits


def test_what_yesterday_left_unreviewed_still_waits() -> None:
    observe(START - 1)
    store(Evidence, START, "log_review", {**LOGS, "reviewed": True, "by": "rule: nothing found"})
    assert "to look at" in get(practices_link(), at=NOON)["body"]


def test_a_client_without_a_contract_today_is_said_to_be_promised_nothing() -> None:
    sign_up(a_contract(practices=PRACTICES, effective_until="2026-03-12"))
    answer = get(practices_link(), at=NOON)
    assert (answer["statusCode"], "No contract covers this day" in answer["body"]) == (404, True)


# One thing to attest.


def test_what_was_observed_stands_before_the_form() -> None:
    observe()
    page = look("log_review")
    places = [
        page.index(words)
        for words in (
            "What was observed",
            'failed units</dt><dd dir="auto">2<',
            'failed logons</dt><dd dir="auto">31<',
            "<form",
            'value="2026-03-11T08:00"',
            'value="2026-03-12T08:00"',
            "Sign the review",
        )
    ]
    assert places == sorted(places)
    assert f"You are {TESS}" in page


def test_all_that_was_observed_since_the_last_review_is_shown_and_reviewed_at_once() -> None:
    observe(START - HOUR, failed_units=4, since="2026-03-10T12:00:00Z", until="2026-03-11T12:00:00Z")
    observe(failed_units=1)
    page = look("log_review")
    shown = 'failed units</dt><dd dir="auto">{}<'
    assert page.index(shown.format(4)) < page.index(shown.format(1)) < page.index("<form")
    assert page.index('value="2026-03-10T08:00"') < page.index('value="2026-03-12T08:00"')
    assert "please read all of it" in unescape(sign("log_review", REVIEW)["body"])
    assert sign("log_review", {**REVIEW, "since": "2026-03-10T08:00"})["statusCode"] == 303
    assert attested("log_review").facts["failed_units"] == 4
    assert "nothing waits" in look("log_review", NOON + 2 * MINUTE)


def test_an_observation_of_an_earlier_day_that_has_changed_is_looked_at_first() -> None:
    observe(START - HOUR)
    seen = seen_on(look("log_review"))
    observe(START - 1, disk_errors=1)
    assert sign("log_review", REVIEW, seen=seen)["statusCode"] == 409
    assert not is_attested("log_review")


def test_looking_changes_nothing() -> None:
    observe()
    before = everything_stored()
    for path in ("", "/srv/log_review", "/srv/restore_test"):
        for method in ("GET", "HEAD"):
            assert get(practices_link() + path, at=NOON, method=method)["statusCode"] == 200
    assert everything_stored() == before


def test_a_review_is_signed_by_name_and_counts_for_the_day() -> None:
    observe()
    assert verdict("log_review") == (0, 0, 1)
    answer = sign("log_review", REVIEW)
    assert answer["statusCode"] == 303
    record = attested("log_review")
    assert record.at == NOON + 60
    assert record.facts == {
        "reviewed": True,
        "since": "2026-03-11T12:00:00Z",
        "until": "2026-03-12T12:00:00Z",
        "failed_units": 2,
        "failed_logons": 31,
        "disk_errors": 0,
        "findings": 2,
        "remarks": "cups failed after its update; restarted it",
        "by": TESS,
        "source": "desk",
    }
    assert problems_of("log_review", record.facts, signed=True) == []
    assert verdict("log_review") == (1, 0, 0)
    (trace,) = AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#"))
    assert (trace.at, trace.who) == (NOON + 60, TESS)
    assert trace.what.startswith("attested log_review of srv: ")
    assert "restarted it" in trace.what
    page = look("log_review", NOON + 120)
    assert "nothing waits" in page
    assert "<form" not in page
    assert f"Signed by {TESS}" in page
    listed = get(practices_link(), at=NOON + 120)["body"]
    assert "Signed today" in listed


def test_a_restore_by_hand_is_signed_with_its_hash() -> None:
    assert sign("restore_test", RESTORE)["statusCode"] == 303
    facts = attested("restore_test").facts
    assert facts == {
        "ok": True,
        "hash_matches": True,
        "file": "/srv/a.odt",
        "snapshot": "9f2c1a",
        "sha256": HASH,
        "by": TESS,
        "source": "desk",
    }
    assert problems_of("restore_test", facts, signed=True) == []
    assert verdict("restore_test") == (1, 0, 0)


@pytest.mark.parametrize(
    ("practice", "changes", "words"),
    [
        ("log_review", {"remarks": ""}, "Please fill this in."),
        ("log_review", {"remarks": "x" * 201}, "at most 200 characters"),
        ("log_review", {"findings": "-1"}, "Please give a whole number"),
        ("log_review", {"findings": "10000000000"}, "Please give a whole number"),
        ("log_review", {"since": "yesterday"}, "Please give a date and a time"),
        ("log_review", {"since": "0001-01-01T00:00"}, "Please give a date and a time"),
        ("log_review", {"since": "2026-02-30T00:00"}, "Please give a date and a time"),
        ("log_review", {"since": "2026-03-12T08:00"}, "a time after the one it began at"),
        ("log_review", {"since": "2025-03-01T08:00"}, "within the last year"),
        (
            "log_review",
            {"since": "2026-03-11T08:01"},
            "What was observed begins on March 11, 2026, 8:00 AM EDT",
        ),
        (
            "log_review",
            {"until": "2026-03-12T07:59"},
            "What was observed ends on March 12, 2026, 8:00:40 AM EDT",
        ),
        ("log_review", {"until": "2026-03-12T10:02"}, "This is in the future"),
        ("restore_test", {"restored": HASH[:-1]}, "Please give the SHA-256"),
        ("restore_test", {"restored": HASH[:-1] + "0"}, "This is not the hash of the original."),
        ("restore_test", {"file": " "}, "Please fill this in."),
    ],
)
def test_what_is_wrong_is_marked_and_nothing_is_recorded(
    practice: str, changes: dict[str, str], words: str
) -> None:
    observe()
    answer = sign(practice, {**(REVIEW if practice == "log_review" else RESTORE), **changes})
    assert answer["statusCode"] == 400
    assert words in unescape(answer["body"])
    assert not is_attested(practice)


@pytest.mark.parametrize(
    ("until", "status"),
    [
        ("2026-03-11T10:00", 400),
        ("2026-03-11T10:01", 303),
        ("2026-03-12T10:01", 303),
        ("2026-03-12T10:02", 400),
    ],
)
def test_without_observations_a_review_ends_within_the_last_day(until: str, status: int) -> None:
    """Signed at 10:01:30 in the morning: a day before, 10:01 was too early by half a minute."""
    at = NOON + 30
    answer = sign("log_review", {**REVIEW, "since": "2026-03-10T10:00", "until": until}, at=at)
    assert answer["statusCode"] == status


def test_the_suggested_times_are_taken_also_when_the_agents_clock_is_wrong() -> None:
    for since, until in (
        ("1970-01-01T00:00:00Z", "2026-03-12T12:00:40Z"),
        ("2031-01-01T00:00:00Z", "2031-01-02T00:00:00Z"),
        ("2026-03-12T12:00:10Z", "2026-03-12T12:00:40Z"),
    ):
        observe(since=since, until=until)
        page = look("log_review")
        begin, end = re.findall(r'value="(\d{4}-[^"]+)"', page)
        with patch("desk_matter.attest", return_value=True):
            answer = sign("log_review", {**REVIEW, "since": begin, "until": end}, at=NOON)
        assert answer["statusCode"] == 303


@pytest.mark.parametrize(
    ("until", "end"),
    [("2026-11-01T01:20", "2026-11-01T06:20:00Z"), ("2026-11-01T01:40", "2026-11-01T05:40:00Z")],
)
def test_when_clocks_show_an_hour_twice_a_review_ends_at_the_last_such_time_so_far(
    until: str, end: str
) -> None:
    """In New York 01:30 on November 1, 2026 comes at 05:30 and again at 06:30 UTC, which is now."""
    now = parse_instant("2026-11-01T06:30:00Z")
    Device("acme-dental", "srv").update([Device.last_seen.set(now)])
    assert (
        sign("log_review", {**REVIEW, "since": "2026-10-31T12:00", "until": until}, at=now)["statusCode"]
        == 303
    )
    key = "evidence#2026-11-01#srv#log_review#attested"
    assert Evidence.get("acme-dental", key).facts["until"] == end


# What was looked at is what is signed.


def test_what_changed_since_it_was_looked_at_is_not_signed() -> None:
    changes: list[Callable[[], None]] = [
        lambda: observe(NOON + 10, disk_errors=4),
        lambda: observe(NOON + 10),
        lambda: store(Evidence, NOON + 20, "log_review", {"reviewed": False}),
    ]
    for change in changes:
        seen = seen_on(look("log_review"))
        change()
        answer = sign("log_review", REVIEW, seen=seen)
        assert answer["statusCode"] == 409
        page = unescape(answer["body"])
        assert "What you looked at has changed" in page
        assert "restarted it" in page
        assert seen_on(page) not in ("", seen)
        assert not is_attested("log_review")
    assert sign("log_review", REVIEW, seen=seen_on(page))["statusCode"] == 303


def test_a_form_from_yesterday_is_not_signed_today() -> None:
    seen = seen_on(look("log_review"))
    tomorrow = {**REVIEW, "until": "2026-03-13T00:00"}
    assert sign("log_review", REVIEW, seen=seen, at=START + 24 * HOUR - 1)["statusCode"] == 303
    Evidence("acme-dental", "evidence#2026-03-12#srv#log_review#attested").delete()
    assert sign("log_review", tomorrow, seen=seen, at=START + 24 * HOUR + 1)["statusCode"] == 409


def test_a_form_without_what_was_looked_at_signs_nothing() -> None:
    answer = post(practices_link(), "srv/log_review", REVIEW, at=NOON)
    assert answer["statusCode"] == 409
    assert not is_attested("log_review")


@pytest.mark.parametrize("late", ["observation", "evidence", "attestation"])
def test_what_comes_in_at_the_very_moment_of_signing_is_looked_at_first(late: str) -> None:
    def overtaken(*arguments: Any) -> bool:
        if late == "observation":
            observe(NOON + 60, disk_errors=1)
        elif late == "evidence":
            store(Evidence, NOON + 60, "log_review", {"reviewed": False})
        else:
            standing, facts, _, at = arguments
            assert attest(standing, {**facts, "by": TOM}, TOM, at)
        return attest(*arguments)

    with patch("desk_matter.attest", overtaken):
        answer = sign("log_review", REVIEW)
    assert answer["statusCode"] == 409
    words = "Nothing waits here any more" if late == "attestation" else "What you looked at has changed"
    assert words in answer["body"]
    assert is_attested("log_review") is (late == "attestation")
    assert late != "attestation" or attested("log_review").facts["by"] == TOM


def test_the_same_form_twice_is_signed_once() -> None:
    observe()
    seen = seen_on(look("log_review"))
    first, again = (sign("log_review", REVIEW, seen=seen, at=NOON + wait) for wait in (60, 61))
    assert (first["statusCode"], again["statusCode"]) == (303, 303)
    assert attested("log_review").at == NOON + 60
    assert len(list(AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#")))) == 1


def test_of_two_people_one_signs_and_the_other_is_told() -> None:
    seen = seen_on(look("log_review"))
    assert sign("log_review", REVIEW, seen=seen)["statusCode"] == 303
    answer = sign("log_review", {**REVIEW, "remarks": "all <quiet>"}, seen=seen, person=TOM)
    assert answer["statusCode"] == 409
    assert "Nothing waits here any more" in answer["body"]
    assert "all <quiet>" in unescape(answer["body"])
    assert attested("log_review").facts["by"] == TESS


# Against what agents report.


def test_a_later_observation_takes_back_no_review_and_waits_when_it_holds_more() -> None:
    observe()
    sign("log_review", REVIEW)
    observe(NOON + HOUR)
    assert verdict("log_review") == (1, 0, 0)
    page = look("log_review", NOON + 2 * HOUR)
    assert "nothing waits" in page
    assert "What was observed" in page
    assert "<form" not in page
    observe(NOON + HOUR, failed_units=3)
    assert verdict("log_review") == (1, 0, 0)
    page = look("log_review", NOON + 2 * HOUR)
    assert "to look at" in page
    assert f"Signed by {TESS}" in page
    again = {**REVIEW, "remarks": "the same again"}
    assert sign("log_review", again, at=NOON + 2 * HOUR)["statusCode"] == 303
    assert attested("log_review").facts["remarks"] == "the same again"


def test_a_later_failure_counts_and_stands_beside_the_attestation_to_be_signed_anew() -> None:
    sign("restore_test", RESTORE)
    store(Evidence, NOON + HOUR, "restore_test", {"ok": False, "hash_matches": None})
    assert verdict("restore_test") == (0, 1, 0)
    page = look("restore_test", NOON + 2 * HOUR)
    assert "not done" in page
    assert f"Signed by {TESS}" in page
    assert 'same as the original</dt><dd dir="auto">not determined<' in page
    assert sign("restore_test", {**RESTORE, "snapshot": "b"}, at=NOON + 2 * HOUR)["statusCode"] == 303
    assert verdict("restore_test") == (1, 0, 0)


def test_the_same_words_signed_again_of_what_has_changed_since_are_a_new_attestation() -> None:
    first = seen_on(look("restore_test"))
    assert sign("restore_test", RESTORE, seen=first)["statusCode"] == 303
    store(Evidence, NOON + HOUR, "restore_test", {"ok": False, "hash_matches": None})
    assert sign("restore_test", RESTORE, seen=first, at=NOON + 2 * HOUR)["statusCode"] == 303
    assert attested("restore_test").at == NOON + 60
    assert sign("restore_test", RESTORE, at=NOON + 2 * HOUR)["statusCode"] == 303
    assert (attested("restore_test").at, verdict("restore_test")) == (NOON + 2 * HOUR, (1, 0, 0))


def test_a_restore_counts_for_as_long_as_the_contract_says() -> None:
    sign("restore_test", RESTORE)
    for days, waits in ((29, False), (30, True)):
        at = NOON + days * 24 * HOUR
        page = get(practices_link(), at=at)["body"].partition("Signed today")[0]
        assert ("srv: test restore" in page) is waits


# Who may, and what is there at all.


@pytest.mark.parametrize(
    "path", ["srv/backup", "srv/nothing", "nas/log_review", "old/log_review", "srv/log_review/more"]
)
def test_what_nobody_attests_has_no_page(path: str) -> None:
    an_up_device("nas", practices={"backup"})
    an_up_device("old", practices={"log_review"}, retired_at=NOON)
    Device("acme-dental", "old").update([Device.state.set(RETIRED)])
    assert get(f"{practices_link()}/{path}", at=NOON)["statusCode"] == 404
    assert post(practices_link(), path, REVIEW, at=NOON)["statusCode"] == 404


def test_a_practice_that_is_not_promised_has_no_page() -> None:
    sign_up(a_contract(practices={"backup": {"max_age": "1d"}}))
    assert get(f"{practices_link()}/srv/log_review", at=NOON)["statusCode"] == 404


@pytest.mark.parametrize(
    "link", [{"person": OWNER}, {"purpose": "incident"}, {"purpose": "home"}, {"expires_at": NOON}]
)
def test_another_link_opens_and_signs_nothing(link: dict[str, Any]) -> None:
    text = a_link(**{"incident": "", "purpose": "practices", **link})
    assert get(f"{text}/srv/log_review", at=NOON)["statusCode"] == 403
    assert post(text, "srv/log_review", REVIEW, at=NOON)["statusCode"] == 403
    assert not is_attested("log_review")


def test_a_link_to_practices_does_nothing_to_an_incident() -> None:
    assert post(practices_link(), "acknowledge", {}, at=NOON)["statusCode"] == 403


def test_a_link_of_one_client_shows_nothing_of_another() -> None:
    sign_up(a_contract(client="berg", practices=PRACTICES))
    an_up_device("vault", client="berg", practices={"log_review"})
    assert get(f"{practices_link()}/vault/log_review", at=NOON)["statusCode"] == 404
    assert "vault" not in get(practices_link(), at=NOON)["body"]


def test_hostile_text_is_harmless() -> None:
    observe(undetermined=HOSTILE)
    page = get(f"{practices_link()}/srv/log_review", at=NOON)
    assert_harmless(page["body"])
    typed = {"since": HOSTILE, "until": HOSTILE, "findings": HOSTILE, "remarks": HOSTILE}
    assert_harmless(sign("log_review", typed)["body"])
    assert sign("log_review", {**REVIEW, "remarks": HOSTILE})["statusCode"] == 303
    assert_harmless(get(f"{practices_link()}/srv/log_review", at=NOON + MINUTE)["body"])
