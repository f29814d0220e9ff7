"""Announced maintenance as the specification has it: when its windows are, which count, and who was told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from makegood.rules.instants import Instant, format_instant, period_bounds
from makegood_simulator.reading_contracts import Json, Version, read_versions
from makegood_simulator.witness import Announced, Milliseconds, WallTimes, Witness

Window = tuple[Instant, Instant]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NEVER = 2**40
TRIED_AGAIN_SECONDS = 15 * 60
"""A mail about maintenance that could not leave is tried again every five minutes."""


def windows_of(announced: Announced, zone: ZoneInfo) -> list[Window]:
    """Its windows, in order; what had not begun when it was cancelled is none."""
    when = announced.when
    if isinstance(when, WallTimes):
        found = [_on(day, when.starts, when.ends, zone) for day in _days(when)]
    else:
        found = [when]
    end = announced.cancelled_at
    return [(start, to) for start, to in found if start < to and (end is None or start <= end)]


def counting(witness: Witness, device: str) -> list[Window]:
    """When silence of the device opens no incident, joined: maintenance that was announced as long before as
    the contract asks for, and the time after a contract's end."""
    versions = read_versions(witness.contracts)
    announced_in_time = (
        (max(start, since), min(to, until))
        for announced in witness.announced
        if device in announced.devices or "*" in announced.devices
        for start, to in windows_of(announced, versions[0].contract.zone)
        for version, since, until in _in_force(versions)
        if start - announced.at >= version.contract.maintenance_notice_seconds
    )
    return _joined([*announced_in_time, *_without_contract(versions)])


def _without_contract(versions: list[Version]) -> Iterator[Window]:
    times = list(_in_force(versions)) if versions else []
    for (_, _, ends), (_, begins, _) in pairwise(times):
        yield ends, begins
    for _, _, ends in times[-1:]:
        yield ends, NEVER


def maintenance_rows(witness: Witness, versions: list[Version], period: str, known: set[str]) -> list[Json]:
    """What the facts of a period say of maintenance, in order; `known` are the devices that were seen."""
    zone = versions[0].contract.zone
    begins, ends = period_bounds(period, zone)
    rows = []
    for announced in witness.announced:
        named = [name for name in announced.devices if name == "*" or name in known]
        for start, to in windows_of(announced, zone):
            if named and start < ends and to > begins:
                rows.append(
                    {
                        "devices": named,
                        "from": format_instant(start),
                        "to": format_instant(to),
                        "announced_at": format_instant(announced.at),
                        "reason": announced.reason,
                    }
                )
    return rows


def untold(witness: Witness, now_ms: Milliseconds, lag_seconds: int) -> Iterator[str]:
    """Every contact is mailed of an announcement, or of its cancellation, within the time forgiven."""
    versions = read_versions(witness.contracts)
    patience = (lag_seconds + TRIED_AGAIN_SECONDS) * 1000
    for announced in witness.announced:
        if announced.recorded_at + patience > now_ms:
            continue
        reasons = {"announced", "cancelled"} if announced.cancelled_at is not None else {"announced"}
        told = {
            mail.to
            for mail in witness.accepted
            if mail.mail.startswith("maintenance_")
            and mail.mail.split("_")[2] in reasons
            and mail.at <= announced.recorded_at + patience
            and mail.at >= announced.recorded_at
        }
        for contact in set.intersection(*(_contacts(version) for version in versions)) - told:
            yield f"{contact} was not told of the maintenance announced at {format_instant(announced.at)}"


def _contacts(version: Version) -> set[str]:
    contacts = version.contract.contacts
    return set(contacts.outages or contacts.statements)


def _in_force(versions: list[Version]) -> Iterator[tuple[Version, Instant, Instant]]:
    """Each version with the time in which it is in force."""
    for version, following in zip(versions, [*versions[1:], None], strict=True):
        zone = version.contract.zone
        next_day = None if following is None else following.contract.effective_from
        ends = [day for day in (version.contract.effective_until, next_day) if day is not None]
        until = _shown(min(ends), "00:00", zone) if ends else NEVER
        yield version, _shown(version.contract.effective_from, "00:00", zone), until


def _days(when: WallTimes) -> Iterator[date]:
    day = date.fromisoformat(when.first)
    while day <= date.fromisoformat(when.last):
        if WEEKDAYS[day.weekday()] in when.days:
            yield day
        day += timedelta(days=1)


def _on(day: date, starts: str, ends: str, zone: ZoneInfo) -> Window:
    """A window that does not end after its start ends on the next day."""
    ends_on = day if ends > starts else day + timedelta(days=1)
    return _shown(day, starts, zone), _shown(ends_on, ends, zone)


@cache
def _shown(day: date, clock_time: str, zone: ZoneInfo) -> Instant:
    """The first minute at which the zone's clocks show this time of this day, or a later one."""
    wanted = datetime.fromisoformat(f"{day}T{clock_time}")
    minute = int(wanted.replace(tzinfo=UTC).timestamp()) - 16 * 3600
    step = 4 * 3600
    while step >= 1:
        while datetime.fromtimestamp(minute + step, zone).replace(tzinfo=None) < wanted:
            minute += step
        step //= 2
    return minute + 1


def _joined(windows: Iterable[Window]) -> list[Window]:
    joined: list[Window] = []
    for start, to in sorted(window for window in windows if window[0] < window[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], to))
        else:
            joined.append((start, to))
    return joined
