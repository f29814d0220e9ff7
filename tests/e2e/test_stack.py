"""The local stack itself: what is deployed answers, mails arrive, and nothing is left behind."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import ClientError

from makegood_local.emulator import LocalError
from makegood_local.stack import LocalStack


def test_a_heartbeat_with_nonsense_for_a_token_is_refused_by_the_function(stack: LocalStack) -> None:
    status, content_type, answer = post(f"{stack.url}/v1/heartbeat", "Bearer nonsense")
    assert (status, content_type) == (401, "application/problem+json")
    assert json.loads(answer)["status"] == 401


def test_what_is_no_route_of_the_api_is_not_found(stack: LocalStack) -> None:
    assert post(f"{stack.url}/v1/nothing", "Bearer nonsense")[0] == 404


def test_a_request_under_a_foreign_name_is_turned_away(stack: LocalStack) -> None:
    connection = http.client.HTTPConnection(stack.url.removeprefix("http://"))
    connection.request("GET", "/inbox", headers={"Host": "rebound.example"})
    assert connection.getresponse().status == 421
    connection.close()


def test_a_sweep_of_an_empty_fleet_finds_nothing(stack: LocalStack) -> None:
    tally = stack.invoke("SweepFunction", {})
    assert tally == {"opened": 0, "unended": 0, "rearmed": 0, "failed": 0, "left": 0}


def test_a_function_that_raises_is_an_error_here(stack: LocalStack) -> None:
    with pytest.raises(LocalError, match="AdvanceFunction failed"):
        stack.invoke("AdvanceFunction", {"client": "acme-dental"})


def test_a_mail_arrives_whole_and_its_delivery_is_reported_to_its_record(stack: LocalStack) -> None:
    records = stack.client("dynamodb")
    key = {"pk": {"S": "acme-dental"}, "sk": {"S": "none#mail#none_1"}}
    message_id = send(stack, to="owner@acme.example", mail="none_1")
    [mail] = [mail for mail in stack.inbox() if mail.message_id == message_id]
    assert (mail.subject, mail.text.strip(), mail.to) == ("Hello", "All is well.", ("owner@acme.example",))
    assert mail.tags == {"client": "acme-dental", "mail": "none_1"}
    wait_for(lambda: "none_1" in stack.logs())
    # There is no such record, and an event makes none.
    assert "Item" not in records.get_item(TableName=stack.outputs["RecordsTable"], Key=key)
    page = urllib.request.urlopen(f"{stack.url}/inbox/{message_id}").read().decode()
    assert "All is well." in page


def test_an_unverified_sender_is_refused_and_nothing_is_kept(stack: LocalStack) -> None:
    before = len(stack.inbox())
    with pytest.raises(ClientError, match="not verified"):
        send(stack, to="owner@acme.example", mail="none_2", sender="somebody@else.example")
    assert len(stack.inbox()) == before


def test_functions_run_under_the_roles_of_the_template(stack: LocalStack) -> None:
    with urllib.request.urlopen(f"{stack.endpoint_url}/_ministack/health") as health:
        assert json.load(health)["auth"] == "enabled"


def test_two_stacks_do_not_share_a_folder(stack: LocalStack) -> None:
    with pytest.raises(LocalError, match="already runs"), LocalStack(stack.state_dir):
        pass


def post(url: str, authorization: str) -> tuple[int, str, bytes]:
    request = urllib.request.Request(url, data=b"", headers={"Authorization": authorization}, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read()


def send(stack: LocalStack, to: str, mail: str, sender: str = "guarantee@provider.example") -> str:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = "Hello"
    message.set_content("All is well.")
    sent: dict[str, Any] = stack.client("sesv2").send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": [to]},
        Content={"Raw": {"Data": message.as_bytes()}},
        ConfigurationSetName=stack.outputs["ConfigurationSet"],
        EmailTags=[{"Name": "client", "Value": "acme-dental"}, {"Name": "mail", "Value": mail}],
    )
    return str(sent["MessageId"])


def wait_for(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)
