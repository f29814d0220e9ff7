"""A client's day as the desk shows it: what it would miss, and what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from makegood.rules.attesting import Matter, matters_of
from makegood.rules.instants import Instant, local_date
from makegood.storage.attestations import Reports, Standing, recent_reports, standing_of
from makegood.storage.devices import devices_of
from makegood.storage.practice_day import PracticeDay, look_at_day


@dataclass(frozen=True)
class Day:
    """What was read at an instant; `zones` are those of the devices, by whose days reports are kept."""

    now: Instant
    today: PracticeDay
    reports: Reports
    matters: tuple[Matter, ...]
    zones: Mapping[str, ZoneInfo]

    def find(self, device: str, practice: str) -> Matter | None:
        """What a person may attest of this practice of the device, if anything."""
        found = (matter for matter in self.matters if (matter.device, matter.practice) == (device, practice))
        return next(found, None)

    def standing(self, matter: Matter) -> Standing:
        """What is on record for it today."""
        day = local_date(self.now, self.zones[matter.device])
        client = self.today.contract.client
        return standing_of(client, day, matter.device, matter.practice, self.reports)


def load_day(client: str, now: Instant) -> Day | None:
    """The client's day at an instant; None while no contract covers it."""
    today = look_at_day(client, now)
    if today is None:
        return None
    reports = recent_reports(client, today.day.date)
    matters = matters_of(today.facts, today.gaps, reports.evidence, reports.observations)
    zones = {row.device: ZoneInfo(row.zone) for row in devices_of(client)}
    return Day(now, today, reports, matters, zones)
