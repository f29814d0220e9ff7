"""Mails as facts: when somebody was told."""

from __future__ import annotations

import re

from makegood.rules.mails import MailState, mail_key, order, told_at

OWNER = MailState("m1", "notice", "owner", "sent", sent_at=100)
DESK = MailState("m2", "notice", "desk", "sent", sent_at=110)


def test_the_first_contact_who_was_told_counts() -> None:
    assert told_at([DESK, OWNER], "notice") == 100
    assert told_at([DESK, OWNER], "plan") is None
    assert told_at([], "notice") is None


def test_a_bounced_mail_told_nobody() -> None:
    bounced = MailState("m1", "notice", "owner", "bounced", sent_at=100, delivered_at=101)
    assert told_at([bounced, DESK], "notice") == 110
    assert told_at([bounced], "notice") is None


def test_the_time_of_delivery_replaces_the_time_of_sending() -> None:
    delivered = MailState("m1", "notice", "owner", "delivered", sent_at=100, delivered_at=130)
    assert told_at([delivered], "notice") == 130
    assert told_at([delivered, DESK], "notice") == 110


def test_a_mail_that_has_not_left_told_nobody() -> None:
    assert told_at([MailState("m1", "notice", "owner", "sending")], "notice") is None


def test_a_mails_name_is_a_valid_tag_and_leads_to_its_record() -> None:
    mail = order("incident#modem-20260312T040000Z", "plan-50", "owner+x@acme.example")
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", mail.mail)
    assert mail.mail.startswith("incident_modem-20260312T040000Z_plan-50_")
    assert mail_key(mail.mail) == f"incident#modem-20260312T040000Z#mail#plan-50_{mail.mail[-12:]}"
    assert order(mail.about, mail.kind, "other@acme.example").mail != mail.mail
