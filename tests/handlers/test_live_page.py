"""The client's page: who reads it, that it says what a statement would, its files, how links are revoked."""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from unittest.mock import patch

import botocore.client
import pytest
from support.cast import DESK, HOUR, MINUTE, OWNER, START, TESS, TOM, a_contract
from support.deployment import Deployment
from support.live import a_live_link, look, page_links, send
from support.visits import NAME, NOW, Answer, a_link, everything_stored, fall_silent, post

from makegood.issuing import UnsentError, issue, preview
from makegood.mail.live_links import PAGE_SECONDS, page_url
from makegood.mail.statement_lines import statement_lines
from makegood.rules.instants import parse_instant
from makegood.storage.contacts import flag_bounce, revocation, unreachable_of
from makegood.storage.records import ContractVersion, Incident
from makegood.storage.statements import keep_first, stored_file
from makegood.storage.transactions import LostRaceError, write_together

ROOT = Path(__file__).parents[2]
BOOKS = "books@acme.example"
PAUSE = f"pause-{NOW}"
WAIT = {"seen": "0", "reason": "awaiting_access", "awaited": "The <b>key</b> to the server room."}
PLEA = {"seen": "0", "stage": "plan", "reason": "client_caused", "evidence": "The breaker was off."}
FEBRUARY = parse_instant("2026-03-03T14:00:00Z")
"""Acme's statement of February is issued at nine in the morning in New York."""


@pytest.fixture(autouse=True)
def _silent_modem(deployment: Deployment) -> None:
    fall_silent(deployment)


def page_link(person: str = OWNER, at: int = NOW) -> str:
    return page_url("acme-dental", person, at).rpartition("/live/")[2]


def page(at: float = NOW, person: str = OWNER, more: str = "") -> str:
    answer = look(page_link(person) + more, at=at)
    assert answer["statusCode"] == 200
    return unescape(answer["body"])


def revoke_links(address: str, at: int) -> None:
    write_together(revocation("acme-dental", address, at))


def change_contract(**changes: object) -> None:
    version = ContractVersion.get("acme-dental", "contract#2026-01-01")
    version.update(actions=[ContractVersion.terms.set(a_contract(**changes))])


def text_of(deployment: Deployment, person: str, number: int = 0) -> str:
    body = deployment.mails_to(person)[number].get_body(("plain",))
    assert body is not None
    return str(body.get_content())


# Who reads it.


def test_every_mail_to_a_contact_has_its_own_link_to_the_page(deployment: Deployment) -> None:
    for person in (OWNER, DESK):
        (link,) = page_links(text_of(deployment, person))
        assert f"This page is for {person}" in look(link)["body"]
        html = deployment.mails_to(person)[0].get_body(("html",))
        assert html is not None
        assert link in html.get_content()
    for technician in (TESS, TOM):
        assert page_links(text_of(deployment, technician)) == []


@pytest.mark.parametrize(("at", "status"), [(PAGE_SECONDS - 1, 200), (PAGE_SECONDS, 403)])
def test_the_link_works_for_a_while(at: int, status: int) -> None:
    answer = look(page_link(), at=NOW + at)
    assert answer["statusCode"] == status
    assert ("This link has expired" in answer["body"]) is (status == 403)


def test_who_is_no_contact_reads_nothing() -> None:
    for link in (page_link(TESS), page_link("gone@acme.example")):
        for more in ("", "/method", "/2026-02/statement.json"):
            assert look(link + more)["statusCode"] == 403
    assert look(a_live_link("page", "", client="nobody", incident=""))["statusCode"] == 403


def test_a_link_for_one_matter_does_not_open_the_page() -> None:
    link = a_live_link("disagree", "incident")
    assert look(f"{link}/method")["statusCode"] == 404
    assert look(f"{link}/2026-02/statement.json")["statusCode"] == 404


def test_the_page_takes_no_form() -> None:
    for action in ("answer", "agree", "disagree", "method"):
        assert send(page_link(), action, {"text": "Here."})["statusCode"] == 404


# Revoking.


def test_a_revoked_link_opens_nothing_and_says_so() -> None:
    post(a_link(), "pause", WAIT)
    links = [page_link(at=NOW), a_live_link("answer", PAUSE), a_live_link("disagree", "incident")]
    revoke_links(OWNER, NOW)
    before = everything_stored()
    for link in links:
        answer = look(link)
        assert (answer["statusCode"], "This link was withdrawn" in answer["body"]) == (403, True)
        assert send(link, "answer", {"text": "Here."})["statusCode"] == 403
    assert everything_stored() == before


def test_links_made_after_it_work_and_those_of_others_always() -> None:
    revoke_links(OWNER, NOW)
    assert look(page_link(at=NOW + 1))["statusCode"] == 200
    assert look(page_link(DESK, at=NOW))["statusCode"] == 200
    revoke_links(OWNER, NOW + 1)
    revoke_links(OWNER, NOW)
    assert look(page_link(at=NOW + 1))["statusCode"] == 403


def test_capitals_do_not_save_a_link() -> None:
    link = page_link()
    revoke_links(OWNER.upper(), NOW)
    assert look(link)["statusCode"] == 403


def test_what_ses_reports_of_a_contact_does_not_bring_its_links_back() -> None:
    revoke_links(OWNER, NOW)
    flag_bounce("acme-dental", OWNER, NOW + 1)
    assert look(page_link())["statusCode"] == 403


def test_a_revocation_loses_to_news_of_the_contact_rather_than_losing_them() -> None:
    write = revocation("acme-dental", OWNER, NOW)
    flag_bounce("acme-dental", OWNER, NOW)
    with pytest.raises(LostRaceError):
        write_together(write)
    revoke_links(OWNER, NOW)
    (told,) = unreachable_of("acme-dental", [OWNER])
    assert told.since == NOW
    assert look(page_link())["statusCode"] == 403


# What it says.


def test_it_says_what_a_statement_would_say_now() -> None:
    late = START + 5 * HOUR + 30 * MINUTE
    told, draft = page(late), preview("acme-dental", "2026-03", late)
    assert draft.statement["refund_cents"] == 12_000 + 24_000 + 2 * 4_800
    assert "Not healthy so far: 2 promises were broken" in told
    for words in ("−$456.00", "$1,944.00", "Plan late: outage of modem, March 12, 2026"):
        assert words in told
        assert words in draft.message.html


def test_the_clocks_say_what_is_left_and_how_late_it_is() -> None:
    told = page()
    for due, left in ((START + HOUR, "40 min left"), (START + 4 * HOUR, "3 h 40 min left")):
        assert f'<strong data-due="{due}">{left}</strong>' in told
    assert told.count('data-due="') == 2
    assert f'data-now="{NOW}"' in told
    on_time, late = page(START + HOUR), page(START + HOUR + 1)
    assert f'<strong data-due="{START + HOUR}">0 s left</strong>' in on_time
    assert f'<strong data-due="{START + HOUR}">late by 1 s</strong>' in late


def test_a_clock_that_waits_is_not_counted_on() -> None:
    post(a_link(), "pause", WAIT)
    told = page()
    assert "40 min left; it waits with us" in told
    assert 'data-due="' not in told


def test_business_time_is_not_counted_on_either() -> None:
    hours = {**a_contract()["outages"], "hours": {"mon-fri": "08:00-18:00"}}
    Incident.get("acme-dental", f"incident#{NAME}").update(actions=[Incident.terms.set(hours)])
    told = page()
    assert "1 h of business time left" in told
    assert 'data-due="' not in told


def test_what_only_the_client_can_do_is_asked_of_who_can_do_it() -> None:
    change_contract(contacts={"outages": [DESK, OWNER], "statements": [OWNER, BOOKS]})
    post(a_link(), "pause", WAIT)
    post(a_link(), "excuse", {**PLEA, "ask": "client"})
    told = look(page_link())["body"]
    assert "The &lt;b&gt;key&lt;/b&gt; to the server room." in told
    titles = {"Give your answer": "answer", "Agree or refuse": "agree", "I disagree": "disagree"}
    for words, action in titles.items():
        (link,) = re.findall(rf'href="[^"]*/live/([^"/]+)">{words}', told)
        assert f'action="https://makegood.provider.example/live/{link}/{action}"' in look(link)["body"]
    for words in titles:
        assert words not in page(person=BOOKS)


def test_a_link_from_the_page_lives_no_longer_than_the_page() -> None:
    (link,) = re.findall(r'/live/([^"/]+)">I disagree', look(page_link(), at=NOW + PAGE_SECONDS - 1)["body"])
    assert look(link, at=NOW + PAGE_SECONDS - 1)["statusCode"] == 200
    assert look(link, at=NOW + PAGE_SECONDS)["statusCode"] == 403


def test_a_month_that_is_over_stays_until_its_statement_is_there(deployment: Deployment) -> None:
    for issued, at in (("2026-01", FEBRUARY), ("2026-02", FEBRUARY)):
        issue("acme-dental", issued, at)
    april = parse_instant("2026-04-02T12:00:00Z")
    deployment.now = april
    told = page(april)
    assert "<h1>April 2026 so far</h1>" in told
    assert "The statement for March 2026 comes on April 3, 2026, 9:00 AM." in told
    assert "<h1>March 2026</h1>" in page(april, more="/2026-03")
    for other in ("2026-02", "2026-05", "2026-3", "nonsense"):
        assert look(f"{page_link()}/{other}", at=april)["statusCode"] == 404
    issue("acme-dental", "2026-03", parse_instant("2026-04-03T13:00:00Z"))
    assert look(f"{page_link()}/2026-03", at=april + 2 * 24 * HOUR)["statusCode"] == 404


def test_a_statement_that_is_past_its_hour_is_not_announced_but_missed_also_months_later() -> None:
    issue("acme-dental", "2026-01", FEBRUARY)
    issue("acme-dental", "2026-02", FEBRUARY)
    hour = "The statement for March 2026 {} April 3, 2026, 9:00 AM."
    moment = parse_instant("2026-04-03T13:00:00Z")
    for at, words in ((moment - 1, "comes on"), (moment, "should have come on")):
        assert hour.format(words) in page(at)
    june = parse_instant("2026-06-01T12:00:00Z")
    told = unescape(look(page_link(at=june), at=june)["body"])
    assert hour.format("should have come on") in told
    assert "The statement for May 2026 comes on June 3, 2026, 9:00 AM." in told
    assert look(f"{page_link(at=june)}/2026-03", at=june)["statusCode"] == 200


def test_a_statement_that_one_contact_could_not_be_mailed_is_there_with_its_files_for_all(
    deployment: Deployment,
) -> None:
    change_contract(contacts={"outages": [OWNER], "statements": [OWNER, BOOKS]})
    deployment.refuse_mail = {BOOKS}
    with pytest.raises(UnsentError):
        issue("acme-dental", "2026-02", FEBRUARY)
    told = page()
    assert "February 2026 as PDF" in told
    assert "The statement for February" not in told
    assert look(f"{page_link()}/2026-02")["statusCode"] == 404
    for name in ("statement.html", "statement.json", "statement.pdf", "lines.csv"):
        assert look(f"{page_link()}/2026-02/{name}")["statusCode"] == 200


@pytest.mark.parametrize("name", ["statement.json", "statement.html", "statement.pdf"])
def test_a_statement_that_was_not_stored_to_its_last_file_is_not_there_yet(name: str) -> None:
    def crash(client: str, period: str, file: str, body: bytes) -> bytes:
        if file == name:
            raise ConnectionError
        return keep_first(client, period, file, body)

    with patch("makegood.issuing.keep_first", crash), pytest.raises(ConnectionError):
        issue("acme-dental", "2026-02", FEBRUARY)
    assert "The statement for February 2026 should have come on March 3, 2026, 9:00 AM." in page()
    assert look(f"{page_link()}/2026-02/statement.json")["statusCode"] == 404
    issue("acme-dental", "2026-02", FEBRUARY)
    assert "February 2026 as PDF" in page()


def test_a_client_who_has_left_still_has_its_statements() -> None:
    issue("acme-dental", "2026-02", FEBRUARY)
    change_contract(effective_until="2026-03-01")
    told = page()
    assert "No contract covers this month" in told
    assert "/2026-02/statement.pdf" in told


# The files.


def test_a_statements_files_are_those_that_were_stored() -> None:
    issue("acme-dental", "2026-02", FEBRUARY)
    assert "February 2026 as PDF" in page()
    for name in ("statement.html", "statement.json", "statement.pdf"):
        answer = look(f"{page_link()}/2026-02/{name}")
        assert answer["statusCode"] == 200
        assert content(answer) == stored_file("acme-dental", "2026-02", name)
        assert "sandbox" in answer["headers"]["Content-Security-Policy"]
    document = json.loads(stored_file("acme-dental", "2026-02", "statement.json") or b"")
    lines = look(f"{page_link()}/2026-02/lines.csv")
    assert content(lines) == codecs.BOM_UTF8 + statement_lines(document).encode()
    assert lines["headers"]["Content-Disposition"] == 'attachment; filename="acme-dental-2026-02.csv"'


def content(answer: Answer) -> bytes:
    body: str = answer["body"]
    return b64decode(body) if answer["isBase64Encoded"] else body.encode()


def test_what_is_not_issued_is_not_there() -> None:
    for more in ("2026-03/statement.json", "2026-02/statement.json", "2026-02/facts.json"):
        assert look(f"{page_link()}/{more}")["statusCode"] == 404
    issue("acme-dental", "2026-02", FEBRUARY)
    assert look(f"{page_link()}/2026-02/facts.json")["statusCode"] == 404
    with patch("live_files.stored_file", return_value=None):
        assert look(f"{page_link()}/2026-02/statement.pdf")["statusCode"] == 404


# The method.


def test_the_method_is_the_one_that_is_written_down() -> None:
    document = (ROOT / "docs" / "accounting.md").read_text()
    plain = document.partition("## In plain words\n")[2].partition("\n## ")[0]
    assert (ROOT / "functions" / "reporter" / "method.md").read_text().strip() == plain.strip()
    told = page(more="/method")
    assert "<strong>When a device falls silent.</strong>" in told
    assert not re.search(r"\*\w|`", told.partition("In plain words")[2])
    assert "You get the plan within 1 h" in told
    assert "10% of the fee, and 2% of the fee for each hour begun after the limit, at most 10 times" in told


# As a page.


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_changes_nothing(deployment: Deployment, method: str) -> None:
    before = (everything_stored(), len(deployment.mails), deployment.executions())
    for more in ("", "/method"):
        answer = look(page_link() + more, method=method)
        assert answer["statusCode"] == 200
        assert (answer["body"] == "") is (method == "HEAD")
    assert (everything_stored(), len(deployment.mails), deployment.executions()) == before


def test_it_holds_one_script_which_its_policy_names_and_nothing_from_elsewhere() -> None:
    answer = look(page_link())
    headers, body = answer["headers"], answer["body"]
    (script,) = re.findall(r"<script>(.*?)</script>", body, re.DOTALL)
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in headers["Content-Security-Policy"].split("; ")
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["X-Robots-Tag"] == "noindex"
    assert body.count("<script") == 1
    assert not re.search(r"<img|<link|<iframe|\sstyle=|\son\w+=|\ssrc=", body)
    addresses = set(re.findall(r'href="([^"#]+)', body))
    assert all(address.startswith("https://makegood.provider.example/live/") for address in addresses)
    assert "<script" not in look(f"{page_link()}/method")["body"]


def test_a_browser_that_takes_it_compressed_gets_it_so() -> None:
    answer = look(page_link(), headers={"accept-encoding": "gzip, br"})
    assert (answer["headers"]["Content-Encoding"], answer["isBase64Encoded"]) == ("gzip", True)


def test_it_costs_few_reads_however_much_there_is_to_tell() -> None:
    look(page_link())
    with counted() as calls:
        look(page_link())
    assert set(calls) == {"Query", "GetItem"}
    assert len(calls) <= 15


@contextmanager
def counted() -> Iterator[list[str]]:
    calls: list[str] = []
    known = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way to AWS

    def count(self: object, operation: str, parameters: object) -> object:
        calls.append(operation)
        return known(self, operation, parameters)

    with patch.object(botocore.client.BaseClient, "_make_api_call", count):
        yield calls
