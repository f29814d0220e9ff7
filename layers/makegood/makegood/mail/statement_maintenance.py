"""Announced maintenance on a statement: which devices, why, when, and whether it was announced in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from makegood.mail.look import count_of
from makegood.mail.statement_month import Month
from makegood.rules.facts import MaintenanceFacts
from makegood.rules.maintenance import Notice, is_in_time
from makegood.rules.names import EVERY_DEVICE
from makegood.texts import one_line

MOST_WINDOWS: Final = 10
MOST_DEVICES: Final = 12


@dataclass(frozen=True)
class MaintenanceView:
    """What was announced together: a weekly one is told once, with its windows of the period."""

    devices: str
    standing: str
    tone: str
    notes: tuple[str, ...]


def view_maintenance(month: Month) -> tuple[MaintenanceView, ...]:
    """What reaches into the period, in order of its first window."""
    together: defaultdict[object, list[MaintenanceFacts]] = defaultdict(list)
    for work in sorted(month.facts.maintenance, key=lambda work: (work.start, work.end, work.devices)):
        if work.window.meets(month.scope.period):
            together[work.devices, work.reason, work.announced_at, _is_late(month, work)].append(work)
    return tuple(_view(month, works) for works in together.values())


def _view(month: Month, works: Sequence[MaintenanceFacts]) -> MaintenanceView:
    first, is_late = works[0], _is_late(month, works[0])
    reason = f": {one_line(first.reason)}" if first.reason else ""
    windows = "; ".join(_window(month, work) for work in works[:MOST_WINDOWS])
    more = f"; and {len(works) - MOST_WINDOWS} more" if len(works) > MOST_WINDOWS else ""
    return MaintenanceView(
        devices=_devices(first),
        standing="Too late, does not count" if is_late else "In time",
        tone="warn" if is_late else "plain",
        notes=(f"Announced on {month.time(first.announced_at)}{reason}", f"{windows}{more}"),
    )


def _is_late(month: Month, work: MaintenanceFacts) -> bool:
    notice = Notice(month.scope.period, month.contract.maintenance_notice_seconds)
    return not is_in_time(work.window, work.announced_at, notice)


def _window(month: Month, work: MaintenanceFacts) -> str:
    return f"{month.time(work.start)} to {month.time_after(work.end, work.start)}"


def _devices(work: MaintenanceFacts) -> str:
    if EVERY_DEVICE in work.devices:
        return "All devices"
    more = len(work.devices) - MOST_DEVICES
    rest = f" and {count_of(more, 'device')} more" if more > 0 else ""
    return ", ".join(work.devices[:MOST_DEVICES]) + rest
