"""Finds the deployment a command works on: through its stack's outputs, or the local stack's file."""

from __future__ import annotations

import getpass
import json
import os
import re
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import click
from botocore.config import Config
from botocore.exceptions import ClientError

from makegood.rules.instants import Instant
from makegood.settings import Settings, settings
from makegood.storage.changes import Operator, RefusedError
from makegood.storage.tables import bind_tables
from makegood_cli.options import Options, current_options

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.client import CloudFormationClient

LOCAL_FILE = Path(".local") / "stack.json"
LOCAL_STACK = "makegood"
_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})


def connect() -> Settings:
    """Settles account, region and tables for the rest of this process, as the options ask."""
    options = current_options()
    outputs = _use_local(options) if options.local else _use_aws(options)
    os.environ.update({variable(name): value for name, value in outputs.items()})
    settings.cache_clear()
    found = settings()
    bind_tables(found.devices_table, found.records_table)
    return found


def operator(at: Instant) -> Operator:
    """Who works here: the AWS identity and the user of this machine."""
    arn = boto3.client("sts", config=_CONFIG).get_caller_identity()["Arn"]
    return Operator(who=f"{arn} ({_user()})", at=at)


def time_at_aws() -> Instant:
    """What AWS's own clock says, for what is compared with times that were taken there."""
    answer = boto3.client("sts", config=_CONFIG).get_caller_identity()
    return int(parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp())


def variable(output: str) -> str:
    """The environment variable of a stack's output: `DevicesTable` is `DEVICES_TABLE`."""
    return re.sub(r"(?<=.)(?=[A-Z])", "_", output).upper()


def stack_outputs(cloudformation: CloudFormationClient, stack: str) -> dict[str, str]:
    """The outputs of a stack by name; RefusedError when there is no such stack or it is not Makegood's."""
    try:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        region = cloudformation.meta.region_name
        raise RefusedError(
            f"There is no stack {stack} in {region}: name it with --stack and --region, or use --local."
        ) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    if "DevicesTable" not in outputs:
        raise RefusedError(f"The stack {stack} is not (or not yet) a deployment of Makegood.")
    return outputs


def stack_name() -> str:
    """The stack that this command works on."""
    options = current_options()
    return LOCAL_STACK if options.local else options.stack_name


def stack_resources(stack: str) -> list[tuple[str, str, str]]:
    """(name in the template, type, name in the account) of everything the stack has."""
    pages = boto3.client("cloudformation", config=_CONFIG).get_paginator("list_stack_resources")
    return [
        (each["LogicalResourceId"], each["ResourceType"], each.get("PhysicalResourceId", ""))
        for page in pages.paginate(StackName=stack)
        for each in page["StackResourceSummaries"]
    ]


def _use_aws(options: Options) -> dict[str, str]:
    if options.profile:
        os.environ["AWS_PROFILE"] = options.profile
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
    if options.region:
        os.environ.update(AWS_REGION=options.region, AWS_DEFAULT_REGION=options.region)
    try:
        cloudformation = boto3.client("cloudformation", config=_CONFIG)
    except ValueError as error:  # of an endpoint, where botocore has no error of its own
        raise RefusedError(f"AWS_ENDPOINT_URL is no address such as http://127.0.0.1:80: {error}") from error
    return stack_outputs(cloudformation, options.stack_name)


def _use_local(options: Options) -> dict[str, str]:
    if options.stack or options.profile or options.region:
        raise click.UsageError("--local settles stack, region and profile itself")
    stack = _read_local(Path.cwd())
    for name in [name for name in os.environ if _leads_elsewhere(name)]:
        del os.environ[name]
    os.environ.update(
        AWS_ENDPOINT_URL=stack["endpoint_url"],
        AWS_ENDPOINT_URL_SESV2=stack["ses_url"],
        AWS_REGION=stack["region"],
        AWS_DEFAULT_REGION=stack["region"],
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",  # noqa: S106 - the local stack takes any
    )
    return {**stack["outputs"], "BaseUrl": stack["url"]}


def _leads_elsewhere(name: str) -> bool:
    """Whether botocore would take this variable over the local stack's address or credentials."""
    return name.startswith("AWS_ENDPOINT_URL_") or name in (
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
    )


def _read_local(folder: Path) -> dict[str, Any]:
    """The local stack's file of this folder or the nearest one above it."""
    for place in (folder, *folder.parents):
        file = place / LOCAL_FILE
        if file.is_file():
            return _parse_local(file)
    raise RefusedError(f"There is no local stack here ({LOCAL_FILE}): `make run` starts one.")


def _parse_local(file: Path) -> dict[str, Any]:
    try:
        stack = json.loads(file.read_text())
        return {name: stack[name] for name in ("url", "endpoint_url", "ses_url", "region", "outputs")}
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedError(
            f"{file} does not say where a local stack is: `make run` writes it anew."
        ) from error


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may have no name for its user
        return "unknown user"
