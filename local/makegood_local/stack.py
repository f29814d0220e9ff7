"""The local stack: embedded AWS, deployed template, SES's stand-in and front door, up and down together."""

from __future__ import annotations

import fcntl
import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from botocore.config import Config

from makegood_local.deployment import STACK, deploy, physical_name
from makegood_local.emulator import OWNER, REGION, Emulator, LocalError, free_port, session
from makegood_local.front import FrontServer
from makegood_local.mailbox import Mail, Mailbox
from makegood_local.ses import SesServer

PARAMETERS = {
    "Sender": "guarantee@provider.example",
    "ReplyTo": "help@provider.example",
    "Technicians": "tina@provider.example,omar@provider.example",
}
ANSWER_SECONDS = 60
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3})


class LocalStack:
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
        self.state_dir = state_dir.resolve()
        self.file = self.state_dir / "stack.json"
        self.parameters = PARAMETERS | dict(parameters or {})
        self.keep_state = keep_state
        self.port = port
        self.bouncing = bouncing
        self.outputs: dict[str, str] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            lock = opening.enter_context(self._alone())
            before = self._before()
            self._mailbox = Mailbox(self.state_dir / "mails")
            self._front = FrontServer(free_port(before.get("port", self.port)), self._mailbox)
            opening.enter_context(self._front.running())
            self._start_emulator(opening, lock, before.get("emulator_port", 0))
            self._deploy(opening)
            self._wait_for_answer()
            self._write_file()
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._open.close()

    @property
    def url(self) -> str:
        """Where agents, technicians and the inbox find the stack."""
        return self._front.url

    @property
    def endpoint_url(self) -> str:
        """The embedded AWS."""
        return self._emulator.url

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to use the stack as its owner."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_SESV2": self._ses.url,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": OWNER,
            "AWS_SECRET_ACCESS_KEY": OWNER,
        }

    def client(self, service: str) -> Any:
        """A boto3 client of the stack's owner."""
        url = self._ses.url if service == "sesv2" else self.endpoint_url
        return session().client(service, endpoint_url=url, config=_CONFIG)  # type: ignore[call-overload] # any service

    def inbox(self) -> list[Mail]:
        """Every mail sent so far, oldest first."""
        return self._mailbox.mails()

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

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Two stacks in one folder would ruin each other's state; gives the lock's file descriptor."""
        self.state_dir.mkdir(parents=True, exist_ok=True)
        with (self.state_dir / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise LocalError(f"a stack already runs in {self.state_dir}") from error
            self._clear()
            yield lock.fileno()
            self._clear()

    def _clear(self) -> None:
        passing = ("tmp",) if self.keep_state else ("tmp", "state", "s3", "mails")
        for name in passing:
            shutil.rmtree(self.state_dir / name, ignore_errors=True)
        if not self.keep_state:
            self.file.unlink(missing_ok=True)

    def _before(self) -> dict[str, Any]:
        """How the stack of this folder was reached before, as links in its mails still say."""
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def _start_emulator(self, opening: ExitStack, lock: int, preferred_port: int) -> None:
        port = free_port(preferred_port)
        self._ses = SesServer(port, self._mailbox, self.bouncing)
        opening.enter_context(self._ses.running())
        # Functions inherit it from the process that starts them; the template knows nothing of it.
        environment = {"AWS_ENDPOINT_URL_SESV2": self._ses.url}
        self._emulator = Emulator(self.state_dir, port, environment, self.keep_state)
        opening.callback(self._emulator.stop)
        self._emulator.start(lock)

    def _deploy(self, opening: ExitStack) -> None:
        parameters = {"PublicBaseUrl": self.url} | self.parameters
        self.outputs = deploy(self.client("s3"), self.client("cloudformation"), parameters)
        self._verify_sender()
        sns, topic = self.client("sns"), self.outputs["MailEventsTopicArn"]
        opening.enter_context(self._ses.reporting(lambda event: sns.publish(TopicArn=topic, Message=event)))
        self._front.open(self._emulator.port, self.outputs["ApiUrl"])

    def _verify_sender(self) -> None:
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

    def _write_file(self) -> None:
        self.file.write_text(json.dumps(self.description(), indent=2) + "\n")

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
