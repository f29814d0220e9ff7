"""Least privilege: named actions on named resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from makegood.storage.canary import CLIENT

Json = dict[str, Any]

UNNAMEABLE = {
    ("FunctionBasics", "Trace"): "X-Ray",
    ("SendTexts", "Text"): "a phone number",
    ("IncidentTimerRole", "Trace"): "X-Ray",
    ("IncidentTimerRole", "Log"): "log delivery",
}
"""Statements whose actions AWS offers on no resource."""


def test_no_action_is_a_pattern(resources: Json) -> None:
    patterns = [(where, action) for where, _, action in _granted(resources) if "*" in action]
    assert patterns == []


def test_no_resource_is_everything_except_where_aws_names_none(resources: Json) -> None:
    everything = {
        (where, statement["Sid"]) for where, statement in _statements(resources) if _is_open(statement)
    }
    assert everything == set(UNNAMEABLE)


def test_no_policy_of_aws_with_unknown_contents_is_attached(resources: Json) -> None:
    for name, resource in resources.items():
        for policy in resource.get("Properties", {}).get("ManagedPolicyArns", []):
            assert resources[policy["Ref"]]["Type"] == "AWS::IAM::ManagedPolicy", name


@pytest.mark.parametrize("role", ["Heartbeat", "Canary", "Sweep", "Deliveries", "Close"])
def test_a_function_that_sends_no_mail_may_send_none_and_sign_nothing(resources: Json, role: str) -> None:
    attached = resources[f"{role}Role"]["Properties"]["ManagedPolicyArns"]
    assert {"Ref": "SendMails"} not in attached
    assert {"Ref": "ReadLinkKeys"} not in attached


def test_the_clients_door_sends_no_mail_and_writes_no_statement(resources: Json) -> None:
    role = resources["LiveRole"]["Properties"]
    assert {"Ref": "SendMails"} not in role["ManagedPolicyArns"]
    granted = {statement["Sid"]: statement for statement in _statements_of(resources, "LiveRole")}
    assert granted["Devices"]["Action"] == ["dynamodb:GetItem", "dynamodb:Query"]
    writing = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
    assert granted["Records"]["Action"] == writing
    assert granted["Statements"]["Action"] == "s3:GetObject"
    assert set(granted) == {"Devices", "Records", "Statements"}


@pytest.mark.parametrize("name", ["Advance", "Announcements", "Desk", "Issue", "Live"])
def test_who_writes_to_a_client_or_answers_it_can_sign_its_links(resources: Json, name: str) -> None:
    assert {"Ref": "ReadLinkKeys"} in resources[f"{name}Role"]["Properties"]["ManagedPolicyArns"]
    given = resources[f"{name}Function"]["Properties"]["Environment"]["Variables"]
    assert {"BASE_URL", "LINK_KEYS_ARN"} <= set(given)


def test_only_the_sweep_may_scan(resources: Json) -> None:
    assert {where for where, _, action in _granted(resources) if action == "dynamodb:Scan"} == {"SweepRole"}


@pytest.mark.parametrize("name", ["Close", "Practices"])
def test_who_shares_its_work_out_may_invoke_itself_and_nothing_else(resources: Json, name: str) -> None:
    policy = resources[f"{name}SharesOut"]
    assert policy["Properties"]["Roles"] == [{"Ref": f"{name}Role"}]
    [statement] = _document(policy)["Statement"]
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"] == {"Fn::GetAtt": [f"{name}Function", "Arn"]}


def test_functions_are_invoked_by_themselves_and_by_timers_alone(resources: Json) -> None:
    invoking = {where for where, _, action in _granted(resources) if action == "lambda:InvokeFunction"}
    assert invoking == {"CloseSharesOut", "PracticesSharesOut", "IncidentTimerRole"}


def test_the_canary_reaches_its_own_row_and_no_record(resources: Json) -> None:
    statements = {s["Sid"]: s for s in _statements_of(resources, "CanaryRole")}
    own = statements["ItsOwnRow"]
    assert own["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [CLIENT]}}
    assert {s["Sid"] for s in statements.values()} == {"Key", "ItsOwnRow", "Failures"}


def test_nobody_may_delete_what_was_recorded(resources: Json) -> None:
    deleting = [
        action
        for _, _, action in _granted(resources)
        if "Delete" in action and not action.startswith(("sqs:", "logs:"))
    ]
    assert deleting == []


def test_nobody_may_undo_the_lock_on_statements(resources: Json) -> None:
    lock = {"s3:BypassGovernanceRetention", "s3:PutObjectRetention", "s3:PutObjectLegalHold"}
    bucket = {"s3:PutBucketObjectLockConfiguration", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
    assert {action for _, _, action in _granted(resources)} & (lock | bucket) == set()


def test_only_the_sender_or_its_domain_can_be_sent_from(resources: Json) -> None:
    [statement] = _document(resources["SendMails"])["Statement"]
    assert [str(arn).partition("identity/")[2][:9] for arn in statement["Resource"][:2]] == [
        "${Sender}",
        "${Domain}",
    ]


def _granted(resources: Json) -> Iterator[tuple[str, Json, str]]:
    for where, statement in _statements(resources):
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            yield where, statement, action


def _statements(resources: Json) -> Iterator[tuple[str, Json]]:
    """Every statement that lets a role do something, with the policy or role that has it."""
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            yield from ((name, statement) for statement in _document(resource)["Statement"])
        for policy in properties.get("Policies", []):
            yield from ((name, statement) for statement in policy["PolicyDocument"]["Statement"])


def _statements_of(resources: Json, role: str) -> list[Json]:
    return [statement for name, statement in _statements(resources) if name == role]


def _document(policy: Json) -> Json:
    return dict(policy["Properties"]["PolicyDocument"])


def _is_open(statement: Json) -> bool:
    resources = statement["Resource"]
    return "*" in (resources if isinstance(resources, list) else [resources])
