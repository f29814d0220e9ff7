"""The short way to moto's tables answers as the long way does, on every call that a play makes."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from copy import deepcopy
from typing import Any
from unittest.mock import patch

import botocore.client
from botocore.exceptions import ClientError
from support.played import contract_of, lines_of, play_quietly

from makegood_simulator.cloud import backend
from makegood_simulator.shortcut import lighter_moto, take_shortcut
from makegood_simulator.tables import Tables

OPERATIONS = {"GetItem", "PutItem", "Query", "Scan", "TransactWriteItems", "UpdateItem"}

_CLIENT: Any = botocore.client.BaseClient
go_the_long_way = _CLIENT._make_api_call


class BothWays:
    """Makes every call to DynamoDB both ways from the same state, and notes where they part."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.differences: list[tuple[str, Any, Any]] = []

    def call(self, sender: Any, operation: str, arguments: dict[str, Any]) -> Any:
        service = sender.meta.service_model.service_name
        if service != "dynamodb" or operation not in OPERATIONS:
            return go_the_long_way(sender, operation, arguments)
        before = deepcopy(backend("dynamodb").tables)
        with lighter_moto():
            short = take_shortcut(service, operation, arguments)
        rows, backend("dynamodb").tables = _rows(), before
        self.calls[operation] += 1
        try:
            long = go_the_long_way(sender, operation, deepcopy(arguments))
        except ClientError as error:
            self.errors[error.response["Error"]["Code"]] += 1
            self._compare(operation, (short, rows), (None, _rows()))
            raise
        answer = {key: value for key, value in long.items() if key != "ResponseMetadata"}
        self._compare(operation, (short, rows), (answer, _rows()))
        return long

    def _compare(self, operation: str, short: Any, long: Any) -> None:
        if short != long:
            self.differences.append((operation, short, long))


def _rows() -> list[Any]:
    return [
        (partition, key, {name: value.to_json() for name, value in row.items()})
        for partition, key, row in Tables().everything()
    ]


def test_the_short_way_answers_and_changes_the_same_on_every_call_of_a_play() -> None:
    both = BothWays()

    def make(sender: Any, operation: str, arguments: dict[str, Any]) -> Any:
        return both.call(sender, operation, arguments)

    with (
        patch("makegood_simulator.play.shortcuts", nullcontext),
        patch("botocore.client.BaseClient._make_api_call", make),
    ):
        result = play_quietly(contract_of("plain"), lines_of("an-hour-of-trouble"), seed=3)
    assert result.broken == []
    assert both.differences == []
    assert both.calls.keys() == OPERATIONS
    assert both.errors.keys() >= {"ConditionalCheckFailedException"}
