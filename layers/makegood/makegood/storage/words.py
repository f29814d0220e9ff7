"""What devices and feeds log by their pings, for people: the newest of each day. No verdict reads it."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from makegood.rules.instants import Instant, local_date
from makegood.storage.devices import Device
from makegood.storage.records import Record, Words
from makegood.storage.writes import put_if


def keep_words(row: Device, at: Instant, said: str) -> None:
    """Keeps what the device or the feed said unless that is nothing, or something newer is there."""
    if not said:
        return
    key = f"words#{row.device}#{local_date(at, ZoneInfo(row.zone))}"
    words = Words(row.client, key, device=row.device, at=at, said=said)
    put_if(words, Record.sk.does_not_exist() | (Words.at <= at))


def newest_words(client: str, device: str, days: int) -> Iterator[Words]:
    """Those of the last days on which it logged anything, the newest first."""
    keys = Words.sk.startswith(f"words#{device}#")
    yield from Words.query(client, keys, consistent_read=True, scan_index_forward=False, limit=days)
