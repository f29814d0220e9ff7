"""The short way to moto: the same answers, without making, signing and reading HTTP messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy, deepcopy
from typing import Any
from unittest.mock import patch

import botocore.client
from botocore import xform_name
from botocore.loaders import JSONFileLoader
from moto.core.exceptions import ServiceException
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models import table as moto_table
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

from makegood_simulator.cloud import ACCOUNT, ONE_AT_A_TIME, REGION, backend

_OPERATIONS = {
    "dynamodb": ("GetItem", "PutItem", "Query", "Scan", "TransactWriteItems", "UpdateItem"),
    "sesv2": ("SendEmail",),
    "stepfunctions": ("StartExecution",),
}


class _Handler(DynamoHandler):
    def __init__(self, call: dict[str, Any]) -> None:
        super().__init__()
        self.body = self.params = call
        self.region = REGION
        self.response_headers: dict[str, Any] = {}

    @property
    def current_account(self) -> str:  # type: ignore[override]  # moto reads it off the request
        return ACCOUNT


@contextmanager
def shortcuts() -> Iterator[None]:
    """Every call of every client in this process goes the short way where there is one."""
    client: Any = botocore.client.BaseClient
    long_way = client._make_api_call

    def make(sender: Any, operation: str, arguments: dict[str, Any]) -> Any:
        answer = take_shortcut(sender.meta.service_model.service_name, operation, arguments)
        return long_way(sender, operation, arguments) if answer is None else answer

    with patch("botocore.client.BaseClient._make_api_call", make), lighter_moto():
        yield


@contextmanager
def lighter_moto() -> Iterator[None]:
    """moto leaves out what nothing that is played depends on."""
    with (
        patch.object(Item, "size", _no_size),
        patch.object(DynamoType, "size", _no_size),
        patch.object(moto_table, "copy", _Copying),
        patch.object(DynamoType, "__deepcopy__", _copy_value),
        patch.object(JSONFileLoader, "load_file", _load_file),
        patch.object(ConditionExpressionParser, "parse", _parsed),
    ):
        yield


def _no_size(_: object) -> int:
    """No table of a play comes near a page, and none of its rows near 400 KB: nobody needs to count."""
    return 0


def _load_file(loader: JSONFileLoader, path: str) -> Any:
    """What botocore knows of a service, read once: each process that is played makes its clients anew."""
    if path not in _FILES:
        _FILES[path] = _READ_FILE(loader, path)
    return _FILES[path]


_READ_FILE = JSONFileLoader.load_file
_FILES: dict[str, Any] = {}


def _parsed(parser: ConditionExpressionParser) -> Any:
    """An expression with its values, parsed once: a sweep asks the same of every segment, and often again."""
    asked = (
        parser.condition_expression,
        repr(parser.expression_attribute_names),
        repr(parser.expression_attribute_values),
    )
    if asked not in _PARSED:
        if len(_PARSED) >= MOST_PARSED:
            _PARSED.clear()
        _PARSED[asked] = (_PARSE(parser), parser.expr_attr_names_found, parser.expr_attr_values_found)
    operation, parser.expr_attr_names_found, parser.expr_attr_values_found = _PARSED[asked]
    return operation


MOST_PARSED = 10_000
_PARSE = ConditionExpressionParser.parse
_PARSED: dict[tuple[str | None, str, str], tuple[Any, list[str], list[str]]] = {}


def _copy_value(value: DynamoType, memo: dict[int, Any]) -> DynamoType:
    """Plain values are never changed, only replaced: nobody needs copies of them."""
    is_plain = value.type in ("S", "N", "B", "BOOL", "NULL")
    return value if is_plain else _COPY_VALUE(value, memo)


_COPY_VALUE = DynamoType.__deepcopy__


class _Copying:
    """What a query found is turned into plain values next: the list is copied, not every value in it."""

    copy = staticmethod(copy)

    @staticmethod
    def deepcopy(value: Any) -> Any:
        return list(value) if isinstance(value, list) else deepcopy(value)


def take_shortcut(service: str, operation: str, call: dict[str, Any]) -> dict[str, Any] | None:
    """moto's answer; None when there is no short way, or an error, which changed nothing: go the long way."""
    if operation not in _OPERATIONS.get(service, ()):
        return None
    try:
        with ONE_AT_A_TIME:
            return _WAYS[service](operation, call)
    except (ServiceException, HTTPException):
        return None


def _ask_dynamodb(operation: str, call: dict[str, Any]) -> dict[str, Any]:
    handler = _Handler(_plain_copy(call))
    with _narrowed(operation, call):
        result = getattr(handler, xform_name(operation))().result
    answer: dict[str, Any] = _plain_copy(result)
    return answer


def _send_email(_operation: str, call: dict[str, Any]) -> dict[str, Any]:
    source, to = call["FromEmailAddress"], list(call["Destination"]["ToAddresses"])
    text = call["Content"]["Raw"]["Data"].decode()
    return {"MessageId": backend("sesv2").send_raw_email(source=source, destinations=to, raw_data=text).id}


def _start_execution(_operation: str, call: dict[str, Any]) -> dict[str, Any]:
    machine, name, given = call["stateMachineArn"], call["name"], call["input"]
    execution = backend("stepfunctions").start_execution(machine, name, given)
    return {"executionArn": execution.execution_arn}


_WAYS = {"dynamodb": _ask_dynamodb, "sesv2": _send_email, "stepfunctions": _start_execution}


def _plain_copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain_copy(inner) for key, inner in value.items()}
    return [_plain_copy(inner) for inner in value] if isinstance(value, list) else value


@contextmanager
def _narrowed(operation: str, call: dict[str, Any]) -> Iterator[None]:
    """moto sorts the whole table for every query and leaves most of it out; here it sorts what may count."""
    if operation != "Query":
        yield
        return
    table = backend("dynamodb").tables[call["TableName"]]
    table.all_items = lambda: _candidates(table, call)
    try:
        yield
    finally:
        del table.all_items


def _candidates(table: Any, call: dict[str, Any]) -> list[Any]:
    names, values = call["ExpressionAttributeNames"], call["ExpressionAttributeValues"]
    asked = call["KeyConditionExpression"]
    hash_key = "open_shard" if "IndexName" in call else table.hash_key_attr
    (alias,) = [alias for alias, name in names.items() if name == hash_key]
    (placeholder,) = re.findall(rf"{alias} = (:\w+)", asked)
    wanted = DynamoType(values[placeholder])
    if "IndexName" in call:
        found = [row for rows in table.items.values() for row in rows.values() if hash_key in row.attrs]
        rows = [row for row in found if row.attrs[hash_key].value == wanted.value]
    else:
        rows = list(table.items.get(wanted, {}).values())
    for alias, placeholder in re.findall(r"begins_with \((#\w+), (:\w+)\)", asked):
        if names[alias] == table.range_key_attr:
            prefix = values[placeholder]["S"]
            rows = [row for row in rows if row.range_key.value.startswith(prefix)]
    return sorted(rows, key=lambda row: (row.hash_key.value, row.range_key.value))
