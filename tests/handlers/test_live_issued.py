"""What the client's page says of an issued month: its corrections, and the way to disagree with it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from support.cast import OWNER, a_contract
from support.deployment import Deployment
from support.live import look, send

from makegood.issuing import issue
from makegood.mail.live_links import page_url
from makegood.rules.instants import format_instant, parse_instant
from makegood.storage.adjusting import PAYMENT, NewAdjustment, corrections_of, record_adjustment
from makegood.storage.records import Dispute
from makegood_local.load_facts import store_facts

MOMENT = parse_instant("2026-04-03T13:00:00Z")
NOW = parse_instant("2026-04-05T10:00:00Z")
BOOKS = "books@acme.example"
NAME = "modem-20260310T080000Z"


@pytest.fixture(autouse=True)
def _issued_march(deployment: Deployment) -> None:
    store_facts(a_month())
    deployment.now = MOMENT
    issue("acme-dental", "2026-03", MOMENT)
    deployment.now = NOW


def a_month() -> dict[str, object]:
    modem = {"device": "modem", "kind": "router", "enrolled_at": "2026-01-01T05:00:00Z", "retired_at": None}
    outage = {
        "incident": NAME,
        "device": "modem",
        "started_at": "2026-03-10T08:00:00Z",
        "notified_at": "2026-03-10T08:05:00Z",
        "planned_at": "2026-03-10T09:30:00Z",
        "restored_at": "2026-03-10T10:00:00Z",
        "documented_at": "2026-03-10T10:10:00Z",
        "pauses": [],
        "excuses": [],
    }
    contacts = {"outages": [OWNER], "statements": [OWNER, BOOKS]}
    return {
        "contract": a_contract(contacts=contacts, practices={}),
        "period": "2026-03",
        "as_of": format_instant(MOMENT),
        "devices": [{**modem, "practices": []}],
        "incidents": [outage],
        "evidence": [],
        "maintenance": [],
        "adjustments": [],
    }


def adjust(cents: int, settled_in: str, reason: str) -> None:
    known = corrections_of("acme-dental", "2026-03")
    entry = NewAdjustment("2026-03", cents, reason, (OWNER,), NOW)
    assert record_adjustment("acme-dental", settled_in, entry, known)


def page(person: str = OWNER, at: int = NOW) -> str:
    link = page_url("acme-dental", person, at).rpartition("/live/")[2]
    answer = look(link, at=at)
    assert answer["statusCode"] == 200
    return unescape(answer["body"])


def test_a_correction_stands_beside_the_statement_that_it_is_about() -> None:
    assert "corrected since" not in page()
    adjust(12_000, "2026-04", "modem: the <b>notice</b> came back")
    adjust(-2_000, "2026-04", "modem: it was called")
    told = page()
    assert "March 2026 corrected since" in told
    assert "$120.00 more for you, on the statement for April 2026. modem: the <b>notice</b> came back" in told
    assert "$20.00 less for you, on the statement for April 2026. modem: it was called" in told


def test_a_correction_paid_apart_says_so() -> None:
    adjust(12_000, PAYMENT, "the notice came back")
    adjust(-12_000, PAYMENT, "it had arrived")
    adjust(12_000, PAYMENT, "it came back after all")
    told = page()
    assert "$120.00 more for you, paid to you separately. the notice came back" in told
    assert "Nothing more for you, and nothing is asked back. it had arrived" in told
    assert "Nothing more for you, and nothing is asked back. it came back after all" in told


def test_an_outage_of_the_last_statement_can_be_disputed_from_the_page() -> None:
    [(link, words)] = re.findall(r'/live/([^"/]+)">I disagree: (.*?)</a>', page())
    assert "modem, March 10, 2026" in words
    assert look(link, at=NOW)["statusCode"] == 200
    assert send(link, "disagree", {"text": "It was down longer."}, at=NOW)["statusCode"] == 303
    [said] = Dispute.query("acme-dental", Dispute.sk.startswith(f"incident#{NAME}#dispute#"))
    assert (said.by, said.about, said.text) == (OWNER, "incident", "It was down longer.")


def test_who_gets_only_statements_is_told_to_reply_instead() -> None:
    told = page(BOOKS)
    assert ">I disagree" not in told
    assert "To disagree with something, reply to any of our mails." in told
    assert "To disagree with something, reply" not in page()


def test_what_is_over_before_the_last_statement_or_began_after_it_is_not_among_it() -> None:
    may = parse_instant("2026-05-03T13:00:00Z")
    issue("acme-dental", "2026-04", may)
    assert ">I disagree" not in page(at=may)
