"""The reporter: finds every statement that is due, and issues each of them once."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.bus import Bus
from support.cast import ACME, a_contract, sign_up
from support.deployment import Deployment
from support.live import look, page_links

import close
import issue
from makegood import aws
from makegood.events import tell_untold
from makegood.issuing import NotDueError, UnsentError, preview
from makegood.issuing import issue as issue_statement
from makegood.mail.pace import Pace
from makegood.rules.instants import format_instant, parse_instant
from makegood.rules.statements import compute
from makegood.settings import settings
from makegood.signing import Signature, sign
from makegood.storage.changes import find_client
from makegood.storage.facts import NotCoveredError
from makegood.storage.records import CLIENTS, ClientEntry, ContractVersion, Evidence, Incident, MailRecord
from makegood.storage.statements import FROZEN, ISSUED, find_statement, keep_first, record_issued
from makegood_local.load_facts import store_facts
from makegood_simulator.events import Context, schedule_event, sqs_event

# Acme's statement of March: issued on 3 April at 9 in New York.
MOMENT = parse_instant("2026-04-03T13:00:00Z")
A_MONTH_LATER = parse_instant("2026-05-03T13:00:00Z")
QUARTER = 15 * 60

OWNER = "owner@acme.example"
ACCOUNTANT = "books@acme.example"
CONTRACT = a_contract(contacts={"outages": [OWNER], "statements": [OWNER, ACCOUNTANT]}, practices={})


def a_month(**changes: Any) -> dict[str, Any]:
    """March at Acme: a modem whose plan came half an hour late, which costs 5% of $2,400.00."""
    return {
        "contract": CONTRACT,
        "period": "2026-03",
        "as_of": format_instant(MOMENT),
        "devices": [
            {
                "device": "modem",
                "kind": "router",
                "enrolled_at": "2026-01-01T05:00:00Z",
                "retired_at": None,
                "practices": [],
            }
        ],
        "incidents": [
            {
                "incident": "modem-20260310T080000Z",
                "device": "modem",
                "started_at": "2026-03-10T08:00:00Z",
                "notified_at": "2026-03-10T08:05:00Z",
                "planned_at": "2026-03-10T09:30:00Z",
                "restored_at": "2026-03-10T10:00:00Z",
                "documented_at": "2026-03-10T10:10:00Z",
                "pauses": [],
                "excuses": [],
            }
        ],
        "evidence": [],
        "maintenance": [],
        "adjustments": [],
        **changes,
    }


@pytest.fixture(autouse=True)
def march(deployment: Deployment) -> Deployment:
    store_facts(a_month())
    deployment.now = MOMENT
    return deployment


def run_close() -> list[dict[str, str]]:
    """What the function asks for, taken from the queue."""
    close.handler(schedule_event(), Context())
    return asked()


def asked() -> list[dict[str, str]]:
    sqs, url = aws.sqs(), os.environ["STATEMENTS_QUEUE_URL"]
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        found += [json.loads(message["Body"]) for message in messages]
    return found


def run_issue(*asked_for: dict[str, str]) -> list[int]:
    """The numbers of the messages that failed."""
    event = sqs_event(*(json.dumps(body) for body in asked_for or (MARCH,)))
    answer = issue.handler(event, Context())
    numbers = {record["messageId"]: number for number, record in enumerate(event["Records"])}
    return [numbers[failure["itemIdentifier"]] for failure in answer["batchItemFailures"]]


MARCH = {"client": "acme-dental", "period": "2026-03"}
APRIL = {"client": "acme-dental", "period": "2026-04"}


def stored(name: str, client: str = "acme-dental", period: str = "2026-03") -> bytes:
    answer = aws.s3().get_object(Bucket=os.environ["STATEMENTS_BUCKET"], Key=f"{client}/{period}/{name}")
    return bytes(answer["Body"].read())


def keys() -> list[str]:
    listed = aws.s3().list_objects_v2(Bucket=os.environ["STATEMENTS_BUCKET"])
    return [item["Key"] for item in listed.get("Contents", [])]


def next_period() -> str:
    entry = find_client("acme-dental")
    assert entry is not None
    return entry.next_period


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


# What is due.


def test_a_statement_is_asked_for_from_its_moment_on(march: Deployment) -> None:
    march.now = MOMENT - 1
    assert run_close() == []
    march.now = MOMENT
    assert run_close() == [MARCH]


def test_it_is_asked_for_again_until_it_is_issued(march: Deployment) -> None:
    assert run_close() == [MARCH]
    march.now += QUARTER
    march.refuse_mail = {OWNER}
    assert run_close() == [MARCH]
    run_issue()
    march.now += QUARTER
    assert run_close() == [MARCH]
    march.refuse_mail = set()
    run_issue()
    march.now += QUARTER
    assert run_close() == []


def test_months_that_were_missed_are_caught_up(march: Deployment) -> None:
    march.now = A_MONTH_LATER
    assert run_close() == [MARCH, APRIL]


def test_the_month_after_the_end_of_a_contract_has_no_statement(march: Deployment) -> None:
    store_facts(a_month(contract={**CONTRACT, "effective_until": "2026-04-01"}))
    march.now = A_MONTH_LATER
    assert run_close() == [MARCH]


def test_months_that_no_contract_covers_are_passed_over(march: Deployment) -> None:
    store_facts(a_month(contract={**CONTRACT, "effective_until": "2026-04-01"}))
    later = {**CONTRACT, "effective_from": "2026-06-01"}
    ContractVersion(
        "acme-dental", "contract#2026-06-01", terms=later, applied_at=0, applied_by="tests"
    ).save()
    march.now = parse_instant("2026-07-03T13:00:00Z")
    june = {"client": "acme-dental", "period": "2026-06"}
    assert run_close() == [MARCH, june]
    assert run_issue(MARCH, june) == []
    assert next_period() == "2026-07"


def test_one_bad_client_stops_no_other_and_is_not_passed_over_in_silence(march: Deployment) -> None:
    ClientEntry(CLIENTS, "aaa", next_period="2026-03").save()
    ContractVersion("aaa", "contract#2026-01-01", terms={}, applied_at=0, applied_by="tests").save()
    with pytest.raises(close.CloseError, match="aaa"):
        close.handler(schedule_event(), Context())
    assert asked() == [MARCH]


def test_a_client_whose_contract_is_still_to_come_is_left_alone(march: Deployment) -> None:
    sign_up(a_contract(client="later", effective_from="2026-05-15"))
    assert run_close() == [MARCH]


# What is issued.


def test_issuing_stores_records_and_mails_the_statement(march: Deployment) -> None:
    assert run_issue() == []
    statement = json.loads(stored("statement.json"))
    facts = json.loads(stored("facts.json"))
    assert statement["facts"] == facts
    assert statement == {**compute(facts), "facts": facts, "proof": statement["proof"]}
    assert statement["as_of"] == "2026-04-03T13:00:00Z"
    assert statement["refund_cents"] == 12_000
    assert keys() == [
        f"acme-dental/2026-03/{name}"
        for name in ("facts.json", "statement.html", "statement.json", "statement.pdf")
    ]
    record = find_statement("acme-dental", "2026-03")
    assert record is not None
    assert (record.status, record.as_of, record.issued_at) == (ISSUED, MOMENT, MOMENT)
    assert (record.refund_cents, record.due_cents, record.healthy) == (12_000, 228_000, False)
    assert next_period() == "2026-04"


def test_each_recipient_gets_one_mail_with_the_page_and_its_text(march: Deployment) -> None:
    run_issue()
    assert sorted(mail["To"] for mail in march.mails) == [ACCOUNTANT, OWNER]
    (mail,) = march.mails_to(OWNER)
    assert mail["Subject"] == ("Acme Dental Group, March 2026: not healthy, $120.00 refunded, $2,280.00 due")
    assert mail["Reply-To"] == "help@provider.example"
    page = mail.get_body(("html",))
    assert page is not None
    (link,) = page_links(text_of(mail))
    before, after = stored("statement.html").decode().split("<!-- the client's page -->")
    written = page.get_content().splitlines()
    first, last = before.splitlines(), after.splitlines()[1:]
    assert (written[: len(first)], written[-len(last) :]) == (first, last)
    assert f'href="https://makegood.provider.example/live/{link}"' in page.get_content()
    assert look(link, at=MOMENT)["statusCode"] == 200
    files = {
        file.get_filename(): (file.get_content_type(), file.get_content()) for file in mail.iter_attachments()
    }
    assert files == {
        "acme-dental-2026-03.pdf": ("application/pdf", stored("statement.pdf")),
        "acme-dental-2026-03.json": ("application/json", stored("statement.json")),
    }
    assert "Plan late: outage of modem, March 10, 2026: $120.00" in text_of(mail)
    tags = json.loads(mail["X-Tags"])
    assert tags["client"] == "acme-dental"
    assert tags["mail"].startswith("statement_2026-03_statement_")


def test_issuing_twice_is_issuing_once(march: Deployment) -> None:
    run_issue()
    before = [stored(name) for name in ("facts.json", "statement.json", "statement.html")]
    march.now += QUARTER
    assert run_issue(MARCH, MARCH) == []
    assert [stored(name) for name in ("facts.json", "statement.json", "statement.html")] == before
    assert len(march.mails) == 2
    record = find_statement("acme-dental", "2026-03")
    assert record is not None
    assert record.issued_at == MOMENT


def test_who_finishes_second_leaves_the_time_of_issue_alone(march: Deployment) -> None:
    run_issue()
    record_issued(json.loads(stored("statement.json")), MOMENT + 50)
    record = find_statement("acme-dental", "2026-03")
    assert record is not None
    assert record.issued_at == MOMENT


def test_an_issued_statement_is_told_once(march: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    bus = Bus()
    monkeypatch.setattr(aws, "eventbridge", lambda: bus)
    for _ in range(2):
        run_issue()
        tell_untold(MOMENT + 60)
    statement = json.loads(stored("statement.json"))
    assert bus.ids() == ["acme-dental/statement.issued/2026-03"]
    assert bus.taken[0]["data"] == {
        "period": "2026-03",
        "refund_cents": statement["refund_cents"],
        "due_cents": statement["due_cents"],
        "currency": "USD",
        "healthy": statement["healthy"],
    }


def test_a_statement_before_its_moment_is_refused_whoever_asks(march: Deployment) -> None:
    march.now = MOMENT - 1
    assert run_issue() == [0]
    assert keys() == []
    assert march.mails == []
    with pytest.raises(NotDueError, match="2026-04-03T13:00:00Z"):
        issue_statement("acme-dental", "2026-03", MOMENT - 1)


@pytest.mark.parametrize("period", ["2025-12", "2026-04"])
def test_a_month_without_a_contract_is_refused(march: Deployment, period: str) -> None:
    store_facts(a_month(contract={**CONTRACT, "effective_until": "2026-04-01"}))
    with pytest.raises(NotCoveredError, match=period):
        issue_statement("acme-dental", period, A_MONTH_LATER)


def test_issued_late_it_stands_as_of_its_moment(march: Deployment) -> None:
    march.now = MOMENT + 7 * 86_400
    assert run_issue() == []
    assert json.loads(stored("statement.json"))["as_of"] == "2026-04-03T13:00:00Z"


def test_a_bad_message_fails_alone(march: Deployment) -> None:
    store_facts({**a_month(), "contract": {**CONTRACT, "client": "harbor-law"}})
    harbor = {"client": "harbor-law", "period": "2026-03"}
    assert run_issue({"client": "nobody", "period": "2026-03"}, MARCH, {"no": "client"}, harbor) == [0, 2]
    assert len(march.mails) == 4


# What goes wrong on the way.


def test_a_refused_mail_is_sent_later_and_the_others_only_once(march: Deployment) -> None:
    march.refuse_mail = {ACCOUNTANT}
    assert run_issue() == [0]
    record = find_statement("acme-dental", "2026-03")
    assert record is not None
    assert record.status == FROZEN
    assert next_period() == "2026-03"
    march.refuse_mail = set()
    march.now += 60
    assert run_issue() == []
    assert sorted(mail["To"] for mail in march.mails) == [ACCOUNTANT, OWNER]
    assert next_period() == "2026-04"


def test_what_ses_throttles_leaves_later_and_nobody_is_told_twice(
    march: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SES takes one mail at each try and refuses the rest, as at its sending rate or its daily quota."""
    people = [f"person-{number}@acme.example" for number in range(4)]
    contacts = {**CONTRACT["contacts"], "statements": people}
    store_facts(a_month(contract={**CONTRACT, "contacts": contacts}))
    ses, taken = aws.ses(), list[int]()
    send = ses.send_email

    def throttle(**call: Any) -> Any:
        if taken[-1:] == [march.now]:
            error = {
                "Error": {"Code": "TooManyRequestsException", "Message": "Maximum sending rate exceeded."}
            }
            raise ses.exceptions.TooManyRequestsException(error, "SendEmail")  # type: ignore[arg-type]
        taken.append(march.now)
        return send(**call)

    monkeypatch.setattr(ses, "send_email", throttle)
    for _ in people[:-1]:
        assert run_issue() == [0]
        assert next_period() == "2026-03"
        march.now += 720  # the message is hidden so long
    assert run_issue() == []
    assert run_issue() == []
    assert sorted(mail["To"] for mail in march.mails) == people
    assert next_period() == "2026-04"


@pytest.mark.parametrize(("rate", "waits"), [(0, []), (14, [2.0]), (1, [4.0])])
def test_mails_of_statements_leave_at_half_of_what_ses_takes(
    march: Deployment, monkeypatch: pytest.MonkeyPatch, rate: int, waits: list[float]
) -> None:
    """Of two contacts the second waits; what has left already is not waited for."""
    passed = [1_000.0]
    monkeypatch.setattr("makegood.mail.pace.settings", lambda: replace(settings(), sending_rate=rate))
    monkeypatch.setattr("makegood.mail.pace.sleep", passed.append)
    monkeypatch.setattr("makegood.mail.pace.monotonic", lambda: sum(passed))
    monkeypatch.setattr("makegood.mail.outbox.pace", Pace())
    for _ in range(2):
        assert run_issue() == []
        assert [seconds for seconds in passed[1:] if seconds] == waits
    assert len(march.mails) == 2


def test_while_another_sends_the_mail_the_statement_waits(march: Deployment) -> None:
    march.refuse_mail = {OWNER, ACCOUNTANT}
    run_issue()
    march.refuse_mail = set()
    for mail in MailRecord.query("acme-dental", MailRecord.sk.startswith("statement#")):
        mail.update(actions=[MailRecord.claimed_until.set(MOMENT + 120)])
    march.now = MOMENT + 120
    with pytest.raises(UnsentError, match="2 of 2"):
        issue_statement("acme-dental", "2026-03", march.now)
    assert march.mails == []
    march.now = MOMENT + 121
    issue_statement("acme-dental", "2026-03", march.now)
    assert len(march.mails) == 2


def test_frozen_facts_are_never_read_anew(march: Deployment) -> None:
    march.refuse_mail = {OWNER}
    run_issue()
    frozen = stored("facts.json")
    Incident("acme-dental", "incident#modem-20260310T080000Z").delete()
    march.refuse_mail = set()
    run_issue()
    assert stored("facts.json") == frozen
    assert json.loads(stored("statement.json"))["refund_cents"] == 12_000
    assert "$120.00 refunded" in march.mails_to(OWNER)[0]["Subject"]


def test_facts_that_the_accounting_refuses_are_not_frozen(march: Deployment) -> None:
    incident = Incident("acme-dental", "incident#modem-20260310T080000Z")
    incident.update(actions=[Incident.documented_at.set(parse_instant("2026-03-10T07:00:00Z"))])
    assert run_issue() == [0]
    assert keys() == []
    incident.update(actions=[Incident.documented_at.set(parse_instant("2026-03-10T10:10:00Z"))])
    assert run_issue() == []


def test_a_month_that_waits_holds_no_later_month_up(march: Deployment) -> None:
    march.now = A_MONTH_LATER
    march.refuse_mail = {OWNER}
    assert run_issue() == [0]
    march.refuse_mail = set()
    assert run_issue(APRIL) == []
    assert next_period() == "2026-03"
    assert run_close() == [MARCH]
    assert run_issue(MARCH) == []
    assert next_period() == "2026-05"


def test_two_that_issue_at_once_issue_one_statement(
    march: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second runs through just before the first stores what it gathered, and the facts change between."""

    def store_late(*file: Any) -> bytes:
        monkeypatch.setattr("makegood.issuing.keep_first", keep_first)
        Incident("acme-dental", "incident#modem-20260310T080000Z").delete()
        issue_statement("acme-dental", "2026-03", MOMENT)
        return keep_first(*file)

    monkeypatch.setattr("makegood.issuing.keep_first", store_late)
    issue_statement("acme-dental", "2026-03", MOMENT)
    statement = json.loads(stored("statement.json"))
    assert statement["refund_cents"] == 0
    assert statement["facts"] == json.loads(stored("facts.json"))
    assert len(march.mails) == 2
    assert all("nothing to refund" in mail["Subject"] for mail in march.mails)


def test_a_statement_is_signed_once_however_often_its_mails_are_tried(
    march: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[bytes] = []

    def sign_and_count(message: bytes) -> Signature:
        signed.append(message)
        return sign(message)

    monkeypatch.setattr("makegood.issuing.sign", sign_and_count)
    march.refuse_mail = {OWNER, ACCOUNTANT}
    run_issue()
    first = stored("statement.json")
    for _ in range(2):
        run_issue()
    march.refuse_mail = set()
    assert run_issue() == []
    assert len(signed) == 1
    assert stored("statement.json") == first
    attached = [part.get_content() for part in march.mails[0].iter_attachments()]
    assert first in attached


def test_frozen_facts_are_issued_even_when_those_of_now_would_be_refused(march: Deployment) -> None:
    march.refuse_mail = {OWNER}
    run_issue()
    incident = Incident("acme-dental", "incident#modem-20260310T080000Z")
    incident.update(actions=[Incident.documented_at.set(parse_instant("2026-03-10T07:00:00Z"))])
    march.refuse_mail = set()
    assert run_issue() == []


@pytest.mark.parametrize("name", ["facts.json", "statement.json", "statement.html", "statement.pdf"])
def test_a_file_is_written_once_and_who_comes_second_gets_the_first(march: Deployment, name: str) -> None:
    run_issue()
    first = stored(name)
    assert keep_first("acme-dental", "2026-03", name, b"another") == first
    assert stored(name) == first
    with pytest.raises(ClientError, match="PreconditionFailed"):
        aws.s3().put_object(
            Bucket=os.environ["STATEMENTS_BUCKET"],
            Key=f"acme-dental/2026-03/{name}",
            Body=b"another",
            IfNoneMatch="*",
        )


@pytest.mark.parametrize("is_there", [True, False])
def test_of_two_writes_at_one_moment_one_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, march: Deployment, is_there: bool
) -> None:
    """S3 answers 409 while it does not know yet which of two is the first."""
    s3, refused = aws.s3(), list[str]()
    put = s3.put_object

    def put_at_once(**call: Any) -> Any:
        if not refused:
            refused.append(call["Key"])
            if is_there:
                put(**{**call, "Body": b"the other's"})
            error = {"Error": {"Code": "ConditionalRequestConflict", "Message": "Try again."}}
            raise ClientError(error, "PutObject")  # type: ignore[arg-type]
        return put(**call)

    monkeypatch.setattr(s3, "put_object", put_at_once)
    kept = keep_first("acme-dental", "2026-03", "statement.html", b"ours")
    assert kept == (b"the other's" if is_there else b"ours")
    assert stored("statement.html") == kept


def test_writes_that_never_stop_colliding_are_an_error(
    monkeypatch: pytest.MonkeyPatch, march: Deployment
) -> None:
    def collide(**_: Any) -> None:
        error = {"Error": {"Code": "ConditionalRequestConflict", "Message": "Try again."}}
        raise ClientError(error, "PutObject")  # type: ignore[arg-type]

    monkeypatch.setattr(aws.s3(), "put_object", collide)
    assert run_issue() == [0]
    assert march.mails == []


def test_a_bucket_that_fails_is_an_error_and_not_a_statement(march: Deployment) -> None:
    aws.s3().delete_bucket(Bucket=os.environ["STATEMENTS_BUCKET"])
    with pytest.raises(ClientError, match="NoSuchBucket"):
        issue_statement("acme-dental", "2026-03", MOMENT)
    assert march.mails == []


# Previews, for operators.


def test_a_preview_stands_as_of_now_and_stores_nothing(march: Deployment) -> None:
    noon = parse_instant("2026-03-10T09:10:00Z")
    draft = preview("acme-dental", "2026-03", noon)
    assert draft.statement["as_of"] == "2026-03-10T09:10:00Z"
    assert [stage["verdict"] for stage in draft.statement["stages"]] == ["kept", "broken", "pending"]
    assert draft.message.subject.startswith("Acme Dental Group, March 2026 so far: not healthy")
    assert keys() == []


def test_a_preview_after_the_moment_stands_as_of_it() -> None:
    draft = preview("acme-dental", "2026-03", A_MONTH_LATER)
    assert draft.statement["as_of"] == "2026-04-03T13:00:00Z"


# Text that means harm.

HOSTILE = "<script>alert(1)</script>\u202e\r\nBcc: all@example.com {{ 7777*7777 }} ✓"


def test_hostile_text_passes_through_harmlessly(march: Deployment) -> None:
    incident = {
        **a_month()["incidents"][0],
        "pauses": [{"from": "2026-03-10T09:10:00Z", "to": "2026-03-10T09:20:00Z", "reason": HOSTILE}],
        "excuses": [
            {
                "stage": "plan",
                "reason": HOSTILE,
                "approved_by": HOSTILE,
                "approved_at": "2026-03-11T09:00:00Z",
            }
        ],
    }
    contract = {**CONTRACT, "name": '<b>Acme</b> & "Sons" {{ 7777*7777 }}', "practices": ACME["practices"]}
    device = {**a_month()["devices"][0], "kind": HOSTILE, "practices": ["backup"]}
    adjustment = {"period": "2026-02", "cents": 1200, "reason": HOSTILE}
    store_facts(a_month(contract=contract, devices=[device], incidents=[incident], adjustments=[adjustment]))
    Evidence(
        "acme-dental",
        "evidence#2026-03-05#modem#backup",
        device="modem",
        practice="backup",
        at=parse_instant("2026-03-05T12:00:00Z"),
        facts={"ok": "<img src=x onerror=alert(1)>\ud800", "</script>": True},
    ).save()
    assert run_issue() == []
    (mail,) = march.mails_to(OWNER)
    page = stored("statement.html").decode()
    for body in (page, text_of(mail)):
        assert "\u202e" not in body
        assert "{{ 7777*7777 }}" in body
        assert str(7777 * 7777) not in body
    assert "<script>alert" not in page
    assert "<b>Acme" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith('<b>Acme</b> & "Sons" {{ 7777*7777 }}, March 2026: ')
    assert not any(line.startswith("Bcc:") for line in text_of(mail).splitlines())
    statement = json.loads(stored("statement.json"))
    lines = {key: statement[key] for key in statement if key not in ("facts", "proof")}
    assert compute(statement["facts"]) == lines
