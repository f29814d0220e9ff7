"""What row b measures: everything is done by the functions' own handlers, each on an empty stand-in for AWS.

An incident is what forty minutes with one have more than the same minutes without.
"""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import busy_client
from capacity import item_bytes
from heartbeats import ITEM, TOKEN
from metering import LOG_BYTES, NOBODY, RUNS, Counted, Meter, difference, times

from makegood import aws, clock
from makegood.rules.instants import DAY_SECONDS, Instant, parse_instant
from makegood.rules.tokens import parse_token
from makegood.storage import canary
from makegood.storage.devices import UP, Device
from makegood.storage.records import CLIENTS, ClientEntry, ContractVersion, Evidence, MailRecord
from makegood_simulator import cloud, play
from makegood_simulator.events import Context, api_request, schedule_event, ses_notification, sqs_event
from makegood_simulator.functions import functions, schedule_minutes
from makegood_simulator.tape import Beat, Enroll, Line, Plan, Repair, Take

Measured = dict[str, Counted]

HEARTBEAT, INCIDENT, STATEMENT, DAY = "heartbeat", "incident", "statement", "day"

CONTACTS = ["owner@acme.example", "manager@acme.example"]
DEVICE = "srv"
MINUTE = 60
STARTS = parse_instant("2026-03-12T06:00:00Z")
SILENT, BACK, ENDS = STARTS + 3 * MINUTE, STARTS + 18 * MINUTE, STARTS + 38 * MINUTE

SCHEDULED = ("SweepFunction", "CanaryFunction", "CloseFunction", "PracticesFunction", "AnnouncementsFunction")
WATCHED_SECONDS = 2 * 3_600
"""So long before a client's day ends PracticesFunction looks at it; its other runs, but the first, find
nothing due."""
CANARY_KEY_SECONDS = 300
"""So long the canary keeps its key."""

CANARY_SECOND = 35
"""Of each minute, after the sweep: what falls due is then proven by a beat of the sweep's own."""

MORE_CLIENTS = 3
STATEMENT_DEVICES, STATEMENT_INCIDENTS = 25, 5


def lives() -> Measured:
    """What each thing takes, by function."""
    cloud.use_environment()
    beat, evidence = beats()
    quiet, one, two = (_lived(*what) for what in ((0, 1), (1, 1), (1, 2)))
    incident, incident_of_two = (_without_beats(difference(day, quiet), beat) for day in (one, two))
    nobody, some = _quiet_day(0), _quiet_day(MORE_CLIENTS)
    return {
        HEARTBEAT: beat,
        "practice reported": evidence,
        INCIDENT: incident,
        "incident, each further contact": difference(incident_of_two, incident),
        STATEMENT: _statement(),
        "mail's report": _delivery(),
        DAY: nobody,
        "day of a client": times(difference(some, nobody), 1 / MORE_CLIENTS),
    }


@contextmanager
def _counting() -> Iterator[tuple[Meter, Callable[[str], None]]]:
    """A meter and what says whose requests are counted from now on."""
    names = [NOBODY]
    meter = Meter(lambda: names[0])
    with meter.attached():
        yield meter, lambda name: names.__setitem__(0, name)


def _run(function: str, event: dict[str, Any], first: dict[str, Any] | None = None) -> Counted:
    """One run of a function in an environment that is warm: what the first run alone asks for, it keeps."""
    with functions()[function].running() as handler, _counting() as (meter, now_runs):
        handler(first or event, Context())
        now_runs(function)
        answer = handler(event, Context())
        meter.count(RUNS)
    if answer.get("statusCode", 200) != 200:
        raise RuntimeError(f"{function} answers {answer}")
    return meter.counted


def beats() -> tuple[Counted, Counted]:
    """A heartbeat of a device that is up; and what each practice more, reported with it, takes."""
    with cloud.cloud():
        aws.dynamodb().put_item(TableName="Devices", Item={**ITEM, "token_hash": {"S": _token_hash()}})
        busy_client.store(0, 0)
        at = int(ITEM["last_seen"]["N"])
        practices = sorted(ITEM["practices"]["SS"])
        plain = _run("HeartbeatFunction", _beat(at + 1, ()))
        reporting = _run("HeartbeatFunction", _beat(at + 2, practices), first=_beat(at + 1, ()))
    return plain, times(difference(reporting, plain), 1 / len(practices))


def _token_hash() -> str:
    token = parse_token(TOKEN)
    assert token is not None
    return token.hash


def _beat(at: Instant, practices: Sequence[str]) -> dict[str, Any]:
    device = ITEM["device"]["S"]
    evidence = [
        {"device": device, "practice": each, "facts": busy_client.PRACTICES[each]} for each in practices
    ]
    return api_request(
        "POST",
        "/v1/heartbeat",
        at=at,
        body=json.dumps({"evidence": evidence}) if evidence else None,
        headers={"authorization": f"Bearer {TOKEN}", "content-type": "application/json"},
        route="POST /v1/heartbeat",
    )


def _lived(outages: int, contacts: int) -> Counted:
    """Some hours of a client with one device, every beat and every tick of them."""
    people = {"outages": CONTACTS[:contacts], "statements": CONTACTS[:1]}
    contract = {**busy_client.CONTRACT, "contacts": people, "practices": {}}
    with cloud.cloud(), patch.object(play, "CANARY_SECOND", CANARY_SECOND):
        stage = play.Stage(contract, list(_tape(outages)), seed=None, quick=False)
        meter = Meter(lambda: stage.wire.running[-1].name if stage.wire.running else NOBODY)
        stage.platform.after.append(lambda function, *_: meter.counted.update({(function, RUNS): 1}))
        with stage.set_up(), meter.attached():
            stage.play(lambda *_: None)
    if stage.result.broken or stage.result.in_vain or stage.result.incidents != outages:
        raise RuntimeError(f"{stage.result.broken} {stage.result.in_vain}")
    return Counter({key: number for key, number in meter.counted.items() if _is_asked_about(*key)})


def _is_asked_about(function: str, what: str) -> bool:
    """Not what people do on the operator's command, nor the lines of schedules, which a day has."""
    return function in functions() and not (what == LOG_BYTES and function in {*SCHEDULED, "IssueFunction"})


def _tape(outages: int) -> Iterator[Line]:
    yield Enroll(at=STARTS, device=DEVICE, kind="server", grace_seconds=180)
    if not outages:
        yield Beat(at=STARTS + MINUTE, device=DEVICE, every=MINUTE, until=ENDS)
        return
    yield Beat(at=STARTS + MINUTE, device=DEVICE, every=MINUTE, until=SILENT)
    yield Take(at=SILENT + 5 * MINUTE, device=DEVICE)
    yield Plan(
        at=SILENT + 7 * MINUTE, device=DEVICE, text="The power supply is dead; a new one comes at half."
    )
    yield Beat(at=BACK, device=DEVICE, every=MINUTE, until=ENDS)
    yield Repair(at=BACK + 12 * MINUTE, device=DEVICE, text="The power supply is replaced.")


def _without_beats(counted: Counted, beat: Counted) -> Counted:
    """Beats that were not sent, or answered as always, are counted as heartbeats."""
    return difference(counted, times(beat, counted["HeartbeatFunction", RUNS]))


def sweep_of(devices: int) -> tuple[Counted, int]:
    """A sweep of so many devices that are up, and how many bytes they are."""
    with cloud.cloud(), _at(STARTS):
        with Device.batch_write() as batch:
            batch.save(_device(canary.CLIENT, canary.DEVICE))
            for number in range(devices):
                batch.save(_device(f"client-{number % 10}", f"device-{number:06}"))
        pages = aws.dynamodb().get_paginator("scan").paginate(TableName="Devices")
        table_bytes = sum(item_bytes(item) for page in pages for item in page["Items"])
        return _run("SweepFunction", schedule_event()), table_bytes


def _statement() -> Counted:
    with _at(busy_client.ISSUED_AT), cloud.cloud():
        busy_client.store(STATEMENT_DEVICES, STATEMENT_INCIDENTS)
        asked = json.dumps({"client": busy_client.CLIENT, "period": busy_client.PERIOD})
        with functions()["IssueFunction"].running() as handler, _counting() as (meter, now_runs):
            now_runs("IssueFunction")
            answer = handler(sqs_event(asked), Context())
            meter.count(RUNS)
    if answer["batchItemFailures"]:
        raise RuntimeError("the statement was not issued")
    return meter.counted


def _delivery() -> Counted:
    """SES reports that a mail arrived."""
    with _at(busy_client.ISSUED_AT), cloud.cloud():
        busy_client.store(1, 1)
        mail = next(iter(_mails()))
        body = ses_notification(
            "Delivery", {"client": busy_client.CLIENT, "mail": mail}, "2026-04-03T09:00:02.000Z"
        )
        with functions()["DeliveriesFunction"].running() as handler, _counting() as (meter, now_runs):
            now_runs("DeliveriesFunction")
            handler(sqs_event(body), Context())
            meter.count(RUNS)
    return meter.counted


def _mails() -> Iterator[str]:
    for record in MailRecord.query(busy_client.CLIENT, MailRecord.sk.startswith("incident#")):
        if isinstance(record, MailRecord):
            yield record.mail


def _quiet_day(clients: int) -> Counted:
    """Every scheduled function, all ticks of a day on which nothing happens."""
    whole: Counted = Counter()
    of_nobody = {"from": "~", "to": "~"}
    with cloud.cloud():
        _device(canary.CLIENT, canary.DEVICE).save()
        for number in range(clients):
            _store_client(f"client-{number}")
        for function in SCHEDULED:
            ticks = range(0, DAY_SECONDS, schedule_minutes(function) * MINUTE)
            looks = [tick for tick in ticks if function == "PracticesFunction" and _is_watched(tick)]
            whole.update(_tick(function, 0, of_nobody))  # looks at all clients; then nothing is due
            whole.update(times(_tick(function, ticks[1]), len(ticks) - len(looks) - 1))
            for tick in looks:
                whole.update(_tick(function, tick))
    whole["CanaryFunction", "GetSecretValue"] = DAY_SECONDS // CANARY_KEY_SECONDS
    return whole


def _is_watched(tick: int) -> bool:
    return (STARTS + tick) % DAY_SECONDS >= DAY_SECONDS - WATCHED_SECONDS


def _tick(function: str, after: int, first: dict[str, Any] | None = None) -> Counted:
    with _at(STARTS + after), _heard():
        return _run(function, schedule_event(), first)


def _store_client(client: str) -> None:
    """With a device that has brought all of its evidence, today's too."""
    ContractVersion(
        client,
        "contract#2026-01-01",
        terms={**busy_client.CONTRACT, "client": client},
        applied_at=0,
        applied_by="-",
    ).save()
    ClientEntry(CLIENTS, client, next_period="2026-03").save()
    _device(client, DEVICE).save()
    for practice, facts in busy_client.PRACTICES.items():
        for day in ("2026-03-11", "2026-03-12", "2026-03-13"):
            key = f"evidence#{day}#{DEVICE}#{practice}"
            at = parse_instant(f"{day}T04:00:00Z")
            Evidence(client, key, device=DEVICE, practice=practice, at=at, facts=facts).save()


def _device(client: str, name: str) -> Device:
    return Device(
        client,
        name,
        kind="server",
        name=name,
        zone="UTC",
        grace_seconds=180,
        token_hash="0" * 64,
        state=UP,
        enrolled_at=STARTS - 90 * DAY_SECONDS,
        last_seen=STARTS + DAY_SECONDS,
        due_at=STARTS + DAY_SECONDS + 180,
        practices=set(busy_client.PRACTICES),
    )


@contextmanager
def _at(now: Instant) -> Iterator[None]:
    with patch.object(clock, "now", lambda: now), patch.object(clock, "after_effect", lambda: now + 1):
        yield


@contextmanager
def _heard() -> Iterator[None]:
    """The canary's own heartbeat, which is counted as one, is answered."""
    with patch.object(urllib.request, "urlopen") as asked:
        asked.return_value.__enter__.return_value.status = 200
        yield
