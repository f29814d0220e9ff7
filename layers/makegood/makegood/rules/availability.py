"""Availability: how long each device was watched, and how long it was down."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from makegood.rules.intervals import Interval, join, overlap, total_seconds
from makegood.rules.names import EVERY_DEVICE
from makegood.rules.silences import down_times
from makegood.rules.unmonitored import unmonitored_times
from makegood.rules.values import BPS

if TYPE_CHECKING:
    from makegood.rules.facts import DeviceFacts, Facts, IncidentFacts, MaintenanceFacts
    from makegood.rules.instants import Instant
    from makegood.rules.scope import Scope

UNMONITORED: Final = "unmonitored_seconds"


@dataclass(frozen=True)
class Availability:
    """Seconds of one device in the period; `availability_bps` is None when it was never watched."""

    device: str
    monitored_seconds: int
    down_seconds: int
    maintenance_seconds: int
    unmonitored_seconds: int | None
    availability_bps: int | None

    def row(self) -> dict[str, object]:
        """As the statement has it; without facts of unmonitored time it says nothing of it."""
        return {key: value for key, value in asdict(self).items() if key != UNMONITORED or value is not None}


def measure_availability(facts: Facts, scope: Scope) -> tuple[Availability, ...]:
    """Every device that was there, by name. The facts are those that are known and count."""
    devices = (device for device in facts.devices if _is_listed(device, scope))
    return tuple(
        _measure(device, facts, scope) for device in sorted(devices, key=lambda device: device.device)
    )


def outage(incident: IncidentFacts, retired_at: Instant | None, as_of: Instant) -> Interval:
    """How long the incident's outage lasted, as far as it is known; retiring the device ends it."""
    ends = (incident.restored_at, retired_at, as_of)
    return Interval(incident.started_at, next(end for end in ends if end is not None))


def _measure(device: DeviceFacts, facts: Facts, scope: Scope) -> Availability:
    enrolled = [device.enrolled.clip(scope.known)]
    notice = facts.contract.maintenance_notice_seconds
    maintenance = overlap(
        enrolled, (work.window for work in facts.maintenance if _counts(work, device, notice))
    )
    outages = overlap(
        enrolled,
        (
            down
            for incident in facts.incidents
            for down in down_times(incident, device.device, device.retired_at)
        ),
    )
    unmonitored = overlap(enrolled, unmonitored_times(facts.unmonitored or (), device.device))
    left_out = join([*maintenance, *unmonitored])
    monitored = total_seconds(enrolled) - total_seconds(left_out)
    down = total_seconds(outages) - total_seconds(overlap(outages, left_out))
    unheard = total_seconds(left_out) - total_seconds(maintenance)
    return Availability(
        device=device.device,
        monitored_seconds=monitored,
        down_seconds=down,
        maintenance_seconds=total_seconds(maintenance),
        unmonitored_seconds=None if facts.unmonitored is None else unheard,
        availability_bps=BPS * (monitored - down) // monitored if monitored else None,
    )


def _counts(work: MaintenanceFacts, device: DeviceFacts, notice_seconds: int) -> bool:
    concerned = device.device in work.devices or EVERY_DEVICE in work.devices
    return concerned and work.announced_at <= work.start - notice_seconds


def _is_listed(device: DeviceFacts, scope: Scope) -> bool:
    retired_before = device.retired_at is not None and device.retired_at < scope.period.start
    return device.enrolled_at is not None and not retired_before
