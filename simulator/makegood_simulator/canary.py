"""The canary's ticks: played for real where anything can come of them, else put down when somebody looks."""

from __future__ import annotations

import io
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import Message
from random import Random
from typing import Any
from unittest.mock import patch

from makegood.rules.instants import Instant
from makegood.storage.canary import CLIENT, DEVICE, STALE_SECONDS
from makegood_simulator.cloud import ENVIRONMENT
from makegood_simulator.faults import MINUTE, SECOND
from makegood_simulator.platform import HOUR, Platform
from makegood_simulator.tables import Row, Tables, integer
from makegood_simulator.wire import Call, Invocation, sets, touches, writes
from makegood_simulator.witness import Milliseconds, Proof

FUNCTION = "CanaryFunction"
FAULTY_TICKS_EVERY = 24 * HOUR
"""While things go wrong, a tick is played for real at least this often."""

_DEVICES = ENVIRONMENT["DEVICES_TABLE"]


class Canary:
    """A tick every minute. While it is quiet, all of them come through, and nobody need play them."""

    def __init__(self, platform: Platform, tables: Tables, chance: Random, *, quick: bool) -> None:
        self._platform = platform
        self._agenda = platform.agenda
        self._witness = platform.witness
        self._tables = tables
        self._chance = chance
        self._quick = quick
        self._first: Milliseconds = 0
        self._version = 0
        self._quiet_since: Milliseconds | None = None
        platform.wire.before.append(self._before)
        platform.wire.observers.append(self._observe)
        platform.faults.when_ticks_are_lost.append(self.disturb)

    @property
    def is_quiet(self) -> bool:
        return self._quiet_since is not None

    def begin(self, second: int) -> None:
        """Ticks at this second of each minute, from the present one on."""
        minute = self._agenda.now - self._agenda.now % MINUTE
        self._first = minute + second * SECOND
        self._plan(self._next_tick(self._agenda.now))

    def disturb(self) -> None:
        """Something is wrong from now on: quiet ticks are put down up to now, the rest is played for real."""
        if self._quiet_since is not None:
            self.put_down(self._agenda.now - 1)
            self._quiet_since = None
            self._plan(self._next_tick(self._agenda.now))

    def put_down(self, now: Milliseconds) -> None:
        """Writes into the canary's row what the quiet ticks up to now would have written."""
        row = self._row()
        if self._quiet_since is None or row is None or now < self._quiet_since:
            return
        since = self._quiet_since // SECOND
        at: Instant = (now - (now - self._first) % MINUTE) // SECOND
        if at < since or (integer(row, "last_seen") or 0) >= at:
            return
        row["last_seen"].value, row["due_at"].value = str(at), str(at + STALE_SECONDS)
        proofs = self._witness.proofs
        if proofs and proofs[-1].since == since:
            proofs[-1] = replace(proofs[-1], at=at)
        else:
            proofs.append(Proof(since, at, len(self._witness.heard)))

    @contextmanager
    def connected(self) -> Iterator[None]:
        """What the function asks for by HTTP goes to the play's own API."""
        with patch.object(urllib.request, "urlopen", self._open):
            yield

    # --- ticks ---

    def _plan(self, at: Milliseconds) -> None:
        self._version += 1
        version = self._version
        self._agenda.plan(at, lambda: self._tick(version))

    def _tick(self, version: int) -> None:
        if version != self._version:
            return
        now = self._agenda.now
        if self._quiet_since is not None:
            self.put_down(now - 1)
            self._quiet_since = None
        elif self._quick and self._was_heard(now - MINUTE):
            self._be_quiet(now)
            return
        if now >= self._platform.faults.lost_ticks_until:
            late = self._platform.faults.delay(now, 20 * SECOND)
            self._agenda.plan(now + late, lambda: self._platform.scheduled(FUNCTION))
        self._plan(now + MINUTE)

    def _be_quiet(self, now: Milliseconds) -> None:
        self._quiet_since = now
        if self._platform.faults.watch(now):
            self._plan(now + self._chance.randint(1, FAULTY_TICKS_EVERY // MINUTE) * MINUTE)

    def _was_heard(self, since: Milliseconds) -> bool:
        row = self._row()
        now = self._agenda.now
        works = now >= max(self._platform.api_is_cut_until, self._platform.faults.lost_ticks_until)
        return works and row is not None and (integer(row, "last_seen") or 0) >= since // SECOND

    def _next_tick(self, at: Milliseconds) -> Milliseconds:
        return max(self._first, at + (self._first - at) % MINUTE)

    def _row(self) -> Row | None:
        return self._tables.device(CLIENT, DEVICE)

    # --- the way to the API ---

    def _open(self, request: urllib.request.Request, timeout: float) -> Any:
        headers = dict(request.header_items())
        asked = {"method": request.get_method(), "path": request.selector, "headers": headers, "body": None}
        answer = self._platform.request("HeartbeatFunction", asked)
        if answer is None:
            self._platform.wire.spend(round(timeout * SECOND))
            raise urllib.error.URLError("no answer")
        if answer["statusCode"] != 200:
            raise urllib.error.HTTPError(request.full_url, answer["statusCode"], "", Message(), io.BytesIO())
        return _Answer()

    # --- what is seen on the wire ---

    def _before(self, _operation: str, call: Call) -> None:
        if touches(call, _DEVICES):
            self.put_down(self._agenda.now)

    def _observe(self, invocation: Invocation, operation: str, call: Call, _answer: Any) -> None:
        """A proof is put on record: the receipt of a heartbeat, or what the sweep makes of the devices'."""
        for kind, write in writes(operation, call):
            if kind == "Update" and _is_of_canary(write) and sets(write, "last_seen"):
                row = self._row()
                at = (integer(row, "last_seen") if row else None) or 0
                if invocation.name == "HeartbeatFunction":
                    at = invocation.event["requestContext"]["timeEpoch"] // SECOND
                self._witness.proofs.append(Proof(at, at, len(self._witness.heard)))


class _Answer:
    """A 200, as far as it is looked at."""

    status = 200

    def __enter__(self) -> _Answer:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _is_of_canary(write: Call) -> bool:
    key = write["Key"]
    return bool(write["TableName"] == _DEVICES and key.get("client") == {"S": CLIENT})
