"""The way of a mail: claimed by one, sent once, retried after a crash; nothing in it breaks out of it."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from support.deployment import Deployment

from makegood import aws
from makegood.mail.message import Message
from makegood.mail.mime import compose
from makegood.mail.outbox import CLAIM_SECONDS, UnreachableError, post
from makegood.rules.mails import mail_key, order
from makegood.storage.records import MailRecord

NOW = 1_773_288_000
NOTICE = order("incident#modem-20260312T040000Z", "notice", "owner@acme.example")
MESSAGE = Message("modem is silent", "text", "<p>html</p>")


def record() -> MailRecord:
    return MailRecord.get("acme-dental", mail_key(NOTICE.mail))


def send(now: int = NOW) -> bool:
    return post("acme-dental", NOTICE, MESSAGE, now)


def test_the_record_says_sending_before_the_mail_leaves_and_sent_after(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses: list[str] = []

    def take(**_: Any) -> dict[str, str]:
        statuses.append(record().status)
        deployment.now = NOW + 7
        return {"MessageId": "m-1"}

    monkeypatch.setattr(aws.ses(), "send_email", take)
    assert send()
    assert statuses == ["sending"]
    assert (record().status, record().sent_at, record().message_id) == ("sent", NOW + 7, "m-1")


def test_twice_is_once(deployment: Deployment) -> None:
    deployment.now = NOW
    assert send()
    assert send(NOW + 10_000)
    assert len(deployment.mails) == 1


def test_while_somebody_sends_a_mail_nobody_else_does(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    second: list[bool] = []

    def take(**_: Any) -> dict[str, str]:
        second.append(send(NOW + CLAIM_SECONDS))
        return {"MessageId": "m-1"}

    monkeypatch.setattr(aws.ses(), "send_email", take)
    assert send()
    assert second == [False]
    assert record().attempts == 1


@pytest.mark.parametrize(("after", "sent"), [(CLAIM_SECONDS, False), (CLAIM_SECONDS + 1, True)])
def test_a_mail_whose_sender_crashed_is_sent_when_the_claim_has_ended(
    deployment: Deployment, after: int, sent: bool
) -> None:
    deployment.now = NOW
    deployment.ses_is_down = True
    with pytest.raises(UnreachableError):
        send()
    crashed = record()
    crashed.update([MailRecord.claimed_until.set(NOW + CLAIM_SECONDS)])
    deployment.ses_is_down = False
    assert send(NOW + after) is sent
    assert len(deployment.mails) == int(sent)


def test_an_answer_that_never_came_frees_the_claim_and_says_why(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://email")

    monkeypatch.setattr(aws.ses(), "send_email", hang)
    with pytest.raises(UnreachableError):
        send()
    assert (record().claimed_until, record().last_error) == (0, "ReadTimeoutError")


def test_a_refusal_by_ses_is_tried_again(deployment: Deployment) -> None:
    deployment.refuse_mail = {"owner@acme.example"}
    assert send() is False
    assert record().last_error == "TooManyRequestsException"
    deployment.refuse_mail = set()
    assert send(NOW + 30)
    assert record().attempts == 2


def test_nothing_in_a_subject_becomes_a_header() -> None:
    hostile = Message("Hi\r\nBcc: everybody@evil.example\n\nbody", "text", "<p>html</p>")
    mail = message_from_bytes(compose("owner@acme.example", hostile), policy=policy.default)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hi Bcc: everybody@evil.example body"
    assert mail["Reply-To"] == "help@provider.example"


def test_a_mail_says_the_same_in_text_and_html_in_any_script() -> None:
    message = Message("Störung – 障害", "Grüße 🙂", "<p>Grüße 🙂</p>")
    mail = message_from_bytes(compose("owner@acme.example", message), policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert mail["Subject"] == "Störung – 障害"
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == "Grüße 🙂"
    assert html.get_content().strip() == "<p>Grüße 🙂</p>"
