"""A look into moto's tables past every call: for the simulator's own questions, never for what it checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType

from makegood_simulator.cloud import ENVIRONMENT, backend

Row = dict[str, Any]


class Tables:
    """The rows as moto holds them; writing to them is what a heartbeat that is not played would have done."""

    def __init__(self) -> None:
        self._incidents: tuple[str, int, list[Any]] = ("", -1, [])

    def devices(self, client: str) -> Iterator[tuple[str, Row]]:
        for key, row in _rows("DEVICES_TABLE", client).items():
            yield key.value, row.attrs

    def device(self, client: str, device: str) -> Row | None:
        row = _rows("DEVICES_TABLE", client).get(DynamoType({"S": device}))
        return None if row is None else row.attrs

    def incidents(self, client: str) -> Iterator[Row]:
        """The incidents themselves, without what belongs to them."""
        rows = _rows("RECORDS_TABLE", client)
        if self._incidents[:2] != (client, len(rows)):
            keys = [key for key in rows if key.value.startswith("incident#") and key.value.count("#") == 1]
            self._incidents = (client, len(rows), keys)
        for key in self._incidents[2]:
            yield rows[key].attrs

    def everything(self) -> Iterator[tuple[str, str, Row]]:
        """Every row of both tables: (partition, key, attributes)."""
        for setting in ("DEVICES_TABLE", "RECORDS_TABLE"):
            for partition, rows in _table(setting).items.items():
                for key, row in rows.items():
                    yield partition.value, key.value, row.attrs


def integer(row: Row, name: str) -> int | None:
    return int(row[name].value) if name in row else None


def text(row: Row, name: str) -> str | None:
    return str(row[name].value) if name in row else None


def _table(setting: str) -> Any:
    """The table as it is now: moto puts a copy in its place with every transaction."""
    return backend("dynamodb").tables[ENVIRONMENT[setting]]


def _rows(setting: str, partition: str) -> Any:
    """The rows of a partition by their keys, without making one that is not there."""
    return _table(setting).items.get(DynamoType({"S": partition}), {})
