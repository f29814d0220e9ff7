"""Attributes that refuse what they cannot store exactly."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.constants import NUMBER


class IntegerAttribute(Attribute[int]):
    """Money in minor units, seconds, instants, counters: integers and nothing else.

    PynamoDB's own NumberAttribute would store 19.99 as a binary float.
    """

    attr_type = NUMBER

    def serialize(self, value: Any) -> str:
        if type(value) is not int:
            raise TypeError(f"{self.attr_name} takes an integer, not {value!r}")
        return str(value)

    def deserialize(self, value: Any) -> int:
        return int(value)
