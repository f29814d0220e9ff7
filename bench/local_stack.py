"""Row g: end to end on the local stack: heartbeats a second, and how long a silence takes to become a notice.

Everything is what `make run` starts: the front door, functions in processes of their own, the template's
schedules every minute, timers, and SES's stand-in, whose inbox stamps each mail when it takes it.
"""

from __future__ import annotations

import http.client
import os
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from busy_client import CONTRACT
from rows import Row, limit_row

from makegood.rules.tokens import make_token, parse_token
from makegood.storage.devices import NEW, Device
from makegood.storage.incidents import open_incidents
from makegood.storage.records import CLIENTS, ClientEntry, ContractVersion
from makegood.storage.tables import bind_tables
from makegood_local.emulator import LocalError
from makegood_local.stack import LocalStack
from makegood_local.story import until

CLIENT = "acme-dental"
OWNER = "owner@acme.example"
OUTAGES, GRACE_SECONDS = 50, 20
STAGGER_SECONDS = 60
"""The last beats are spread over one turn of the schedules."""

SENDERS, FLOOD_SECONDS = 4, 10
MOST_SECONDS = 75
"""Beyond the grace: a turn of the schedules, and what the steps after it take."""

PATIENCE_SECONDS = 240
FIRST_TURNS_SECONDS = 150
PARAMETERS = {"Technicians": "tina@provider.example"}


def measure() -> list[Row]:
    """One stack for both: first the flood, then the outages."""
    with tempfile.TemporaryDirectory() as folder, LocalStack(Path(folder), PARAMETERS) as stack:
        os.environ.update(stack.environment)
        bind_tables(stack.outputs["DevicesTable"], stack.outputs["RecordsTable"])
        tokens = _store()
        rate = _flood(stack, tokens[OUTAGES])
        _await_schedules(stack)
        delays = _outages(stack, tokens[:OUTAGES])
    name = f"{OUTAGES} outages, from the end of the grace to the notice handed over"
    return [
        Row("g", "heartbeats a second on the local stack", rate, "1/s"),
        Row("g", f"{name}: median", statistics.median(delays.whole), "s"),
        limit_row("g", f"{name}: worst", max(delays.whole), "s", MOST_SECONDS),
        Row("g", "of that until the incident is opened: worst", max(delays.to_open), "s"),
        Row("g", "of that from then to the notice: worst", max(delays.to_tell), "s"),
    ]


@dataclass(frozen=True)
class Delays:
    """Seconds of each outage, from the end of the device's grace on."""

    whole: list[float]
    to_open: list[float]
    to_tell: list[float]


def _store() -> list[str]:
    """A client with a device for each outage and one for the flood, as if just enrolled; their tokens."""
    people = {"outages": [OWNER], "statements": [OWNER]}
    terms = {**CONTRACT, "client": CLIENT, "contacts": people, "practices": {}}
    now = int(time.time())
    ContractVersion(CLIENT, "contract#2026-01-01", terms=terms, applied_at=now, applied_by="bench").save()
    ClientEntry(CLIENTS, CLIENT, next_period="2026-01").save()
    tokens = [make_token(CLIENT, _name(number), number.to_bytes(20)) for number in range(OUTAGES + 1)]
    for number, token in enumerate(tokens):
        parsed = parse_token(token)
        assert parsed is not None
        Device(
            CLIENT,
            _name(number),
            kind="server",
            name=_name(number),
            zone="UTC",
            grace_seconds=GRACE_SECONDS,
            token_hash=parsed.hash,
            state=NEW,
            enrolled_at=now,
        ).save()
    return tokens


def _name(number: int) -> str:
    return f"device-{number:02}"


class _Agent:
    """Beats over one connection."""

    def __init__(self, stack: LocalStack) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(stack.url).netloc, timeout=60)

    def beat(self, token: str) -> None:
        self._connection.request("POST", "/v1/heartbeat", b"", {"Authorization": f"Bearer {token}"})
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise LocalError(f"the API answers {answer.status} to a heartbeat")


def _flood(stack: LocalStack, token: str) -> float:
    """Heartbeats that are answered in a second, several agents at once, each as fast as it can."""
    ends_at = time.monotonic() + FLOOD_SECONDS
    _Agent(stack).beat(token)

    def send(_number: int) -> int:
        agent, sent = _Agent(stack), 0
        while time.monotonic() < ends_at:
            agent.beat(token)
            sent += 1
        return sent

    started = time.monotonic()
    with ThreadPoolExecutor(SENDERS) as pool:
        sent = sum(pool.map(send, range(SENDERS)))
    return sent / (time.monotonic() - started)


def _await_schedules(stack: LocalStack) -> None:
    """Until the sweep and the canary have had a turn each."""

    def had() -> bool:
        logs = stack.logs()
        return "swept" in logs and "registered" in logs

    until("the schedules' first turns", had, FIRST_TURNS_SECONDS, every=2)


def _outages(stack: LocalStack, tokens: list[str]) -> Delays:
    """Of each device, from its last beat on."""
    begins_at = time.monotonic()
    last_beats: dict[str, float] = {}

    def live(number: int) -> None:
        """Beats once in a while, and then never again."""
        agent = _Agent(stack)
        time.sleep(max(0.0, begins_at + STAGGER_SECONDS * number / OUTAGES - time.monotonic()))
        agent.beat(tokens[number])
        last_beats[_name(number)] = time.time()

    threads = [threading.Thread(target=live, args=(number,)) for number in range(OUTAGES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = until("the notices", lambda: _all_told(stack, last_beats), PATIENCE_SECONDS, every=2)
    due = {name: at + GRACE_SECONDS for name, at in last_beats.items()}
    opened = {incident.device: incident.opened_at for incident in open_incidents()}
    return Delays(
        [told[name] - due[name] for name in due],
        [opened[name] - due[name] for name in due],
        [told[name] - opened[name] for name in due],
    )


def _all_told(stack: LocalStack, last_beats: dict[str, float]) -> dict[str, float] | None:
    """When each device's notice was taken by SES; None until the last one is."""
    told = {}
    for mail in stack.inbox():
        about, _, kind = mail.tags["mail"].removeprefix("incident_").partition("_")
        if kind.startswith("notice_"):
            told[about[: len(_name(0))]] = mail.at
    return told if last_beats.keys() <= told.keys() else None
