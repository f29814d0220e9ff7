"""The table Devices: who is there, one small item per device, written with every heartbeat."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.models import Model

from makegood.storage.attributes import IntegerAttribute, OptionalIntegerAttribute, OptionalTextAttribute

NEW = "new"
UP = "up"
DOWN = "down"
RETIRED = "retired"


class Device(Model):
    """Presence of one device of one client; instants are UTC epoch seconds."""

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


def find_device(client: str, device: str) -> Device | None:
    """The device as it is now (consistent read), or None."""
    try:
        return Device.get(client, device, consistent_read=True)
    except Device.DoesNotExist:
        return None


def devices_of(client: str) -> list[Device]:
    """Every device the client ever had, retired ones too, by name."""
    return list(Device.query(client, consistent_read=True))
