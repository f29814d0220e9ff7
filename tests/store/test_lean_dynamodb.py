"""The lean call sends what botocore's client sends, and answers and refuses as it does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from makegood import lean_dynamodb
from makegood.lean_dynamodb import update_item

CALL: dict[str, Any] = {
    "TableName": "Devices",
    "Key": {"client": {"S": "acme-dental"}, "device": {"S": "modem"}},
    "UpdateExpression": "SET last_seen = :now",
    "ConditionExpression": "#state = :up",
    "ExpressionAttributeNames": {"#state": "state"},
    "ExpressionAttributeValues": {":now": {"N": "1767225600"}, ":up": {"S": "up"}},
    "ReturnValues": "ALL_NEW",
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
}
WELL = {"Attributes": {"zone": {"S": "Europe/Zürich"}, "due_at": {"N": "7"}, "practices": {"SS": ["backup"]}}}
NAMESPACE = "com.amazonaws.dynamodb.v20120810#"
REFUSED = {
    "__type": f"{NAMESPACE}ConditionalCheckFailedException",
    "message": "The conditional request failed",
    "Item": {"state": {"S": "down"}},
}
THROTTLED = {"__type": f"{NAMESPACE}ThrottlingException", "message": "Rate exceeded"}


@dataclass
class Table:
    """DynamoDB as far as one call knows it: what it was asked, what it answers next (the last for ever)."""

    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(200, json.dumps(WELL).encode())])
    asked: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    connections: int = 0
    hang_up: int = 0
    """So many requests are cut off without an answer."""

    def answers_with(self, status: int, answer: object) -> None:
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.answers = [(status, content)]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    told = Table()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            told.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.asked.append(({name.lower(): text for name, text in self.headers.items()}, json.loads(body)))
            if told.hang_up:
                told.hang_up -= 1
                self.close_connection = True
                return
            status, content = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        at(f"http://127.0.0.1:{server.server_port}", monkeypatch)
        yield told
        server.shutdown()
        forget_address()


def at(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")
    monkeypatch.setattr(lean_dynamodb, "LONGEST_WAIT_SECONDS", 0)
    forget_address()


def forget_address() -> None:
    for cached in (lean_dynamodb._endpoint, lean_dynamodb._region, lean_dynamodb._connections):
        cached.cache_clear()


def a_client(table: Table) -> Any:
    """botocore's own, which does not try again."""
    return botocore.session.get_session().create_client(
        "dynamodb", "eu-west-1", config=Config(retries={"mode": "standard", "total_max_attempts": 1})
    )


def signed(headers: dict[str, str]) -> tuple[str, str]:
    """For which day, region and service a request is signed by whom, and which headers."""
    _, credential, names, _ = headers["authorization"].split(" ")
    return credential, names


def test_it_sends_what_the_client_sends_and_answers_the_same(table: Table) -> None:
    answered = a_client(table).update_item(**CALL)
    assert update_item(**CALL) == WELL
    del answered["ResponseMetadata"]
    assert answered == WELL
    (theirs, their_body), (ours, our_body) = table.asked
    assert our_body == their_body == CALL
    for header in ("x-amz-target", "content-type", "x-amz-security-token", "host"):
        assert ours[header] == theirs[header], header
    assert signed(ours) == signed(theirs)


def test_a_refused_condition_is_the_clients_error_with_the_row_that_refused_it(table: Table) -> None:
    table.answers_with(400, REFUSED)
    with pytest.raises(ClientError) as theirs:
        a_client(table).update_item(**CALL)
    with pytest.raises(ClientError) as ours:
        update_item(**CALL)
    assert ours.value.response["Error"] == theirs.value.response["Error"]
    assert ours.value.response["Item"] == theirs.value.response["Item"]  # type: ignore[typeddict-item]
    assert len(table.asked) == 2  # it is an answer: neither asked again


@pytest.mark.parametrize(
    ("status", "answer"),
    [(400, THROTTLED), (500, {"__type": f"{NAMESPACE}InternalServerError"}), (503, b"<html>")],
)
def test_what_passes_is_asked_once_more(table: Table, status: int, answer: object) -> None:
    table.answers_with(status, answer)
    table.answers.append((200, json.dumps(WELL).encode()))
    assert update_item(**CALL) == WELL
    assert len(table.asked) == 2


def test_what_does_not_pass_is_said_after_two_attempts(table: Table) -> None:
    table.answers_with(503, b"<html>")
    with pytest.raises(ClientError) as told:
        update_item(**CALL)
    assert told.value.response["Error"]["Code"] == "503"
    assert len(table.asked) == 2


def test_a_connection_that_is_cut_off_is_made_again(table: Table) -> None:
    assert update_item(**CALL) == WELL
    table.hang_up = 1
    assert update_item(**CALL) == WELL
    table.hang_up = 2
    with pytest.raises(EndpointConnectionError):
        update_item(**CALL)


def test_the_connection_is_used_again(table: Table) -> None:
    for _ in range(3):
        update_item(**CALL)
    assert table.connections == 1


def test_nobody_there_is_an_error_of_botocores(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    at("http://127.0.0.1:1", monkeypatch)
    with pytest.raises(BotoCoreError, match="Could not connect"):
        update_item(**CALL)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "dynamodb.eu-west-1.amazonaws.com"),
        ("cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_without_another_address_it_is_that_of_aws_over_tls(
    monkeypatch: pytest.MonkeyPatch, region: str, host: str
) -> None:
    at("", monkeypatch)
    monkeypatch.setenv("AWS_REGION", region)
    pool = lean_dynamodb._connections()
    assert (pool.scheme, pool.host) == ("https", host)
    theirs = botocore.session.get_session().create_client("dynamodb", region).meta.endpoint_url
    assert lean_dynamodb._endpoint() == f"{theirs}/"
