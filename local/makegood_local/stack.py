"""The local stack: embedded AWS, SES's stand-in, front door, and the template deployed in it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from operator import itemgetter
from pathlib import Path
from typing import Any

from makegood_local.account import LocalAccount
from makegood_local.deployment import STACK, deploy, physical_name
from makegood_local.emulator import REGION, LocalError

PARAMETERS = {
    "Sender": "guarantee@provider.example",
    "ReplyTo": "help@provider.example",
    "Technicians": "tina@provider.example,omar@provider.example",
    "AlarmEmail": "alarms@provider.example",
}
ANSWER_SECONDS = 60


class LocalStack(LocalAccount):
    """`with LocalStack(folder) as stack:` gives a deployed stack; everything ends with the block, or with us.

    `parameters` are the template's; `bouncing` are addresses whose mails bounce. With `keep_state` the next
    stack in the same folder goes on where this one ended, at the same addresses.
    """

    def __init__(
        self,
        state_dir: Path,
        parameters: Mapping[str, str] | None = None,
        keep_state: bool = False,
        port: int = 0,
        bouncing: Collection[str] = (),
    ) -> None:
        super().__init__(state_dir, keep_state, port, bouncing)
        self.parameters = PARAMETERS | dict(parameters or {})
        self.outputs: dict[str, str] = {}

    def invoke(self, function: str, payload: object = None) -> Any:
        """Calls a function by its name in the template, and returns its answer; LocalError when it raised."""
        name = physical_name(self.client("cloudformation"), function)
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload))
        content = json.loads(answer["Payload"].read() or "null")
        if "FunctionError" in answer:
            raise LocalError(f"{function} failed: {json.dumps(content, indent=2)}")
        return content

    def logs(self) -> str:
        """What every function wrote, in order of time."""
        logs = self.client("logs")
        pages = logs.get_paginator("filter_log_events")
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{STACK}/")["logGroups"]
        events = [
            (event["timestamp"], group["logGroupName"].rpartition("/")[2], event["message"].rstrip())
            for group in groups
            for page in pages.paginate(logGroupName=group["logGroupName"])
            for event in page["events"]
        ]
        return "\n".join(f"{name}: {message}" for _, name, message in sorted(events, key=itemgetter(0)))

    def _settle(self, opening: ExitStack) -> None:
        parameters = {"PublicBaseUrl": self.url} | self.parameters
        self.outputs = deploy(self.client("s3"), self.client("cloudformation"), parameters)
        self.verify_sender()
        sns, topic = self.client("sns"), self.outputs["MailEventsTopicArn"]
        opening.enter_context(self._ses.reporting(lambda event: sns.publish(TopicArn=topic, Message=event)))
        self._front.open(self._emulator.port, self.outputs["ApiUrl"])
        self._wait_for_answer()
        self.file.write_text(json.dumps(self.description(), indent=2) + "\n")

    def verify_sender(self) -> None:
        """On AWS the operator does it once, by mail or DNS."""
        self.client("sesv2").create_email_identity(EmailIdentity=self.parameters["Sender"])

    def _wait_for_answer(self) -> None:
        """Waits until the heartbeat function itself refuses a token that is none."""
        request = urllib.request.Request(
            f"{self.url}/v1/heartbeat", data=b"", headers={"Authorization": "Bearer nonsense"}, method="POST"
        )
        deadline, status = time.monotonic() + ANSWER_SECONDS, 0
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(request, timeout=30).close()
            except urllib.error.HTTPError as error:
                status = error.code
                if status == 401:
                    return
            time.sleep(0.5)
        raise LocalError(
            f"the heartbeat function answers {status} instead of refusing nonsense:\n{self.logs()}"
        )

    def description(self) -> dict[str, Any]:
        """What other commands need to find this stack."""
        return {
            "url": self.url,
            "endpoint_url": self.endpoint_url,
            "ses_url": self._ses.url,
            "region": REGION,
            "port": self._front.port,
            "emulator_port": self._emulator.port,
            "outputs": self.outputs,
        }
