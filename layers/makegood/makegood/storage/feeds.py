"""Practice feeds as stored: a job's end changes the feed's row and the evidence in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from makegood.rules import feeds
from makegood.rules.feeds import FED, Report, Runs, evidence_facts, is_outdone
from makegood.rules.instants import Instant, format_instant, local_date
from makegood.storage.devices import FEED, RETIRED, RUNNING, Device
from makegood.storage.job_ends import find_ends, find_evidence, noting, replacing, standing_failure_of
from makegood.storage.records import Evidence
from makegood.storage.transactions import LostRaceError, Write, write_together
from makegood.storage.writes import update_if


def note_start(feed: Device, rid: str, at: Instant) -> bool:
    """Notes that a job started; False when the row has changed since it was read.

    A start that comes after its own end is not noted. One that names no run is taken for that when anything
    newer was heard, and so is one of a run that was heard of again since and goes on.
    """
    runs = _runs(feed)
    newest = runs[rid].last if rid in runs else at
    if at < (newest if rid else feed.last_seen or at) or feeds.is_over(feed.feed_ends or {}, rid, at):
        return True
    runs = feeds.start(runs, rid, at)
    return update_if(feed, _as_of(feed, runs, at), _unchanged(feed))


def note_end(feed: Device, rid: str, report: Report, at: Instant) -> bool:
    """Notes how a job ended, as evidence of the feed's practice; False when it has to be looked at again."""
    ended = feeds.end(_runs(feed), rid, at)
    told = Report(report.succeeded, report.record, report.exit_status, ended.seconds)
    ends = Device.feed_ends.set(feeds.remembered(feed.feed_ends or {}, rid, at))
    return _write(feed, [*_as_of(feed, ended.runs, at), ends], [(at, told)])


def fail_overdue(feed: Device, now: Instant) -> int | None:
    """Records a failure for every job whose end was due before now, dated when it was due.

    Returns how many there were; None when the row has changed since it was read.
    """
    runs = _runs(feed)
    due = feeds.overdue(runs, feed.grace_seconds, now)
    if not due:
        return 0
    rest = {name: run for name, run in runs.items() if name not in due}
    reports = [(at, _never_ended(feed, at)) for at in due.values()]
    return len(due) if _write(feed, _as_of(feed, rest, feed.last_seen), reports) else None


def _never_ended(feed: Device, due_at: Instant) -> Report:
    started = format_instant(due_at - feed.grace_seconds)
    return Report(False, f"started at {started}, and had not ended {feed.grace_seconds} seconds later")


def _runs(feed: Device) -> Runs:
    return feeds.read(feed.feed_runs)


def _as_of(feed: Device, runs: Runs, at: Instant | None) -> list[Action]:
    """The row with these runs; `at` is when it was last heard."""
    stored, due = feeds.written(runs), feeds.next_due(runs, feed.grace_seconds)
    newest = max(at or 0, feed.last_seen or 0)
    return [
        Device.state.set(RUNNING if runs else FEED),
        Device.last_seen.set(newest),
        Device.feed_runs.set(stored) if stored else Device.feed_runs.remove(),
        Device.due_at.set(due) if due is not None else Device.due_at.remove(),
    ]


def _unchanged(feed: Device) -> Condition:
    runs = Device.feed_runs == feed.feed_runs if feed.feed_runs else Device.feed_runs.does_not_exist()
    ends = Device.feed_ends == feed.feed_ends if feed.feed_ends else Device.feed_ends.does_not_exist()
    unchanged: Condition = (Device.state != RETIRED) & runs & ends
    return unchanged


def _write(feed: Device, actions: Sequence[Action], reports: Sequence[tuple[Instant, Report]]) -> bool:
    """The row, the jobs' ends and the evidence together; False when one of them has changed meanwhile."""
    assert feed.feed_device is not None
    assert feed.feed_practice is not None
    ends = find_ends(feed.client, feed.feed_device, feed.feed_practice)
    noted = noting(ends, [(at, report.succeeded) for at, report in reports])
    newest = {
        _evidence_key(feed, at): (at, report) for at, report in sorted(reports, key=lambda told: told[0])
    }
    try:
        write_together(
            lambda transaction: transaction.update(feed, actions=list(actions), condition=_unchanged(feed)),
            noted,
            *_evidence(feed, newest, standing_failure_of(ends)),
        )
    except LostRaceError:
        return False
    return True


def _evidence(
    feed: Device, newest: Mapping[str, tuple[Instant, Report]], failed_at: Instant | None
) -> Iterator[Write]:
    """Each where it is due; the failure that stands also in the place of what it outdoes."""
    for key, (at, report) in newest.items():
        stands = at == failed_at and not report.succeeded
        known = find_evidence(feed.client, key)
        if known is None or _replaces(report, at, known) or (stands and _is_outdone(known, at)):
            yield replacing(_new_evidence(feed, key, at, report), known)
        after = _evidence_key(feed, at, days=1)
        known = find_evidence(feed.client, after) if stands and after not in newest else None
        if known is not None and _is_outdone(known, at):
            yield replacing(_new_evidence(feed, after, at, report), known)


def _replaces(report: Report, at: Instant, known: Evidence) -> bool:
    """Evidence is replaced by newer. In one second a failure counts more; a repeated ping changes nothing."""
    fails = not report.succeeded and known.facts.get(FED[known.practice][0]) is True
    return known.at < at or (known.at == at and fails)


def _is_outdone(known: Evidence, failed_at: Instant) -> bool:
    """Received later than the failure, but of no later run."""
    return is_outdone(known.practice, known.facts, known.at, failed_at)


def _new_evidence(feed: Device, key: str, at: Instant, report: Report) -> Evidence:
    assert feed.feed_practice is not None
    return Evidence(
        feed.client,
        key,
        device=feed.feed_device,
        practice=feed.feed_practice,
        at=at,
        facts=evidence_facts(feed.feed_practice, feed.device, report),
        record=report.record or None,
    )


def _evidence_key(feed: Device, at: Instant, days: int = 0) -> str:
    day = local_date(at, ZoneInfo(feed.zone)) + timedelta(days=days)
    return f"evidence#{day.isoformat()}#{feed.feed_device}#{feed.feed_practice}"
