"""One session and one client of each service for everything in a process."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from support.deployment import Deployment

from makegood import aws
from makegood.secret_texts import MAX_AGE_SECONDS, secret_text
from makegood.storage.devices import Device, find_device
from makegood.storage.records import ClientEntry, Incident
from makegood.storage.tables import bind_tables
from makegood.storage.transactions import write_together
from makegood_simulator.cloud import ENVIRONMENT, client


def test_every_model_and_transaction_speaks_by_the_one_client_of_the_tables(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    one = aws.dynamodb()
    call: Any = one._make_api_call  # type: ignore[attr-defined] # botocore's own

    def heard(operation: str, arguments: Any) -> Any:
        asked.append(operation)
        return call(operation, arguments)

    monkeypatch.setattr(one, "_make_api_call", heard)
    assert find_device("acme-dental", "modem") is None
    assert list(Incident.query("acme-dental")) == []
    write_together(
        lambda transaction: transaction.save(ClientEntry("CLIENTS", "acme", next_period="2026-03"))
    )
    assert asked == ["GetItem", "Query", "TransactWriteItems"]


def test_threads_that_ask_at_once_share_a_client() -> None:
    aws.forget_clients()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: aws.dynamodb(), range(8)))
    assert all(each is made[0] for each in made)


def test_every_service_that_is_asked_for_is_known_and_no_other() -> None:
    tree = ast.parse(Path(aws.__file__).read_text())
    asked = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "_client"
        if isinstance(call.args[0], ast.Constant)
    }
    assert asked == set(aws.SERVICES)
    assert asked <= set(botocore.session.get_session().get_available_services())


def test_clients_of_another_deployment_are_made_anew(deployment: Deployment) -> None:
    before = aws.dynamodb()
    bind_tables(ENVIRONMENT["DEVICES_TABLE"], ENVIRONMENT["RECORDS_TABLE"])
    assert aws.dynamodb() is before
    try:
        bind_tables("elsewhere", "elsewhere-too")
        assert aws.dynamodb() is not before
        assert Device.Meta.table_name == "elsewhere"
    finally:
        bind_tables(ENVIRONMENT["DEVICES_TABLE"], ENVIRONMENT["RECORDS_TABLE"])


def test_a_secret_is_asked_for_again_after_some_minutes(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn, instant = ENVIRONMENT["CANARY_KEY_ARN"], 1_000.0
    monkeypatch.setattr("makegood.secret_texts.time.monotonic", lambda: instant)
    first = secret_text(arn)
    client("secretsmanager").put_secret_value(SecretId=arn, SecretString="another")
    instant += MAX_AGE_SECONDS - 1
    assert secret_text(arn) == first
    instant += 1
    assert secret_text(arn) == "another"
