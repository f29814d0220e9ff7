"""Which deployment a command works on, and what people read when AWS refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore import exceptions as boto
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber
from cli.conftest import OUTPUTS, Makegood
from click.testing import CliRunner
from pynamodb.exceptions import QueryError

from makegood.storage.changes import RefusedError
from makegood.storage.transactions import LostRaceError
from makegood_cli import clients, connection
from makegood_cli.connection import stack_outputs, variable
from makegood_cli.failures import explain
from makegood_cli.main import cli

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def _environment_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
    for name in [*map(variable, OUTPUTS), *kept]:
        monkeypatch.setenv(name, os.environ[name])
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `client list` only as far as the connection; tells with which environment."""
    seen: dict[str, Any] = {}

    def outputs_of(cloudformation: Any, stack: str) -> dict[str, str]:
        seen.update(stack=stack, region=cloudformation.meta.region_name)
        return {"DevicesTable": "d", "RecordsTable": "r", "BaseUrl": "https://x.example"}

    def look(*_: Any) -> list[Any]:
        seen.update({name: os.environ.get(name) for name in (*NAMES, *map(variable, OUTPUTS))})
        return []

    monkeypatch.setattr(connection, "stack_outputs", outputs_of)
    monkeypatch.setattr(clients, "all_clients", look)

    def run(*arguments: str) -> dict[str, Any]:
        result = CliRunner().invoke(cli, list(arguments))
        assert result.exit_code == 0, result.output
        return seen

    return run


NAMES = ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID")


def test_the_stack_is_called_makegood_unless_said_otherwise(
    connected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connected("client", "list")["stack"] == "makegood"
    monkeypatch.setenv("MAKEGOOD_STACK", "guard")
    assert connected("client", "list")["stack"] == "guard"
    assert connected("client", "list", "--stack", "other")["stack"] == "other"
    assert connected("--stack", "other", "client", "list")["stack"] == "other"


def test_the_region_is_the_one_asked_for(connected: Any) -> None:
    seen = connected("client", "list", "--region", "eu-central-1")
    assert (seen["region"], seen["AWS_DEFAULT_REGION"]) == ("eu-central-1", "eu-central-1")


def test_a_profile_wins_over_keys_in_the_environment(
    connected: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile ops]\nregion = eu-north-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    seen = connected("client", "list", "--profile", "ops")
    assert (seen["AWS_PROFILE"], seen["AWS_ACCESS_KEY_ID"]) == ("ops", None)


def test_the_outputs_settle_the_tables(connected: Any) -> None:
    seen = connected("client", "list")
    assert (seen["DEVICES_TABLE"], seen["RECORDS_TABLE"]) == ("d", "r")
    assert seen["BASE_URL"] == "https://x.example"


def test_the_template_has_every_output_that_is_read_here() -> None:
    class Loader(yaml.SafeLoader):
        """Reads CloudFormation's short forms as nothing."""

    Loader.add_multi_constructor("!", lambda *_: None)
    template = yaml.load((ROOT / "infra" / "template.yaml").read_text(), Loader)
    assert set(OUTPUTS) <= set(template["Outputs"])


def a_local_stack(folder: Path) -> None:
    (folder / ".local").mkdir()
    stack = {
        "endpoint_url": "http://127.0.0.1:4567",
        "ses_url": "http://127.0.0.1:4568",
        "region": "us-east-1",
        "url": "http://127.0.0.1:4568",
        "outputs": {"DevicesTable": "local-d", "RecordsTable": "local-r", "BaseUrl": "http://unreachable"},
    }
    (folder / ".local" / "stack.json").write_text(json.dumps(stack))


def test_the_local_stack_is_found_from_every_folder_below(
    connected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_local_stack(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    seen = connected("client", "list", "--local")
    assert seen["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4567"
    assert (seen["AWS_REGION"], seen["AWS_ACCESS_KEY_ID"]) == ("us-east-1", "local")
    assert (seen["DEVICES_TABLE"], seen["BASE_URL"]) == ("local-d", "http://127.0.0.1:4568")


def test_settings_for_other_endpoints_do_not_lead_away_from_the_local_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connected: Any
) -> None:
    a_local_stack(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://elsewhere.example")
    connected("client", "list", "--local")
    assert boto3.client("dynamodb").meta.endpoint_url == "http://127.0.0.1:4567"
    assert boto3.client("sesv2").meta.endpoint_url == "http://127.0.0.1:4568"


def test_without_a_local_stack_the_cure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["client", "list", "--local"])
    assert result.exit_code == 1
    assert (
        result.stderr == "Error: There is no local stack here (.local/stack.json): `make run` starts one.\n"
    )


def test_local_and_a_profile_exclude_each_other() -> None:
    result = CliRunner().invoke(cli, ["client", "list", "--local", "--profile", "ops"])
    assert result.exit_code == 2
    assert "--local settles stack, region and profile itself" in result.stderr


def answering(**answer: Any) -> Any:
    client = boto3.client("cloudformation", region_name="eu-west-1")
    stubber = Stubber(client)
    if "code" in answer:
        stubber.add_client_error("describe_stacks", answer["code"], answer["message"])
    else:
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in answer["outputs"].items()]
        stack = {
            "StackName": "makegood",
            "CreationTime": "2026-01-01T00:00:00Z",
            "StackStatus": "CREATE_COMPLETE",
            "Outputs": outputs,
        }
        stubber.add_response("describe_stacks", {"Stacks": [stack]})
    stubber.activate()
    return client


def test_the_outputs_of_a_stack_are_read_by_name() -> None:
    outputs = {"DevicesTable": "d", "RecordsTable": "r"}
    assert stack_outputs(answering(outputs=outputs), "makegood") == outputs


def test_a_stack_that_is_not_there_is_named_with_its_region() -> None:
    missing = answering(code="ValidationError", message="Stack with id makegood does not exist")
    with pytest.raises(RefusedError, match="There is no stack makegood in eu-west-1: name it with --stack"):
        stack_outputs(missing, "makegood")


def test_a_stack_of_something_else_is_not_used() -> None:
    with pytest.raises(RefusedError, match="not yet"):
        stack_outputs(answering(outputs={"Website": "x"}), "makegood")


def refused_by_aws(code: str, message: str = "Because.") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        (refused_by_aws("ExpiredTokenException"), "sign in again"),
        (refused_by_aws("UnrecognizedClientException"), "choose others with --profile"),
        (refused_by_aws("ThrottlingException"), "repeat the command in a moment"),
        (refused_by_aws("AccessDeniedException", "No."), "lack the permission for DescribeStacks: No."),
        (refused_by_aws("ResourceNotFoundException"), "check --stack and --region"),
        (refused_by_aws("Strange", "Odd."), "AWS refused DescribeStacks: Strange: Odd."),
        (QueryError("Failed", refused_by_aws("ExpiredTokenException")), "sign in again"),
        (boto.NoCredentialsError(), "There are no AWS credentials"),
        (boto.PartialCredentialsError(provider="env", cred_var="x"), "There are no AWS credentials"),
        (boto.ProfileNotFound(profile="ops"), "The config profile (ops) could not be found"),
        (boto.NoRegionError(), "name it with --region"),
        (boto.UnauthorizedSSOTokenError(), "aws sso login"),
        (boto.TokenRetrievalError(provider="sso", error_msg="x"), "aws sso login"),
        (boto.EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "AWS does not answer"),
        (boto.ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"), "AWS does not answer"),
        (ResponseParserError("Unable to parse"), "What answers is not AWS"),
        (LostRaceError(), "Somebody else changed the same"),
        (FileNotFoundError(2, "No such file", "there/x"), "there/x: No such file"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_aws_says_comes_with_the_cure(error: Exception, cure: str) -> None:
    assert cure in str(explain(error))


def test_an_address_of_aws_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "garbage")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")
    result = CliRunner().invoke(cli, ["client", "list"])
    assert result.stderr.startswith("Error: AWS_ENDPOINT_URL is no address such as")


def test_a_defect_is_not_explained_away() -> None:
    assert explain(KeyError("x")) is None


def test_an_error_of_aws_is_one_line_and_no_traceback(
    makegood: Makegood, monkeypatch: pytest.MonkeyPatch
) -> None:
    def expired(*_: Any) -> Any:
        raise refused_by_aws("ExpiredToken")

    monkeypatch.setattr(connection, "stack_outputs", expired)
    said = makegood.refuses("client", "list")
    assert said.startswith("Error: Your AWS credentials have expired: sign in again")
    assert len(said.splitlines()) == 1
