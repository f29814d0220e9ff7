"""Attributes that refuse what they cannot store exactly, and say by their type when they may be absent."""

from __future__ import annotations

from json import JSONDecoder
from typing import Any, Final

from pynamodb.attributes import Attribute
from pynamodb.attributes import JSONAttribute as PlainJSONAttribute
from pynamodb.constants import NUMBER, STRING


class IntegerAttribute(Attribute[int]):
    """Money in minor units, seconds, instants, counters: integers and nothing else.

    PynamoDB's own NumberAttribute would store 19.99 as a binary float.
    """

    attr_type = NUMBER

    def serialize(self, value: Any) -> str:
        return _integer(self.attr_name, value)

    def deserialize(self, value: Any) -> int:
        return int(value)


class OptionalIntegerAttribute(Attribute["int | None"]):
    """An integer that may be absent: it has not happened."""

    attr_type = NUMBER

    def __init__(self) -> None:
        super().__init__(null=True)

    def serialize(self, value: Any) -> str:
        return _integer(self.attr_name, value)

    def deserialize(self, value: Any) -> int:
        return int(value)


class OptionalTextAttribute(Attribute["str | None"]):
    """A text that may be absent."""

    attr_type = STRING

    def __init__(self) -> None:
        super().__init__(null=True)


class JSONAttribute(PlainJSONAttribute):
    """A JSON value as text; PynamoDB's own makes a decoder for every value that it reads."""

    def deserialize(self, value: Any) -> Any:
        return _DECODER.decode(value)


_DECODER: Final = JSONDecoder(strict=False)


def _integer(name: str, value: Any) -> str:
    if type(value) is not int:
        raise TypeError(f"{name} takes an integer, not {value!r}")
    return str(value)
