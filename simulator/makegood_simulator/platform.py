"""The platform around the functions: who calls them when, and what happens when one fails or dies."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from makegood.rules.instants import Instant, format_instant
from makegood_simulator.clockwork import Agenda
from makegood_simulator.cloud import timer_machine
from makegood_simulator.events import Context, api_request, schedule_event, ses_notification, sqs_event
from makegood_simulator.faults import MINUTE, SECOND, Faults
from makegood_simulator.functions import INFRA, functions, queue_of, schedule_minutes
from makegood_simulator.machine import Done, Ended, Failed, Invoke, Reply, Request, StateMachine, WaitUntil
from makegood_simulator.wire import Call, Invocation, Killed, Wire
from makegood_simulator.witness import Accepted, Event, Milliseconds, Witness

HOUR = 60 * MINUTE
DELIVERY = 2 * SECOND
"""How long a mail takes to its mailbox, unless things go wrong."""

LONGEST_WAIT = 4 * SECOND
"""A request that has not reached its function by then reaches none any more."""

Execution = Generator[Request, Reply, Ended]
Log = Callable[..., None]


@dataclass(frozen=True)
class Outcome:
    """What became of an invocation: its answer, or the name of the error it ended with."""

    answer: Any = None
    error: str | None = None
    reason: str = ""
    """What the error said."""


@dataclass
class _Message:
    body: str
    receives: int = 0
    handled: Callable[[], None] = lambda: None


@dataclass
class Platform:
    """API Gateway, Scheduler, Step Functions, SQS, SNS and SES, by the virtual clock."""

    agenda: Agenda
    wire: Wire
    faults: Faults
    witness: Witness
    log: Log
    bouncing: set[str] = field(default_factory=set)
    evaluator_is_down_until: Milliseconds = 0
    sweeps_are_lost_until: Milliseconds = 0
    api_is_cut_until: Milliseconds = 0
    """Up to then no heartbeat reaches the API, of agents or of the canary."""
    waiting: int = 0
    """Messages and events that are on their way."""

    last_sweep: Instant = 0
    after: list[Callable[[str, Outcome, Milliseconds], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        definition = json.loads((INFRA / "incident.asl.json").read_text())
        arns = {"AdvanceFunctionArn": "AdvanceFunction", "AlarmTopicArn": "AlarmTopic"}
        self._machine = StateMachine(definition, arns)
        self._executions: dict[str, Execution] = {}
        self.wire.observers.append(self._observe)
        self.wire.answered.append(self._answered)

    # --- functions ---

    def invoke(self, function: str, event: Any, *watchers: Callable[[str, Call], None]) -> Outcome:
        """Runs a function to its end, or to its death."""
        terms = functions()[function]
        started_at = self.agenda.now
        ends_at = started_at + terms.timeout_seconds * SECOND
        invocation = Invocation(function, event, started_at, ends_at, list(watchers))
        context = _Context(self.agenda, ends_at)
        with terms.running() as handler:
            outcome = self.run(invocation, lambda: handler(event, context))
        if function == "SweepFunction" and outcome.error is None:
            self.last_sweep = started_at // SECOND
        for look in self.after:
            look(function, outcome, started_at)
        return outcome

    def run(self, invocation: Invocation, process: Callable[[], Any]) -> Outcome:
        """Runs any process along the wire."""
        self.wire.running.append(invocation)
        try:
            outcome = Outcome(answer=process())
        except Killed as killed:
            outcome = Outcome(error=f"died at {killed}")
        except Exception as error:
            outcome = Outcome(error=type(error).__name__, reason=str(error))
        finally:
            self.wire.running.pop()
        if outcome.error:
            self.log("failed", who=invocation.name, error=outcome.error)
        return outcome

    # --- API Gateway ---

    def request(
        self, function: str, request: Call, *watchers: Callable[[str, Call], None]
    ) -> dict[str, Any] | None:
        """What a caller of the API is answered; None when no answer ever comes."""
        if function == "HeartbeatFunction" and self.agenda.now < self.api_is_cut_until:
            return None
        arrived = self.agenda.now
        event = api_request(at=arrived / 1000, **request)
        self.wire.spend(self.faults.delay(arrived, SECOND, 3))
        if self.agenda.now > arrived + LONGEST_WAIT:  # other processes took their time: nobody waits for it
            return None
        outcome = self.invoke(function, event, *watchers)
        if outcome.error is not None or self.faults.strikes(self.agenda.now, 0.2):
            return None
        answer: dict[str, Any] = outcome.answer
        return answer

    # --- Scheduler ---

    def schedule(
        self, function: str, second: int, is_needed: Callable[[], bool], is_calm: Callable[[], bool]
    ) -> None:
        """Calls the function by its schedule, leaving out ticks that cannot matter.

        While it is calm no tick matters before something else has happened.
        """
        every = schedule_minutes(function) * MINUTE
        first = self.agenda.now - self.agenda.now % MINUTE + second * SECOND

        def tick() -> None:
            now = self.agenda.now
            waited = self.agenda.next_at() - now if is_calm() else 0
            ticks = max(1, -(-waited // every))
            self.agenda.plan(now - now % MINUTE + ticks * every + second * SECOND, tick)
            if self._is_down(function) or self.faults.ticks_are_lost(now) or not is_needed():
                return
            self.agenda.plan(now + self.faults.delay(now, 20 * SECOND), lambda: self.scheduled(function))
            if self.faults.strikes(now):
                self.agenda.plan(now, lambda: self.scheduled(function))

        self.agenda.plan(first, tick)

    def _is_down(self, function: str) -> bool:
        until = self.evaluator_is_down_until
        if function == "SweepFunction":
            until = max(until, self.sweeps_are_lost_until)
        elif function == "CloseFunction":
            return False
        return self.agenda.now < until

    def scheduled(self, function: str, attempt: int = 1, since: Milliseconds = 0) -> None:
        """One event of a schedule, tried again as the template says."""
        since = since or self.agenda.now
        outcome = self.invoke(function, schedule_event())
        terms = functions()[function]
        again_at = self.agenda.now + attempt * MINUTE
        if outcome.error and attempt < terms.attempts and again_at - since <= terms.oldest_seconds * SECOND:
            self.agenda.plan(again_at, lambda: self.scheduled(function, attempt + 1, since))

    # --- Step Functions ---

    def _start(self, arn: str, given: str) -> None:
        if arn in self._executions:
            return
        jitter = self.faults.chance.random
        run = self._machine.run(json.loads(given), lambda most: most * jitter(), self.agenda.now)
        self._executions[arn] = run
        self.agenda.plan(self.agenda.now, lambda: self._go_on(arn, None))

    def _go_on(self, arn: str, reply: Reply | None) -> None:
        try:
            request = self._executions[arn].send(reply)  # type: ignore[arg-type]  # None starts a generator
        except StopIteration as end:
            _end_execution(arn, end.value.status)
            return
        now = self.agenda.now
        if isinstance(request, WaitUntil):
            if self.faults.strikes(now, 0.3):
                self.log("timer lost", execution=arn.rpartition(":")[2])
                _end_execution(arn, "ABORTED")
                return
            self.agenda.plan(request.at_ms + self._skew(now), lambda: self._go_on(arn, self._done(None)))
        elif isinstance(request, Invoke):
            self._advance(arn, request)
        else:
            self.log("alarm", subject=request.subject, message=request.message)
            self._go_on(arn, self._done({"MessageId": "alarm"}))

    def _skew(self, now: Milliseconds) -> Milliseconds:
        """A timer wakes a little early, or minutes late."""
        if self.faults.strikes(now):
            return -self.faults.chance.randint(1, 999)
        return self.faults.delay(now, 5 * MINUTE, 3)

    def _advance(self, arn: str, request: Invoke) -> None:
        if self.agenda.now < self.evaluator_is_down_until:
            outcome = Outcome(error="Lambda.ServiceException")
        else:
            if self.faults.strikes(self.agenda.now):
                self._invoke_too(request)
            outcome = self.invoke(request.function, request.payload)
        self._go_on(arn, self._failed(outcome.error) if outcome.error else self._done(outcome.answer))

    def _invoke_too(self, request: Invoke) -> None:
        """The same invocation once more, while the first one runs or soon after."""

        def invoke() -> None:
            self.invoke(request.function, request.payload)

        self.agenda.plan(self.agenda.now + self.faults.chance.randint(0, SECOND), invoke)

    def _done(self, result: Any) -> Done:
        return Done(result, self.agenda.now)

    def _failed(self, error: str) -> Failed:
        return Failed("Lambda.Unknown", error, self.agenda.now)

    # --- SQS ---

    def send(self, function: str, message: _Message, after: Milliseconds = SECOND) -> None:
        """Puts a message on the queue that feeds a function; delivered until it is handled."""
        self.waiting += 1
        self.agenda.plan(self.agenda.now + after, lambda: self._receive(function, message))

    def _receive(self, function: str, message: _Message) -> None:
        self.waiting -= 1
        if function == "DeliveriesFunction" and self.agenda.now < self.evaluator_is_down_until:
            self.send(function, message, MINUTE)
            return
        message.receives += 1
        outcome = self.invoke(function, sqs_event(message.body))
        if outcome.error is None and not outcome.answer["batchItemFailures"]:
            message.handled()
            if self.faults.strikes(self.agenda.now):
                self.send(function, message, 5 * SECOND)
            return
        terms = queue_of(function)
        if message.receives % terms.most_receives == 0:
            self.log("dead letter", queue=function, body=message.body)
            self.send(function, message, HOUR)  # the operator, called by the alarm, sends it again
        else:
            self.send(function, message, terms.visibility_seconds * SECOND)

    # --- SES ---

    def _accept(self, call: Call) -> None:
        tags = {tag["Name"]: tag["Value"] for tag in call["EmailTags"]}
        (to,) = call["Destination"]["ToAddresses"]
        self.witness.accepted.append(Accepted(tags["mail"], to, self.agenda.now))
        bounces = to in self.bouncing or self.faults.strikes(self.agenda.now, 0.2)
        permanent = to in self.bouncing or self.faults.strikes(self.agenda.now, 5)
        late = self.faults.delay(self.agenda.now, 10 * MINUTE)
        if bounces or not self.faults.strikes(self.agenda.now):  # else its mailbox keeps it waiting
            self._report(tags, "Bounce" if bounces else "Delivery", permanent, self._way() + late)
        if not bounces and self.faults.strikes(self.agenda.now):  # an automatic reply, or turned back later
            turned_back = self.faults.chance.random() < 0.5
            late = self.faults.chance.randint(1, 10 * MINUTE)
            self._report(tags, "Bounce", turned_back, self._way() + late)
        self.log("mail", to=to, mail=tags["mail"])

    def turn_back(self, incident: str, kind: str) -> bool:
        """What was mailed of a kind about an incident comes back, whenever that was; False for nothing."""
        mails = {
            copy.mail
            for copy in self.witness.accepted
            if copy.mail.startswith(f"incident_{incident}_{kind}_")
        }
        for mail in sorted(mails):
            self._report({"client": self.witness.client, "mail": mail}, "Bounce", True, self._way())
        return bool(mails)

    def complain(self, contact: str) -> bool:
        """The contact calls the last mail that is known to have reached them unwanted; False for none."""
        mails = [copy.mail for copy in self.witness.accepted if copy.to == contact]
        reached = {
            event.mail
            for event in self.witness.events
            if event.kind == "Delivery" and event.handled_at is not None and event.mail in mails
        }
        found = [mail for mail in mails if mail in reached]
        if found:
            tags = {"client": self.witness.client, "mail": found[-1]}
            self._report(tags, "Complaint", False, self._way())
        return bool(found)

    def _answered(self, operation: str, call: Call) -> None:
        """Whoever sends a mail knows it as sent only once the answer is there."""
        if operation == "SendEmail":
            (mail,) = (tag["Value"] for tag in call["EmailTags"] if tag["Name"] == "mail")
            for copy in self.witness.accepted[::-1]:
                if copy.mail == mail and copy.answered_at is None:
                    copy.answered_at = self.agenda.now
                    break

    def _way(self) -> Milliseconds:
        """How long a mail takes to its mailbox; at times less than SES takes to answer."""
        is_calm = not self.faults.watch(self.agenda.now)
        return DELIVERY if is_calm else self.faults.chance.randint(100, DELIVERY)

    def _report(self, tags: dict[str, str], kind: str, permanent: bool, after: Milliseconds) -> None:
        event = Event(tags["mail"], kind, permanent, self.agenda.now + after)
        stamp = datetime.fromtimestamp(event.at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        bounce = "Permanent" if permanent else "Transient"

        def handled() -> None:
            event.handled_at = event.handled_at or self.agenda.now

        self.witness.events.append(event)
        body = ses_notification(kind, tags, stamp, bounce)
        self.send("DeliveriesFunction", _Message(body, handled=handled), after + self._way() // 2)

    # --- what is seen on the wire ---

    def _observe(self, _invocation: Invocation, operation: str, call: Call, answer: Any) -> None:
        if operation == "SendEmail":
            self._accept(call)
        elif operation == "StartExecution":
            self._start(answer["executionArn"], call["input"])
        elif operation == "SendMessage":
            self.send("IssueFunction", _Message(call["MessageBody"]))
            if self.faults.strikes(self.agenda.now, 2):
                self.send("IssueFunction", _Message(call["MessageBody"]))


def _end_execution(arn: str, status: str) -> None:
    for execution in timer_machine().executions:
        if execution.execution_arn == arn:
            execution.status = status


class _Context(Context):
    """Counts down by the virtual clock."""

    def __init__(self, agenda: Agenda, ends_at: Milliseconds) -> None:
        super().__init__()
        self._agenda = agenda
        self._ends_at = ends_at

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # a number, as in Lambda
        return max(0, self._ends_at - self._agenda.now)


def written(at: Milliseconds) -> str:
    """The instant as text, down to the second."""
    second: Instant = at // 1000
    return format_instant(second)
