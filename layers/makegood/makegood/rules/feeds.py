"""What the pings of a practice feed come to: jobs that run, jobs that never end, and their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from makegood.rules.instants import DAY_SECONDS, parse_instant
from makegood.rules.practice_facts import LONGEST_TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from makegood.rules.instants import Instant

FED: Final[dict[str, tuple[str, ...]]] = {
    "backup": ("ok",),
    "restore_test": ("ok", "hash_matches"),
    "log_review": ("reviewed",),
}
"""The practices that a job can prove by its end, each with the facts that its end decides."""

AHEAD_SECONDS: Final = 300
"""So far a device's clock may be ahead."""

UNDATED_SECONDS: Final = 7 * DAY_SECONDS
"""So long what tells no time is held to be of the run that failed; it may be all that a retired feed left."""

MOST_RUNS: Final = 20
"""Jobs of one feed that can run at once; beyond that a start is not noted."""


@dataclass(frozen=True)
class Run:
    """A job that has not ended: `first` is its oldest start without an end, `last` its newest."""

    first: Instant
    last: Instant


Runs = dict[str, Run]
"""By the run's id; jobs that give none are one run, named by the empty text."""

Ends = dict[str, "Instant"]
"""When the runs that ended last did so, by their ids: pings overtake each other."""


@dataclass(frozen=True)
class Ended:
    """`runs` still run; the one that ended took so many seconds, None when its start was not seen."""

    runs: Runs
    seconds: int | None


@dataclass(frozen=True)
class Report:
    """How a job ended, and the end of what it printed."""

    succeeded: bool
    record: str = ""
    exit_status: int | None = None
    runtime_seconds: int | None = None


def start(runs: Runs, rid: str, at: Instant) -> Runs:
    """The runs with one more start. One that starts again has not ended: its time goes on from the first."""
    before = runs.get(rid)
    if before is None and len(runs) >= MOST_RUNS:
        return runs
    first = at if before is None else before.first
    return {**runs, rid: Run(first, at)}


def end(runs: Runs, rid: str, at: Instant) -> Ended:
    """The runs without the one that ended; an end that names no run ends them all.

    What started after the end, and overtook it, goes on.
    """
    ending = runs.get(rid)
    seconds = at - ending.last if ending is not None and ending.last <= at else None
    ended = runs if rid == "" else {rid} & runs.keys()
    later = {name: Run(run.last, run.last) for name, run in runs.items() if name in ended and run.last > at}
    rest = {name: run for name, run in runs.items() if name not in ended}
    return Ended({**rest, **later}, seconds)


def remembered(ends: Ends, rid: str, at: Instant) -> Ends:
    """The ends with one more, of which the newest are kept."""
    known = {**ends, rid: max(at, ends.get(rid, at))}
    return dict(sorted(known.items(), key=lambda told: told[1])[-MOST_RUNS:])


def is_over(ends: Ends, rid: str, at: Instant) -> bool:
    """Whether a start comes after its own end, or after one that named no run and ended them all."""
    return at < max(ends.get(rid, at), ends.get("", at))


def overdue(runs: Runs, grace_seconds: int, now: Instant) -> dict[str, Instant]:
    """The runs whose end was due before now, each with when it was: `grace_seconds` after the start."""
    due = {name: run.first + grace_seconds for name, run in runs.items()}
    return {name: at for name, at in due.items() if at < now}


def next_due(runs: Runs, grace_seconds: int) -> Instant | None:
    """When the first of them has to have ended."""
    return min((run.first + grace_seconds for run in runs.values()), default=None)


def evidence_facts(practice: str, feed: str, report: Report) -> dict[str, object]:
    """The facts of one of FED that a job's end proves; what is not known is left out."""
    told = {
        "exit_status": report.exit_status,
        "runtime_seconds": report.runtime_seconds,
        "record": " ".join(report.record.split())[-LONGEST_TEXT:] or None,
        "source": f"feed {feed}",
    }
    decided = dict.fromkeys(FED[practice], report.succeeded)
    return {**decided, **{name: value for name, value in told.items() if value is not None}}


def standing_failure(failed_at: Instant | None, succeeded_at: Instant | None) -> Instant | None:
    """When the last job failed, unless one has succeeded since; of one second, the failure counts."""
    is_over = failed_at is None or (succeeded_at is not None and failed_at < succeeded_at)
    return None if is_over else failed_at


def is_outdone(practice: str, facts: Mapping[str, object], received_at: Instant, failed_at: Instant) -> bool:
    """Whether a job's failure counts more than what another tool found to be good, also when it looked later.

    A backup that failed may leave a snapshot, which looks like any other. So a good snapshot counts only when
    it is of a later run: when it began more than `AHEAD_SECONDS` after the failure, by a clock that may be
    ahead. Whoever does not know when it began tells when it ended; whoever tells neither shows no later run
    for `UNDATED_SECONDS`.
    """
    if practice != "backup" or facts.get("ok") is not True:
        return False
    began = facts.get("started_at") or facts.get("finished_at")
    if not isinstance(began, str):
        return received_at <= failed_at + UNDATED_SECONDS
    return parse_instant(began) <= failed_at + AHEAD_SECONDS


def written(runs: Runs) -> dict[str, list[int]] | None:
    """The runs as they are stored; None when there are none."""
    return {name: [run.first, run.last] for name, run in runs.items()} or None


def read(stored: Mapping[str, list[int]] | None) -> Runs:
    """The runs as they were stored."""
    return {name: Run(first, last) for name, (first, last) in (stored or {}).items()}
