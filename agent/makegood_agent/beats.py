"""The agent: delivers heartbeats and tells the log what changes."""

from __future__ import annotations

import random
from concurrent.futures import Future, wait
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from makegood_agent import timing
from makegood_agent.logs import explain, line, log
from makegood_agent.neighbours import look_at
from makegood_agent.offline import Offline
from makegood_agent.server import HeartbeatError, post, refused_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from makegood_agent.collection import Collection
    from makegood_agent.evidence import Evidence
    from makegood_agent.neighbours import Neighbour
    from makegood_agent.store import Store

    class Part(Protocol):
        """Something to deliver with a beat: pending until the server has judged it."""

        name: str
        key: str

        def pending(self) -> list[Any]: ...
        def settle(self, taken: bool, /) -> None: ...


ANSWER_SECONDS = 10.0
BACKOFF_SECONDS_AT_MOST = 60.0
REASONS_AT_MOST = 20
NOT_TAKEN = frozenset({400, 413, 500})


def name_of(entry: dict[str, Any]) -> str:
    """How the server calls an entry of evidence that it refuses."""
    return f"{entry.get('device')}/{entry.get('practice')}"


class Options(NamedTuple):
    url: str
    read_token: Callable[[], str]
    neighbours: list[Neighbour]
    evidence: Evidence
    collection: Collection
    store: Store
    every: float
    probe_timeout: float
    timeout: float
    once: bool
    show: bool


class Agent:
    """One machine's voice; whatever goes wrong, the next beat is attempted."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.offline = Offline(options.store, options.every)
        self.parts: list[Part] = [options.evidence, *options.collection.parts, self.offline]
        self.one_by_one = False
        self.ok: bool | None = None
        self.failing_since = 0.0
        self.reasons: set[str] = set()
        self.problems = {"evidence": "", "refused": ""}

    def run(self) -> NoReturn:
        """A beat on each tick of a steady grid; the ticks that a suspend swallowed are one beat, not many."""
        self.options.collection.start()
        tick = timing.clock()
        while True:
            timing.sleep_until(tick)
            if timing.clock() - tick > self.options.every:
                tick = timing.clock()
            tick += self.options.every
            self.beat(max(tick, timing.clock() + ANSWER_SECONDS))

    def once(self) -> int:
        self.options.collection.collect_all()
        failure = self.beat(timing.clock() + self.options.timeout)
        if failure:
            log.error("heartbeat not delivered: %s", failure)
        return 1 if failure or self.problems["evidence"] else 0

    def beat(self, until: float) -> HeartbeatError | None:
        """Try, with backoff and full jitter, until a heartbeat is accepted or the time is up."""
        backoff = 1.0
        while True:
            failure = self.attempt(until)
            if failure is None:
                return None
            jitter = random.uniform(0, backoff)  # noqa: S311 - guards no secret
            retry_at = timing.clock() + max(jitter, failure.retry_after_seconds)
            if not failure.retry_soon or retry_at >= until:
                self.offline.missed()
                return failure
            timing.sleep_until(retry_at)
            backoff = min(2 * backoff, BACKOFF_SECONDS_AT_MOST)

    def attempt(self, until: float) -> HeartbeatError | None:
        try:
            answer = self.deliver(until)
        except Exception as error:  # whatever went wrong here, the next attempt must be made
            failure = error if isinstance(error, HeartbeatError) else HeartbeatError(explain(error))
            self.note_failure(failure)
            return failure
        self.note_success(answer)
        return None

    def deliver(self, until: float) -> dict[str, Any]:
        """Send one heartbeat, and if the server cannot take what it brings, once more without that."""
        seen = look_at(self.options.neighbours, self.options.probe_timeout)
        brought = self.pending()
        try:
            answer = self.send(seen, brought, until)
        except HeartbeatError as refused:
            if not brought or refused.status not in NOT_TAKEN:
                raise
            answer = self.send(seen, [], until)
            self.note_refusal([part for part, _ in brought], refused)
            return answer
        if any(part.key == "evidence" for part, _ in brought):
            self.note_problem("evidence", "")
        names = set(refused_names(answer))
        for part, entries in brought:
            part.settle(names.isdisjoint(map(name_of, entries)))
        return answer

    def pending(self) -> list[tuple[Part, list[Any]]]:
        found = [(part, entries) for part in self.parts for entries in [self.entries_of(part)] if entries]
        return found[:1] if self.one_by_one else found

    def entries_of(self, part: Part) -> list[Any]:
        try:
            return part.pending()
        except (OSError, ValueError, RecursionError) as error:
            place = "" if isinstance(error, OSError) else f"{part.name}: "
            self.note_problem("evidence", f"evidence not sent: {place}{explain(error)}")
            return []

    def note_refusal(self, parts: list[Part], refused: HeartbeatError) -> None:
        """Several parts go one by one from now on, so that a bad one takes no good one with it."""
        self.note_problem("evidence", f"evidence not taken: {refused}")
        self.one_by_one = True
        first = parts[0]
        if len(parts) == 1 and refused.status != 500:
            # What the server calls wrong stays wrong; only its own fault may pass.
            first.settle(False)
        self.parts = [each for each in self.parts if each is not first] + [first]

    def send(self, seen: list[str], brought: list[tuple[Part, list[Any]]], until: float) -> dict[str, Any]:
        token = line.secret = self.options.read_token()
        body: dict[str, list[Any]] = {"seen": list(seen)} if seen else {}
        for part, entries in brought:
            body.setdefault(part.key, []).extend(entries)
        seconds = max(1.0, min(ANSWER_SECONDS, until - timing.clock()))
        # The sockets' own, longer time-outs only clean up after an attempt that was given up here.
        answer: Future[dict[str, Any]] = timing.in_background(
            partial(post, self.options.url, token, body, 2 * seconds)
        )
        if not wait([answer], seconds).done:
            raise HeartbeatError("no answer in time")
        return answer.result()

    def note_failure(self, failure: HeartbeatError) -> None:
        if self.ok is not False:
            self.failing_since = timing.clock()
        self.ok = False
        if str(failure) not in self.reasons and len(self.reasons) < REASONS_AT_MOST:
            self.reasons.add(str(failure))
            log.info("heartbeat failing: %s", failure)

    def note_success(self, answer: dict[str, Any]) -> None:
        if self.ok is False:
            seconds = round(timing.clock() - self.failing_since)
            log.info("heartbeat ok after failing for %s", timedelta(seconds=seconds))
        elif self.ok is None:
            log.info("heartbeat accepted by %s", self.options.url)
        self.ok = True
        self.reasons.clear()
        names = refused_names(answer)
        self.note_problem("refused", f"refused by the server: {'; '.join(names)}" if names else "")

    def note_problem(self, topic: str, problem: str) -> None:
        if problem != self.problems[topic]:
            log.warning("%s", problem or f"{topic}: no problem any more")
        self.problems[topic] = problem
