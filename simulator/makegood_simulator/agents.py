"""The agents: they beat, bring evidence and try again. Beats that change nothing are played in a heap."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from makegood.rules.instants import Instant
from makegood_simulator.cloud import ENVIRONMENT
from makegood_simulator.faults import SECOND
from makegood_simulator.happenings import is_incident
from makegood_simulator.platform import Platform
from makegood_simulator.tables import Row, Tables, integer, text
from makegood_simulator.tape import Beat, Evidence
from makegood_simulator.wire import Call, Invocation, sets, touches, writes
from makegood_simulator.witness import Brought, Heard, Milliseconds, Opened

RETRY = 5 * SECOND
MOST_RETRIES = 3
FAULTY_BEATS_EVERY = 4 * 86_400
"""While things go wrong, regular beats are played for real at least this often, in seconds."""


@dataclass
class Stretch:
    """Regular heartbeats of one device; while quiet since an instant, put down only when asked for."""

    line: Beat
    next_at: Instant
    quiet_since: Instant | None = None
    version: int = 0

    @property
    def last_at(self) -> Instant:
        return self.next_at if self.line.until is None else self.line.until


class Agents:
    """Every agent of the client, each with its token."""

    def __init__(self, platform: Platform, tables: Tables, chance: Random, *, quick: bool) -> None:
        self.tokens: dict[str, str] = {}
        self._platform = platform
        self._agenda = platform.agenda
        self._tables = tables
        self._client = platform.witness.client
        self._chance = chance
        self._quick = quick
        self._stretches: list[Stretch] = []
        self._put_down: dict[str, Instant] = {}
        self.answered: list[Callable[[str, Instant], None]] = []
        self.kept: list[Callable[[str, str, Instant], None]] = []
        platform.wire.before.append(self._before)
        platform.wire.observers.append(self._observe)

    def beat(self, line: Beat) -> None:
        stretch = Stretch(line, line.at)
        self._stretches.append(stretch)
        self._plan(stretch, line.at)

    def bring(self, line: Evidence) -> None:
        """Evidence comes with a heartbeat: of the agent that vouches for the device, else of the device."""
        row = self._tables.device(self._client, line.device)
        sender = (text(row, "via") if row else None) or line.device
        entry = {"device": line.device, "practice": line.practice, "facts": dict(line.facts)}
        self._post(sender, {"evidence": [entry]})
        if line.every and line.until and line.at + line.every <= line.until:
            later = Evidence(**{**vars(line), "at": line.at + line.every})
            self._agenda.plan(later.at * SECOND, lambda: self.bring(later))

    def covers(self, device: str) -> bool:
        """Whether a device beats regularly, so that it cannot be silent."""
        return any(device in (s.line.device, *s.line.seen) for s in self._stretches if s.quiet_since)

    def put_down(self) -> None:
        """Writes into the rows what the regular beats up to now would have written."""
        now = self._agenda.now // SECOND
        for stretch in self._stretches:
            if stretch.quiet_since is not None:
                self._put_down_one(stretch, now)

    def disturb(self) -> None:
        """Nothing comes through from now on: quiet beats are put down, the rest is played for real."""
        now = self._agenda.now // SECOND
        for stretch in self._stretches:
            every, since = stretch.line.every, stretch.quiet_since
            if since is not None and every is not None:
                self._put_down_one(stretch, now - 1)
                stretch.quiet_since = None
                self._plan(stretch, since + ((now - 1 - since) // every + 1) * every)

    # --- beats ---

    def _plan(self, stretch: Stretch, at: Instant) -> None:
        stretch.version += 1
        version = stretch.version
        stretch.next_at = at
        self._agenda.plan(at * SECOND, lambda: self._due(stretch, version))

    def _due(self, stretch: Stretch, version: int) -> None:
        if stretch.version != version:
            return
        at = stretch.next_at
        self.put_down()
        stretch.quiet_since = None
        body = {"seen": list(stretch.line.seen)} if stretch.line.seen else {}
        answered = self._post(stretch.line.device, body)
        if stretch.line.every is None or at + stretch.line.every > stretch.last_at:
            self._stretches.remove(stretch)
        elif self._is_retired(stretch.line.device):
            self._plan(stretch, at + FAULTY_BEATS_EVERY // stretch.line.every * stretch.line.every)
        elif answered and self._can_be_quiet(stretch, at):
            stretch.quiet_since = at
            self._plan(stretch, self._next_for_real(stretch, at, stretch.line.every))
        else:
            self._plan(stretch, at + stretch.line.every)

    def _is_retired(self, device: str) -> bool:
        row = self._tables.device(self._client, device)
        return row is not None and text(row, "state") == "retired"

    def _next_for_real(self, stretch: Stretch, at: Instant, every: int) -> Instant:
        left = (stretch.last_at - at) // every
        if self._platform.faults.watch(self._agenda.now):
            left = min(left, self._chance.randint(1, max(1, FAULTY_BEATS_EVERY // every)))
        return at + left * every

    def _can_be_quiet(self, stretch: Stretch, at: Instant) -> bool:
        """Whether the beats to come only move `last_seen` and `due_at`."""
        if not self._quick:
            return False
        own = self._tables.device(self._client, stretch.line.device)
        others = [self._tables.device(self._client, device) for device in stretch.line.seen]
        living = [row for row in others if row is not None and text(row, "state") != "retired"]
        return own is not None and all(_is_regular(row, stretch, at) for row in (own, *living))

    def _put_down_one(self, stretch: Stretch, now: Instant) -> None:
        every, since = stretch.line.every, stretch.quiet_since
        assert every is not None
        assert since is not None
        at = since + (min(now, stretch.last_at) - since) // every * every
        for device in (stretch.line.device, *stretch.line.seen):
            row = self._tables.device(self._client, device)
            if row is not None and text(row, "state") == "up" and (integer(row, "last_seen") or 0) < at:
                row["last_seen"].value = str(at)
                row["due_at"].value = str(at + (integer(row, "grace_seconds") or 0))
                if self._put_down.get(device, 0) < at:
                    self._put_down[device] = at
                    self._platform.witness.heard.append(Heard(device, at, at, quiet_since=since))

    def _wake_disturbed(self) -> None:
        """Once a device of a quiet stretch is not simply up any more, its beats are played for real."""
        now = self._agenda.now // SECOND
        for stretch in self._stretches:
            every, since = stretch.line.every, stretch.quiet_since
            if since is not None and every is not None and not self._is_undisturbed(stretch):
                stretch.quiet_since = None
                self._plan(stretch, since + ((now - since) // every + 1) * every)

    def _is_undisturbed(self, stretch: Stretch) -> bool:
        rows = [self._tables.device(self._client, d) for d in (stretch.line.device, *stretch.line.seen)]
        states = [text(row, "state") for row in rows if row is not None]
        return states[0] == "up" and all(state in ("up", "retired") for state in states)

    # --- requests ---

    def _post(self, device: str, body: Call) -> bool:
        """Posts a heartbeat; an agent that hears nothing, or that it went wrong, tries again soon."""
        now = self._agenda.now
        if self._platform.faults.strikes(now, 0.3):  # the network holds it up before it reaches anybody
            late = self._platform.faults.chance.randint(1, 20 * SECOND)
            self._send_at(now + late, device, body)
            return False
        if self._platform.faults.strikes(now):  # it comes twice, the second while the first is worked on
            soon = self._platform.faults.chance.randint(0, 2 * SECOND)
            self._send_at(now + soon, device, body, MOST_RETRIES)
        return self._send(device, body)

    def _send_at(self, at: Milliseconds, device: str, body: Call, attempt: int = 0) -> None:
        self._agenda.plan(at, lambda: void(self._send(device, body, attempt)))

    def _send(self, device: str, body: Call, attempt: int = 0) -> bool:
        if device not in self.tokens:
            return False  # it is still being enrolled
        arrived = self._agenda.now
        request = {
            "method": "POST",
            "path": "/v1/heartbeat",
            "headers": {"Authorization": f"Bearer {self.tokens[device]}"},
            "body": json.dumps(body) if body else None,
        }
        answer = self._platform.request(
            "HeartbeatFunction", request, lambda *write: self._record(arrived, body, *write)
        )
        if answer is not None and answer["statusCode"] == 200:
            refused = json.loads(answer["body"])["refused"]
            self._taken_in(device, body, refused, arrived // SECOND)
            for what in refused:
                self._platform.log("refused", device=device, reason=f"{device} may not speak for {what}")
            return True
        if answer is not None and answer["statusCode"] < 500:
            self._platform.log("refused", device=device, reason=answer["body"])
            return False
        if attempt < MOST_RETRIES:
            self._send_at(self._agenda.now + RETRY, device, body, attempt + 1)
        return False

    def _taken_in(self, device: str, body: Call, refused: list[str], at: Instant) -> None:
        """Tells whoever watches what an agent may rely on from now on: all that was not refused."""
        for seen in (device, *body.get("seen", ())):
            for look in self.answered if seen not in refused else ():
                look(seen, at)
        for entry in body.get("evidence", ()):
            if f"{entry['device']}/{entry['practice']}" not in refused:
                for keep in self.kept:
                    keep(entry["device"], entry["practice"], at)

    def _record(self, arrived: Milliseconds, body: Call, operation: str, call: Call) -> None:
        """What this request puts on record, as seen on its way to AWS."""
        at, at_up = arrived // SECOND, math.ceil(arrived / SECOND)
        for kind, write in writes(operation, call):
            if kind == "Update" and write["TableName"] == _DEVICES and sets(write, "last_seen"):
                self._platform.witness.heard.append(Heard(write["Key"]["device"]["S"], at, at_up))
            elif kind == "Put" and is_incident(write["Item"]["sk"]["S"]):
                witness = self._platform.witness
                witness.opened.append(Opened(write["Item"]["device"]["S"], at, len(witness.heard)))
            elif kind == "Put" and write["Item"]["sk"]["S"].startswith("evidence#"):
                self._brought(write["Item"]["sk"]["S"], body, at)

    def _brought(self, key: str, body: Call, at: Instant) -> None:
        _, _, device, practice = key.split("#")
        for entry in body["evidence"]:
            if (entry["device"], entry["practice"]) == (device, practice):
                self._platform.witness.brought.append(Brought(device, practice, at, entry["facts"]))

    # --- what is seen on the wire ---

    def _before(self, _operation: str, call: Call) -> None:
        if touches(call, _DEVICES):
            self.put_down()

    def _observe(self, _invocation: Invocation, operation: str, call: Call, _answer: Any) -> None:
        if operation in ("UpdateItem", "TransactWriteItems") and touches(call, _DEVICES):
            self._wake_disturbed()


def void(_: object) -> None:
    """For a happening whose result nobody waits for."""


_DEVICES = ENVIRONMENT["DEVICES_TABLE"]


def _is_regular(row: Row, stretch: Stretch, at: Instant) -> bool:
    grace, every = integer(row, "grace_seconds"), stretch.line.every
    seen = integer(row, "last_seen")
    assert grace is not None
    assert every is not None
    return text(row, "state") == "up" and seen is not None and seen >= at and every <= grace
