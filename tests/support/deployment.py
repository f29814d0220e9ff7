"""A deployment in process whose clock, mails and sender a test holds in its hand."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

import heartbeat
import own_beat
from makegood import aws, clock
from makegood_simulator.cloud import backend, client, cloud, timer_machine
from makegood_simulator.events import Context, api_request


@dataclass
class Deployment:
    """What a test may look at and break."""

    now: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refuse_mail: set[str] = field(default_factory=set)
    ses_is_down: bool = False
    api_answers: bool = False
    """Whether a heartbeat that the deployment posts for itself comes through."""

    def executions(self) -> list[str]:
        """The names of all timers ever started."""
        sfn = client("stepfunctions")
        listed = sfn.list_executions(stateMachineArn=os.environ["STATE_MACHINE_ARN"])["executions"]
        return sorted(execution["name"] for execution in listed)

    def snapshot(self) -> tuple[Any, ...]:
        """Everything that is stored, to go back to."""
        return (
            deepcopy(backend("dynamodb").tables),
            deepcopy(timer_machine().executions),
            list(self.mails),
        )

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Everything is as it was at the snapshot."""
        tables, executions, mails = snapshot
        backend("dynamodb").tables = deepcopy(tables)
        timer_machine().executions = deepcopy(executions)
        self.mails[:] = mails

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails]


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    """An empty deployment whose clock stands at `deployment.now`."""
    with a_deployment() as state:
        yield state


@contextmanager
def a_deployment() -> Iterator[Deployment]:
    """The same for a test that needs more than one."""
    with cloud(), pytest.MonkeyPatch.context() as monkeypatch:
        state = Deployment()
        monkeypatch.setattr(clock, "now", lambda: state.now)
        monkeypatch.setattr(clock, "after_effect", lambda: state.now)
        _record_mails(monkeypatch, state)
        monkeypatch.setattr(own_beat, "post_heartbeat", lambda token: _post_heartbeat(state, token))
        yield state


def _post_heartbeat(state: Deployment, token: str) -> int:
    """The public API in process."""
    if not state.api_answers:
        raise TimeoutError("timed out")
    headers = {"Authorization": f"Bearer {token}"}
    request = api_request("POST", "/v1/heartbeat", at=state.now, headers=headers)
    return int(heartbeat.handler(request, Context())["statusCode"])


def _record_mails(monkeypatch: pytest.MonkeyPatch, state: Deployment) -> None:
    """Keeps every mail that SES took, as it went out; refuses those to `refuse_mail` as SES would."""
    ses = aws.ses()
    send = ses.send_email

    def send_and_keep(**call: Any) -> Any:
        if state.ses_is_down:
            raise EndpointConnectionError(endpoint_url="https://email")
        if set(call["Destination"]["ToAddresses"]) & state.refuse_mail:
            error = {
                "Error": {"Code": "TooManyRequestsException", "Message": "Maximum sending rate exceeded."}
            }
            raise ses.exceptions.TooManyRequestsException(error, "SendEmail")  # type: ignore[arg-type]
        answer = send(**call)
        mail = message_from_bytes(call["Content"]["Raw"]["Data"], policy=policy.default)
        assert isinstance(mail, EmailMessage)
        mail["X-Tags"] = json.dumps({tag["Name"]: tag["Value"] for tag in call["EmailTags"]})
        state.mails.append(mail)
        return answer

    monkeypatch.setattr(ses, "send_email", send_and_keep)
