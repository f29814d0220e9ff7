"""Technicians at the desk and the operator at the command line: they act, and try again when it fails."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from makegood.due import ask_for_statement
from makegood.keys import sign_link
from makegood.rules.instants import Instant
from makegood.rules.links import Link
from makegood.storage import enrolment, excuses, pauses
from makegood.storage.changes import Operator, RefusedError
from makegood.storage.clients import apply_contract
from makegood.timers import start_timer, wake
from makegood_simulator import tape
from makegood_simulator.agents import Agents
from makegood_simulator.announcers import Announcers
from makegood_simulator.cloud import ENVIRONMENT, TECHNICIANS
from makegood_simulator.faults import MINUTE, SECOND
from makegood_simulator.parties import Parties
from makegood_simulator.platform import HOUR, Platform
from makegood_simulator.tables import Tables, integer, text
from makegood_simulator.tape import (
    Announce,
    AnnounceWeekly,
    Cancel,
    Contract,
    DeviceLine,
    Enroll,
    Excuse,
    Issue,
    Line,
    Pause,
    Plan,
    Repair,
    Resume,
    Retire,
    Take,
)
from makegood_simulator.wire import Call, Invocation, sets, writes
from makegood_simulator.witness import Act, Enrolled

PATIENCE = 2 * HOUR
"""How long somebody waits for the incident they want to do something about."""

DETECTION_SECONDS = int(ENVIRONMENT["DETECTION_SECONDS"])
LINK_LIFE = 90 * 86_400
OPERATOR = "operator@provider.example"

_SET_AS = {"take": "acknowledged", "plan": "plan", "repair": "repair", "resume": "end"}
_PUT_AS = {"pause": "#pause#", "excuse": "#excuse#", "call": "#call#"}


Visiting = Take | Plan | Repair | tape.Call
"""What a technician does on the page of an incident."""


@dataclass(frozen=True)
class InVain:
    """What a line asked for and nobody could do, and why."""

    line: Line
    reason: str


class People:
    """Everybody who does something by hand."""

    def __init__(self, platform: Platform, tables: Tables, agents: Agents) -> None:
        self._platform = platform
        self._agenda = platform.agenda
        self._witness = platform.witness
        self._tables = tables
        self._agents = agents
        self.announcers = Announcers(self._witness, tables, self._agenda)
        find = partial(self._incident_for, ended=True)
        self._parties = Parties(platform, tables, find, self.give_up)
        self.confirmed: list[Callable[[str, str], None]] = []
        self.in_vain: list[InVain] = []

    def do(self, line: Line) -> None:
        """Does what the line says somebody does."""
        match line:
            case Take() | Plan() | Repair() | tape.Call():
                self._visit(line)
            case tape.Answer() | tape.Ask() | tape.Approve() | tape.Revoke() | tape.Dispute() | tape.Decide():
                self._parties.do(line)
            case Pause() | Resume() | Excuse():
                self._allow(line)
            case Enroll():
                self._enroll(line)
            case Retire():
                self._retire(line)
            case Contract():
                self._apply(line)
            case Announce() | AnnounceWeekly():
                self._command(line, *self.announcers.announce(line))
            case Cancel():
                self._command(line, *self.announcers.cancel(line))
            case Issue():
                ask = partial(ask_for_statement, self._witness.client, line.period)
                self._command(line, lambda _: ask(), lambda *_: None)

    # --- technicians ---

    def _visit(self, line: Visiting) -> None:
        """A technician opens the incident's page and fills in its form."""
        ended = isinstance(line, tape.Call)
        incident = self._incident_for(line, lambda: self._visit(line), ended=ended)
        if incident is not None:
            self._post(line, incident, 20)

    def _post(self, line: Visiting, incident: str, attempts: int) -> None:
        action = _name(line)
        link = self._link(incident)
        self._platform.request("DeskFunction", {"method": "GET", "path": f"/desk/{link}"})
        request = {
            "method": "POST",
            "path": f"/desk/{link}/{'acknowledge' if action == 'take' else action}",
            "body": urlencode(_filled(line, self._zone())),
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
            "route": "ANY /desk/{proxy+}",
        }
        arrived = self._agenda.now

        def watch(operation: str, call: Call) -> None:
            self._see_act(line, incident, math.ceil(arrived / SECOND), operation, call)

        answer = self._platform.request("DeskFunction", request, watch)
        if answer is not None and answer["statusCode"] == 303:
            for look in self.confirmed:
                look(action, incident)
        if answer is None or answer["statusCode"] >= 500:
            if attempts:
                again = self._agenda.now + 30 * SECOND
                self._agenda.plan(again, lambda: self._post(line, incident, attempts - 1))
        elif attempts and self._platform.faults.strikes(self._agenda.now):
            self._agenda.plan(self._agenda.now + SECOND, lambda: self._post(line, incident, 0))
        elif answer["statusCode"] not in (303, 409):
            self.give_up(line, f"the desk answers {answer['statusCode']}")

    def _zone(self) -> ZoneInfo:
        """The contract's, which forms tell times by."""
        return ZoneInfo(str(self._witness.contracts[-1]["timezone"]))

    def _link(self, incident: str) -> str:
        expires_at = self._agenda.now // SECOND + LINK_LIFE
        return sign_link(Link("incident", self._witness.client, incident, TECHNICIANS[0], expires_at))

    def _see_act(self, line: DeviceLine, incident: str, at: Instant, operation: str, call: Call) -> None:
        if any(_is_act(_name(line), kind, write) for kind, write in writes(operation, call)):
            details = _details(line)
            if isinstance(line, tape.Call):
                details["spoken_at"] = line.at if line.spoken_at is None else line.spoken_at
            act = Act(_name(line), line.device, incident, at, self._agenda.now, details)
            self._witness.acts.append(act)

    # --- the operator ---

    def _enroll(self, line: Enroll) -> None:
        wanted = enrolment.Enrolment(
            self._witness.client,
            line.device,
            kind=line.kind,
            name=line.device,
            grace_seconds=line.grace_seconds,
            via=line.via,
            practices=line.practices,
        )

        def enroll(operator: Operator) -> None:
            try:
                token = enrolment.enroll(wanted, operator, DETECTION_SECONDS)
            except RefusedError:  # it was enrolled, but the answer with its token was lost
                if self._tables.device(wanted.client, wanted.device) is None:
                    raise
                token = enrolment.rotate(wanted.client, wanted.device, operator, revoke=True)
            self._agents.tokens[line.device] = token

        def watch(_at: Instant, operation: str, call: Call) -> None:
            for kind, write in writes(operation, call):
                if kind == "Put" and "token_hash" in write["Item"]:
                    self._witness.enrolled.append(
                        Enrolled(
                            line.device,
                            line.kind,
                            line.grace_seconds,
                            line.practices,
                            self._agenda.now // SECOND,
                            line.via,
                        )
                    )

        self._command(line, enroll, watch)

    def _retire(self, line: Retire) -> None:
        def retire(operator: Operator) -> None:
            for incident in enrolment.retire(self._witness.client, line.device, operator):
                start_timer(incident)

        def watch(_at: Instant, operation: str, call: Call) -> None:
            for kind, write in writes(operation, call):
                if kind == "Update" and sets(write, "retired_at"):
                    values = write["ExpressionAttributeValues"].values()
                    at = max(int(value["N"]) for value in values if "N" in value)
                    self._witness.retired[line.device] = at

        self._command(line, retire, watch)

    def _apply(self, line: Contract) -> None:
        terms = dict(line.terms)

        def watch(_at: Instant, operation: str, call: Call) -> None:
            for kind, write in writes(operation, call):
                if kind == "Put" and write["Item"]["sk"]["S"].startswith("contract#"):
                    self._witness.contracts.append(terms)

        self._command(
            line,
            lambda operator: apply_contract(
                terms, operator, DETECTION_SECONDS, backdated=not self._witness.contracts
            ),
            watch,
        )

    def _allow(self, line: Pause | Resume | Excuse) -> None:
        """A pause, its end or an excuse, of the device's open or last incident."""
        incident = self._incident_for(line, lambda: self._allow(line), ended=True)
        if incident is None:
            return
        client, name = self._witness.client, incident

        def allow(operator: Operator) -> None:
            if isinstance(line, Pause):
                pauses.pause_incident(client, name, pauses.Wait(line.reason, line.reason), operator)
            elif isinstance(line, Resume):
                pauses.resume_incident(client, name, operator)
            else:
                plea = excuses.Plea(line.stage, line.reason, "")
                excuses.excuse_stage(client, name, plea, operator, approved_by=line.approved_by)
            wake(client, name)

        self._command(line, allow, partial(self._see_act, line, name))

    def _command(
        self,
        line: Line,
        process: Callable[[Operator], Any],
        watch: Callable[[Instant, str, Call], None],
    ) -> None:
        """Runs a command; the operator repeats it while it fails, and reads why it is refused."""
        now = self._agenda.now
        at = now // SECOND if isinstance(line, Pause) else math.ceil(now / SECOND)
        command = Invocation(_name(line), None, now, None, [lambda *write: watch(at, *write)])
        outcome = self._platform.run(command, lambda: process(Operator(OPERATOR, at)))
        if outcome.error in ("RefusedError", "ContractError"):
            self.give_up(line, outcome.reason)
        elif outcome.error is not None:
            self._agenda.plan(now + MINUTE, lambda: self._command(line, process, watch))

    # --- which incident ---

    def _incident_for(self, line: DeviceLine, again: Callable[[], None], *, ended: bool) -> str | None:
        """The device's open incident, or with `ended` its last one; without one, tries again in a minute."""
        found = [
            (integer(row, "started_at") or 0, str(text(row, "incident")))
            for row in self._tables.incidents(self._witness.client)
            if text(row, "device") == line.device and (ended or "closed_at" not in row)
        ]
        if found:
            return max(found)[1]
        if self._agenda.now < line.at * SECOND + PATIENCE:
            self._agenda.plan(self._agenda.now + MINUTE, again)
        else:
            self.give_up(line, f"{line.device} has no incident to {_name(line)}")
        return None

    def give_up(self, line: Line, reason: str) -> None:
        """Notes what the line asked for in vain."""
        self.in_vain.append(InVain(line, reason))
        self._platform.log("in vain", line=line.number, do=_name(line), reason=reason)


def _name(line: Line) -> str:
    return type(line).__name__.lower()


def _is_act(action: str, kind: str, write: Call) -> bool:
    """Whether a write puts an act on record."""
    if kind == "Put":
        return action in _PUT_AS and _PUT_AS[action] in write["Item"]["sk"]["S"]
    return action in _SET_AS and sets(write, _SET_AS[action])


def _details(line: Line) -> dict[str, Any]:
    own = {field.name for field in fields(line)} - {"at", "number", "device"}
    return {name: getattr(line, name) for name in sorted(own)}


def _filled(line: Visiting, zone: ZoneInfo) -> dict[str, str]:
    if isinstance(line, tape.Call):
        spoken = line.at if line.spoken_at is None else line.spoken_at
        wall = datetime.fromtimestamp(spoken, zone).strftime("%Y-%m-%dT%H:%M:%S")
        return {"reached": line.reached, "number": line.telephone, "at": wall}
    if isinstance(line, Plan):
        return {"cause": line.text, "steps": line.text, "eta": "soon"}
    if isinstance(line, Repair):
        return {"cause": line.text, "work": line.text}
    return {}
