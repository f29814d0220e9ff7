"""The table Records: everything but presence, all of one client under one partition key."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import BooleanAttribute, DiscriminatorAttribute, JSONAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from makegood.storage.attributes import IntegerAttribute, OptionalIntegerAttribute, OptionalTextAttribute

CLIENTS = "CLIENTS"
WAITING = "WAITING"


class Record(Model):
    """What every record has: whose it is and its name there; the models below inherit its table."""

    class Meta:
        table_name = "Records"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    model = DiscriminatorAttribute()


class ClientEntry(Record, discriminator="ClientEntry"):
    """The directory of clients: pk `CLIENTS`, sk the client; `revision` counts what operators changed."""

    next_period = UnicodeAttribute()
    revision = IntegerAttribute(default=0)

    @property
    def client(self) -> str:
        return str(self.sk)


class ContractVersion(Record, discriminator="ContractVersion"):
    """sk `contract#<effective_from>`; `terms` is the contract file as JSON."""

    terms = JSONAttribute()
    applied_at = IntegerAttribute()
    applied_by = UnicodeAttribute()


class OpenIncidents(GlobalSecondaryIndex["Incident"]):
    """The incidents that still run, by the time their timer should wake: sparse, so only they cost writes."""

    class Meta:
        index_name = "open"
        projection = AllProjection()

    open_shard = UnicodeAttribute(hash_key=True)
    wake_at = IntegerAttribute(range_key=True)


class Incident(Record, discriminator="Incident"):
    """sk `incident#<incident>`; when it was notified and planned stands in the mails that did it.

    `failure` is what the device said when it reported a failure; None when it fell silent.
    """

    client = UnicodeAttribute()
    device = UnicodeAttribute()
    incident = UnicodeAttribute()
    started_at = IntegerAttribute()
    opened_at = IntegerAttribute()
    failure = OptionalTextAttribute()
    terms = JSONAttribute()
    timer = IntegerAttribute()
    wake_at = IntegerAttribute()
    open_shard = OptionalTextAttribute()
    acknowledged = JSONAttribute(null=True)
    plan = JSONAttribute(null=True)
    repair = JSONAttribute(null=True)
    restored_at = OptionalIntegerAttribute()
    documented_at = OptionalIntegerAttribute()
    by_itself = BooleanAttribute(null=True)
    closed_at = OptionalIntegerAttribute()

    open = OpenIncidents()

    @property
    def taken(self) -> dict[str, Any] | None:
        """By whom and since when it is in hand: who said so, or sent the plan, or documented the repair."""
        found: dict[str, Any] | None = self.acknowledged or self.plan or self.repair
        return found


class TimelineEntry(Record, discriminator="TimelineEntry"):
    """sk `incident#<incident>#timeline#<at>#<what>`: what happened to an incident, one item per entry.

    `said` is what the device said with a failure that it reported.
    """

    incident = UnicodeAttribute()
    at = IntegerAttribute()
    what = UnicodeAttribute()
    who = UnicodeAttribute()
    said = OptionalTextAttribute()


class MailRecord(Record, discriminator="MailRecord"):
    """sk `<what it is about>#mail#<kind>_<digest>`; `rank` is the status as a number that only rises."""

    client = UnicodeAttribute()
    mail = UnicodeAttribute()
    about = UnicodeAttribute()
    kind = UnicodeAttribute()
    to = UnicodeAttribute()
    subject = UnicodeAttribute()
    status = UnicodeAttribute()
    rank = IntegerAttribute()
    claimed_until = IntegerAttribute()
    attempts = IntegerAttribute()
    message_id = OptionalTextAttribute()
    sent_at = OptionalIntegerAttribute()
    delivered_at = OptionalIntegerAttribute()
    bounced_at = OptionalIntegerAttribute()
    last_error = OptionalTextAttribute()


class Evidence(Record, discriminator="Evidence"):
    """sk `evidence#<local day>#<device>#<practice>`: the newest of that day; a person's own: `…#attested`."""

    device = UnicodeAttribute()
    practice = UnicodeAttribute()
    at = IntegerAttribute()
    facts = JSONAttribute()
    record = OptionalTextAttribute()


class JobEnds(Record, discriminator="JobEnds"):
    """sk `ends#<device>#<practice>`: when the jobs of its feeds last failed and last succeeded."""

    failed_at = OptionalIntegerAttribute()
    succeeded_at = OptionalIntegerAttribute()


class Observation(Record, discriminator="Observation"):
    """sk `observation#<local day>#<device>#<practice>`: the newest of that day that a person must judge."""

    device = UnicodeAttribute()
    practice = UnicodeAttribute()
    at = IntegerAttribute()
    facts = JSONAttribute()


class Offline(Record, discriminator="Offline"):
    """sk `offline#<device>#<start>`: an agent's word, by its own clock, that it lived unheard."""

    device = UnicodeAttribute()
    start = IntegerAttribute()
    end = IntegerAttribute()
    beats = IntegerAttribute()
    received_at = IntegerAttribute()


class Waiting(Record, discriminator="Waiting"):
    """pk `WAITING`, sk `<what>#<client>`: what waits for a person, for the desk's home and for no verdict."""

    at = IntegerAttribute()
    until = IntegerAttribute()
    number = IntegerAttribute()


class Words(Record, discriminator="Words"):
    """sk `words#<device>#<local day>`: the newest body that a device or a feed logged on that day."""

    device = UnicodeAttribute()
    at = IntegerAttribute()
    said = UnicodeAttribute()


class Pause(Record, discriminator="Pause"):
    """sk `incident#<incident>#pause#<start>`: plan and repair wait, for a recorded reason."""

    incident = UnicodeAttribute()
    start = IntegerAttribute()
    end = OptionalIntegerAttribute()
    reason = UnicodeAttribute()


class Excuse(Record, discriminator="Excuse"):
    """sk `incident#<incident>#excuse#<stage>`: a miss that earns no refund and stays visible."""

    incident = UnicodeAttribute()
    stage = UnicodeAttribute()
    reason = UnicodeAttribute()
    approved_by = UnicodeAttribute()
    approved_at = IntegerAttribute()


class Maintenance(Record, discriminator="Maintenance"):
    """sk `maintenance#<start>#<announced_at>#<number>`: an announced window."""

    devices = JSONAttribute()
    start = IntegerAttribute()
    end = IntegerAttribute()
    announced_at = IntegerAttribute()


class Adjustment(Record, discriminator="Adjustment"):
    """sk `adjustment#<period it is settled in>#<period it is about>#<number>`."""

    period = UnicodeAttribute()
    cents = IntegerAttribute()
    reason = UnicodeAttribute()


class Statement(Record, discriminator="Statement"):
    """sk `statement#<period>`: `frozen` once its facts are, `issued` once every mail has left."""

    period = UnicodeAttribute()
    status = UnicodeAttribute()
    as_of = IntegerAttribute()
    frozen_at = IntegerAttribute()
    issued_at = OptionalIntegerAttribute()
    refund_cents = IntegerAttribute()
    due_cents = IntegerAttribute()
    currency = UnicodeAttribute()
    healthy = BooleanAttribute()


class AuditEntry(Record, discriminator="AuditEntry"):
    """sk `audit#<at>#<revision>`: what an operator changed, when and under which identity."""

    at = IntegerAttribute()
    who = UnicodeAttribute()
    what = UnicodeAttribute()
