"""What SES reports of a mail, in any order, more than once."""

from __future__ import annotations

import pytest
from support.cast import OWNER, START, an_up_device, sign_up
from support.deployment import Deployment

import deliveries
from makegood import aws
from makegood.mail.message import Message
from makegood.mail.outbox import post
from makegood.rules.mails import mail_key, order
from makegood.storage.contracts import versions_of
from makegood.storage.incidents import open_incident
from makegood.storage.records import MailRecord
from makegood_simulator.events import Context, ses_notification, sqs_event

NOTICE = order("incident#modem-20260312T040000Z", "notice", OWNER)
TAGS = {"client": "acme-dental", "mail": NOTICE.mail}
DELIVERED = ses_notification("Delivery", TAGS, "2026-03-12T04:05:00.250Z")
BOUNCED = ses_notification("Bounce", TAGS, "2026-03-12T04:06:00.000Z")


@pytest.fixture(autouse=True)
def _notice(deployment: Deployment) -> None:
    sign_up()
    incident = open_incident(an_up_device("modem"), START + 200, versions_of("acme-dental"))
    assert incident is not None
    deployment.now = START + 240
    post("acme-dental", NOTICE, Message("subject", "text", "<p>html</p>"), deployment.now)


def mail() -> MailRecord:
    return MailRecord.get("acme-dental", mail_key(NOTICE.mail))


def take(*notifications: str) -> list[str]:
    answer = deliveries.handler(sqs_event(*notifications), Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_a_delivery_is_recorded_with_its_own_time_rounded_up() -> None:
    assert take(DELIVERED) == []
    assert (mail().status, mail().delivered_at) == ("delivered", START + 301)


def test_a_status_only_rises_whatever_the_order() -> None:
    assert take(BOUNCED, DELIVERED, DELIVERED, BOUNCED) == []
    assert (mail().status, mail().bounced_at, mail().delivered_at) == ("bounced", START + 360, None)


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_deliveries_of_one_mail_the_earlier_counts_whatever_the_order(turned: bool) -> None:
    later = ses_notification("Delivery", TAGS, "2026-03-12T04:08:00.000Z")
    assert take(*([later, DELIVERED] if turned else [DELIVERED, later])) == []
    assert (mail().status, mail().delivered_at) == ("delivered", START + 301)


@pytest.mark.parametrize("order_", [("passing", "delivered"), ("delivered", "passing")])
def test_an_automatic_reply_does_not_undo_a_delivery_whatever_the_order(order_: tuple[str, str]) -> None:
    passing = ses_notification("Bounce", TAGS, "2026-03-12T04:06:00.000Z", bounce_type="Transient")
    events = {"passing": passing, "delivered": DELIVERED}
    assert take(*(events[name] for name in order_)) == []
    assert (mail().status, mail().delivered_at) == ("delivered", START + 301)


def test_a_mail_that_only_came_back_told_nobody() -> None:
    take(ses_notification("Bounce", TAGS, "2026-03-12T04:06:00.000Z", bounce_type="Transient"))
    assert mail().status == "bounced"
    take(BOUNCED)
    take(DELIVERED)
    assert mail().status == "bounced"


def test_a_mail_that_ses_rejected_told_nobody(deployment: Deployment) -> None:
    take(ses_notification("Reject", TAGS, "2026-03-12T04:05:00.000Z"))
    assert mail().status == "bounced"
    assert deployment.executions() == ["acme-dental_modem_20260312T040000Z_2"]


def test_a_bounce_wakes_the_incident(deployment: Deployment) -> None:
    take(BOUNCED)
    assert deployment.executions() == ["acme-dental_modem_20260312T040000Z_2"]


def test_an_event_that_was_faster_than_our_own_record_is_not_taken_back(deployment: Deployment) -> None:
    early = order("incident#modem-20260312T040000Z", "plan", OWNER)
    sent: list[str] = []

    def deliver_before_confirmation(**call: object) -> dict[str, str]:
        take(ses_notification("Delivery", {**TAGS, "mail": early.mail}, "2026-03-12T04:05:00.000Z"))
        sent.append("")
        return {"MessageId": "m-1"}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws.ses(), "send_email", deliver_before_confirmation)
        assert post("acme-dental", early, Message("s", "t", "<p>h</p>"), deployment.now)
    record = MailRecord.get("acme-dental", mail_key(early.mail))
    assert (record.status, record.delivered_at, record.sent_at) == ("delivered", START + 300, START + 240)
    assert post("acme-dental", early, Message("s", "t", "<p>h</p>"), deployment.now)
    assert len(sent) == 1


def test_a_batch_of_which_nothing_could_be_taken_rings() -> None:
    with pytest.raises(deliveries.DeliveriesError, match="2 messages"):
        take("{", "{}")


def test_one_unreadable_message_fails_alone() -> None:
    assert take("not JSON", DELIVERED) == ["059f36b4-87a3-44ab-83d2-661975970000"]
    assert mail().status == "delivered"


def test_events_of_other_mails_and_other_kinds_change_nothing() -> None:
    foreign = ses_notification("Delivery", {}, "2026-03-12T04:05:00.000Z")
    unknown = ses_notification(
        "Delivery",
        {**TAGS, "mail": order("statement#2026-02", "statement", OWNER).mail},
        "2026-03-12T04:05:00.000Z",
    )
    assert take(foreign, unknown, ses_notification("Open", TAGS, "2026-03-12T04:05:00.000Z")) == []
    assert mail().status == "sent"
