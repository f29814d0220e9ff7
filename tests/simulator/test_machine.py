"""The simulated Step Functions waits, retries, catches and ends as the real one, and refuses the rest."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from makegood_simulator.definition import DefinitionError
from makegood_simulator.machine import (
    Done,
    Ended,
    Failed,
    Invoke,
    Publish,
    Reply,
    Request,
    StateMachine,
    WaitUntil,
)

Json = dict[str, Any]

INCIDENT = json.loads((Path(__file__).parents[2] / "infra/incident.asl.json").read_text())
NAMES = {"AdvanceFunctionArn": "advance", "AlarmTopicArn": "alarm"}
NOON = 1_772_366_400_000  # 2026-03-01T12:00:00Z
TICK = 1
GIVEN = {
    "client": "acme",
    "device": "modem",
    "incident": "modem#2026-03-01T11:00:00Z",
    "timer": 3,
    "loops": 0,
    "wake_at": "2026-03-01T12:00:05Z",
}


class Driven:
    """An execution that the test answers step by step."""

    def __init__(
        self, definition: Mapping[str, Any], given: Any, *, delays: list[float] | None = None
    ) -> None:
        self.now_ms = NOON
        self.drawn: list[float] = []
        self.ended: Ended | None = None
        self.asked: Request | None = None
        self._delays = iter(delays or [])
        self._run: Generator[Request, Reply, Ended] = StateMachine(definition, NAMES).run(
            given, self._jitter, NOON
        )
        self._advance(None)

    def wake(self, late_ms: int = 0) -> None:
        assert isinstance(self.asked, WaitUntil)
        self.now_ms = self.asked.at_ms + late_ms
        self._advance(Done(None, self.now_ms))

    def answer(self, result: Any, after_ms: int = 10) -> None:
        self.now_ms += after_ms
        self._advance(Done(result, self.now_ms))

    def fail(self, error: str = "Lambda.Unknown", after_ms: int = 10) -> None:
        self.now_ms += after_ms
        self._advance(Failed(error, "why", self.now_ms))

    def _jitter(self, delay: float) -> float:
        self.drawn.append(delay)
        return next(self._delays, delay)

    def _advance(self, reply: Reply | None) -> None:
        try:
            self.asked = next(self._run) if reply is None else self._run.send(reply)
        except StopIteration as stop:
            self.asked, self.ended = None, stop.value


def an_incident(**given: Any) -> Driven:
    return Driven(INCIDENT, {**GIVEN, **given})


def an_awake_incident(**given: Any) -> Driven:
    return an_incident(wake_at="2026-03-01T12:00:00Z", **given)


def a_task(**fields: Any) -> Json:
    """A machine of one task, which ends well."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f", "Payload.$": "$"},
        "TimeoutSeconds": 90,
        "Next": "Good",
    }
    bad = {"Type": "Fail", "Error": "Bad", "Cause": "bad"}
    return {
        "StartAt": "Work",
        "States": {"Work": {**task, **fields}, "Good": {"Type": "Succeed"}, "Bad": bad},
    }


def a_retrier(**fields: Any) -> Json:
    return {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "BackoffRate": 2, "MaxAttempts": 3, **fields}


def a_catcher(**fields: Any) -> Json:
    return {"ErrorEquals": ["States.ALL"], "Next": "Good", **fields}


# The project's own machine.


def test_it_waits_by_its_input_then_invokes_advance_with_all_of_it() -> None:
    incident = an_incident()
    asked = [incident.asked]
    incident.wake()
    asked.append(incident.asked)
    assert asked == [WaitUntil(NOON + 5_000), Invoke("advance", GIVEN, 90)]


def test_done_ends_it_with_what_advance_answered() -> None:
    incident = an_awake_incident()
    incident.answer({**GIVEN, "done": True, "loops": 1})
    assert incident.ended == Ended("SUCCEEDED", output={**GIVEN, "done": True, "loops": 1})


def test_not_done_waits_again_until_what_advance_answered() -> None:
    incident = an_awake_incident()
    incident.answer({**GIVEN, "done": False, "wake_at": "2026-03-01T13:00:00Z"})
    assert incident.asked == WaitUntil(NOON + 3_600_000)


def test_a_day_of_waits_runs_through() -> None:
    incident = an_awake_incident()
    for minute in range(1, 24 * 60 + 1):
        at = f"2026-03-{1 + (720 + minute) // 1440:02}T{(720 + minute) // 60 % 24:02}:{minute % 60:02}:00Z"
        incident.answer({**GIVEN, "done": False, "wake_at": at, "loops": minute})
        assert incident.asked == WaitUntil(NOON + minute * 60_000)
        incident.wake(late_ms=500)
    incident.answer({**GIVEN, "done": True})
    assert incident.ended is not None
    assert incident.ended.status == "SUCCEEDED"
    assert incident.now_ms == NOON + 86_400_000 + 500 + 10


def test_after_six_retries_it_raises_the_alarm_and_fails() -> None:
    incident = an_awake_incident()
    for _ in range(6):
        incident.fail()
        incident.wake()
    incident.fail("Lambda.TooManyRequestsException")
    assert incident.drawn == [2, 4, 8, 16, 32, 60]
    assert isinstance(incident.asked, Publish)
    assert (incident.asked.topic, incident.asked.timeout_seconds) == ("alarm", 30)
    assert incident.asked.subject == "Makegood: the timer of an incident failed"
    assert json.loads(incident.asked.message) == {
        "what": "Advance failed after every retry. The next sweep arms a new timer; "
        "the clocks of the contract run on.",
        "client": "acme",
        "device": "modem",
        "incident": "modem#2026-03-01T11:00:00Z",
        "timer": 3,
        "failure": {"Error": "Lambda.TooManyRequestsException", "Cause": "why"},
    }
    incident.answer({"MessageId": "1"})
    assert incident.ended is not None
    assert (incident.ended.status, incident.ended.error) == ("FAILED", "AdvanceFailed")


def test_a_message_that_is_text_is_published_as_it_stands() -> None:
    parameters = {"TopicArn": "t", "Subject": "s", "Message": "Look at it."}
    work = Driven(a_task(Resource="arn:aws:states:::sns:publish", Parameters=parameters), {})
    assert work.asked == Publish("t", "s", "Look at it.", 90)


def test_an_alarm_that_cannot_be_raised_fails_all_the_same() -> None:
    incident = an_awake_incident()
    for _ in range(6):
        incident.fail()
        incident.wake()
    incident.fail()
    for _ in range(5):
        incident.fail("SNS.InternalErrorException")
        incident.wake()
    incident.fail("SNS.InternalErrorException")
    assert incident.drawn[6:] == [5, 10, 20, 40, 60]
    assert incident.ended is not None
    assert incident.ended.error == "AdvanceFailed"


# Waits.


@pytest.mark.parametrize(
    "timestamp",
    ["2026-03-01T11:59:59Z", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00.999Z", "1970-01-01T00:00:00Z"],
)
def test_a_moment_that_is_not_ahead_is_not_waited_for(timestamp: str) -> None:
    assert isinstance(an_incident(wake_at=timestamp).asked, Invoke)


@pytest.mark.parametrize(
    "timestamp",
    ["2026-03-01T12:00:01Z", "2026-03-01T12:00:01.999999Z", "2026-03-01T14:00:01+02:00"],
)
def test_the_second_of_a_timestamp_counts_and_its_fraction_does_not(timestamp: str) -> None:
    assert an_incident(wake_at=timestamp).asked == WaitUntil(NOON + 1000)


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-03-01T12:00:01",
        "2026-03-01 12:00:01Z",
        "2026-03-01T12:00:01z",
        "2026-03-01T12:00:01+0000",
        "2026-02-30T12:00:01Z",
        "tomorrow",
        1772366401,
        None,
    ],
)
def test_what_is_no_timestamp_fails_the_execution(timestamp: Any) -> None:
    ended = an_incident(wake_at=timestamp).ended
    assert ended is not None
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")


def test_a_path_that_leads_nowhere_fails_the_execution_past_every_catcher() -> None:
    work = Driven(
        a_task(
            Parameters={"FunctionName": "f", "Payload.$": "$.a.b"},
            Retry=[a_retrier()],
            Catch=[a_catcher()],
        ),
        {"a": 1},
    )
    assert work.ended is not None
    assert (work.ended.status, work.ended.error) == ("FAILED", "States.Runtime")


# Tasks.


def test_a_function_answers_inside_an_envelope() -> None:
    work = Driven(a_task(), {"a": 1})
    work.answer("hello")
    assert work.ended is not None
    assert work.ended.output == {"ExecutedVersion": "$LATEST", "Payload": "hello", "StatusCode": 200}


def test_a_reference_path_reads_below_the_first_level() -> None:
    parameters = {"FunctionName": "f", "Payload.$": "$.a.b"}
    work = Driven(a_task(Parameters=parameters, OutputPath="$.Payload.c"), {"a": {"b": {"x": 1}}})
    assert work.asked == Invoke("f", {"x": 1}, 90)
    work.answer({"c": 7})
    assert work.ended == Ended("SUCCEEDED", output=7)


def test_what_a_function_gets_and_answers_is_shared_with_nobody() -> None:
    given, answered = {"a": [1]}, {"b": [2]}
    work = Driven(a_task(OutputPath="$.Payload", Retry=[a_retrier()]), given)
    assert isinstance(work.asked, Invoke)
    work.asked.payload["a"].append(9)
    given["a"].append(9)
    work.fail()
    work.wake()
    assert work.asked == Invoke("f", {"a": [1]}, 90)
    work.answer(answered)
    answered["b"].append(9)
    assert work.ended == Ended("SUCCEEDED", output={"b": [2]})


@pytest.mark.parametrize(("after_ms", "status"), [(90_000 - TICK, "SUCCEEDED"), (90_000, "SUCCEEDED")])
def test_an_answer_up_to_the_timeout_counts(after_ms: int, status: str) -> None:
    work = Driven(a_task(), {})
    work.answer("hello", after_ms)
    assert work.ended is not None
    assert work.ended.status == status


def test_an_answer_after_the_timeout_is_a_timeout() -> None:
    work = Driven(a_task(), {})
    work.answer("hello", 90_000 + TICK)
    assert work.ended == Ended("FAILED", error="States.Timeout", cause="")


def test_each_attempt_has_the_whole_timeout() -> None:
    work = Driven(a_task(Retry=[a_retrier()]), {})
    work.fail(after_ms=90_000)
    work.wake()
    work.answer("hello", 90_000)
    assert work.ended is not None
    assert work.ended.status == "SUCCEEDED"


# Retries.


def test_delays_grow_up_to_the_longest_and_then_stay() -> None:
    work = Driven(a_task(Retry=[a_retrier(MaxDelaySeconds=7, MaxAttempts=4)]), {})
    waited = []
    for _ in range(4):
        work.fail()
        assert isinstance(work.asked, WaitUntil)
        waited.append(work.asked.at_ms - work.now_ms)
        work.wake()
    assert waited == [2_000, 4_000, 7_000, 7_000]
    assert work.drawn == []
    work.fail()
    assert work.ended == Ended("FAILED", error="Lambda.Unknown", cause="why")


def test_full_jitter_waits_as_long_as_is_drawn() -> None:
    retrier = a_retrier(JitterStrategy="FULL")
    work = Driven(a_task(Retry=[retrier]), {}, delays=[0.5, 0.0])
    work.fail()
    assert work.asked == WaitUntil(work.now_ms + 500)
    work.wake()
    work.fail()
    assert isinstance(work.asked, Invoke), "no delay is no wait"
    assert work.drawn == [2, 4]


def test_left_out_fields_of_a_retrier_are_three_attempts_after_1_2_and_4_seconds() -> None:
    work = Driven(a_task(Retry=[{"ErrorEquals": ["States.ALL"]}]), {})
    waited = []
    for _ in range(3):
        work.fail()
        assert isinstance(work.asked, WaitUntil)
        waited.append(work.asked.at_ms - work.now_ms)
        work.wake()
    work.fail()
    assert waited == [1_000, 2_000, 4_000]
    assert work.ended is not None


def test_each_retrier_counts_its_own_attempts_and_the_first_that_matches_decides() -> None:
    first = a_retrier(ErrorEquals=["A", "B"], IntervalSeconds=1, MaxAttempts=2)
    second = a_retrier(ErrorEquals=["C"], IntervalSeconds=5)
    work = Driven(a_task(Retry=[first, second, a_retrier()], Catch=[a_catcher()]), {})
    waited = []
    for error in ("A", "B", "C"):
        work.fail(error)
        assert isinstance(work.asked, WaitUntil)
        waited.append(work.asked.at_ms - work.now_ms)
        work.wake()
    work.fail("B")
    assert waited == [1_000, 2_000, 5_000]
    assert work.ended == Ended("SUCCEEDED", output={"Error": "B", "Cause": "why"})


def test_a_state_entered_again_has_all_its_attempts_again() -> None:
    incident = an_awake_incident()
    for _ in range(5):
        incident.fail()
        incident.wake()
    incident.answer({**GIVEN, "wake_at": "2026-03-01T12:00:00Z", "done": False})
    incident.fail()
    assert incident.drawn == [2, 4, 8, 16, 32, 2]


@pytest.mark.parametrize(
    ("names", "error", "caught"),
    [
        (["States.ALL"], "Lambda.Unknown", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.TaskFailed"], "Lambda.Unknown", True),
        (["States.TaskFailed"], "KeyError", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.TaskFailed"], "States.Runtime", False),
        (["States.Timeout"], "States.Timeout", True),
        (["States.Timeout"], "Lambda.Unknown", False),
        (["Lambda.Unknown", "KeyError"], "KeyError", True),
        (["Lambda.Unknown"], "Lambda.ServiceException", False),
    ],
)
def test_which_errors_a_name_stands_for(names: list[str], error: str, caught: bool) -> None:
    catching = Driven(a_task(Catch=[a_catcher(ErrorEquals=names)]), {})
    catching.fail(error)
    assert catching.ended is not None
    assert (catching.ended.status == "SUCCEEDED") is caught
    retrying = Driven(a_task(Retry=[a_retrier(ErrorEquals=names)]), {})
    retrying.fail(error)
    assert isinstance(retrying.asked, WaitUntil) is caught


# Catches.


@pytest.mark.parametrize(
    ("where", "output"),
    [
        ({}, {"Error": "E", "Cause": "why"}),
        ({"ResultPath": "$"}, {"Error": "E", "Cause": "why"}),
        ({"ResultPath": None}, {"a": {"b": 1}}),
        ({"ResultPath": "$.a"}, {"a": {"Error": "E", "Cause": "why"}}),
        ({"ResultPath": "$.a.c"}, {"a": {"b": 1, "c": {"Error": "E", "Cause": "why"}}}),
        ({"ResultPath": "$.x.y"}, {"a": {"b": 1}, "x": {"y": {"Error": "E", "Cause": "why"}}}),
    ],
)
def test_a_caught_error_goes_where_the_result_path_says(where: Json, output: Json) -> None:
    work = Driven(a_task(Catch=[a_catcher(**where)]), {"a": {"b": 1}})
    work.fail("E")
    assert work.ended == Ended("SUCCEEDED", output=output)


def test_an_error_that_fits_nowhere_in_the_input_fails_the_execution() -> None:
    work = Driven(a_task(Catch=[a_catcher(ResultPath="$.a.b")]), {"a": 1})
    work.fail("E")
    assert work.ended is not None
    assert work.ended.error == "States.ResultPathMatchFailure"


# Choices.


@pytest.mark.parametrize("done", [False, "true", 1, None])
def test_only_true_is_true(done: Any) -> None:
    incident = an_awake_incident()
    incident.answer({**GIVEN, "done": done, "wake_at": "2026-03-01T13:00:00Z"})
    assert isinstance(incident.asked, WaitUntil)


def test_a_choice_without_its_variable_fails_the_execution() -> None:
    incident = an_awake_incident()
    incident.answer(GIVEN)
    assert incident.ended is not None
    assert incident.ended.error == "States.Runtime"


# The history: one event of the start, two of each wait, three of each attempt, two more of the task that is
# attempted and two of the end before the success itself.


@pytest.mark.parametrize(
    ("waits", "attempts", "status"),
    [(0, 8331, "SUCCEEDED"), (2, 8330, "SUCCEEDED"), (1, 8331, "FAILED"), (0, 8332, "FAILED")],
    ids=["24,998 and success", "24,999 and success", "25,000 before success", "25,001 before success"],
)
def test_only_a_success_may_be_event_25000_of_the_history(waits: int, attempts: int, status: str) -> None:
    work = Driven(_attempted_often(waits), {"at": "2026-03-01T11:00:00Z"})
    for _ in range(attempts - 1):
        work.fail()
        work.wake()
    work.answer({})
    assert work.ended is not None
    assert work.ended.status == status


def test_a_machine_that_never_ends_fails_for_its_history_past_every_catcher() -> None:
    incident = an_awake_incident()
    while incident.ended is None:
        incident.answer({**GIVEN, "done": False, "wake_at": "2026-03-01T12:00:00Z"})
    cause = "The execution reached the maximum number of history events (25000)."
    assert incident.ended == Ended("FAILED", error="States.Runtime", cause=cause)


def _attempted_often(waits: int) -> Json:
    retrier = a_retrier(IntervalSeconds=1, BackoffRate=1, MaxAttempts=10_000)
    definition = a_task(Retry=[retrier], Catch=[a_catcher()])
    names = [*(f"Wait {number}" for number in range(waits)), "Work"]
    for name, following in pairwise(names):
        definition["States"][name] = {"Type": "Wait", "TimestampPath": "$.at", "Next": following}
    return {**definition, "StartAt": names[0]}


# What it refuses to run.


def changed(*path: str | int, to: Any = None, drop: bool = False) -> Json:
    """The project's machine with one thing changed, added or dropped."""
    definition: Json = deepcopy(INCIDENT)
    place: Any = definition
    for key in path[:-1]:
        place = place[key]
    if drop:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return definition


ADVANCE = ("States", "Advance")
RETRY = (*ADVANCE, "Retry", 0)
CATCH = (*ADVANCE, "Catch", 0)
ALARM = ("States", "Raise the alarm", "Parameters")
RULE = ("States", "Is it done?", "Choices", 0)


@pytest.mark.parametrize(
    ("definition", "names"),
    [
        (changed("TimeoutSeconds", to=60), "the definition: TimeoutSeconds"),
        (changed("QueryLanguage", to="JSONata"), "the definition: QueryLanguage"),
        (changed("StartAt", drop=True), "the definition: StartAt"),
        (changed("StartAt", to="Sleep"), "the definition: StartAt"),
        (changed("States", to=[]), "the definition: States"),
        (changed("States", "Done", "Type", to="Pass"), "state Done: Type"),
        (changed("States", "Done", "Type", to=["Succeed"]), "state Done: Type"),
        (changed("States", "Done", to="Succeed"), "state Done: Type"),
        (changed("States", "Done", "OutputPath", to="$.x"), "state Done: OutputPath"),
        (changed("States", "Wait", "Seconds", to=5), "state Wait: Seconds"),
        (changed("States", "Wait", "TimestampPath", drop=True), "state Wait: TimestampPath"),
        (
            changed("States", "Wait", "TimestampPath", to="$$.Execution.StartTime"),
            "state Wait: TimestampPath",
        ),
        (changed("States", "Wait", "TimestampPath", to="$.wakes[0]"), "state Wait: TimestampPath"),
        (changed("States", "Wait", "Next", to="Nowhere"), "state Wait: Next"),
        (changed(*ADVANCE, "Resource", to="arn:aws:states:::lambda:invoke.waitForTaskToken"), "Resource"),
        (changed(*ADVANCE, "Parameters", to="$"), "state Advance: Parameters"),
        (changed(*ADVANCE, "Parameters", "Qualifier", to="live"), "state Advance, Parameters: Qualifier"),
        (changed(*ADVANCE, "Parameters", "Payload.$", to="States.Format('x')"), "Parameters: Payload.$"),
        (changed(*ADVANCE, "Parameters", "FunctionName", to="${Other}"), "${Other}"),
        (changed(*ADVANCE, "ResultPath", to="$.answer"), "state Advance: ResultPath"),
        (changed(*ADVANCE, "HeartbeatSeconds", to=5), "state Advance: HeartbeatSeconds"),
        (changed(*ADVANCE, "TimeoutSeconds", drop=True), "state Advance: TimeoutSeconds"),
        (changed(*ADVANCE, "TimeoutSeconds", to="90"), "state Advance: TimeoutSeconds"),
        (changed(*ADVANCE, "OutputPath", to=None), "state Advance: OutputPath"),
        (changed(*ADVANCE, "Next", drop=True), "state Advance: Next"),
        (changed(*ADVANCE, "Retry", to={}), "state Advance: Retry"),
        (changed(*RETRY, "Wait", to=1), "state Advance, Retry[0]: Wait"),
        (changed(*RETRY, "IntervalSeconds", to=0), "state Advance, Retry[0]: IntervalSeconds"),
        (changed(*RETRY, "BackoffRate", to=0.5), "state Advance, Retry[0]: BackoffRate"),
        (changed(*RETRY, "MaxAttempts", to=True), "state Advance, Retry[0]: MaxAttempts"),
        (changed(*RETRY, "MaxDelaySeconds", to=0), "state Advance, Retry[0]: MaxDelaySeconds"),
        (changed(*RETRY, "JitterStrategy", to="SOME"), "state Advance, Retry[0]: JitterStrategy"),
        (changed(*RETRY, "ErrorEquals", to=[]), "state Advance, Retry[0]: ErrorEquals"),
        (changed(*RETRY, "ErrorEquals", to=["States.Permissions"]), "state Advance, Retry[0]: ErrorEquals"),
        (changed(*RETRY, "ErrorEquals", to=["States.ALL", "A"]), "state Advance, Retry[0]: States.ALL"),
        (
            changed(*ADVANCE, "Retry", to=[a_retrier(), a_retrier(MaxAttempts=1)]),
            "Advance, Retry[0]: States.ALL",
        ),
        (changed(*CATCH, "Next", to="Nowhere"), "state Advance, Catch[0]: Next"),
        (changed(*CATCH, "ResultPath", to="failure"), "state Advance, Catch[0]: ResultPath"),
        (changed(*CATCH, "Output", to={}), "state Advance, Catch[0]: Output"),
        (changed(*ALARM, "Message", "timer.$", to=3), "state Raise the alarm, Parameters: Message"),
        (changed(*ALARM, "Message", "whom", to=["tess"]), "state Raise the alarm, Parameters: Message"),
        (changed(*ALARM, "MessageAttributes", to={}), "Raise the alarm, Parameters: MessageAttributes"),
        (changed("States", "Is it done?", "Default", drop=True), "state Is it done?: Default"),
        (changed("States", "Is it done?", "Default", to="Nowhere"), "state Is it done?: Default"),
        (changed("States", "Is it done?", "Choices", to=[]), "state Is it done?: Choices"),
        (changed(*RULE, "NumericEquals", to=1), "state Is it done?, Choices[0]: NumericEquals"),
        (changed(*RULE, "BooleanEquals", to="true"), "state Is it done?, Choices[0]: BooleanEquals"),
        (changed(*RULE, "Variable", to="done"), "state Is it done?, Choices[0]: Variable"),
        (changed(*RULE, "Next", to="Nowhere"), "state Is it done?, Choices[0]: Next"),
        (changed("States", "Failed", "CausePath", to="$.x"), "state Failed: CausePath"),
        (changed("States", "Failed", "Error", to=5), "state Failed: Error"),
    ],
)
def test_what_it_cannot_run_it_refuses_at_once_by_state_and_field(definition: Json, names: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        StateMachine(definition, NAMES)
    assert names in str(refused.value)


def test_comments_may_stand_anywhere() -> None:
    StateMachine(changed("States", "Done", "Comment", to="The incident is over."), NAMES)
