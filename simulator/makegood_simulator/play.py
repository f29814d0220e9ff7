"""Plays a tape against the real functions by a virtual clock, and checks every promise while it plays."""

from __future__ import annotations

import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import patch

from makegood import clock
from makegood.rules.contracts import parse_contract
from makegood.rules.instants import Instant
from makegood_simulator.agents import Agents
from makegood_simulator.bystander import CLIENT as BYSTANDER
from makegood_simulator.bystander import Bystander
from makegood_simulator.canary import Canary
from makegood_simulator.clockwork import Agenda
from makegood_simulator.cloud import TECHNICIANS, cloud
from makegood_simulator.faults import MINUTE, SECOND, Fate, Faults
from makegood_simulator.happenings import happenings
from makegood_simulator.mails import Mail, read_mail
from makegood_simulator.people import InVain, People
from makegood_simulator.platform import HOUR, Outcome, Platform, written
from makegood_simulator.promises import Forgiven, Promises
from makegood_simulator.reading import CALM_LAG_SECONDS, LAG_SECONDS
from makegood_simulator.shortcut import shortcuts
from makegood_simulator.stale import StaleScans
from makegood_simulator.tables import Tables, integer, text
from makegood_simulator.tape import (
    Beat,
    Bounce,
    Complain,
    Contract,
    Evidence,
    Fail,
    Line,
    Return,
)
from makegood_simulator.threads import OneThread
from makegood_simulator.wire import Call, Invocation, Wire
from makegood_simulator.witness import Milliseconds, Witness

CALM = 90 * MINUTE
"""Nothing goes wrong any more so shortly before the end of the tape, so that what was begun can end."""

LONGEST_END = 3 * HOUR
"""How long after the tape's end statements and mails on their way are waited for."""

RECOVERY_SECONDS = 15 * 60
"""So long after a part of the system works again everything is caught up: mails and timers are retried."""

CANARY_SECOND = 25
"""When the canary beats while nothing goes wrong: so shortly before the sweep that it holds nothing up."""

SPOT_CHECKS = 500
"""One in so many ticks of a schedule that cannot matter is played all the same."""


Progress = Callable[[Milliseconds, float], None]
"""Is told now and then the virtual time, and which share of the tape is played."""


class ContractRefusedError(Exception):
    """The contract cannot be applied, for the reason that the operator is told."""


@dataclass
class Play:
    """What came of a tape."""

    statements: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    """The client's files as they were first stored, by their keys."""
    mails: list[Mail] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Promises that were broken, each in one sentence; empty when all is well."""
    in_vain: list[InVain] = field(default_factory=list)
    incidents: int = 0
    invocations: Counter[str] = field(default_factory=Counter)
    """How often each function ran."""
    calls: int = 0
    faults: Counter[Fate] = field(default_factory=Counter)
    """Which calls to AWS did not go well, beside all that befell events: lost ticks, delays, doubles."""
    seconds: float = 0.0


def play(
    contract: Mapping[str, Any],
    tape: Sequence[Line],
    *,
    seed: int | None = None,
    quick: bool = True,
    progress: Progress = lambda *_: None,
) -> Play:
    """Plays the tape of one client; with a seed things go wrong, the same for the same seed.

    Unless `quick`, every single beat and tick of a schedule is played.
    """
    started = time.perf_counter()
    with cloud(seed or 0):
        stage = Stage(contract, tape, seed, quick=quick)
        with stage.set_up():
            stage.play(progress)
    stage.result.seconds = time.perf_counter() - started
    return stage.result


class Stage:
    """Everything that takes part in one play."""

    def __init__(
        self, contract: Mapping[str, Any], tape: Sequence[Line], seed: int | None, *, quick: bool
    ) -> None:
        self._contract = contract
        self._tape = tape
        self._seed = seed
        self._quick = quick
        self._terms = parse_contract(contract)
        self._ends_at = max(_last_moment(line) for line in tape) * SECOND
        self.result = Play()
        self.agenda = Agenda(tape[0].at * SECOND)
        self.faults = Faults(seed, tape[0].at * SECOND, self._ends_at - CALM)
        self.wire = Wire(self.agenda, self.faults)
        self.witness = Witness(self._terms.client)
        self.platform = Platform(self.agenda, self.wire, self.faults, self.witness, self._log)
        self.tables = Tables()
        chance = random.Random(f"choices {seed}")
        self._chance = chance
        self.agents = Agents(self.platform, self.tables, chance, quick=quick)
        self.canary = Canary(self.platform, self.tables, random.Random(f"canary {seed}"), quick=quick)
        self.stale = StaleScans(self.wire, self.faults, self.tables, self.witness.client)
        self.people = People(self.platform, self.tables, self.agents)
        self.promises = Promises(
            self.platform, self.tables, self.agents, self.result, _forgiven(tape, seed, self._ends_at)
        )
        self.people.confirmed.append(self.promises.confirmed)
        self.wire.observers.append(self._keep)
        self.platform.after.append(self._count)
        self._calm_since_call = -1

    @contextmanager
    def set_up(self) -> Iterator[None]:
        """The clock, chance and sleep of this process are those of the play."""
        with ExitStack() as stack:
            for target, name, stand_in in (
                (clock, "now", lambda: self.agenda.now // SECOND),
                (clock, "after_effect", lambda: -(-self.agenda.now // SECOND)),
                (time, "sleep", lambda seconds: self.wire.spend(round(seconds * SECOND))),
                (OneThread, "arrange", staticmethod(self._arrange)),
                (secrets, "token_bytes", self._chance.randbytes),
            ):
                stack.enter_context(patch.object(target, name, stand_in))
            stack.enter_context(shortcuts())
            stack.enter_context(self.canary.connected())
            stack.enter_context(self.wire.laid())
            stack.callback(random.setstate, random.getstate())
            random.seed(f"everybody else's {self._seed}")
            yield

    def play(self, progress: Progress) -> None:
        if self._terms.client == BYSTANDER:
            raise ContractRefusedError(f"client: {BYSTANDER} is the other client of every play")
        bystander = Bystander(self.agenda.now // SECOND)
        self.people.do(Contract(at=self._tape[0].at, terms=dict(self._contract)))
        if not self.witness.contracts:
            raise ContractRefusedError(self.people.in_vain[0].reason)
        for line in self._tape:
            self.agenda.plan(line.at * SECOND, partial(self._do, line))
        second = self._chance.randrange(60) if self._seed is not None else 30
        self.canary.begin(self._chance.randrange(60) if self._seed is not None else CANARY_SECOND)
        self.platform.schedule("SweepFunction", second, self._needs_sweep, self._is_calm)
        self.platform.schedule("CloseFunction", 0, self._needs_close, lambda: False)
        self.platform.schedule("AnnouncementsFunction", 15, self.people.announcers.has_untold, lambda: False)
        begins_at, length = self.agenda.now, self._ends_at - self.agenda.now
        for at in (*range(begins_at, self._ends_at, HOUR), self._ends_at):
            self.agenda.play(at)
            progress(at, (at - begins_at) / (length or 1))
        self._bring_to_an_end()
        self.agents.put_down()
        self.canary.put_down(self.agenda.now)
        self.promises.check_end(bystander)
        self.result.in_vain.extend(self.people.in_vain)
        self.result.incidents = sum(1 for _ in self.tables.incidents(self.witness.client))
        self.result.calls, self.result.faults = self.wire.calls, self.wire.fates

    def _bring_to_an_end(self) -> None:
        """What is on its way arrives. No device beats any more, so nobody looks for silent ones."""
        self.platform.sweeps_are_lost_until = self.agenda.now + 2 * LONGEST_END
        for _ in range(LONGEST_END // MINUTE):
            if not self.platform.waiting:
                return
            self.agenda.play(self.agenda.now + MINUTE)

    def _do(self, line: Line) -> None:
        self._log("tape", line=line.number, do=type(line).__name__.lower())
        match line:
            case Beat():
                self.agents.beat(line)
            case Evidence():
                self.agents.bring(line)
            case Bounce():
                self._bounce(line)
            case Fail():
                self._fail(line)
            case Return():
                self._turn_back(line)
            case Complain():
                if not self.platform.complain(line.contact):
                    self.people.give_up(line, f"no mail has reached {line.contact}")
            case _:
                self.people.do(line)

    def _bounce(self, line: Bounce) -> None:
        self.platform.bouncing.add(line.contact)
        contacts = [parse_contract(dict(terms)).contacts for terms in self.witness.contracts]
        known = {to for each in contacts for to in (*each.outages, *each.statements)} | set(TECHNICIANS)
        if line.contact not in known:
            self.people.give_up(line, f"nobody has the address {line.contact} yet")

    def _turn_back(self, line: Return) -> None:
        found = [
            (integer(row, "started_at") or 0, str(text(row, "incident")))
            for row in self.tables.incidents(self.witness.client)
            if text(row, "device") == line.device
        ]
        if not found or not self.platform.turn_back(max(found)[1], line.mail):
            self.people.give_up(line, f"no {line.mail} was mailed of {line.device}")

    def _fail(self, line: Fail) -> None:
        until = line.until * SECOND
        if line.part == "mail":
            self.wire.mail_is_down_until = until
        elif line.part == "sweep":
            self.platform.sweeps_are_lost_until = until
        elif line.part == "api":
            self.platform.api_is_cut_until = until
            self.agents.disturb()
            self.canary.disturb()
        else:
            self.platform.evaluator_is_down_until = until

    # --- which ticks can matter ---

    def _needs_sweep(self) -> bool:
        """Whether a sweep could find anything: some device may be silent, or some timer overslept."""
        if not self._quick or self._spot_check() or self.stale.may_matter() or not self.canary.is_quiet:
            return True
        if self._is_calm():
            return False
        soon = self.agenda.now // SECOND + 60
        due = [*self._uncovered(), *(at + 120 for at in self._wakings())]
        if not due:
            self._calm_since_call = self.wire.calls
        return any(at < soon for at in due)

    def _is_calm(self) -> bool:
        """Whether, when last looked at, no device could fall silent and no timer oversleep."""
        return self._quick and self.canary.is_quiet and self.wire.calls == self._calm_since_call

    def _uncovered(self) -> Iterator[Instant]:
        """When the devices are due that are up and do not beat regularly."""
        for device, row in self.tables.devices(self.witness.client):
            if text(row, "state") == "up" and not self.agents.covers(device):
                yield integer(row, "due_at") or 0

    def _wakings(self) -> Iterator[Instant]:
        """When the timers of open incidents should wake."""
        for row in self.tables.incidents(self.witness.client):
            if "open_shard" in row:
                yield integer(row, "wake_at") or 0

    def _needs_close(self) -> bool:
        """Whether a statement may be due: near its moment of issue and until it is issued."""
        near = self.promises.is_near_issue() or self.promises.corrections.are_due()
        return not self._quick or near or self._spot_check()

    def _spot_check(self) -> bool:
        return self._chance.randrange(SPOT_CHECKS) == 0

    # --- what is kept ---

    def _arrange(self, order: list[int]) -> None:
        if self.faults.is_on:
            self._chance.shuffle(order)

    def _keep(self, _invocation: Invocation, operation: str, call: Call, _answer: Any) -> None:
        if operation == "SendEmail":
            self.result.mails.append(read_mail(call, self.agenda.now))
        for what, whom in happenings(operation, call):
            self._log(what, whom=whom)

    def _count(self, function: str, _outcome: Outcome, _started_at: Milliseconds) -> None:
        self.result.invocations[function] += 1

    def _log(self, what: str, **more: Any) -> None:
        self.result.log.append({"at": written(self.agenda.now), "what": what, **more})


def _forgiven(tape: Sequence[Line], seed: int | None, ends_at: Milliseconds) -> Forgiven:
    """What fails for a while by the tape's own word may hold everything up for so long."""
    failures = [line.until - line.at for line in tape if isinstance(line, Fail)]
    lag = CALM_LAG_SECONDS if seed is None else LAG_SECONDS
    return Forgiven(
        lag + sum(failures) + (RECOVERY_SECONDS if failures else 0),
        ends_at,
        is_calm=seed is None and not failures,
    )


def _last_moment(line: Line) -> Instant:
    until = getattr(line, "until", None)
    return line.at if until is None else int(until)
