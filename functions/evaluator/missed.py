"""Once a client's day is over: what it missed is told, practice by practice, each day once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from makegood.rules.events import Event
from makegood.rules.instants import DAY_SECONDS, Instant, first_instant, local_date
from makegood.storage.contracts import Version, version_nearest
from makegood.storage.events import announce
from makegood.storage.practice_day import PracticeDay, day_in_force, look_at_day
from makegood.storage.records import ClientEntry
from makegood.storage.transactions import LostRaceError, write_together

LOOK_BACK_DAYS = 7
"""A check that did not run for longer tells no more of the days before."""


def tell_missed(entry: ClientEntry, versions: Sequence[Version], now: Instant) -> int:
    """Tells what the client's days have missed since they were last looked at; answers how many days."""
    told = 0
    for back in range(LOOK_BACK_DAYS, 0, -1):
        at = now - back * DAY_SECONDS
        found = day_in_force(versions, at)
        if found is None or found[1].ends_at > now or not _is_next(entry, found[1].date, back):
            continue
        day = look_at_day(entry.client, at)
        if day is not None and _record(entry, day):
            told += 1
    return told


def is_told(entry: ClientEntry, versions: Sequence[Version], now: Instant) -> bool:
    """Whether the day before today is told of, if a contract covers it."""
    if not versions:
        return True
    zone = version_nearest(versions, now).contract.zone
    yesterday = day_in_force(versions, first_instant(local_date(now, zone), zone) - 1)
    return yesterday is None or (entry.judged_day or "") >= str(yesterday[1].date)


def _is_next(entry: ClientEntry, day: date, back: int) -> bool:
    """Whether a day is still to be told; of a client who is new to it, yesterday alone."""
    return back == 1 if entry.judged_day is None else str(day) > entry.judged_day


def _record(entry: ClientEntry, day: PracticeDay) -> bool:
    """Takes note of the day, and has its misses told, together; False when somebody else has."""
    known = entry.judged_day
    unchanged = (
        ClientEntry.sk.exists() & ClientEntry.judged_day.does_not_exist()
        if known is None
        else ClientEntry.judged_day == known
    )
    judged = [ClientEntry.judged_day.set(str(day.day.date))]
    try:
        write_together(
            lambda transaction: transaction.update(entry, actions=[*judged], condition=unchanged),
            *(announce(event) for event in _events(entry.client, day)),
        )
    except LostRaceError:
        return False
    entry.judged_day = str(day.day.date)
    return True


def _events(client: str, day: PracticeDay) -> Iterator[Event]:
    for gap in day.gaps:
        practice, date_ = gap.terms.practice, str(day.day.date)
        data = {"practice": practice, "day": date_, "devices": [each.device for each in gap.days]}
        yield Event("practice.missed", client, f"{date_}-{practice}", day.day.ends_at, data=data)
