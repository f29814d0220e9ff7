"""Every mail of an incident: its subject, its times, its two forms, hostile text in it."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from html import unescape

import pytest
from support.cases import a_plan, a_repair
from support.cast import DESK, START, a_contract
from support.hostile import HOSTILE, HOSTILE_NAME
from support.letters import EVERY_KIND, a_mail_of, a_message, flat

from makegood.mail.mime import compose
from makegood.rules.instants import parse_instant

# Subjects say it all.


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("notice", "Front desk modem is silent since 12:00 AM EDT: we are on it"),
        (
            "alert",
            "Front desk modem is silent since 12:00 AM EDT: plan due 1:00 AM EDT, repair due 4:00 AM EDT",
        ),
        ("notify-50", "Front desk modem: 7 min left to tell the client"),
        ("notify-limit", "Front desk modem: the client has not been told in time, due 12:15 AM EDT"),
        ("plan-50", "Front desk modem: 30 min left to send the plan"),
        ("plan-limit", "Front desk modem: the plan is late, due 1:00 AM EDT"),
        ("repair-50", "Front desk modem: 2 h left to repair it and document the repair"),
        ("repair-limit", "Front desk modem: the repair is late, due 4:00 AM EDT"),
        ("plan", "Front desk modem: our plan, estimated time by 02:30"),
        ("recovery", "Front desk modem is back since 2:00 AM EDT"),
        ("closing", "Front desk modem is repaired: we broke 2 of 3 promises"),
    ],
)
def test_a_subject_says_what_is_and_what_is_due(kind: str, subject: str) -> None:
    assert a_mail_of(kind).subject == f"[Acme Dental Group] {subject}"


def test_the_winter_has_its_own_name_for_the_zone() -> None:
    start = parse_instant("2026-01-12T09:15:00Z")
    message = a_message("notice", DESK, start - START, mails=(), started_at=start, opened_at=start)
    assert message.subject == "[Acme Dental Group] Front desk modem is silent since 4:15 AM EST: we are on it"
    assert "January 12, 2026, 4:15 AM EST (9:15 AM UTC)" in message.text


def test_a_zone_without_letters_is_named_by_its_distance_and_the_utc_date_is_given() -> None:
    contract = a_contract(timezone="America/Sao_Paulo")
    start = parse_instant("2026-03-12T01:30:05Z")
    message = a_message("notice", DESK, 300, mails=(), contract=contract, started_at=start)
    assert "March 11, 2026, 10:30:05 PM UTC-03 (March 12, 2026, 1:30:05 AM UTC)" in flat(message.text)


def test_in_utc_a_time_is_given_once() -> None:
    message = a_message("notice", DESK, 300, mails=(), contract=a_contract(timezone="Etc/UTC"))
    assert "We last heard from it on March 12, 2026, 4:00 AM UTC." in message.text
    assert "Times are in UTC." in message.text
    assert "UTC beside them" not in message.text


# Of every mail.


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_both_forms_say_the_same(kind: str) -> None:
    message = a_mail_of(kind)
    shown = unescape(re.sub(r"<style>.*?</style>|<!--.*?-->|<[^>]+>", " ", message.html, flags=re.DOTALL))
    text = re.sub(r"https://\S+", "", message.text)
    assert words_of(text) == words_of(shown)


def words_of(text: str) -> set[str]:
    return {word.strip(".,:;()*>-·").casefold() for word in text.split()} - {""}


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_mail_loads_nothing_and_is_made_for_outlook_phones_and_the_dark(kind: str) -> None:
    page = a_mail_of(kind).html
    assert not re.search(r"<img|<svg|<script|<link|src=|url\(|display:\s*(flex|grid)", page)
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in page
    assert 'bgcolor="' in page
    assert page.count("<table") == page.count('role="presentation"')


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_no_line_of_plain_text_is_too_long_but_those_with_a_link(kind: str) -> None:
    for line in a_mail_of(kind).text.splitlines():
        assert len(line) <= 76 or "/desk/" in line or "/live/" in line


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_hostile_text_stays_text(kind: str) -> None:
    to, at, changes = EVERY_KIND[kind]
    texts = {"cause": HOSTILE * 40, "by": HOSTILE}
    written = {
        "plan": a_plan(START, steps=HOSTILE, eta=HOSTILE, **texts),
        "repair": a_repair(START, work=HOSTILE, **texts),
    }
    hostile = {key: written[key] for key in written if key in changes}
    device = {"name": HOSTILE_NAME, "kind": HOSTILE_NAME}
    message = a_message(kind, to, at, **{**changes, **hostile, "device": device})
    assert not re.search(r"<script|<img", message.html)
    assert "&lt;script&gt;" in message.html
    assert "{{7*7}}" in message.html
    assert not re.search(r"[\u202e\x00]", message.html + message.text + message.subject)
    assert not re.search(r"[\r\n]", message.subject)
    assert len(message.subject) <= 180
    mime = message_from_bytes(compose(to, message), policy=policy.default)
    assert {name.lower() for name in mime} == {
        *("from", "to", "reply-to", "subject", "auto-submitted", "mime-version", "content-type"),
    }
    assert mime["Subject"] == message.subject
    assert mime["To"] == to
