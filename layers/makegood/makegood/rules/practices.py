"""The practices: every device on every local day, done or missed, excused or without evidence."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from makegood.rules.evidence import shows_done
from makegood.rules.instants import Instant, LocalDay, days_between
from makegood.rules.intervals import Interval
from makegood.rules.silences import down_times
from makegood.rules.values import BPS, MaxAge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from makegood.rules.facts import EvidenceFacts, Facts
    from makegood.rules.scope import Scope
    from makegood.rules.terms import PracticeTerms

MOST_SKIPPED_DATES: Final = 2  # no zone has ever left out more than one


@dataclass(frozen=True)
class PracticeVerdict:
    """The device-days of a practice, counted; score and verdict are None when there is none to judge."""

    practice: str
    done: int
    missed: int
    no_evidence: int
    excused: int
    score_bps: int | None
    verdict: str | None

    @property
    def failed(self) -> int:
        return self.missed + self.no_evidence


@dataclass(frozen=True)
class DeviceDay:
    """One device on one local day, as judged: "done", "missed", "no_evidence" or "excused"."""

    device: str
    date: date
    verdict: str


def judge_days(facts: Facts, terms: PracticeTerms, scope: Scope) -> Iterator[DeviceDay]:
    """Every device-day of one practice, device by device. The facts are those that are known and count."""
    evidence = _evidence_by_device(facts.evidence, terms.practice)
    oldest = oldest_allowed(terms.max_age, scope.days, facts.contract.zone)
    for device in facts.devices:
        if terms.practice not in device.practices:
            continue
        outages = [
            down
            for incident in facts.incidents
            for down in down_times(incident, device.device, device.retired_at)
        ]
        for day in scope.days:
            if device.enrolled.covers(_whole(day)):
                verdict = _judge_day(terms, day, oldest[day], evidence[device.device], outages)
                yield DeviceDay(device.device, day.date, verdict)


def count_days(terms: PracticeTerms, days: Iterable[DeviceDay]) -> PracticeVerdict:
    """What these device-days of one practice come to."""
    counts = Counter(day.verdict for day in days)
    done = counts["done"]
    judged = done + counts["missed"] + counts["no_evidence"]
    kept = BPS * done >= terms.at_least_bps * judged
    return PracticeVerdict(
        practice=terms.practice,
        done=done,
        missed=counts["missed"],
        no_evidence=counts["no_evidence"],
        excused=counts["excused"],
        score_bps=BPS * done // judged if judged else None,
        verdict=("kept" if kept else "broken") if judged else None,
    )


def oldest_allowed(max_age: MaxAge, days: Sequence[LocalDay], zone: ZoneInfo) -> dict[LocalDay, Instant]:
    """How old the evidence of each of these consecutive days may be."""
    if not max_age.local_days or not days:
        return {day: day.ends_at - max_age.seconds for day in days}
    earlier = timedelta(days=max_age.local_days + MOST_SKIPPED_DATES)
    calendar = days_between(days[0].date - earlier, days[-1].date + timedelta(days=1), zone)
    before = len(calendar) - len(days) - (max_age.local_days - 1)
    return {day: calendar[before + index].starts_at for index, day in enumerate(days)}


def _judge_day(
    terms: PracticeTerms,
    day: LocalDay,
    oldest: Instant,
    evidence: Sequence[EvidenceFacts],
    outages: Iterable[Interval],
) -> str:
    if any(outage.covers(_whole(day)) for outage in outages):
        return "excused"
    received = bisect_left(evidence, day.ends_at, key=attrgetter("at"))
    if received == 0 or evidence[received - 1].at < oldest:
        return "no_evidence"
    done = shows_done(terms.practice, evidence[received - 1].facts, terms.grace_days)
    return "done" if done else "missed"


def _whole(day: LocalDay) -> Interval:
    return Interval(day.starts_at, day.ends_at)


def _evidence_by_device(
    evidence: Iterable[EvidenceFacts], practice: str
) -> defaultdict[str, list[EvidenceFacts]]:
    """The evidence of a practice, oldest first; of one instant, in the order of the facts."""
    feeds = defaultdict(list)
    for item in sorted(evidence, key=attrgetter("at")):
        if item.practice == practice:
            feeds[item.device].append(item)
    return feeds
