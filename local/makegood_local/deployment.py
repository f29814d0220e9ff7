"""Deploys the template to the embedded AWS by CloudFormation's own calls, as `sam deploy` does."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from makegood_local.emulator import ROOT, LocalError
from makegood_local.packaging import install_dependencies, package
from makegood_local.template import code_paths, for_emulator, load_template, with_uploads

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef
    from mypy_boto3_s3 import S3Client

TEMPLATE = ROOT / "infra/template.yaml"
STACK = "makegood"
BUCKET = "makegood-artifacts"
DEPLOY_SECONDS = 120
SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def deploy(
    s3: S3Client, cloudformation: CloudFormationClient, parameters: Mapping[str, str]
) -> dict[str, str]:
    """Creates the stack, or updates it to what the template says now; returns its outputs."""
    template = for_emulator(load_template(TEMPLATE), install_dependencies())
    s3.create_bucket(Bucket=BUCKET)
    uploads = {place: _upload(s3, path) for place, path in code_paths(template, TEMPLATE.parent).items()}
    body = json.dumps(with_uploads(template, uploads)).encode()
    key = _keep(s3, "template", body)  # CloudFormation takes no template this long in the call itself
    _start(cloudformation, f"{s3.meta.endpoint_url}/{BUCKET}/{key}", parameters)
    _wait(cloudformation)
    return outputs(cloudformation)


def outputs(cloudformation: CloudFormationClient) -> dict[str, str]:
    """The stack's outputs by name."""
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def physical_name(cloudformation: CloudFormationClient, resource: str) -> str:
    """The name that the resource of the template has in this deployment."""
    found = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=resource)
    return found["StackResourceDetail"]["PhysicalResourceId"]


def _upload(s3: S3Client, path: Path) -> str:
    content = path.read_bytes() if path.is_file() else package(path)
    return f"s3://{BUCKET}/{_keep(s3, path.name, content)}"


def _keep(s3: S3Client, name: str, content: bytes) -> str:
    """Where these bytes lie in the bucket, whoever put them there."""
    key = f"{name}-{hashlib.sha256(content).hexdigest()}"
    if not _exists(s3, key):
        s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    return key


def _exists(s3: S3Client, key: str) -> bool:
    try:
        s3.head_object(Bucket=BUCKET, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return False
        raise
    return True


def _start(cloudformation: CloudFormationClient, template_url: str, parameters: Mapping[str, str]) -> None:
    values: list[ParameterTypeDef] = [
        {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
    ]
    known = _status(cloudformation)
    change = cloudformation.update_stack if known else cloudformation.create_stack
    try:
        change(
            StackName=STACK,
            TemplateURL=template_url,
            Parameters=values,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise LocalError(f"the template was refused: {error}") from error


def _status(cloudformation: CloudFormationClient) -> str | None:
    try:
        return cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def _wait(cloudformation: CloudFormationClient) -> None:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while (status := _status(cloudformation)) not in SETTLED:
        if status is None or not status.endswith("_IN_PROGRESS"):
            raise LocalError(f"the deployment ended as {status}:\n{_reasons(cloudformation)}")
        if time.monotonic() > deadline:
            raise LocalError(f"the deployment is still {status} after {DEPLOY_SECONDS} seconds")
        time.sleep(0.2)


def _reasons(cloudformation: CloudFormationClient) -> str:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=STACK)
    events = [event for page in pages for event in page["StackEvents"] if "FAILED" in event["ResourceStatus"]]
    return "\n".join(
        f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in events[::-1]
    )
