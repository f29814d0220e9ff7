"""The table Records: everything but presence, all of one client under one partition key."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import BooleanAttribute, DiscriminatorAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from makegood.storage.attributes import (
    IntegerAttribute,
    JSONAttribute,
    OptionalIntegerAttribute,
    OptionalTextAttribute,
)
from makegood.storage.models import TableModel

CLIENTS = "CLIENTS"
WAITING = "WAITING"
KEYS = "KEYS"

UNTOLD = "events"
"""The partition of the index of what is open that holds events still to be told."""

UNSETTLED = "dirty"
"""The one that holds changes for which issued periods are still to be reckoned again."""

UNMAILED = "maintenance"
"""The one that holds announced and cancelled maintenance that has mails to send."""


class Record(TableModel):
    """What every record has: whose it is and its name there; the models below inherit its table."""

    class Meta:
        table_name = "Records"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    model = DiscriminatorAttribute()


class ClientEntry(Record, discriminator="ClientEntry"):
    """The directory of clients: pk `CLIENTS`, sk the client; `revision` counts what operators changed.

    `name` is what the contract that was applied last calls it, `judged_day` the last local day whose missed
    practices were told. `closes_at` and `checks_at` say when `close` and `practices` next look at the client
    (`storage.turns`); absent: at once.
    """

    name = OptionalTextAttribute()
    next_period = UnicodeAttribute()
    judged_day = OptionalTextAttribute()
    closes_at = OptionalIntegerAttribute()
    checks_at = OptionalIntegerAttribute()
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
    flapping_at = OptionalIntegerAttribute()
    closed_at = OptionalIntegerAttribute()

    open = OpenIncidents()

    @property
    def taken(self) -> dict[str, Any] | None:
        """By whom and since when it is in hand: who said so, or sent the plan, or documented the repair."""
        found: dict[str, Any] | None = self.acknowledged or self.plan or self.repair
        return found


class UntoldEntries(GlobalSecondaryIndex["TimelineEntry"]):
    """The entries of timelines that are still to be told as events."""

    class Meta:
        index_name = "open"
        projection = AllProjection()

    open_shard = UnicodeAttribute(hash_key=True)
    wake_at = IntegerAttribute(range_key=True)


class TimelineEntry(Record, discriminator="TimelineEntry"):
    """sk `incident#<incident>#timeline#<at>#<what>`: what happened to an incident, one item per entry.

    What can happen only once, whenever it is noticed, has `once` in the place of `<at>`. `said` is what the
    device said with a failure that it reported, `more` what the entry's event carries besides; `open_shard`
    is there until that event was told.
    """

    incident = UnicodeAttribute()
    at = IntegerAttribute()
    what = UnicodeAttribute()
    who = UnicodeAttribute()
    said = OptionalTextAttribute()
    more = JSONAttribute(null=True)
    open_shard = OptionalTextAttribute()
    wake_at = OptionalIntegerAttribute()

    open = UntoldEntries()


class UntoldEvents(GlobalSecondaryIndex["EventRecord"]):
    """The events without a timeline that are still to be told."""

    class Meta:
        index_name = "open"
        projection = AllProjection()

    open_shard = UnicodeAttribute(hash_key=True)
    wake_at = IntegerAttribute(range_key=True)


class EventRecord(Record, discriminator="EventRecord"):
    """sk `event#<at>#<id>`: an event that stands in no open incident's timeline (`storage.events`)."""

    kind = UnicodeAttribute()
    name = UnicodeAttribute()
    at = IntegerAttribute()
    incident = OptionalTextAttribute()
    data = JSONAttribute()
    open_shard = OptionalTextAttribute()
    wake_at = OptionalIntegerAttribute()

    open = UntoldEvents()


class SilenceRecord(Record, discriminator="Silence"):
    """sk `silence#<device>#<start>`: a stretch in which a device was down, and the incident it counts by."""

    device = UnicodeAttribute()
    incident = UnicodeAttribute()
    start = IntegerAttribute()
    end = IntegerAttribute()


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
    delayed_at = OptionalIntegerAttribute()
    complained_at = OptionalIntegerAttribute()
    refused_since = OptionalIntegerAttribute()
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
    """sk `incident#<incident>#pause#<start>`: plan and repair wait, for a recorded reason.

    It ends at its maximum by itself. Once void, because the client rightly disagreed, it moves no clock.
    """

    incident = UnicodeAttribute()
    start = IntegerAttribute()
    end = OptionalIntegerAttribute()
    reason = UnicodeAttribute()
    awaited = OptionalTextAttribute()
    by = OptionalTextAttribute()
    ended_by = OptionalTextAttribute()
    answer = OptionalTextAttribute()
    void_at = OptionalIntegerAttribute()

    @property
    def matter(self) -> str:
        return f"pause-{self.start}"


class Excuse(Record, discriminator="Excuse"):
    """sk `incident#<incident>#excuse#<stage>#<number>`: a miss that earns no refund and stays visible.

    It counts from when somebody else than who asked for it approved it, until it is revoked.
    """

    incident = UnicodeAttribute()
    stage = UnicodeAttribute()
    number = IntegerAttribute(default=1)
    reason = UnicodeAttribute()
    evidence = OptionalTextAttribute()
    asked_by = OptionalTextAttribute()
    asked_at = OptionalIntegerAttribute()
    asks_client = BooleanAttribute(null=True)
    approved_by = OptionalTextAttribute()
    approved_at = OptionalIntegerAttribute()
    refused_by = OptionalTextAttribute()
    refused_at = OptionalIntegerAttribute()
    revoked_by = OptionalTextAttribute()
    revoked_at = OptionalIntegerAttribute()
    because = OptionalTextAttribute()

    @property
    def matter(self) -> str:
        return f"excuse-{self.stage}-{self.number}"

    @property
    def waits(self) -> bool:
        return self.approved_at is None and self.refused_at is None

    @property
    def counts(self) -> bool:
        return self.approved_at is not None and self.revoked_at is None


class Dispute(Record, discriminator="Dispute"):
    """sk `incident#<incident>#dispute#<number>`: the client disagrees with something, until it is decided.

    `about` is a pause or an excuse, or `incident` for anything else.
    """

    incident = UnicodeAttribute()
    number = IntegerAttribute()
    about = UnicodeAttribute()
    text = UnicodeAttribute()
    by = UnicodeAttribute()
    at = IntegerAttribute()
    upheld = BooleanAttribute(null=True)
    decided_by = OptionalTextAttribute()
    decided_at = OptionalIntegerAttribute()
    because = OptionalTextAttribute()

    @property
    def matter(self) -> str:
        return f"dispute-{self.number}"


class UnmailedMaintenance(GlobalSecondaryIndex["Maintenance"]):
    """The same index, another shard of it: maintenance that some contacts have no mail about yet."""

    class Meta:
        index_name = "open"
        projection = AllProjection()

    open_shard = UnicodeAttribute(hash_key=True)
    wake_at = IntegerAttribute(range_key=True)


class Maintenance(Record, discriminator="Maintenance"):
    """sk `maintenance#<name>`, the name being `<start>-<number>`: a window, or all of a weekly one.

    `start` and `end` are those of the window, or of the first and the last; `weekly` is the rule, as JSON.
    """

    client = UnicodeAttribute()
    maintenance = UnicodeAttribute()
    devices = JSONAttribute()
    start = IntegerAttribute()
    end = IntegerAttribute()
    weekly = JSONAttribute(null=True)
    reason = OptionalTextAttribute()
    announced_at = IntegerAttribute()
    announced_by = UnicodeAttribute()
    cancelled_at = OptionalIntegerAttribute()
    cancelled_by = OptionalTextAttribute()
    open_shard = OptionalTextAttribute()
    wake_at = OptionalIntegerAttribute()

    unmailed = UnmailedMaintenance()


class Gap(Record, discriminator="Gap"):
    """pk `GAPS`, sk `gap#<end>`: a time, from one proof that we can hear to the next, without any."""

    start = IntegerAttribute()
    end = IntegerAttribute()


class Call(Record, discriminator="Call"):
    """sk `incident#<incident>#call#<recorded_at>`: the client was told by telephone, `at` as stated."""

    incident = UnicodeAttribute()
    at = IntegerAttribute()
    recorded_at = IntegerAttribute()
    by = UnicodeAttribute()
    reached = UnicodeAttribute()
    number = UnicodeAttribute()


class Contact(Record, discriminator="Contact"):
    """sk `contact#<digest>`: whether mails reach an address, by what SES reports of them.

    `failed_since` and `failed_at` are the first and last bounce since the last delivery. `revision` counts
    the changes, so that two events at once do not lose one. Links made until `links_revoked_at` are dead.
    """

    address = UnicodeAttribute()
    revision = IntegerAttribute()
    confirmed_at = OptionalIntegerAttribute()
    failed_since = OptionalIntegerAttribute()
    failed_at = OptionalIntegerAttribute()
    complained_at = OptionalIntegerAttribute()
    restored_at = OptionalIntegerAttribute()
    links_revoked_at = OptionalIntegerAttribute()


class Hold(Record, discriminator="Hold"):
    """pk `HOLDS`, sk `hold#<until>`: what fell due after `since` is no outage before `until` is over."""

    since = IntegerAttribute()
    began = IntegerAttribute()
    until = IntegerAttribute()
    silent = IntegerAttribute()
    devices = IntegerAttribute()


class Unheard(Record, discriminator="Unheard"):
    """sk `unheard#<end>#<device>`: a silence of the client's device that a hold kept from being an outage."""

    device = UnicodeAttribute()
    start = IntegerAttribute()
    end = IntegerAttribute()


class Adjustment(Record, discriminator="Adjustment"):
    """sk `adjustment#<period it is settled in>#<period it is about>#<number>`; `to`: whom to tell at once.

    Settled in `payment` is what no statement follows for.
    """

    period = UnicodeAttribute()
    cents = IntegerAttribute()
    reason = UnicodeAttribute()
    number = OptionalIntegerAttribute()
    recorded_at = OptionalIntegerAttribute()
    to = JSONAttribute(null=True)

    @property
    def settled_in(self) -> str:
        return str(self.sk).split("#")[1]


class Correction(Record, discriminator="Correction"):
    """sk `correction#<period>`: how often a period was corrected, so that no two do it from the same past."""

    number = IntegerAttribute()


class UnsettledMarks(GlobalSecondaryIndex["Dirty"]):
    """The changes that issued periods are still to be reckoned again for."""

    class Meta:
        index_name = "open"
        projection = AllProjection()

    open_shard = UnicodeAttribute(hash_key=True)
    wake_at = IntegerAttribute(range_key=True)


class Dirty(Record, discriminator="Dirty"):
    """sk `dirty#<at>#<incident>#<digest>`: a fact changed, and why that matters."""

    incident = UnicodeAttribute()
    reason = UnicodeAttribute()
    at = IntegerAttribute()
    settled_at = OptionalIntegerAttribute()
    open_shard = OptionalTextAttribute()
    wake_at = OptionalIntegerAttribute()

    unsettled = UnsettledMarks()


class Statement(Record, discriminator="Statement"):
    """sk `statement#<period>`: `frozen` once its files are stored, `issued` once every mail has left."""

    period = UnicodeAttribute()
    status = UnicodeAttribute()
    as_of = IntegerAttribute()
    frozen_at = IntegerAttribute()
    issued_at = OptionalIntegerAttribute()
    refund_cents = IntegerAttribute()
    due_cents = IntegerAttribute()
    currency = UnicodeAttribute()
    healthy = BooleanAttribute()


class PublicKey(Record, discriminator="PublicKey"):
    """pk `KEYS`, sk the fingerprint: a public key (PEM) that statements were signed with."""

    pem = UnicodeAttribute()


class AuditEntry(Record, discriminator="AuditEntry"):
    """sk `audit#<at>#<revision>`: what an operator changed, when and under which identity."""

    at = IntegerAttribute()
    who = UnicodeAttribute()
    what = UnicodeAttribute()
