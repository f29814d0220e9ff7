"""Facts of issued months that change later: what is reckoned again, and where the difference stands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.cast import a_contract
from support.deployment import Deployment

import close
import deliveries
import issue
from makegood import adjusting, aws
from makegood.adjusting import correct
from makegood.issuing import UnsentError
from makegood.issuing import issue as issue_statement
from makegood.rules.correcting import corrected_facts
from makegood.rules.instants import Instant, format_instant, parse_instant
from makegood.rules.mails import order
from makegood.settings import settings
from makegood.storage.adjusting import dirty, marks_of, record_adjustment
from makegood.storage.contracts import versions_of
from makegood.storage.devices import Device
from makegood.storage.facts import gather_facts
from makegood.storage.incidents import open_incident
from makegood.storage.records import Adjustment, ContractVersion, Excuse, MailRecord
from makegood.storage.statements import find_statement
from makegood.storage.transactions import write_together
from makegood_local.load_facts import store_facts
from makegood_simulator.events import Context, schedule_event, ses_notification, sqs_event

# Acme's statement of March is issued on 3 April at 9 in New York, that of April a month later.
MOMENT = parse_instant("2026-04-03T13:00:00Z")
LATER = parse_instant("2026-04-05T10:00:00Z")
APRIL_ISSUED = parse_instant("2026-05-03T13:00:00Z")

OWNER = "owner@acme.example"
BOOKS = "books@acme.example"
PROVIDER = "help@provider.example"
NAME = "modem-20260310T080000Z"
IN_APRIL = "modem-20260410T080000Z"
APRIL = {
    "started_at": "2026-04-10T08:00:00Z",
    "notified_at": "2026-04-10T08:05:00Z",
    "planned_at": "2026-04-10T08:30:00Z",
    "restored_at": "2026-04-10T10:00:00Z",
    "documented_at": "2026-04-10T10:10:00Z",
}
CONTRACT = a_contract(contacts={"outages": [OWNER], "statements": [OWNER, BOOKS]}, practices={})
REASON = f"modem, outage of March 10, 2026: the notice to {OWNER} came back (recorded on April 5, 2026)"


def a_month(**incident: Any) -> dict[str, Any]:
    """March at Acme: a modem whose plan came half an hour late, which costs 5% of $2,400.00."""
    modem = {"device": "modem", "kind": "router", "enrolled_at": "2026-01-01T05:00:00Z", "retired_at": None}
    return {
        "contract": CONTRACT,
        "period": "2026-03",
        "as_of": format_instant(MOMENT),
        "devices": [{**modem, "practices": []}],
        "incidents": [
            {
                "incident": NAME,
                "device": "modem",
                "started_at": "2026-03-10T08:00:00Z",
                "notified_at": "2026-03-10T08:05:00Z",
                "planned_at": "2026-03-10T09:30:00Z",
                "restored_at": "2026-03-10T10:00:00Z",
                "documented_at": "2026-03-10T10:10:00Z",
                "pauses": [],
                "excuses": [],
                **incident,
            }
        ],
        "evidence": [],
        "maintenance": [],
        "adjustments": [],
    }


@pytest.fixture(autouse=True)
def _issued_march(deployment: Deployment) -> None:
    store_facts(a_month())
    deployment.now = MOMENT
    issue_statement("acme-dental", "2026-03", MOMENT)
    deployment.mails.clear()
    deployment.now = LATER


def bounce(what: str = "notice", name: str = NAME) -> None:
    tags = {"client": "acme-dental", "mail": order(f"incident#{name}", what, OWNER).mail}
    event = sqs_event(ses_notification("Bounce", tags, "2026-03-10T08:05:03.000Z"))
    assert deliveries.handler(event, Context()) == {"batchItemFailures": []}


def excuse(stage: str, at: Instant) -> None:
    granted = Excuse(
        "acme-dental",
        f"incident#{NAME}#excuse#{stage}",
        incident=NAME,
        stage=stage,
        reason="client_caused",
        approved_by=OWNER,
        approved_at=at,
    )
    write_together(
        lambda transaction: transaction.save(granted),
        dirty("acme-dental", NAME, f"a miss of the {stage} is excused", at),
    )


def run_the_reporter() -> None:
    """A tick of the schedule and what it asks for, as the queue hands it on."""
    close.handler(schedule_event(), Context())
    url = settings().statements_queue_url
    while messages := aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            assert issue.handler(sqs_event(message["Body"]), Context()) == {"batchItemFailures": []}


def adjustments() -> list[tuple[str, str, int, str]]:
    found = Adjustment.query("acme-dental", Adjustment.sk.startswith("adjustment#"))
    return [(entry.sk.split("#")[1], entry.period, entry.cents, entry.reason) for entry in found]


def test_a_late_bounce_in_an_issued_month_stands_on_the_next_statement(deployment: Deployment) -> None:
    bounce()
    run_the_reporter()
    # The notice is broken as well now: 5% of $2,400.00 more.
    assert adjustments() == [("2026-04", "2026-03", 12_000, REASON)]
    issued = find_statement("acme-dental", "2026-03")
    assert issued is not None
    assert issued.refund_cents == 12_000
    deployment.now = APRIL_ISSUED
    run_the_reporter()
    stored = (
        aws.s3()
        .get_object(Bucket=settings().statements_bucket, Key="acme-dental/2026-04/statement.json")["Body"]
        .read()
    )
    statement = json.loads(stored)
    assert statement["adjustments"] == [{"period": "2026-03", "cents": 12_000, "reason": REASON}]
    assert statement["due_cents"] == 240_000 - 12_000


def test_each_contact_is_mailed_once_and_at_once_what_is_in_their_favour(deployment: Deployment) -> None:
    bounce()
    run_the_reporter()
    run_the_reporter()
    assert sorted(str(mail["To"]) for mail in deployment.mails) == [BOOKS, OWNER]
    mail = deployment.mails[0]
    assert mail["Subject"] == "[Acme Dental Group] March 2026 corrected: $120.00 more for you"
    text = " ".join(mail.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert f"What changed: {REASON}" in text
    assert "on your statement for April 2026, which comes on May 3, 2026" in text


def test_a_correction_is_made_once_however_often_and_in_whatever_order_it_is_asked_for() -> None:
    bounce()
    for _ in range(3):
        correct("acme-dental", LATER)
    assert len(adjustments()) == 1
    assert marks_of("acme-dental") == []


def test_two_that_correct_at_the_same_moment_count_a_change_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bounce()
    record = record_adjustment
    inside: list[bool] = []

    def overtaken(*arguments: Any) -> bool:
        if not inside:
            inside.append(True)
            correct("acme-dental", LATER)
        return record(*arguments)

    monkeypatch.setattr(adjusting, "record_adjustment", overtaken)
    correct("acme-dental", LATER)
    assert [cents for _, _, cents, _ in adjustments()] == [12_000]


def test_the_slower_of_two_may_not_put_the_change_on_a_later_statement_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One of them thinks that April's statement may be under way already."""
    bounce()
    record = record_adjustment
    inside: list[bool] = []

    def overtaken(*arguments: Any) -> bool:
        if not inside:
            inside.append(True)
            correct("acme-dental", APRIL_ISSUED - 60)
        return record(*arguments)

    monkeypatch.setattr(adjusting, "record_adjustment", overtaken)
    correct("acme-dental", LATER)
    assert [cents for _, _, cents, _ in adjustments()] == [12_000]


def test_an_excuse_granted_after_issue_counts_and_takes_back_what_was_refunded(
    deployment: Deployment,
) -> None:
    excuse("plan", LATER)
    run_the_reporter()
    [(settled, period, cents, reason)] = adjustments()
    assert (settled, period, cents) == ("2026-04", "2026-03", -12_000)
    assert (
        reason == "modem, outage of March 10, 2026: a miss of the plan is excused (recorded on April 5, 2026)"
    )
    assert deployment.mails == []  # it is not in the client's favour


def test_earlier_adjustments_are_taken_off_and_an_excuse_taken_back_gives_the_refund_again() -> None:
    excuse("plan", LATER)
    run_the_reporter()
    Excuse("acme-dental", f"incident#{NAME}#excuse#plan").delete()
    write_together(dirty("acme-dental", NAME, "the excuse of the plan was taken back", LATER + 60))
    run_the_reporter()
    bounce()
    run_the_reporter()
    assert [cents for _, _, cents, _ in adjustments()] == [-12_000, 12_000, 12_000]
    assert adjustments()[1][3] == (
        "modem, outage of March 10, 2026: the excuse of the plan was taken back (recorded on April 5, 2026)"
    )


def test_what_is_taken_back_and_given_again_on_one_statement_is_mailed_once(deployment: Deployment) -> None:
    """Bounced, delivered after all, bounced: April's statement pays 120.00, and so much was promised."""
    bounce()
    run_the_reporter()
    assert len(deployment.mails_to(OWNER)) == 1
    excuse("notify", LATER)
    run_the_reporter()
    Excuse("acme-dental", f"incident#{NAME}#excuse#notify").delete()
    write_together(dirty("acme-dental", NAME, "the excuse of the notice was taken back", LATER + 60))
    run_the_reporter()
    assert [(settled, cents) for settled, _, cents, _ in adjustments()] == [
        ("2026-04", 12_000),
        ("2026-04", -12_000),
        ("2026-04", 12_000),
    ]
    assert len(deployment.mails_to(OWNER)) == len(deployment.mails_to(BOOKS)) == 1


def test_what_was_taken_back_on_one_statement_is_told_when_the_next_gives_it_again(
    deployment: Deployment,
) -> None:
    bounce()
    run_the_reporter()
    excuse("notify", LATER)
    run_the_reporter()
    deployment.now = APRIL_ISSUED
    run_the_reporter()
    deployment.mails.clear()
    Excuse("acme-dental", f"incident#{NAME}#excuse#notify").delete()
    write_together(dirty("acme-dental", NAME, "the excuse of the notice was taken back", APRIL_ISSUED))
    run_the_reporter()
    assert [settled for settled, _, _, _ in adjustments()] == ["2026-04", "2026-04", "2026-05"]
    [told] = deployment.mails_to(OWNER)
    assert "$120.00 more for you" in told["Subject"]


def test_what_happened_after_the_moment_of_issue_changes_nothing_of_the_month() -> None:
    mail = order(f"incident#{NAME}", "notice", OWNER)
    record = next(
        each
        for each in MailRecord.query("acme-dental", MailRecord.sk.startswith(f"incident#{NAME}#mail#notice"))
        if each.mail == mail.mail
    )
    write_together(dirty("acme-dental", NAME, "nothing", LATER))
    assert record.status != "bounced"
    run_the_reporter()
    assert adjustments() == []
    assert marks_of("acme-dental") == []


def test_a_change_shortly_before_the_next_statement_stands_on_the_one_after(deployment: Deployment) -> None:
    """April's facts may be frozen at this very moment, by a clock that is ahead."""
    for at, settled in ((APRIL_ISSUED - 601, "2026-04"), (APRIL_ISSUED - 600, "2026-05")):
        deployment.now = at
        write_together(dirty("acme-dental", NAME, "x", at))
        assert adjusting._next_open(versions_of("acme-dental"), "2026-03", at) == settled


def test_a_mark_waits_for_a_statement_that_is_due_and_not_frozen_yet(deployment: Deployment) -> None:
    deployment.now = APRIL_ISSUED
    bounce()
    correct("acme-dental", APRIL_ISSUED)
    assert len(marks_of("acme-dental")) == 1  # April's facts may have been read before the bounce
    assert [settled for settled, _, _, _ in adjustments()] == ["2026-05"]
    issue_statement("acme-dental", "2026-04", APRIL_ISSUED)
    correct("acme-dental", APRIL_ISSUED + 900)
    assert marks_of("acme-dental") == []
    assert len(adjustments()) == 1


def test_a_refund_does_not_wait_for_somebody_else_whom_the_statement_could_not_be_mailed(
    deployment: Deployment,
) -> None:
    """April stands with all its files, though SES refuses one of its two mails."""
    deployment.now = APRIL_ISSUED
    deployment.refuse_mail = {BOOKS}
    store_facts({**a_month(incident=IN_APRIL, **APRIL), "period": "2026-04"})
    with pytest.raises(UnsentError):
        issue_statement("acme-dental", "2026-04", APRIL_ISSUED)
    deployment.mails.clear()
    bounce()
    bounce(name=IN_APRIL)
    for again in range(2):
        with pytest.raises(UnsentError, match="2026-03, 2026-04"):
            correct("acme-dental", APRIL_ISSUED + again * 900)
    assert [(settled, period) for settled, period, _, _ in adjustments()] == [
        ("2026-05", "2026-03"),
        ("2026-05", "2026-04"),
    ]
    assert [str(mail["To"]) for mail in deployment.mails] == [OWNER, OWNER]
    deployment.refuse_mail = set()
    correct("acme-dental", APRIL_ISSUED + 1800)
    assert [str(mail["To"]) for mail in deployment.mails] == [OWNER, OWNER, BOOKS, BOOKS]
    assert len(adjustments()) == 2
    assert marks_of("acme-dental") == []


def test_a_mail_that_cannot_leave_is_tried_again_and_none_is_sent_twice(deployment: Deployment) -> None:
    bounce()
    deployment.refuse_mail = {OWNER}
    with pytest.raises(UnsentError):
        correct("acme-dental", LATER)
    assert [str(mail["To"]) for mail in deployment.mails] == [BOOKS]
    deployment.refuse_mail = set()
    correct("acme-dental", LATER + 900)
    assert [str(mail["To"]) for mail in deployment.mails] == [BOOKS, OWNER]
    assert len(adjustments()) == 1


def leave() -> None:
    """The contract turns out to have ended with March."""
    contract = json.loads(json.dumps({**CONTRACT, "effective_until": "2026-04-01"}))
    store_facts({**a_month(), "contract": contract})


def test_when_no_statement_follows_it_is_paid_and_client_and_provider_are_told_once(
    deployment: Deployment,
) -> None:
    leave()
    bounce()
    run_the_reporter()
    run_the_reporter()
    [(settled, period, cents, _)] = adjustments()
    assert (settled, period, cents) == ("payment", "2026-03", 12_000)
    assert sorted(str(mail["To"]) for mail in deployment.mails) == [BOOKS, PROVIDER, OWNER]
    client, provider = deployment.mails_to(OWNER)[0], deployment.mails_to(PROVIDER)[0]
    text = " ".join(client.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert "no further statement follows, so we pay it to you separately" in text
    assert provider["Subject"] == (
        "[Acme Dental Group] pay $120.00: March 2026 corrected after the contract's end"
    )


def test_what_was_paid_apart_is_not_asked_back_nor_paid_again(deployment: Deployment) -> None:
    leave()
    bounce()
    run_the_reporter()
    excuse("notify", LATER)
    run_the_reporter()
    Excuse("acme-dental", f"incident#{NAME}#excuse#notify").delete()
    write_together(dirty("acme-dental", NAME, "the excuse was taken back", LATER + 60))
    run_the_reporter()
    assert [cents for _, _, cents, _ in adjustments()] == [12_000, -12_000, 12_000]
    assert len(deployment.mails_to(OWNER)) == len(deployment.mails_to(PROVIDER)) == 1


def test_who_comes_back_is_not_credited_again_what_was_forgiven_meanwhile() -> None:
    """120.00 taken back and not asked for, then given back: the client had it all the time. 5 % = 120.00."""
    leave()
    bounce()
    run_the_reporter()
    excuse("notify", LATER)
    run_the_reporter()
    come_back()
    Excuse("acme-dental", f"incident#{NAME}#excuse#notify").delete()
    write_together(dirty("acme-dental", NAME, "the excuse was taken back", LATER + 60))
    run_the_reporter()
    excuse("notify", LATER + 120)
    run_the_reporter()
    assert [(settled, cents) for settled, _, cents, _ in adjustments()] == [
        ("payment", 12_000),
        ("payment", -12_000),
    ]


def come_back() -> None:
    june = json.loads(json.dumps({**CONTRACT, "effective_from": "2026-06-01"}))
    ContractVersion(
        "acme-dental", "contract#2026-06-01", terms=june, applied_at=LATER, applied_by="tess"
    ).save()


def test_a_client_who_comes_back_later_gets_it_on_the_next_statement_that_there_is() -> None:
    leave()
    come_back()
    bounce()
    run_the_reporter()
    assert [settled for settled, _, _, _ in adjustments()] == ["2026-06"]


def test_facts_that_cannot_be_read_leave_the_mark_and_fail_the_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bounce()

    def gone(**_call: Any) -> Any:
        raise ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "GetObject")

    with monkeypatch.context() as patch:
        patch.setattr(aws.s3(), "get_object", gone)
        answer = issue.handler(sqs_event(json.dumps({"client": "acme-dental", "correct": True})), Context())
    assert len(answer["batchItemFailures"]) == 1
    assert len(marks_of("acme-dental")) == 1


def test_when_a_device_was_back_is_not_reckoned_again_since_our_own_lag_is_ours_to_pay() -> None:
    """Frozen as still down, it was in truth back before the statement was issued."""
    frozen = a_month(restored_at=None, documented_at=None)
    [known] = a_month(notified_at=None)["incidents"]
    corrected = corrected_facts(frozen, [known])
    [incident] = corrected["incidents"]
    assert (incident["restored_at"], incident["documented_at"]) == (None, None)
    assert incident["notified_at"] is None


def test_an_outage_of_the_month_that_was_noticed_only_after_its_statement_is_reckoned(
    deployment: Deployment,
) -> None:
    """Down since March 31, 11:40 PM in New York, while nobody looked; noticed on 5 April."""
    began = parse_instant("2026-04-01T03:40:00Z")
    device = Device.get("acme-dental", "modem")
    device.update(actions=[Device.last_seen.set(began), Device.due_at.set(began + 60)])
    device.refresh()
    assert open_incident(device, LATER, versions_of("acme-dental")) is not None
    run_the_reporter()
    # The notice was due by 11:55 PM, still in March: 5% of $2,400.00.
    assert adjustments() == [
        (
            "2026-04",
            "2026-03",
            12_000,
            "modem, outage of March 31, 2026: it was noticed only later (recorded on April 5, 2026)",
        )
    ]


def test_clients_without_a_change_are_not_asked_about() -> None:
    assert close.handler(schedule_event(), Context())["asked"] == 0


def test_contacts_that_mails_do_not_reach_stand_in_the_facts(deployment: Deployment) -> None:
    bounce()
    assert gather_facts("acme-dental", "2026-04", deployment.now)["unreachable"] == [
        {"contact": OWNER, "since": "2026-03-10T08:05:03Z", "why": "bounced"}
    ]
