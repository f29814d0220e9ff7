"""The facts of a period: read from JSON, or refused with everything that is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from makegood.rules.allowance_facts import (
    DISPUTE_FIELDS,
    EXCUSE_FIELDS,
    PAUSE_FIELDS,
    REVOKED_FIELDS,
    Dispute,
    Excuse,
    Pause,
    Revoked,
    read_dispute,
    read_excuse,
    read_pause,
    read_revoked,
)
from makegood.rules.contracts import CONTRACT_FIELDS, OUTAGES_FIELDS, read_contract, read_date, read_outages
from makegood.rules.evidence import PRACTICES
from makegood.rules.instants import FOREVER, Instant, Period, parse_period
from makegood.rules.intervals import Interval
from makegood.rules.names import DEVICE, EVERY_DEVICE
from makegood.rules.shapes import (
    Fields,
    Problem,
    did_you_mean,
    matching,
    one_of,
    read_instant,
    read_mapping,
    read_text,
    refuse_before,
    whole,
)
from makegood.rules.silences import Silence, read_silences
from makegood.rules.told import (
    CALL_FIELDS,
    NOT_BY_DELIVERY,
    UNREACHABLE_FIELDS,
    Call,
    Unreachable,
    read_call,
    read_unreachable,
)
from makegood.rules.unmonitored import Unmonitored, read_unmonitored
from makegood.rules.values import must_be, parse_refund

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from makegood.rules.contracts import ReadRefund
    from makegood.rules.terms import Contract, Outages

FACTS_FIELDS: Final = (
    "contract",
    "period",
    "as_of",
    "devices",
    "incidents",
    "evidence",
    "maintenance",
    "adjustments",
    "unreachable",
    "unmonitored",
    "returns_on",
)
DEVICE_FIELDS: Final = ("device", "kind", "enrolled_at", "retired_at", "practices")
INCIDENT_TIMES: Final = ("notified_at", "planned_at", "restored_at", "documented_at")
INCIDENT_FIELDS: Final = (
    "incident",
    "device",
    "started_at",
    *INCIDENT_TIMES,
    "pauses",
    "excuses",
    "revoked",
    "disputes",
    "outages",
    "silences",
    "notified_how",
    "calls",
)
EVIDENCE_FIELDS: Final = ("device", "practice", "at", "facts")
MAINTENANCE_FIELDS: Final = ("devices", "from", "to", "announced_at", "reason")
ADJUSTMENT_FIELDS: Final = ("period", "cents", "reason")
MOST_CENTS: Final = 10**15


@dataclass(frozen=True)
class DeviceFacts:
    """A device; `enrolled_at` is its first heartbeat."""

    device: str
    kind: str
    enrolled_at: Instant | None
    retired_at: Instant | None
    practices: tuple[str, ...]

    @property
    def enrolled(self) -> Interval:
        start = FOREVER if self.enrolled_at is None else self.enrolled_at
        return Interval(start, FOREVER if self.retired_at is None else self.retired_at)


@dataclass(frozen=True)
class IncidentFacts:
    """An outage of a device and what was done about it; None has not happened.

    `outages` are the terms in force when it started, if they are not the contract's. `silences` are the
    stretches that count as down, of each device that they name (`silences.down_times`).
    """

    incident: str
    device: str
    started_at: Instant
    notified_at: Instant | None = None
    planned_at: Instant | None = None
    restored_at: Instant | None = None
    documented_at: Instant | None = None
    pauses: tuple[Pause, ...] = ()
    excuses: tuple[Excuse, ...] = ()
    outages: Outages | None = None
    silences: tuple[Silence, ...] = ()
    notified_how: str = ""
    calls: tuple[Call, ...] = ()
    revoked: tuple[Revoked, ...] = ()
    disputes: tuple[Dispute, ...] = ()

    @property
    def outage(self) -> Interval:
        return Interval(self.started_at, FOREVER if self.restored_at is None else self.restored_at)


@dataclass(frozen=True)
class EvidenceFacts:
    device: str
    practice: str
    at: Instant
    facts: Mapping[str, object]


@dataclass(frozen=True)
class MaintenanceFacts:
    """Announced work on these devices, `"*"` being all; `reason` is for the reader."""

    devices: tuple[str, ...]
    start: Instant
    end: Instant
    announced_at: Instant
    reason: str | None = None

    @property
    def window(self) -> Interval:
        return Interval(self.start, self.end)


@dataclass(frozen=True)
class AdjustmentFacts:
    """A correction of an earlier period's refund: cents the client still gets, negative when owed back."""

    period: Period
    cents: int
    reason: str


@dataclass(frozen=True)
class Facts:
    contract: Contract
    period: Period
    as_of: Instant
    devices: tuple[DeviceFacts, ...]
    incidents: tuple[IncidentFacts, ...]
    evidence: tuple[EvidenceFacts, ...]
    maintenance: tuple[MaintenanceFacts, ...]
    adjustments: tuple[AdjustmentFacts, ...]
    unreachable: tuple[Unreachable, ...] = ()
    unmonitored: tuple[Unmonitored, ...] | None = None
    returns_on: date | None = None


class FactsError(Exception):
    """Facts that are refused; `problems` names everything that is wrong with them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def parse_facts(data: object) -> Facts:
    """The facts in this JSON data. Raises FactsError with every problem."""
    problems: list[Problem] = []
    facts = _read_facts(Fields(data, "", problems, FACTS_FIELDS))
    if problems:
        raise FactsError(problems)
    return facts


def _read_facts(fields: Fields) -> Facts:
    contract = fields.required_table("contract", CONTRACT_FIELDS, read_contract)
    currency = contract.currency if contract else ""  # without a contract, amounts are still looked at
    devices = fields.tables("devices", DEVICE_FIELDS, _read_device)
    known = {device.device for device in devices}
    zone = ZoneInfo((contract and contract.timezone) or "UTC")
    read_incident = partial(_read_incident, known, partial(parse_refund, currency=currency), zone)
    facts = Facts(
        contract=contract,
        period=fields.required("period", _read_period),
        as_of=fields.required("as_of", read_instant),
        devices=devices,
        incidents=fields.tables("incidents", INCIDENT_FIELDS, read_incident),
        evidence=fields.tables("evidence", EVIDENCE_FIELDS, partial(_read_evidence, known)),
        maintenance=fields.tables("maintenance", MAINTENANCE_FIELDS, partial(_read_maintenance, known)),
        adjustments=fields.tables("adjustments", ADJUSTMENT_FIELDS, _read_adjustment),
        unreachable=fields.tables("unreachable", UNREACHABLE_FIELDS, read_unreachable),
        unmonitored=read_unmonitored(fields, partial(_read_known_device, known)),
        returns_on=fields.optional("returns_on", read_date, None),
    )
    _refuse_same_names(fields, "devices", "device", [device.device for device in devices])
    _refuse_same_names(fields, "incidents", "incident", [incident.incident for incident in facts.incidents])
    _refuse_overlaps(fields, facts.incidents)
    return facts


def _read_device(fields: Fields) -> DeviceFacts:
    device = DeviceFacts(
        device=fields.required("device", matching(DEVICE, "1 to 32 of a-z, 0-9 and -")),
        kind=fields.optional("kind", read_text, ""),
        enrolled_at=fields.optional("enrolled_at", read_instant, None),
        retired_at=fields.optional("retired_at", read_instant, None),
        practices=fields.items("practices", one_of(PRACTICES)),
    )
    refuse_before(fields, "retired_at", device.retired_at, "enrolled_at", device.enrolled_at)
    return device


def _read_incident(
    devices: Collection[str], refund: ReadRefund, zone: ZoneInfo, fields: Fields
) -> IncidentFacts:
    read_device = partial(_read_known_device, devices)
    name = fields.required("incident", read_text)
    device = fields.required("device", read_device)
    started_at = fields.required("started_at", read_instant)
    incident = IncidentFacts(
        incident=name,
        device=device,
        started_at=started_at,
        notified_at=fields.optional("notified_at", read_instant, None),
        planned_at=fields.optional("planned_at", read_instant, None),
        restored_at=fields.optional("restored_at", read_instant, None),
        documented_at=fields.optional("documented_at", read_instant, None),
        pauses=fields.tables("pauses", PAUSE_FIELDS, read_pause),
        excuses=fields.tables("excuses", EXCUSE_FIELDS, read_excuse),
        revoked=fields.tables("revoked", REVOKED_FIELDS, read_revoked),
        disputes=fields.tables("disputes", DISPUTE_FIELDS, read_dispute),
        outages=fields.table("outages", OUTAGES_FIELDS, partial(read_outages, refund, zone)),
        silences=read_silences(fields, device, started_at, read_device),
        notified_how=fields.optional("notified_how", one_of(NOT_BY_DELIVERY), ""),
        calls=fields.tables("calls", CALL_FIELDS, read_call),
    )
    for time in INCIDENT_TIMES:
        refuse_before(fields, time, getattr(incident, time), "started_at", incident.started_at)
    for index, call in enumerate(incident.calls):
        refuse_before(fields, f"calls[{index}].at", call.at, "started_at", incident.started_at)
    return incident


def _read_evidence(devices: Collection[str], fields: Fields) -> EvidenceFacts:
    return EvidenceFacts(
        device=fields.required("device", partial(_read_known_device, devices)),
        practice=fields.required("practice", one_of(PRACTICES)),
        at=fields.required("at", read_instant),
        facts=fields.required("facts", read_mapping),
    )


def _read_maintenance(devices: Collection[str], fields: Fields) -> MaintenanceFacts:
    maintenance = MaintenanceFacts(
        devices=fields.items("devices", partial(_read_known_device, {*devices, EVERY_DEVICE})),
        start=fields.required("from", read_instant),
        end=fields.required("to", read_instant),
        announced_at=fields.required("announced_at", read_instant),
        reason=fields.optional("reason", read_text, None),
    )
    refuse_before(fields, "to", maintenance.end, "from", maintenance.start)
    return maintenance


def _read_adjustment(fields: Fields) -> AdjustmentFacts:
    return AdjustmentFacts(
        period=fields.required("period", _read_period),
        cents=fields.required("cents", whole(-MOST_CENTS, MOST_CENTS)),
        reason=fields.required("reason", read_text),
    )


def _read_period(value: object) -> Period:
    try:
        return parse_period(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(must_be("a month such as 2026-03", value)) from None


def _read_known_device(devices: Collection[str], value: object) -> str:
    if not isinstance(value, str) or value not in devices:
        hint = did_you_mean(value, [device for device in devices if device])
        raise ValueError(must_be("one of the devices", value) + hint)
    return value


def _refuse_same_names(fields: Fields, key: str, name_key: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name and name in seen:
            fields.refuse(f"{key}[{index}].{name_key}", f"must be a name of its own, got {name} again")
        seen.add(name)


def _refuse_overlaps(fields: Fields, incidents: tuple[IncidentFacts, ...]) -> None:
    """Two outages of one device must not overlap in `[started_at, restored_at)`; an empty one never does."""
    # What could not be read is refused where it stands, and overlaps nothing.
    began = [
        (incident, index)
        for index, incident in enumerate(incidents)
        if incident.started_at is not None and incident.device is not None
    ]
    last: dict[str, IncidentFacts] = {}  # by device, which of the outages so far ends last
    for incident, index in sorted(began, key=lambda item: item[0].started_at):
        before = last.get(incident.device)
        if before is not None and before.outage.meets(incident.outage):
            message = f"must not lie within {before.incident}, of the same device"
            fields.refuse(f"incidents[{index}].started_at", message)
        if before is None or before.outage.end < incident.outage.end:
            last[incident.device] = incident
