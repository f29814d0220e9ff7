"""Runs a state machine as Step Functions does, by whatever clock its driver keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from makegood_simulator.definition import ANY_ERROR, INVOKE, State, read_definition
from makegood_simulator.witness import Milliseconds

HISTORY_LIMIT: Final = 25_000

_TIMESTAMP: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_NEVER_CAUGHT: Final = ("States.Runtime", "States.DataLimitExceeded")


@dataclass(frozen=True)
class WaitUntil:
    """Asks to go on at this moment, which lies ahead."""

    at_ms: Milliseconds


@dataclass(frozen=True)
class Invoke:
    """Asks for a function's answer; one later than its timeout counts as States.Timeout."""

    function: str
    payload: Any
    timeout_seconds: int


@dataclass(frozen=True)
class Publish:
    """Asks for a message to a topic, as text; the answer is SNS's, with its MessageId."""

    topic: str
    subject: str
    message: str
    timeout_seconds: int


@dataclass(frozen=True)
class Done:
    """What was asked for happened, with this result, and it is now `now_ms`."""

    result: Any
    now_ms: Milliseconds


@dataclass(frozen=True)
class Failed:
    """What was asked for failed, by the name Step Functions gives the error, and it is now `now_ms`."""

    error: str
    cause: str
    now_ms: Milliseconds


@dataclass(frozen=True)
class Ended:
    """How an execution ended: with an output, or with an error and its cause."""

    status: Literal["SUCCEEDED", "FAILED"]
    output: Any = None
    error: str | None = None
    cause: str | None = None


Request: TypeAlias = WaitUntil | Invoke | Publish
Reply: TypeAlias = Done | Failed
Jitter: TypeAlias = Callable[[float], float]
_Next: TypeAlias = tuple[str, Any]


class StateMachine:
    """A definition that can be run. Raises DefinitionError at once for whatever it could not run."""

    def __init__(self, definition: Mapping[str, Any], substitutions: Mapping[str, str]) -> None:
        self._definition = read_definition(definition, substitutions)

    def run(self, given: Any, jitter: Jitter, now_ms: Milliseconds) -> Generator[Request, Reply, Ended]:
        """One execution: yields what it needs done and is sent how that went.

        `jitter` draws a delay, in seconds, from nothing up to what it is given.
        """
        execution = _Execution(self._definition.states, jitter, now_ms)
        return (yield from execution.run(self._definition.start, given))


class _ExecutionFailedError(Exception):
    """Ends the execution; no retrier and no catcher sees it."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error, cause)
        self.error, self.cause = error, cause


class _Execution:
    def __init__(self, states: Mapping[str, State], jitter: Jitter, now_ms: Milliseconds) -> None:
        self._states = states
        self._jitter = jitter
        self._now_ms = now_ms
        self._events = 0

    def run(self, start: str, given: Any) -> Generator[Request, Reply, Ended]:
        name, data = start, _as_json(given)
        try:
            self._note("ExecutionStarted")
            while True:
                state = self._states[name]
                self._note("StateEntered")
                if state["Type"] == "Fail":
                    return Ended("FAILED", error=state["Error"], cause=state["Cause"])
                if state["Type"] == "Succeed":
                    self._note("StateExited")
                    return Ended("SUCCEEDED", output=data)
                name, data = yield from self._step(state, data)
                self._note("StateExited")
        except _ExecutionFailedError as failed:
            return Ended("FAILED", error=failed.error, cause=failed.cause)

    def _step(self, state: State, data: Any) -> Generator[Request, Reply, _Next]:
        if state["Type"] == "Task":
            return (yield from self._task(state, data))
        if state["Type"] == "Choice":
            return _choose(state, data), data
        yield from self._wait_until(_milliseconds(_find(data, state["TimestampPath"])))
        return state["Next"], data

    def _task(self, state: State, data: Any) -> Generator[Request, Reply, _Next]:
        retried: dict[int, int] = {}
        while True:
            reply = yield from self._attempt(state, data)
            if isinstance(reply, Done):
                return state["Next"], _find(_result(state, reply), state.get("OutputPath", "$"))
            delay = self._next_delay(state, reply.error, retried)
            if delay is None:
                return _catch(state, data, reply)
            yield from self._wait_until(self._now_ms + round(delay * 1000))

    def _attempt(self, state: State, data: Any) -> Generator[Request, Reply, Reply]:
        request = _request(state, data)
        self._note("TaskScheduled", "TaskStarted")
        latest = self._now_ms + request.timeout_seconds * 1000
        reply = yield request
        self._now_ms = reply.now_ms
        if reply.now_ms > latest:
            reply = Failed("States.Timeout", "", reply.now_ms)
        self._note("TaskSucceeded" if isinstance(reply, Done) else "TaskFailed")
        return reply

    def _next_delay(self, state: State, error: str, retried: dict[int, int]) -> float | None:
        """How long the first retrier of this error waits; None when there is none or it has none left."""
        for index, retrier in enumerate(state.get("Retry", [])):
            if _matches(retrier, error):
                attempt = retried.get(index, 0)
                retried[index] = attempt + 1
                return self._delay(retrier, attempt) if attempt < retrier.get("MaxAttempts", 3) else None
        return None

    def _delay(self, retrier: State, attempt: int) -> float:
        grown = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** attempt
        delay = float(min(grown, retrier.get("MaxDelaySeconds", grown)))
        return self._jitter(delay) if retrier.get("JitterStrategy") == "FULL" else delay

    def _wait_until(self, at_ms: Milliseconds) -> Generator[Request, Reply, None]:
        if at_ms > self._now_ms:
            self._now_ms = (yield WaitUntil(at_ms)).now_ms

    def _note(self, *events: str) -> None:
        """Counts events of the history; only a success may be the last one that it has room for."""
        self._events += len(events)
        if self._events >= HISTORY_LIMIT:
            cause = f"The execution reached the maximum number of history events ({HISTORY_LIMIT})."
            raise _ExecutionFailedError("States.Runtime", cause)


def _request(state: State, data: Any) -> Invoke | Publish:
    wanted = _fill(state["Parameters"], data)
    if state["Resource"] == INVOKE:
        return Invoke(wanted["FunctionName"], _as_json(wanted["Payload"]), state["TimeoutSeconds"])
    message = wanted["Message"]
    text = message if isinstance(message, str) else json.dumps(message)
    return Publish(wanted["TopicArn"], wanted["Subject"], text, state["TimeoutSeconds"])


def _result(state: State, reply: Done) -> Any:
    answer = _as_json(reply.result)
    if state["Resource"] == INVOKE:
        return {"ExecutedVersion": "$LATEST", "Payload": answer, "StatusCode": 200}
    return answer


def _fill(template: Any, data: Any) -> Any:
    if not isinstance(template, Mapping):
        return template
    return {
        key.removesuffix(".$"): _find(data, value) if key.endswith(".$") else _fill(value, data)
        for key, value in template.items()
    }


def _choose(state: State, data: Any) -> str:
    for rule in state["Choices"]:
        if _find(data, rule["Variable"]) is rule["BooleanEquals"]:
            return str(rule["Next"])
    return str(state["Default"])


def _catch(state: State, data: Any, failed: Failed) -> _Next:
    for catcher in state.get("Catch", []):
        if _matches(catcher, failed.error):
            error = {"Error": failed.error, "Cause": failed.cause}
            path = catcher.get("ResultPath", "$")
            return catcher["Next"], data if path is None else _place(data, path.split(".")[1:], error)
    raise _ExecutionFailedError(failed.error, failed.cause)


def _matches(handler: State, error: str) -> bool:
    names = handler["ErrorEquals"]
    if error in _NEVER_CAUGHT:
        return False
    return (
        error in names or ANY_ERROR in names or ("States.TaskFailed" in names and error != "States.Timeout")
    )


def _find(data: Any, path: str) -> Any:
    """What a path leads to. Nobody can catch the failure of one that leads nowhere."""
    found = data
    for key in path.split(".")[1:]:
        if not isinstance(found, dict) or key not in found:
            raise _ExecutionFailedError("States.Runtime", f"{path} could not be found in {json.dumps(data)}")
        found = found[key]
    return found


def _place(data: Any, keys: list[str], value: Any) -> Any:
    """A copy of the data with the value where the keys lead, in place of all when there are none."""
    if not keys:
        return value
    if not isinstance(data, dict):
        raise _ExecutionFailedError("States.ResultPathMatchFailure", f"{keys[0]} cannot be put into {data!r}")
    return {**data, keys[0]: _place(data.get(keys[0], {}), keys[1:], value)}


def _milliseconds(timestamp: Any) -> Milliseconds:
    """The moment of a timestamp, whose fraction of a second Step Functions drops."""
    match = _TIMESTAMP.fullmatch(str(timestamp))
    try:
        return int(datetime.fromisoformat("".join(match.groups()) if match else "").timestamp()) * 1000
    except ValueError:
        raise _ExecutionFailedError("States.Runtime", f"not a timestamp: {timestamp!r}") from None


def _as_json(value: Any) -> Any:
    """A copy that shares nothing with the value, as what travels to AWS and back does."""
    return json.loads(json.dumps(value))
