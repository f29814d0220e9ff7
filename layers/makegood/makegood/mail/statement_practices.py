"""What a statement says of each practice: promised and reached, and the days on which it failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from makegood.mail.formats import Formats
from makegood.mail.look import count_of
from makegood.mail.statement_calendar import Calendar
from makegood.mail.statement_month import Month
from makegood.mail.statement_words import PRACTICE_NAMES, show_practice_promise
from makegood.rules.practices import DeviceDay
from makegood.rules.terms import PracticeTerms

MOST_DEVICES: Final = 12
"""So many devices are named with their days on a mail's page; with thousands it would be cut off."""

_DAYS: Final = {
    "done": "done",
    "missed": "missed",
    "no_evidence": "no evidence",
    "excused": "excused by an outage",
}

_NOT_DONE: Final = {"missed": "Missed", "no_evidence": "No evidence", "excused": "Excused"}

_VERDICTS: Final = {
    "kept": ("Kept", "good"),
    "broken": ("Broken", "bad"),
    None: ("Nothing to count", "plain"),
}


@dataclass(frozen=True)
class PracticeView:
    name: str
    promise: str
    notes: tuple[str, ...]
    verdict: str
    tone: str
    calendar: Calendar | None


def view_practice(
    month: Month, terms: PracticeTerms, calendar: Calendar | None, *, whole: bool
) -> PracticeView:
    """One practice of the contract: its score, its promise, its days."""
    row = month.practices[terms.practice]
    score = "" if row["score_bps"] is None else f": {month.formats.measured(row['score_bps'])}"
    verdict, tone = _VERDICTS[row["verdict"]]
    counts = [f"{row[name]} {words}" for name, words in _DAYS.items() if row[name]]
    return PracticeView(
        name=f"{PRACTICE_NAMES[terms.practice]}{score}",
        promise=show_practice_promise(terms, month.formats),
        notes=(
            f"Days: {', '.join(counts)}" if counts else "No day to count",
            *_not_done(month.days_of[terms.practice], month.formats, whole=whole),
        ),
        verdict=verdict,
        tone=tone,
        calendar=calendar,
    )


def _not_done(days: Sequence[DeviceDay], formats: Formats, *, whole: bool) -> Iterator[str]:
    """`Missed: nas on March 3; srv on March 4, 7 to 9`."""
    for verdict, words in _NOT_DONE.items():
        by_device: defaultdict[str, list[date]] = defaultdict(list)
        for day in days:
            if day.verdict == verdict:
                by_device[day.device].append(day.date)
        named = [f"{device} on {formats.days_of_month(dates)}" for device, dates in sorted(by_device.items())]
        if len(named) > MOST_DEVICES and not whole:
            rest = count_of(len(named) - MOST_DEVICES, "device")
            named = [*named[:MOST_DEVICES], f"and {rest} more"]
        if named:
            yield f"{words}: {'; '.join(named)}"
