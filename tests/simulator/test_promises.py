"""Every promise that is checked while a tape is played can be seen broken, and is told in a sentence."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from moto.dynamodb.models.dynamo_type import DynamoType
from support.aftermath import Played, rows_of
from support.played import contract_of, lines_of

from makegood.rules.instants import format_instant, parse_instant
from makegood.rules.mails import order
from makegood_simulator import promises
from makegood_simulator.bystander import SECRET, Bystander
from makegood_simulator.cloud import ENVIRONMENT, backend, client, cloud, timer_machine
from makegood_simulator.functions import functions
from makegood_simulator.play import Stage
from makegood_simulator.promises import Promises
from makegood_simulator.reading_refunds import sums_in_words

OUTAGE = "modem-20260331T080000Z"  # came back by itself
REPAIRED = "srv-20260331T105500Z"  # planned, repaired late
FORGOTTEN = "nas-20260331T150000Z"  # back, never documented: open at the end
FACTS, STATEMENT = "acme/2026-03/facts.json", "acme/2026-03/statement.json"


@pytest.fixture(scope="module")
def the_play() -> Iterator[Played]:
    """One play for all: each test gives back what it took."""
    ends: list[Bystander] = []
    check_end = Promises.check_end

    def keep(promises: Promises, bystander: Bystander) -> None:
        ends.append(bystander)
        check_end(promises, bystander)

    tape = [line for line in lines_of("a-day-of-everything") if getattr(line, "contact", None) is None]
    with cloud(0):
        stage = Stage(contract_of("a-day-of-everything"), tape, None, quick=True)
        logging.disable()
        with stage.set_up(), patch.object(Promises, "check_end", keep):
            stage.play(lambda *_: None)
        logging.disable(logging.NOTSET)
        assert stage.result.broken == []
        yield Played(stage, ends[0])


@pytest.fixture
def played(the_play: Played) -> Iterator[Played]:
    stage = the_play.stage
    tables, executions = deepcopy(backend("dynamodb").tables), deepcopy(timer_machine().executions)
    witness, result = deepcopy(vars(stage.witness)), deepcopy(vars(stage.result))
    logging.disable()
    with stage.set_up():
        yield the_play
    logging.disable(logging.NOTSET)
    backend("dynamodb").tables, timer_machine().executions = tables, executions
    for name, value in witness.items():
        setattr(stage.witness, name, value)
    stage.result.broken.clear()
    stage.result.files.clear()
    stage.result.files.update(result["files"])
    stage.result.statements = result["statements"]


def test_a_play_that_is_left_alone_has_nothing_to_tell(played: Played) -> None:
    assert played.told_at_the_end(lambda: None) == []


# --- silences and incidents ---


def test_a_silence_without_an_incident(played: Played) -> None:
    rows = rows_of("RECORDS_TABLE", "acme")
    told = played.told_at_the_end(lambda: rows.pop(DynamoType({"S": f"incident#{OUTAGE}"})))
    assert "modem was silent from 2026-03-31T08:00:00Z without an incident" in told


def test_an_incident_without_a_silence(played: Played) -> None:
    at = parse_instant("2026-03-31T08:20:00Z")
    told = played.told_at_the_end(lambda: setattr(played.incident(OUTAGE)["started_at"], "value", str(at)))
    assert "modem has an incident from 2026-03-31T08:20:00Z, yet was not silent" in told


def test_two_open_incidents_of_one_device(played: Played) -> None:
    row = {name: value.to_json() for name, value in played.incident(FORGOTTEN).items()}
    names = ("nas-20260331T200000Z", "nas-20260331T210000Z")
    rows = [{**row, "sk": {"S": f"incident#{name}"}, "incident": {"S": name}} for name in names]
    for other in rows:
        other.pop("restored_at")
    writes = [{"Put": {"TableName": "Records", "Item": other}} for other in rows]
    told = played.told_at_once("dynamodb", "transact_write_items", TransactItems=writes)
    assert told == ["nas has more than one outage at a time: nas-20260331T200000Z, nas-20260331T210000Z"]


def test_an_incident_that_is_closed_before_it_ended(played: Played) -> None:
    now = {"N": str(played.stage.agenda.now // 1000)}
    told = played.told_at_the_end(lambda: played.incident(FORGOTTEN).update(closed_at=DynamoType(now)))
    assert f"{FORGOTTEN} is closed, though it has not ended" in told


def test_an_incident_that_ended_and_stays_open(played: Played) -> None:
    told = played.told_at_the_end(lambda: played.incident(OUTAGE).pop("closed_at"))
    assert f"{OUTAGE} ended at 2026-03-31T09:00:00Z and is still open" in told


def test_an_open_incident_without_a_timer(played: Played) -> None:
    def stop() -> None:
        timer_machine().executions.clear()
        played.incident(FORGOTTEN)["wake_at"].value = str(played.stage.agenda.now // 1000 - 241)

    assert f"{FORGOTTEN} is open and no timer runs for it" in played.told_at_the_end(stop)


def test_a_heartbeat_that_takes_a_newer_one_back(played: Played) -> None:
    def hear(at: int) -> list[str]:
        return played.told_at_once(
            "dynamodb",
            "update_item",
            TableName="Devices",
            Key={"client": {"S": "acme"}, "device": {"S": "srv"}},
            UpdateExpression="SET last_seen = :now",
            ExpressionAttributeValues={":now": {"N": str(at)}},
        )

    now = played.stage.agenda.now // 1000
    assert hear(now) == []
    assert hear(now) == []
    assert hear(now - 1) == [f"srv was heard at {now}, and its row went back to {now - 1}"]


def test_a_plan_on_record_that_is_mailed_to_nobody(played: Played) -> None:
    accepted = played.stage.witness.accepted
    told = played.told_at_the_end(
        lambda: accepted.__setitem__(slice(None), [copy for copy in accepted if "_plan_" not in copy.mail])
    )
    assert any(f"{REPAIRED}: plan to " in sentence for sentence in told)


def test_a_sweep_that_leaves_a_device_silent(played: Played) -> None:
    now = played.stage.agenda.now // 1000
    device = played.device("srv")
    grace = int(device["grace_seconds"].value)

    def sweep(due_at: int) -> list[str]:
        device["last_seen"].value = str(due_at - grace)
        played.stage.platform.invoke("SweepFunction", {})
        return list(played.stage.result.broken)

    with patch.object(functions()["SweepFunction"]._idle[-1], "handler", lambda *_: {"left": 0}):
        # In the second of the last proof, at 02:29:25; without a canary, on the last second that a beat may
        # still be on its way; then a second later.
        assert sweep(now - 35) == []
        played.stage.witness.proofs.clear()
        assert sweep(now - 5) == []
        assert sweep(now - 6) == ["the sweep of 2026-04-01T02:30:00Z left srv silent without an incident"]


def test_a_sweep_that_leaves_what_was_due_before_the_canary_was_heard(played: Played) -> None:
    device = played.device("srv")
    due_at = played.stage.agenda.now // 1000 - 36
    device["last_seen"].value = str(due_at - int(device["grace_seconds"].value))
    with patch.object(functions()["SweepFunction"]._idle[-1], "handler", lambda *_: {"left": 0}):
        played.stage.platform.invoke("SweepFunction", {})
    told = "the sweep of 2026-04-01T02:30:00Z left srv silent without an incident"
    assert played.stage.result.broken == [told]


def test_a_heartbeat_that_is_answered_and_not_on_record(played: Played) -> None:
    now = played.stage.agenda.now // 1000
    idle = functions()["HeartbeatFunction"]._idle[-1]
    for device in ("srv", "modem"):
        played.device(device)["last_seen"].value = str(now - 1)
    evidence = {"device": "srv", "practice": "backup", "facts": {"ok": True}}
    answer = {"statusCode": 200, "body": '{"refused": []}'}
    with patch.object(idle, "handler", lambda *_: answer):
        played.stage.agents._send("srv", {"seen": ["modem"], "evidence": [evidence]})
    assert played.stage.result.broken == [
        f"srv was answered 200 at {now}, yet its heartbeat is not on record",
        f"modem was answered 200 at {now}, yet its heartbeat is not on record",
        f"evidence of srv, backup was taken in at {now}, and is not on record",
    ]


def test_what_is_refused_need_not_be_on_record(played: Played) -> None:
    idle = functions()["HeartbeatFunction"]._idle[-1]
    played.device("srv")["last_seen"].value = str(played.stage.agenda.now // 1000)
    evidence = {"device": "srv", "practice": "backup", "facts": {"ok": True}}
    answer = {"statusCode": 200, "body": '{"refused": ["modem", "srv/backup"]}'}
    with patch.object(idle, "handler", lambda *_: answer):
        played.stage.agents._send("srv", {"seen": ["modem"], "evidence": [evidence]})
    assert played.stage.result.broken == []


# --- mails ---


def test_a_mail_that_is_claimed_as_sent_and_never_was(played: Played) -> None:
    key, _ = played.notice(OUTAGE)
    played.stage.witness.accepted[:] = played.accepted(key)
    told = played.told_at_once(
        "dynamodb",
        "update_item",
        TableName="Records",
        Key={"pk": {"S": "acme"}, "sk": {"S": key}},
        UpdateExpression="SET #status = :sent",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":sent": {"S": "sent"}},
    )
    assert told == [f"{key} is claimed as sent at 2026-04-01T02:30:00Z and never was"]


def test_a_record_of_a_mail_that_ses_never_took(played: Played) -> None:
    key, _ = played.notice(OUTAGE)
    kept = played.accepted(key)
    told = played.told_at_the_end(lambda: setattr(played.stage.witness, "accepted", kept))
    assert f"{key} is claimed as delivered, and SES never took it" in told


def test_a_record_of_a_delivery_that_never_was(played: Played) -> None:
    key, _ = played.notice(OUTAGE)
    told = played.told_at_the_end(played.stage.witness.events.clear)
    assert f"{key} is claimed as delivered, and SES never said so" in told


def test_a_contact_without_a_notice_on_record(played: Played) -> None:
    key, _ = played.notice(OUTAGE)
    rows = rows_of("RECORDS_TABLE", "acme")
    told = played.told_at_the_end(lambda: rows.pop(DynamoType({"S": key})))
    assert f"{OUTAGE}: 1 of 2 contacts have a notice on record" in told


@pytest.mark.parametrize(
    ("to", "text", "is_told"),
    [
        ("boss@bystander.example", "all is well", True),
        ("desk@acme.example", f"about {SECRET}", True),
        ("desk@acme.example", "all is well", False),
    ],
)
def test_a_mail_that_concerns_another_client(played: Played, to: str, text: str, is_told: bool) -> None:
    mail = _mail(to, text, order(f"incident#{len(text)}", "notice", to).mail)
    told = played.told_at_once("sesv2", "send_email", **mail)
    sentence = f"a mail to {to} at 2026-04-01T02:30:00Z concerns another client"
    assert told == ([sentence] if is_told else [])


def test_a_mail_that_is_sent_twice_though_all_went_well(played: Played) -> None:
    name = order("incident#z", "notice", "desk@acme.example").mail
    mail = _mail("desk@acme.example", "hello", name)
    assert played.told_at_once("sesv2", "send_email", **mail) == []
    assert played.told_at_once("sesv2", "send_email", **mail) == [
        f"{name} was sent a second time, though nothing went wrong the first time"
    ]


def test_a_mail_that_goes_to_somebody_else(played: Played) -> None:
    name = order("incident#y", "notice", "owner@acme.example").mail
    assert played.told_at_once("sesv2", "send_email", **_mail("desk@acme.example", "hello", name)) == [
        f"{name} went to desk@acme.example, who is not whom it is for"
    ]


def test_an_act_that_the_desk_confirms_and_does_not_record(played: Played) -> None:
    act = played.stage.witness.acts[0]
    before = list(played.stage.result.broken)
    played.stage.promises.confirmed(act.do, act.incident)
    assert played.stage.result.broken == before
    played.stage.promises.confirmed(act.do, "another")
    assert played.stage.result.broken[len(before) :] == [
        f"the desk confirmed a {act.do} of another that is not on record"
    ]


def _mail(to: str, text: str, name: str, subject: str = "test") -> dict[str, Any]:
    return {
        "FromEmailAddress": ENVIRONMENT["SENDER"],
        "Destination": {"ToAddresses": [to]},
        "Content": {"Raw": {"Data": f"Subject: {subject}\r\n\r\n{text}".encode()}},
        "ConfigurationSetName": ENVIRONMENT["CONFIGURATION_SET"],
        "EmailTags": [{"Name": "client", "Value": "acme"}, {"Name": "mail", "Value": name}],
    }


# --- statements ---


def test_a_file_that_is_written_a_second_time(played: Played) -> None:
    other = played.stage.result.files[FACTS] + b" "
    assert played.told_when_stored(FACTS, other) == [f"{FACTS} was written a second time, and differently"]
    played.stage.result.broken.clear()
    same = played.stage.result.files[FACTS]
    assert played.told_when_stored(FACTS, same) == [f"{FACTS} was written a second time, with the same"]


def test_facts_that_are_not_what_happened(played: Played) -> None:
    facts = json.loads(played.stage.result.files.pop(FACTS))
    (outage,) = [incident for incident in facts["incidents"] if incident["incident"] == OUTAGE]
    outage["notified_at"] = "2026-03-31T08:25:31Z"
    assert played.told_when_stored(FACTS, json.dumps(facts).encode()) == [
        f"{FACTS}: incident {OUTAGE}: the facts say notified_at 2026-03-31T08:25:31Z, "
        "what happened says 2026-03-31T08:30:32Z"
    ]


def test_a_statement_that_is_not_what_its_facts_come_to(played: Played) -> None:
    statement = json.loads(played.stage.result.files.pop(STATEMENT))
    statement["due_cents"] += 1
    told = played.told_when_stored(STATEMENT, json.dumps(statement).encode())
    assert told[:2] == [
        f"{STATEMENT} carries digests of something else",
        f"{STATEMENT} is not what its facts come to",
    ]


def test_a_statement_whose_accounting_miscounts_when_a_device_was_down(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = json.loads(played.stage.result.files.pop(STATEMENT))
    row = next(row for row in statement["availability"] if row["down_seconds"])
    right = dict(row)
    row["down_seconds"] += 1
    miscounted = {name: part for name, part in statement.items() if name not in {"facts", "proof"}}
    monkeypatch.setattr(promises, "compute", lambda _: miscounted)
    monkeypatch.setattr(promises, "changed_parts", lambda _: [])
    assert played.told_when_stored(STATEMENT, json.dumps(statement).encode()) == [
        f"{STATEMENT}: availability of {row['device']}: the statement says {row}, "
        f"what happened makes it {right}"
    ]


def test_a_statement_on_other_facts_than_were_frozen(played: Played) -> None:
    statement = json.loads(played.stage.result.files.pop(STATEMENT))
    statement["facts"]["contract"]["name"] = "Acme of old"
    told = played.told_when_stored(STATEMENT, json.dumps(statement).encode())
    assert told == [
        f"{STATEMENT} carries digests of something else",
        f"{STATEMENT} does not carry the facts that were frozen",
    ]


def test_a_statement_that_is_called_issued_before_it_was_mailed(played: Played) -> None:
    played.stage.witness.accepted[:] = [
        mail for mail in played.stage.witness.accepted if not mail.mail.startswith("statement_")
    ]
    told = played.told_at_once(
        "dynamodb",
        "update_item",
        TableName="Records",
        Key={"pk": {"S": "acme"}, "sk": {"S": "statement#2026-03"}},
        UpdateExpression="SET #status = :issued",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":issued": {"S": "issued"}},
    )
    assert told == ["the statement of 2026-03 is called issued, but nothing was mailed to owner@acme.example"]


def test_a_statement_that_is_due_and_not_issued(played: Played) -> None:
    four_hours_late = parse_instant("2026-04-01T06:00:00Z")

    def told(now: int) -> list[str]:
        with patch.object(played.stage.promises, "issued", set()):
            return list(played.stage.promises._unissued(now))

    assert told(four_hours_late) == []
    assert told(four_hours_late + 1) == [
        "the statement of 2026-03 was due at 2026-04-01T02:00:00Z and is not issued"
    ]


def test_a_statement_as_of_another_moment(played: Played) -> None:
    statements = played.stage.result.statements
    told = played.told_at_the_end(
        lambda: statements.update({"2026-03": {**statements["2026-03"], "as_of": "2026-04-01T02:00:01Z"}})
    )
    assert told == ["the statement of 2026-03 is not as of its moment of issue"]


def test_a_refund_that_is_paid_twice(played: Played) -> None:
    statements = played.stage.result.statements
    refunds = [refund["line"] for refund in statements["2026-03"]["refunds"]]
    assert f"{REPAIRED}/repair" in refunds
    told = played.told_at_the_end(lambda: statements.update({"2026-04": statements["2026-03"]}))
    assert f"{REPAIRED}/repair is refunded in 2026-03 and in 2026-04" in told


def test_a_file_that_changed(played: Played) -> None:
    files = played.stage.result.files
    told = played.told_at_the_end(lambda: files.update({STATEMENT: b"{}"}))
    assert told == [f"{STATEMENT} is not what it was when it was first written"]


@pytest.mark.parametrize(("second", "is_told"), [(-1, True), (0, False)])
def test_a_statement_that_is_issued_before_its_moment(played: Played, second: int, is_told: bool) -> None:
    moment = parse_instant(played.stage.result.statements["2026-03"]["as_of"])
    before = played.stage.agenda.now
    played.stage.agenda.now = (moment + second) * 1000
    played.stage.promises._is_issued("statement#2026-03")
    said = f"the statement of 2026-03 was issued at {format_instant(moment + second)}, before its moment"
    played.stage.agenda.now = before
    assert (said in played.stage.result.broken) is is_told


def test_the_record_of_an_issued_statement_that_changed(played: Played) -> None:
    row = rows_of("RECORDS_TABLE", "acme")[DynamoType({"S": "statement#2026-03"})].attrs
    told = played.told_at_the_end(lambda: setattr(row["due_cents"], "value", "1"))
    assert told == ["statement#2026-03 is not what it was when it was issued"]


def test_a_statement_whose_refunds_its_facts_do_not_make(played: Played) -> None:
    statement = json.loads(played.stage.result.files.pop(STATEMENT))
    cap = statement["cap_cents"]
    statement["cap_cents"] += 1
    told = played.told_when_stored(STATEMENT, json.dumps(statement).encode())
    assert f"{STATEMENT}: the statement says cap_cents {cap + 1}, what happened makes it {cap}" in told


def test_a_statement_mail_with_another_sum(played: Played) -> None:
    refund, due = sums_in_words(played.stage.result.statements["2026-03"])
    name = order("statement#2026-03", "statement", "owner@acme.example").mail
    mail = _mail("owner@acme.example", "hello", name, subject=f"Acme: {refund}, $1.00 due")
    told = played.told_at_once("sesv2", "send_email", **mail)
    said = f"{name} says 'Acme: {refund}, $1.00 due', and the statement of 2026-03 says {due}"
    assert said in told


def test_a_file_that_is_gone(played: Played) -> None:
    files = played.stage.result.files
    told = played.told_at_the_end(lambda: files.update({"acme/2026-02/facts.json": b"{}"}))
    assert told == ["acme/2026-02/facts.json is gone"]


def test_a_file_of_another_client(played: Played) -> None:
    key, bucket = "bystander/2026-03/facts.json", ENVIRONMENT["STATEMENTS_BUCKET"]
    client("s3").put_object(Bucket=bucket, Key=key, Body=b"{}")
    try:
        told = played.told_at_the_end(lambda: played.stage.result.files.update({key: b"{}"}))
    finally:
        client("s3").delete_object(Bucket=bucket, Key=key)
    assert told == [f"there is a file {key} of another client"]


def test_present_facts_that_are_not_what_happened(played: Played) -> None:
    acts = [replace(act, at=act.at + 1) if act.do == "repair" else act for act in played.stage.witness.acts]
    told = played.told_at_the_end(lambda: setattr(played.stage.witness, "acts", acts))
    assert any(
        sentence.startswith(f"facts of 2026-03 at the end: incident {REPAIRED}: the facts say documented_at")
        for sentence in told
    )


def test_another_client_that_was_touched(played: Played) -> None:
    row = rows_of("DEVICES_TABLE", "bystander")[DynamoType({"S": "modem"})].attrs
    told = played.told_at_the_end(lambda: setattr(row["last_seen"], "value", "1"))
    assert told == ["the other client's row modem has changed"]


def test_no_more_is_told_than_somebody_reads(played: Played) -> None:
    for number in range(25):
        played.stage.promises._tell(f"promise {number}")
        played.stage.promises._tell(f"promise {number}")
    assert played.stage.result.broken == [f"promise {number}" for number in range(20)]
