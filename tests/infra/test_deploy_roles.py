"""The roles and the workflow by which GitHub deploys: enough for the template, and never the data."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from makegood_local.template import load_template

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "infra/github/deploy.yml"

SERVICES = {
    "ApiGatewayV2": "apigateway",
    "CloudWatch": "cloudwatch",
    "DynamoDB": "dynamodb",
    "Events": "events",
    "IAM": "iam",
    "KMS": "kms",
    "Lambda": "lambda",
    "Logs": "logs",
    "S3": "s3",
    "SES": "ses",
    "SNS": "sns",
    "SQS": "sqs",
    "SecretsManager": "secretsmanager",
    "Serverless": "lambda",
}
"""What CloudFormation calls a service -> what permissions call it."""


@pytest.fixture(scope="module")
def roles() -> Json:
    return dict(load_template(ROOT / "infra/deploy-roles.yaml")["Resources"])


@pytest.fixture(scope="module")
def workflow() -> Json:
    return dict(yaml.safe_load(WORKFLOW.read_text()))


def statements(roles: Json, role: str) -> list[Json]:
    (policy,) = roles[role]["Properties"]["Policies"]
    return list(policy["PolicyDocument"]["Statement"])


def actions(statement: Json) -> list[str]:
    found = statement["Action"]
    return found if isinstance(found, list) else [found]


def test_the_stacks_role_may_make_something_of_every_service_in_the_template(
    roles: Json, resources: Json
) -> None:
    wanted = {SERVICES[resource["Type"].split("::")[1]] for resource in resources.values()}
    wanted |= {"scheduler", "states"}  # of ScheduleV2 and StateMachine
    allowed = [each for each in statements(roles, "StackRole") if each["Effect"] == "Allow"]
    given = {action.split(":")[0] for statement in allowed for action in actions(statement)}
    assert wanted <= given


@pytest.mark.parametrize(
    "action",
    [
        "dynamodb:DeleteTable",
        "s3:DeleteBucket",
        "s3:DeleteObject",
        "kms:ScheduleKeyDeletion",
        "logs:DeleteLogGroup",
    ],
)
def test_neither_role_may_delete_what_holds_data(roles: Json, action: str) -> None:
    for role in ("DeployRole", "StackRole"):
        found = statements(roles, role)
        denied = [each for each in found if each["Effect"] == "Deny" and each["Resource"] == "*"]
        allowed = [each for each in found if each["Effect"] == "Allow"]
        may = any(fnmatchcase(action, pattern) for each in allowed for pattern in actions(each))
        assert not may or any(fnmatchcase(action, pattern) for each in denied for pattern in actions(each))


def test_github_signs_in_for_one_environment_of_one_repository_only(roles: Json) -> None:
    (statement,) = roles["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": {
            "Fn::Sub": "repo:${Repository}:environment:${Environment}"
        },
    }


def test_production_gets_what_staging_got_after_it(workflow: Json) -> None:
    build, staging, production = (workflow["jobs"][name] for name in ("build", "staging", "production"))
    assert staging["needs"] == "build"
    assert production["needs"] == "staging"
    assert (staging["environment"], production["environment"]) == ("staging", "production")
    assert staging["steps"] == production["steps"]
    assert "id-token" not in workflow["permissions"]
    assert "permissions" not in build


def test_every_variable_of_the_workflow_is_named_in_the_document() -> None:
    named = set(re.findall(r"vars\.([A-Z_]+)", WORKFLOW.read_text()))
    document = (ROOT / "docs/deploy.md").read_text()
    assert named == {name for name in named if f"`{name}`" in document}
