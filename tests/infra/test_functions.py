"""Every function can be found, watched and retried, and is given what its code reads."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from makegood.mail.pace import pause_seconds

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
FUNCTIONS = [
    "AdvanceFunction",
    "AnnouncementsFunction",
    "CanaryFunction",
    "CloseFunction",
    "DeliveriesFunction",
    "DeskFunction",
    "HeartbeatFunction",
    "IssueFunction",
    "LiveFunction",
    "PracticesFunction",
    "SweepFunction",
]
PLATFORM = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL"}
WHERE_SAM_LOCAL_FINDS_AWS = {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SESV2"}
FUNCTIONS_ALONE = {"CANARY_KEY_ARN", "METRICS_NAMESPACE", "OUTSIDE_PING_URL", "SENDING_RATE"}
"""Settings that the operator's command has no use for; who knows the outside address could ping it."""


def test_the_template_has_these_functions_and_no_others(functions: Json) -> None:
    assert sorted(functions) == FUNCTIONS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_handler_of_a_function_exists(functions: Json, name: str) -> None:
    module, function = functions[name]["Handler"].split(".")
    source = (ROOT / "infra" / functions[name]["CodeUri"] / f"{module}.py").read_text()
    defined = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert function in defined


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_role_and_a_log_of_its_own(resources: Json, functions: Json, name: str) -> None:
    short = name.removesuffix("Function")
    assert functions[name]["Role"] == {"Fn::GetAtt": [f"{short}Role", "Arn"]}
    assert functions[name]["LoggingConfig"]["LogGroup"] == {"Ref": f"{short}Logs"}
    assert resources[f"{short}Logs"]["Type"] == "AWS::Logs::LogGroup"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_makes_a_function_fail_is_tried_again_and_kept(
    resources: Json, functions: Json, states: Json, name: str
) -> None:
    assert _answers_a_caller(resources, name) or _kept(resources, functions[name]) or _stepped(states, name)


def test_all_functions_are_traced_but_for_heartbeats_and_have_both_layers(
    template: Json, functions: Json
) -> None:
    settings = template["Globals"]["Function"]
    assert settings["Tracing"] == "Active"
    assert {name for name, terms in functions.items() if "Tracing" in terms} == {"HeartbeatFunction"}
    assert settings["Layers"] == [{"Ref": "MakegoodLayer"}, {"Ref": "DependenciesLayer"}]


def test_a_message_stays_hidden_for_six_times_the_time_its_function_may_take(
    resources: Json, functions: Json
) -> None:
    for name, queue in {"DeliveriesFunction": "MailEvents", "IssueFunction": "StatementsQueue"}.items():
        assert resources[queue]["Properties"]["VisibilityTimeout"] >= 6 * functions[name]["Timeout"]


@pytest.mark.parametrize("rate", [1, 2, 3, 14, 50, 1_000])
def test_all_statements_at_once_use_half_of_what_ses_takes(
    template: Json, functions: Json, rate: int
) -> None:
    (event,) = functions["IssueFunction"]["Events"].values()
    condition, at_one, otherwise = event["Properties"]["ScalingConfig"]["MaximumConcurrency"]["Fn::If"]
    assert template["Conditions"][condition] == {"Fn::Equals": [{"Ref": "SendingRate"}, 1]}
    assert otherwise == {"Ref": "SendingRate"}
    at_once = at_one if rate == 1 else rate
    assert 2 <= at_once <= 1_000  # what SQS takes
    assert at_once / pause_seconds(rate) == rate / 2
    assert event["Properties"]["BatchSize"] == 1


def test_only_statements_keep_a_pace(template: Json, functions: Json) -> None:
    """A notice never waits."""
    paced = [name for name in FUNCTIONS if "SENDING_RATE" in _given(functions[name])]
    assert paced == ["IssueFunction"]
    assert "SENDING_RATE" not in _given(template["Globals"]["Function"])
    rate = template["Parameters"]["SendingRate"]
    assert (rate["Default"], rate["MinValue"], rate["MaxValue"]) == (14, 1, 1_000)


def test_a_request_ends_before_the_api_gives_up(resources: Json, functions: Json) -> None:
    for short in ("Heartbeat", "Desk", "Live"):
        patience = resources[f"{short}Integration"]["Properties"]["TimeoutInMillis"]
        assert functions[f"{short}Function"]["Timeout"] * 1000 <= patience <= 30_000


def test_functions_are_given_exactly_the_settings_that_the_code_knows(
    template: Json, functions: Json
) -> None:
    everything = [template["Globals"]["Function"], *functions.values()]
    given = {name for function in everything for name in _given(function)}
    # How fast detection is matters to the operator's command alone, which reads the stack's outputs.
    assert given - PLATFORM - WHERE_SAM_LOCAL_FINDS_AWS == _known_settings() - {"DETECTION_SECONDS"}


def test_on_aws_nothing_says_where_aws_is(template: Json, functions: Json) -> None:
    given = _given(template["Globals"]["Function"])
    assert [given[name] for name in WHERE_SAM_LOCAL_FINDS_AWS] == [{"Ref": "AWS::NoValue"}] * 2
    assert not any(WHERE_SAM_LOCAL_FINDS_AWS & set(_given(function)) for function in functions.values())


def test_functions_and_layers_are_built_for_one_processor(template: Json, resources: Json) -> None:
    wanted = {"Ref": "Architecture"}
    assert template["Parameters"]["Architecture"]["Default"] == "arm64"
    assert template["Globals"]["Function"]["Architectures"] == [wanted]
    layers = [each for each in resources.values() if each["Type"] == "AWS::Serverless::LayerVersion"]
    assert [layer["Metadata"]["BuildArchitecture"] for layer in layers] == [wanted] * 4
    assert [layer["Properties"]["CompatibleArchitectures"] for layer in layers] == [[wanted]] * 4


def test_every_setting_is_an_output_for_the_operators_command(template: Json) -> None:
    assert _known_settings() - {_variable(output) for output in template["Outputs"]} == FUNCTIONS_ALONE


def _given(function: Json) -> Json:
    return dict(function.get("Environment", {}).get("Variables", {}))


def _known_settings() -> set[str]:
    """The first argument of every env("NAME", ...) in settings.py."""
    tree = ast.parse((ROOT / "layers/makegood/makegood/settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "env"
        and isinstance(call.args[0], ast.Constant)
    }


def _variable(output: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in output).lstrip("_")


def _answers_a_caller(resources: Json, name: str) -> bool:
    """Agents and browsers see the failure themselves, and ask again."""
    uris = [
        r["Properties"].get("IntegrationUri")
        for r in resources.values()
        if r["Type"].endswith("::Integration")
    ]
    return {"Fn::GetAtt": [name, "Arn"]} in uris


def _kept(resources: Json, function: Json) -> bool:
    events = [event["Properties"] for event in function.get("Events", {}).values()]
    return bool(events) and all(
        _kept_by_queue(resources, e) or _kept_by_schedule(function, e) for e in events
    )


def _kept_by_queue(resources: Json, event: Json) -> bool:
    if "Queue" not in event:
        return False
    queue = resources[event["Queue"]["Fn::GetAtt"][0]]["Properties"]
    return (
        event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        and queue["RedrivePolicy"]["maxReceiveCount"] == 5
        and "deadLetterTargetArn" in queue["RedrivePolicy"]
    )


def _kept_by_schedule(function: Json, event: Json) -> bool:
    asynchronous = function.get("EventInvokeConfig", {})
    return (
        "ScheduleExpression" in event
        and event["RetryPolicy"]["MaximumRetryAttempts"] > 0
        and "Arn" in event["DeadLetterConfig"]
        and asynchronous["MaximumRetryAttempts"] > 0
        and asynchronous["DestinationConfig"]["OnFailure"]["Type"] == "SQS"
    )


def _stepped(states: Json, name: str) -> bool:
    calls = [state for state in states.values() if state["Type"] == "Task"]
    called = f"${{{name}Arn}}"
    return any(
        call["Parameters"].get("FunctionName") == called and call["Retry"] and call["Catch"] for call in calls
    )
