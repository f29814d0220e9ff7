"""How the jobs of practice feeds last ended: a failure stands until a later run is shown to be good."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from makegood.rules.feeds import is_outdone, standing_failure
from makegood.rules.instants import Instant
from makegood.storage.records import Evidence, JobEnds, Record
from makegood.storage.transactions import LostRaceError, Write, write_together

_ATTEMPTS = 5


def find_ends(client: str, device: str, practice: str) -> JobEnds:
    """The ends of a device's practice, by a consistent read; an empty record when there were none."""
    key = f"ends#{device}#{practice}"
    try:
        return JobEnds.get(client, key, consistent_read=True)
    except JobEnds.DoesNotExist:
        return JobEnds(client, key)


def noting(ends: JobEnds, told: Iterable[tuple[Instant, bool]]) -> Write:
    """The ends with more of them, each when it was and whether it succeeded, unless they change meanwhile."""
    as_read = _unchanged(ends)
    for at, succeeded in told:
        if succeeded:
            ends.succeeded_at = max(at, ends.succeeded_at or at)
        else:
            ends.failed_at = max(at, ends.failed_at or at)
    return lambda transaction: transaction.save(ends, condition=as_read)


def standing_failure_of(ends: JobEnds) -> Instant | None:
    """When the last job failed, unless one has succeeded since."""
    return standing_failure(ends.failed_at, ends.succeeded_at)


def keep_unless_outdone(evidence: Evidence) -> None:
    """Keeps what an agent reports, the newest of its day, unless a job's failure counts more.

    Raises LostRaceError when the jobs end faster than this can look.
    """
    for _ in range(_ATTEMPTS):
        ends = find_ends(evidence.pk, evidence.device, evidence.practice)
        failed_at = standing_failure_of(ends)
        if failed_at is not None and _is_outdone(evidence, failed_at):
            return
        known = find_evidence(evidence.pk, evidence.sk)
        if known is not None and known.at > evidence.at:
            return
        try:
            write_together(replacing(evidence, known), partial(_check, ends))
        except LostRaceError:
            continue
        return
    raise LostRaceError


def _is_outdone(evidence: Evidence, failed_at: Instant) -> bool:
    return is_outdone(evidence.practice, evidence.facts, evidence.at, failed_at)


def find_evidence(client: str, key: str) -> Evidence | None:
    """What stands in this place, by a consistent read."""
    try:
        return Evidence.get(client, key, consistent_read=True)
    except Evidence.DoesNotExist:
        return None


def replacing(evidence: Evidence, known: Evidence | None) -> Write:
    """The evidence in the place of what was read there."""
    as_read = Evidence.sk.does_not_exist() if known is None else Evidence.at == known.at
    return lambda transaction: transaction.save(evidence, condition=as_read)


def _check(ends: JobEnds, transaction: TransactWrite) -> None:
    transaction.condition_check(JobEnds, ends.pk, ends.sk, condition=_unchanged(ends))


def _unchanged(ends: JobEnds) -> Condition:
    if ends.failed_at is None and ends.succeeded_at is None:
        return Record.sk.does_not_exist()
    times = ((JobEnds.failed_at, ends.failed_at), (JobEnds.succeeded_at, ends.succeeded_at))
    failed, succeeded = (known.does_not_exist() if at is None else known == at for known, at in times)
    both: Condition = failed & succeeded
    return both
