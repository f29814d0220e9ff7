"""The table Devices: who is there, one small item per device, written with every heartbeat."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.models import Model

from makegood.storage.attributes import IntegerAttribute

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
    via = UnicodeAttribute(null=True)
    grace_seconds = IntegerAttribute()

    token_hash = UnicodeAttribute()
    next_token_hash = UnicodeAttribute(null=True)
    token_expires_at = IntegerAttribute(null=True)

    state = UnicodeAttribute()
    enrolled_at = IntegerAttribute(null=True)
    retired_at = IntegerAttribute(null=True)
    last_seen = IntegerAttribute(null=True)
    due_at = IntegerAttribute(null=True)
    incident = UnicodeAttribute(null=True)
    back_since = IntegerAttribute(null=True)


def find_device(client: str, device: str) -> Device | None:
    """The device as it is now (consistent read), or None."""
    try:
        return Device.get(client, device, consistent_read=True)
    except Device.DoesNotExist:
        return None


def devices_of(client: str) -> list[Device]:
    """Every device the client ever had, retired ones too, by name."""
    return list(Device.query(client, consistent_read=True))
