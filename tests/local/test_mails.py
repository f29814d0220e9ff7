"""What was sent is kept whole, shown harmlessly, and reported as SES reports it."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from makegood_local.mailbox import Mail, Mailbox, Sent
from makegood_local.pages import respond
from makegood_local.ses import event_of

SENT_AT = 1_772_323_200.25  # 2026-03-01T00:00:00.250Z
HOSTILE = "</title><script>alert(1)</script>'\"&"


def a_mail(
    mailbox: Mailbox, subject: str = "Modem is down", to: str = "owner@acme.example", at: float = SENT_AT
) -> Mail:
    message = EmailMessage(policy=SMTP)
    message["From"] = "guarantee@provider.example"
    message["To"] = to
    message["Subject"] = subject
    message.set_content(f"Look: https://desk.example/abc. {HOSTILE}")
    message.add_alternative(f"<p>{subject}</p><script>alert(2)</script>", subtype="html")
    message.add_attachment(b"a,b", maintype="text", subtype="csv", filename="x\"y'.csv")
    sent = Sent(
        message_id=f"{at:.0f}-1@email.amazonses.com",
        at=at,
        sender="guarantee@provider.example",
        to=(to,),
        tags={"client": "acme-dental", "mail": "m1"},
        configuration_set="makegood",
    )
    return mailbox.add(sent, message.as_bytes())


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "mails")


def body(mailbox: Mailbox, path: str) -> str:
    return respond(mailbox, path).body.decode()


def header(mailbox: Mailbox, path: str, name: str) -> str:
    return dict(respond(mailbox, path).headers)[name]


def test_a_mail_is_kept_whole_with_the_headers_that_ses_adds(mailbox: Mailbox) -> None:
    a_mail(mailbox, subject="Störung")
    [kept] = Mailbox(mailbox.folder).mails()
    assert kept.subject == "Störung"
    assert kept.to == ("owner@acme.example",)
    assert kept.tags == {"client": "acme-dental", "mail": "m1"}
    assert kept.text.startswith("Look: https://desk.example/abc.")
    assert kept.html.startswith("<p>Störung</p>")
    assert [(a.name, a.content) for a in kept.attachments] == [("x\"y'.csv", b"a,b")]
    assert kept.header("Message-ID") == "<1772323200-1@email.amazonses.com>"
    assert kept.header("Date") == "Sun, 01 Mar 2026 00:00:00 -0000"


def test_mails_come_in_the_order_they_were_sent(mailbox: Mailbox) -> None:
    for at in (SENT_AT + 1, SENT_AT + 10, SENT_AT):
        a_mail(mailbox, at=at)
    assert [mail.at for mail in mailbox.mails()] == [SENT_AT, SENT_AT + 1, SENT_AT + 10]


def test_a_message_id_that_is_a_path_finds_nothing(mailbox: Mailbox) -> None:
    a_mail(mailbox)
    assert mailbox.find("../mails/1772323200-1@email.amazonses.com") is None
    assert respond(mailbox, "/inbox/..%2f..%2fetc%2fpasswd").status == 404


def test_the_list_shows_the_newest_first(mailbox: Mailbox) -> None:
    a_mail(mailbox, subject="older")
    a_mail(mailbox, subject="newer", at=SENT_AT + 1)
    page = body(mailbox, "/inbox")
    assert page.index("newer") < page.index("older")
    assert "2026-03-01 00:00:00 UTC" in page


def test_hostile_text_stays_text_on_every_page(mailbox: Mailbox) -> None:
    mail = a_mail(mailbox, subject=HOSTILE)
    for path in ("/inbox", f"/inbox/{mail.message_id}"):
        page = body(mailbox, path)
        assert "<script>" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert "default-src 'none'" in header(mailbox, path, "Content-Security-Policy")


def test_the_html_of_a_mail_is_shown_as_sent_in_a_sandbox_without_scripts(mailbox: Mailbox) -> None:
    mail = a_mail(mailbox)
    path = f"/inbox/{mail.message_id}/html"
    assert mail.html in body(mailbox, path)
    policy = header(mailbox, path, "Content-Security-Policy")
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "sandbox='allow-popups allow-popups-to-escape-sandbox' src='/inbox/" in body(
        mailbox, f"/inbox/{mail.message_id}"
    )


def test_a_web_address_in_the_text_is_a_link_without_the_full_stop_after_it(mailbox: Mailbox) -> None:
    mail = a_mail(mailbox)
    page = body(mailbox, f"/inbox/{mail.message_id}")
    assert "<a href='https://desk.example/abc' rel='noreferrer'>https://desk.example/abc</a>." in page


def test_the_mail_and_its_attachments_can_be_downloaded_and_are_never_shown(mailbox: Mailbox) -> None:
    mail = a_mail(mailbox)
    raw = f"/inbox/{mail.message_id}/raw"
    attachment = f"/inbox/{mail.message_id}/attachment/0"
    assert respond(mailbox, raw).body == mail.raw
    assert respond(mailbox, attachment).body == b"a,b"
    assert header(mailbox, attachment, "Content-Disposition") == "attachment; filename*=UTF-8''x%22y%27.csv"
    assert header(mailbox, attachment, "Content-Type") == "application/octet-stream"
    assert respond(mailbox, f"/inbox/{mail.message_id}/attachment/1").status == 404


def test_a_delivery_is_reported_with_the_tags_of_the_mail(mailbox: Mailbox) -> None:
    event = event_of(a_mail(mailbox), bouncing=frozenset(), at=SENT_AT + 1)
    assert event["eventType"] == "Delivery"
    assert event["delivery"]["timestamp"] == "2026-03-01T00:00:01.250Z"
    assert event["delivery"]["recipients"] == ["owner@acme.example"]
    assert event["mail"]["messageId"] == "1772323200-1@email.amazonses.com"
    assert event["mail"]["timestamp"] == "2026-03-01T00:00:00.250Z"
    assert event["mail"]["tags"]["client"] == ["acme-dental"]
    assert event["mail"]["tags"]["mail"] == ["m1"]


def test_a_mail_to_an_address_that_bounces_is_reported_as_bounced(mailbox: Mailbox) -> None:
    mail = a_mail(mailbox, to="Bounce@simulator.amazonses.com")
    event = event_of(mail, bouncing=frozenset({"bounce@simulator.amazonses.com"}), at=SENT_AT + 1)
    assert event["eventType"] == "Bounce"
    assert event["bounce"]["bounceType"] == "Permanent"
    assert event["bounce"]["bouncedRecipients"][0]["emailAddress"] == "Bounce@simulator.amazonses.com"
    assert "delivery" not in event
