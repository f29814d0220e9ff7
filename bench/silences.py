"""Row e: what an incident's steps cost, and a thousand unrelated devices that fall silent at once."""

from __future__ import annotations

import importlib
import json
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from busy_client import CONTRACT
from replay import Key, Recording, noted
from rows import Row, limit_row, ratio_row

from makegood import clock
from makegood.mail import outbox
from makegood.mail.message import Message
from makegood.rules.instants import format_instant, parse_instant
from makegood.rules.mails import Order
from makegood.storage.canary import CLIENT as CANARY
from makegood.storage.canary import DEVICE as CANARY_DEVICE
from makegood.storage.devices import UP, Device
from makegood.storage.incidents import open_incidents
from makegood.storage.records import CLIENTS, ClientEntry, ContractVersion, Incident, MailRecord
from makegood_simulator import cloud
from makegood_simulator.events import Context, schedule_event

NOW = parse_instant("2026-03-12T08:00:00Z")
CLIENTS_HIT, DEVICES_EACH = 40, 25
SILENT = CLIENTS_HIT * DEVICES_EACH
OTHERS = 30 * CLIENTS_HIT
FLEET = 30 * SILENT
"""Were one in 25 silent, the sweep would look whether it is a quarter, and then wait whether it is us."""

NETWORK_SECONDS = 0.005
"""What a request to AWS takes within a region; the sweep waits for sixteen at a time."""

MOST_SECONDS = 30
STEPS = 20
LOOKS = 3
MAILS_A_SECOND = 14
"""What SES takes of a new account out of its sandbox."""

NOTICE_SECONDS = 15 * 60
"""In which the contract promises the notice."""


class Multiplied(Recording):
    """One silent device of each client was recorded; each speaks for as many as there are.

    `device-0123` of now is `device-0003` of then, of the same client:
    the number is taken modulo the clients.
    """

    def recorded_key(self, key: Key) -> Key:
        method, url, target, content = key
        recorded = _NAME.sub(lambda name: _named(int(name[1]) % CLIENTS_HIT), content)
        return method, url, target, _SHARD.sub(b"", recorded)

    def told(self, key: Key, content: bytes) -> bytes:
        if key[2].endswith(".Scan"):
            return _each_many_times(content)
        asked = _NAME.search(key[3])
        return content if asked is None else _NAME.sub(asked[0], content)


_SHARD = re.compile(rb'"open_shard": {"S": "[0-9]+"}')
"""Follows from the name."""

_NAME = re.compile(rb"device-([0-9]{4})")


def _named(number: int) -> bytes:
    return b"device-%04d" % number


def _each_many_times(content: bytes) -> bytes:
    """A page of the table in which each device that was found is as many as its client has."""
    page = json.loads(content)
    found = [json.dumps(item).encode() for item in page["Items"]]
    many = [
        json.loads(_NAME.sub(partial(_turned, turn), item))
        for item in found
        for turn in range(DEVICES_EACH if _NAME.search(item) else 1)
    ]
    return json.dumps({**page, "Items": many, "Count": len(many), "ScannedCount": FLEET // 4}).encode()


def _turned(turn: int, name: re.Match[bytes]) -> bytes:
    return _named(int(name[1]) + turn * CLIENTS_HIT)


def measure() -> list[Row]:
    """Everything is recorded on the stand-in for AWS once; what is measured answers from the recording."""
    cloud.use_environment()
    with cloud.silence(), cloud.cloud():
        clock.now = lambda: NOW
        clock.after_effect = lambda: NOW + 1
        _store()
        sys.path.insert(0, str(Path(__file__).parents[1] / "functions/evaluator"))
        return [
            *(swept := _sweep(importlib.import_module("sweep"))),
            *_steps(importlib.import_module("advance").handler, swept[0].value),
        ]


def _sweep(module: ModuleType) -> list[Row]:
    recording, sweep = Multiplied(), module.handler
    with recording.recorded(), patch.object(module, "WORKERS", 1):  # moto loses some of what is asked at once
        opened = sweep(schedule_event(), Context(milliseconds_left=3_600_000))["opened"]
    if opened != CLIENTS_HIT:
        raise RuntimeError(f"{opened} incidents were opened")
    lasted = []

    def look() -> None:
        started = time.monotonic()
        with recording.replayed(NETWORK_SECONDS):
            opened = sweep(schedule_event(), Context(milliseconds_left=3_600_000))["opened"]
        lasted.append(time.monotonic() - started)
        if opened != SILENT:
            raise RuntimeError(f"{opened} incidents were opened")

    with noted() as calls:
        look()
    spent, floors = recording.cpu_beside_bare(look, LOOKS)
    name = f"{SILENT:,} devices silent at once"
    return [
        limit_row("e", f"{name}: the last incident is opened after", max(lasted), "s", MOST_SECONDS),
        ratio_row("e", f"{name}: CPU of the sweep", spent, floors),
        Row("e", f"{name}: requests for each", len(calls) / SILENT, "requests"),
    ]


def _steps(advance: Callable[..., Any], opened_after: float) -> list[Row]:
    """The first step of an incident claims and sends its notice; the next one finds nothing to do."""
    incidents = list(open_incidents(NOW + 3_600))[:STEPS]
    first, recording, claimed_after = _step(advance, incidents, "step that sends the notice")
    second, _, _ = _step(advance, incidents, "step that finds nothing to do")
    mails = sum(operation == "SendEmail" for _, operation, _ in recording.calls)
    name = f"{SILENT:,} devices silent at once"
    at_rate = f"{name}: the last of {mails} mails each has left, at {MAILS_A_SECOND}/s"
    return [
        Row("e", f"{name}: the last notice is claimed after", opened_after + claimed_after, "s"),
        limit_row("e", at_rate, SILENT * mails / MAILS_A_SECOND, "s", NOTICE_SECONDS),
        *first,
        *second,
    ]


def _step(
    advance: Callable[..., Any], incidents: Sequence[Incident], name: str
) -> tuple[list[Row], Recording, float]:
    """Its rows, the last recording, and how long after its begin the last notice is claimed: the median."""
    spent, floors, asked, claimed = [], [], [], []
    for incident in incidents:
        event = {
            "client": incident.client,
            "device": incident.device,
            "incident": incident.incident,
            "timer": incident.timer,
            "loops": 0,
            "wake_at": format_instant(NOW),
        }
        recording = Recording()
        with recording.recorded():
            advance(event, Context())
        seconds, least = recording.cpu_beside_bare(lambda event=event: advance(event, Context()), 1)  # type: ignore[misc]
        spent += seconds
        floors += least
        asked.append(len(recording.requests))
        claimed.append(_claimed_after(advance, event, recording))
    rows = [
        ratio_row("e", f"{name}: CPU", spent, floors),
        Row("e", f"{name}: requests", statistics.median(asked), "requests"),
    ]
    return rows, recording, statistics.median(claimed)


def _claimed_after(advance: Callable[..., Any], event: dict[str, Any], recording: Recording) -> float:
    """Seconds from the begin of a step to the claim of its last notice; none is claimed: 0."""
    claim, ends = outbox._claim, [started := time.monotonic()]

    def noted(client: str, mail: Order, message: Message, now: int) -> MailRecord | None:
        claimed = claim(client, mail, message, now)
        if mail.kind == "notice":
            ends.append(time.monotonic())
        return claimed

    with recording.replayed(NETWORK_SECONDS), patch.object(outbox, "_claim", noted):
        advance(event, Context())
    return ends[-1] - started


def _store() -> None:
    for number in range(CLIENTS_HIT):
        client = f"client-{number:02}"
        ContractVersion(
            client,
            "contract#2026-01-01",
            terms={**CONTRACT, "client": client, "practices": {}},
            applied_at=NOW,
            applied_by="bench",
        ).save()
        ClientEntry(CLIENTS, client, next_period="2026-03").save()
    with Device.batch_write() as batch:
        batch.save(_device(CANARY, CANARY_DEVICE, NOW - 5))
        for number in range(CLIENTS_HIT):
            client = f"client-{number:02}"
            batch.save(_device(client, f"device-{number:04}", NOW - 200 - number % 50))
        for number in range(OTHERS):
            batch.save(_device("client-00", f"other-{number:04}", NOW - 20))


def _device(client: str, name: str, last_seen: int) -> Device:
    return Device(
        client,
        name,
        kind="server",
        name=name,
        zone="UTC",
        grace_seconds=180,
        token_hash="0" * 64,
        state=UP,
        enrolled_at=NOW - 86_400,
        last_seen=last_seen,
        due_at=last_seen + 180,
    )
