"""The state machine waits by the clock, retries, and never ends in silence."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def test_a_wait_takes_its_time_from_the_input(states: Json) -> None:
    waits = [state for state in states.values() if state["Type"] == "Wait"]
    assert [wait.get("TimestampPath") for wait in waits] == ["$.wake_at"]


def test_a_task_is_limited_retried_and_caught(states: Json) -> None:
    for name, task in _tasks(states).items():
        assert task["TimeoutSeconds"] > 0, name
        assert [retry["ErrorEquals"] for retry in task["Retry"]] == [["States.ALL"]], name
        assert [catch["ErrorEquals"] for catch in task["Catch"]] == [["States.ALL"]], name


def test_a_step_that_fails_for_good_raises_the_alarm_and_then_fails(states: Json) -> None:
    [caught] = states["Advance"]["Catch"]
    alarm = states[caught["Next"]]
    assert alarm["Resource"] == "arn:aws:states:::sns:publish"
    assert alarm["Parameters"]["TopicArn"] == "${AlarmTopicArn}"
    assert states[alarm["Next"]]["Type"] == "Fail"
    assert states[alarm["Catch"][0]["Next"]]["Type"] == "Fail"


def test_the_answer_of_advance_is_the_next_input(states: Json) -> None:
    assert states["Advance"]["Parameters"] == {"FunctionName": "${AdvanceFunctionArn}", "Payload.$": "$"}
    assert states["Advance"]["OutputPath"] == "$.Payload"


def test_it_ends_when_advance_says_done_and_else_waits_again(states: Json) -> None:
    choice = states[states["Advance"]["Next"]]
    assert choice["Choices"] == [{"Variable": "$.done", "BooleanEquals": True, "Next": "Done"}]
    assert states["Done"]["Type"] == "Succeed"
    assert states[choice["Default"]]["Type"] == "Wait"


def test_the_names_in_the_definition_are_those_the_template_puts_in(resources: Json, states: Json) -> None:
    timer = resources["IncidentTimer"]["Properties"]
    assert timer["DefinitionSubstitutions"] == {
        "AdvanceFunctionArn": {"Fn::GetAtt": ["AdvanceFunction", "Arn"]},
        "AlarmTopicArn": {"Ref": "AlarmTopic"},
    }
    assert timer["Type"] == "STANDARD"
    assert timer["Tracing"] == {"Enabled": True}
    assert timer["Logging"]["Destinations"]


def test_advance_may_take_less_time_than_its_step_waits(functions: Json, states: Json) -> None:
    assert functions["AdvanceFunction"]["Timeout"] < states["Advance"]["TimeoutSeconds"]


def _tasks(states: Json) -> Json:
    return {name: state for name, state in states.items() if state["Type"] == "Task"}
