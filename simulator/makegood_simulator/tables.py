"""A look into moto's tables past every call: for the simulator's own questions, never for what it checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from makegood_simulator.cloud import ENVIRONMENT, backend

Row = dict[str, Any]


class Tables:
    """The rows as moto holds them; writing to them is what a heartbeat that is not played would have done."""

    @property
    def _devices(self) -> Any:
        return _table("DEVICES_TABLE")

    @property
    def _records(self) -> Any:
        return _table("RECORDS_TABLE")

    def devices(self, client: str) -> Iterator[tuple[str, Row]]:
        for key, row in _partition(self._devices, client):
            yield key, row.attrs

    def device(self, client: str, device: str) -> Row | None:
        return next((row for name, row in self.devices(client) if name == device), None)

    def incidents(self, client: str) -> Iterator[Row]:
        """The incidents themselves, without what belongs to them."""
        for key, row in _partition(self._records, client):
            if key.startswith("incident#") and key.count("#") == 1:
                yield row.attrs

    def everything(self) -> Iterator[tuple[str, str, Row]]:
        """Every row of both tables: (partition, key, attributes)."""
        for table in (self._devices, self._records):
            for partition, rows in table.items.items():
                for key, row in rows.items():
                    yield partition.value, key.value, row.attrs


def integer(row: Row, name: str) -> int | None:
    return int(row[name].value) if name in row else None


def text(row: Row, name: str) -> str | None:
    return str(row[name].value) if name in row else None


def _table(setting: str) -> Any:
    """The table as it is now: moto puts a copy in its place with every transaction."""
    return backend("dynamodb").tables[ENVIRONMENT[setting]]


def _partition(table: Any, name: str) -> Iterator[tuple[str, Any]]:
    for partition, rows in table.items.items():
        if partition.value == name:
            for key, row in rows.items():
                yield key.value, row
