"""What the operator announces and cancels: the commands, and what of them was put on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from typing import Any

from makegood.announcing import tell
from makegood.mail.outbox import UnreachableError
from makegood.rules.announcing import Plan
from makegood.rules.contracts import parse_contract
from makegood.rules.instants import Instant
from makegood.rules.intervals import Interval
from makegood.rules.maintenance import WEEKDAYS, Weekly
from makegood.storage import maintenance
from makegood.storage.changes import Operator, RefusedError
from makegood.storage.records import Maintenance
from makegood_simulator.clockwork import Agenda
from makegood_simulator.tables import Tables
from makegood_simulator.tape import Announce, AnnounceWeekly, Cancel
from makegood_simulator.wire import Call, sets, writes
from makegood_simulator.witness import Announced, WallTimes, Witness

Watch = Callable[[Instant, str, Call], None]


class Announcers:
    """Announces as `makegood maintenance` does: records it, and mails the client at once."""

    def __init__(self, witness: Witness, tables: Tables, agenda: Agenda) -> None:
        self._witness = witness
        self._tables = tables
        self._agenda = agenda
        self._has_untold = False

    def announce(self, line: Announce | AnnounceWeekly) -> tuple[Callable[[Operator], Any], Watch]:
        def announce(operator: Operator) -> None:
            plan = Plan(line.devices, self._when(line), line.reason)
            short = bool(line.short_notice)
            _tell(maintenance.announce(self._witness.client, plan, operator, short_notice=short)[0])

        def watch(at: Instant, operation: str, call: Call) -> None:
            for kind, write in writes(operation, call):
                if kind == "Put" and _is_maintenance(write["Item"]["sk"]["S"]):
                    said = Announced(line.devices, _said(line), line.reason, at, self._agenda.now)
                    self._witness.announced.append(said)
                    self._has_untold = True

        return announce, watch

    def cancel(self, line: Cancel) -> tuple[Callable[[Operator], Any], Watch]:
        def cancel(operator: Operator) -> None:
            found = maintenance.maintenance_of(self._witness.client)
            meant = [record for record in found if record.reason == line.reason]
            if not meant:
                raise RefusedError(f"there is no maintenance for the reason {line.reason}")
            standing = [record for record in meant if record.cancelled_at is None] or meant
            name = standing[-1].maintenance
            _tell(maintenance.cancel(self._witness.client, name, operator)[0])

        def watch(at: Instant, operation: str, call: Call) -> None:
            for kind, write in writes(operation, call):
                if kind == "Update" and sets(write, "cancelled_at"):
                    self._strike(line.reason, at)
                    self._has_untold = True

        return cancel, watch

    def has_untold(self) -> bool:
        """Whether some mail about maintenance may still have to leave."""
        if self._has_untold:
            self._has_untold = any(
                partition == self._witness.client and _is_maintenance(key) and "open_shard" in row
                for partition, key, row in self._tables.everything()
            )
        return self._has_untold

    def _strike(self, reason: str, at: Instant) -> None:
        """The newest announcement for this reason that still stood is cancelled."""
        announced = self._witness.announced
        index = max(
            i for i, each in enumerate(announced) if each.reason == reason and each.cancelled_at is None
        )
        announced[index] = replace(announced[index], cancelled_at=at)

    def _when(self, line: Announce | AnnounceWeekly) -> Interval | Weekly:
        if isinstance(line, Announce):
            return Interval(line.starts, line.ends)
        return Weekly(
            weekdays=tuple(sorted(WEEKDAYS.index(day) for day in line.days)),
            starts=time.fromisoformat(line.starts),
            ends=time.fromisoformat(line.ends),
            first=date.fromisoformat(line.first),
            last=date.fromisoformat(line.last),
            zone=parse_contract(dict(self._witness.contracts[0])).zone,
        )


def _said(line: Announce | AnnounceWeekly) -> tuple[Instant, Instant] | WallTimes:
    if isinstance(line, Announce):
        return line.starts, line.ends
    return WallTimes(line.days, line.starts, line.ends, line.first, line.last)


def _tell(record: Maintenance) -> None:
    try:
        tell(record.client, record.maintenance)
    except UnreachableError:
        return  # the deployment tries again


def _is_maintenance(key: str) -> bool:
    return key.startswith("maintenance#") and "#mail#" not in key
