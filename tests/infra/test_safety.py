"""Data is kept, secrets stay out of logs, and whatever goes wrong raises an alarm."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from makegood_simulator.cloud import create_tables

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
FUNCTIONS = (
    "Heartbeat",
    "Canary",
    "Sweep",
    "Advance",
    "Deliveries",
    "Desk",
    "Live",
    "Close",
    "Issue",
    "Practices",
    "Announcements",
)


@pytest.mark.parametrize("name", ["Devices", "Records"])
def test_a_table_survives_its_stack_and_can_be_taken_back_in_time(resources: Json, name: str) -> None:
    table = resources[name]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"


@mock_aws
@pytest.mark.parametrize("name", ["Devices", "Records"])
def test_the_tables_of_the_other_tests_are_those_of_the_template(resources: Json, name: str) -> None:
    create_tables()
    table = os.environ[f"{name.upper()}_TABLE"]
    tested = boto3.client("dynamodb").describe_table(TableName=table)["Table"]
    declared = resources[name]["Properties"]
    assert tested["KeySchema"] == declared["KeySchema"]
    assert _types(tested["AttributeDefinitions"]) == _types(declared["AttributeDefinitions"])
    indexes = [
        {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
        for index in tested.get("GlobalSecondaryIndexes", [])
    ]
    assert indexes == declared.get("GlobalSecondaryIndexes", [])


def test_statements_cannot_be_changed_and_are_nobody_elses(resources: Json) -> None:
    bucket = resources["Statements"]
    kept = bucket["Properties"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert kept["VersioningConfiguration"] == {"Status": "Enabled"}
    assert kept["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {
        "Mode": {"Ref": "StatementLockMode"},
        "Days": {"Ref": "StatementRetentionDays"},
    }
    assert set(kept["PublicAccessBlockConfiguration"].values()) == {True}
    only_tls, only_first = resources["StatementsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert only_tls["Effect"] == only_first["Effect"] == "Deny"
    assert only_tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert only_first["Action"] == "s3:PutObject"
    assert only_first["Condition"]["Null"] == {"s3:if-none-match": "true"}


@pytest.mark.parametrize(
    ("action", "how", "is_refused"),
    [
        ("s3:PutObject", {"s3:if-none-match": "*"}, False),
        ("s3:PutObject", {}, True),
        ("s3:PutObject", {"s3:if-match": "an-etag"}, True),
        ("s3:PutObject", {"s3:if-none-match": "*", "aws:SecureTransport": "false"}, True),
        # A part of a file is none yet; what makes the file of its parts is asked for the condition.
        ("s3:PutObject", {"s3:ObjectCreationOperation": "false"}, False),
        ("s3:GetObject", {}, False),
        ("s3:GetObject", {"aws:SecureTransport": "false"}, True),
    ],
)
def test_whoever_writes_a_file_of_statements_without_the_condition_that_there_is_none_is_refused(
    resources: Json, action: str, how: dict[str, str], is_refused: bool
) -> None:
    """As AWS reads a policy: an action that a statement names, in which every condition holds."""
    request = {"aws:SecureTransport": "true", "s3:ObjectCreationOperation": "true", **how}
    policy = resources["StatementsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert all(statement["Principal"] == "*" for statement in policy)
    refusing = [
        statement["Sid"]
        for statement in policy
        if statement["Effect"] == "Deny"
        and statement["Action"] in (action, "s3:*")
        and _holds(statement["Condition"], request)
    ]
    assert bool(refusing) == is_refused


def _holds(conditions: Json, request: Mapping[str, str]) -> bool:
    return all(
        (str(name not in request).lower() if operator == "Null" else request.get(name)) == wanted
        for operator, names in conditions.items()
        for name, wanted in names.items()
    )


def test_one_function_writes_statements_and_none_deletes_them(resources: Json) -> None:
    granted = {
        (name, action)
        for name, role in _of(resources, "AWS::IAM::Role").items()
        for policy in role.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        for action in _listed(statement["Action"])
        if action.startswith("s3:")
    }
    assert granted == {
        ("IssueRole", "s3:GetObject"),
        ("IssueRole", "s3:PutObject"),
        ("LiveRole", "s3:GetObject"),
    }


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_statements_are_kept_for_ten_years_unless_the_operator_says_otherwise(template: Json) -> None:
    parameters = template["Parameters"]
    assert parameters["StatementRetentionDays"]["Default"] == 3653
    assert parameters["StatementLockMode"]["Default"] == "GOVERNANCE"
    assert parameters["StatementLockMode"]["AllowedValues"] == ["GOVERNANCE", "COMPLIANCE"]


def test_a_statement_that_is_not_out_by_its_hour_raises_an_alarm(resources: Json) -> None:
    source = (ROOT / "functions/evaluator/overdue.py").read_text()
    pattern = resources["Overdue"]["Properties"]["FilterPattern"]
    told = pattern.removeprefix('{ $.message = "').removesuffix('" }')
    assert f'logger.error("{told}"' in source
    alarm = resources["StatementOverdue"]["Properties"]
    assert resources["Overdue"]["Properties"]["LogGroupName"] == {"Ref": "PracticesLogs"}
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == ("Overdue", "Sum", 0)
    assert alarm["Period"] >= 2 * 900


def test_the_access_log_tells_the_route_and_never_the_path(resources: Json) -> None:
    written = resources["Stage"]["Properties"]["AccessLogSettings"]["Format"]
    assert "$context.routeKey" in written
    assert "path" not in written.lower()
    assert "authorization" not in written.lower()


def test_the_api_has_exactly_these_routes(resources: Json) -> None:
    routes = {
        resource["Properties"]["RouteKey"]
        for resource in resources.values()
        if resource["Type"] == "AWS::ApiGatewayV2::Route"
    }
    assert routes == {
        "POST /v1/heartbeat",
        "ANY /ping/{proxy+}",
        "ANY /api/push/{proxy+}",
        "GET /v1/openapi.json",
        "ANY /live/{proxy+}",
        "ANY /desk/{proxy+}",
    }


def test_every_route_may_call_its_function_and_agents_may_call_often(resources: Json) -> None:
    allowed = {
        str(permission["SourceArn"]).partition("${Api}/*/")[2]
        for permission in _of(resources, "AWS::Lambda::Permission").values()
        if "${Api}" in str(permission.get("SourceArn"))
    }
    routes = [route["RouteKey"].split() for route in _of(resources, "AWS::ApiGatewayV2::Route").values()]
    assert allowed == {f"{method.replace('ANY', '*')}{path}'}}" for method, path in routes}
    settings = resources["Stage"]["Properties"]["RouteSettings"]
    assert {key: limits["ThrottlingRateLimit"] for key, limits in settings.items()} == dict.fromkeys(
        ("POST /v1/heartbeat", "ANY /ping/{proxy+}", "ANY /api/push/{proxy+}"), 5000
    )
    waits = resources["Stage"]["DependsOn"]
    assert sorted(waits) == sorted(_of(resources, "AWS::ApiGatewayV2::Route"))


def test_every_log_ends_after_the_days_the_operator_chose(resources: Json) -> None:
    groups = _of(resources, "AWS::Logs::LogGroup")
    assert len(groups) == len(FUNCTIONS) + 2
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_error_of_a_function_raises_an_alarm(resources: Json, name: str) -> None:
    alarm = resources[f"{name}Errors"]["Properties"]
    assert (alarm["MetricName"], alarm["Threshold"]) == ("Errors", 0)
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": f"{name}Function"}}]


def test_every_alarm_tells_somebody(resources: Json) -> None:
    for name, alarm in _of(resources, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert alarm["AlarmDescription"], name


def test_every_queue_of_dead_letters_has_an_alarm_at_its_first_message(resources: Json) -> None:
    watched = {
        str(alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]): alarm["Threshold"]
        for alarm in _of(resources, "AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
    }
    dead = {name for name in _of(resources, "AWS::SQS::Queue") if name.endswith("DeadLetters")}
    assert watched == dict.fromkeys(dead, 0)
    assert len(dead) == 4


@pytest.mark.parametrize(
    "name", ["CanaryMissing", "SweepMissing", "CloseMissing", "PracticesMissing", "AnnouncementsMissing"]
)
def test_a_schedule_that_does_not_run_raises_an_alarm(resources: Json, name: str) -> None:
    alarm = resources[name]["Properties"]
    assert (alarm["MetricName"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "Invocations",
        "LessThanThreshold",
        1,
    )
    assert alarm["TreatMissingData"] == "breaching"


def test_every_parameter_says_what_it_is_for_and_has_bounds(template: Json) -> None:
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"], name
        assert {"AllowedPattern", "AllowedValues", "MinValue"} & set(parameter), name


def _of(resources: Json, kind: str) -> Json:
    return {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == kind}


def _types(attributes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {attribute["AttributeName"]: attribute["AttributeType"] for attribute in attributes}


def test_ses_reports_everything_that_can_become_of_a_mail_and_holds_back_who_bounced(resources: Json) -> None:
    destination = resources["MailEventsDestination"]["Properties"]["EventDestination"]
    assert set(destination["MatchingEventTypes"]) == {
        "delivery",
        "bounce",
        "complaint",
        "reject",
        "deliveryDelay",
    }
    assert resources["Mails"]["Properties"]["SuppressionOptions"] == {
        "SuppressedReasons": ["BOUNCE", "COMPLAINT"]
    }
