"""The table Devices: who is there. One small item per device or feed, written with each heartbeat."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute

from makegood.storage.attributes import (
    IntegerAttribute,
    JSONAttribute,
    OptionalIntegerAttribute,
    OptionalTextAttribute,
)
from makegood.storage.models import TableModel

NEW = "new"
UP = "up"
DOWN = "down"
RETIRED = "retired"

FEED = "feed"
RUNNING = "running"
"""A feed between two jobs, and while the end of one is waited for; a sweep looks at `due_at` of these."""


class Device(TableModel):
    """Presence of one device of one client; instants are UTC epoch seconds.

    A row with `feed_practice` is no device: its token speaks for one practice of `feed_device`, and
    `feed_runs` are its jobs that have not ended, `feed_ends` when others did (`rules.feeds`).
    """

    class Meta:
        table_name = "Devices"

    client = UnicodeAttribute(hash_key=True)
    device = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    name = UnicodeAttribute()
    zone = UnicodeAttribute()
    practices = UnicodeSetAttribute(null=True)
    via = OptionalTextAttribute()
    grace_seconds = IntegerAttribute()

    token_hash = UnicodeAttribute()
    next_token_hash = OptionalTextAttribute()
    token_expires_at = OptionalIntegerAttribute()

    state = UnicodeAttribute()
    enrolled_at = OptionalIntegerAttribute()
    retired_at = OptionalIntegerAttribute()
    last_seen = OptionalIntegerAttribute()
    due_at = OptionalIntegerAttribute()
    incident = OptionalTextAttribute()
    back_since = OptionalIntegerAttribute()
    down_since = OptionalIntegerAttribute()

    feed_practice = OptionalTextAttribute()
    feed_device = OptionalTextAttribute()
    feed_runs = JSONAttribute(null=True)
    feed_ends = JSONAttribute(null=True)

    @property
    def is_feed(self) -> bool:
        return self.feed_practice is not None


def find_device(client: str, device: str) -> Device | None:
    """The device, or the feed, as it is now (consistent read), or None."""
    try:
        return Device.get(client, device, consistent_read=True)
    except Device.DoesNotExist:
        return None


def devices_of(client: str) -> list[Device]:
    """Every device the client ever had, retired ones too, by name; practice feeds are none."""
    return [row for row in rows_of(client) if not row.is_feed]


def rows_of(client: str) -> list[Device]:
    """The same with the client's practice feeds: whatever has a token, and a name that is taken."""
    return list(Device.query(client, consistent_read=True))
