"""Quick answers of DynamoDB on moto: an item's value is handed on as it is, not searched for in ten ways."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models.dynamo_type import DynamoType

_FLAT = {"S", "N", "BOOL", "NULL", "SS"}


@contextmanager
def quick_answers() -> Iterator[None]:
    """Within it, answers with items take a third of their time and are the same."""
    slow: Any = BaseJSONSerializer._serialize_type_structure

    def serialize(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        plain = value.to_json() if isinstance(value, DynamoType) else value
        if shape.name == "AttributeValue" and key and len(plain) == 1 and plain.keys() <= _FLAT:
            serialized[key] = plain
        else:
            slow(self, serialized, value, shape, key)

    with patch.object(BaseJSONSerializer, "_serialize_type_structure", serialize):
        yield
