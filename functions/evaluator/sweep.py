"""Every minute: opens incidents of silent devices, fails jobs that never end, wakes overslept timers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from hearing import LATE_SECONDS, gaps_of, judged_as_of, proven_anew
from holding import TWO_SWEEPS, Silence, hold_for
from makegood import clock
from makegood.events import tell_untold
from makegood.rules.instants import Instant
from makegood.rules.silence import OVERTAKE_SECONDS
from makegood.settings import settings
from makegood.storage.canary import is_canary
from makegood.storage.contracts import Version, versions_of
from makegood.storage.devices import UP, Device
from makegood.storage.feeds import fail_overdue
from makegood.storage.holds import is_held
from makegood.storage.incidents import open_incident, open_incidents
from makegood.storage.once import once
from makegood.storage.records import Hold, Incident
from makegood.storage.sites import Sites, first_clock
from makegood.storage.tables import bind_tables
from makegood.timers import arm, start_timer
from outside import ping_outside
from silence import Found, RawItem, silent_devices

OVERSLEPT_SECONDS = 120
UNTOLD_SECONDS = 600
TELL_AFTER_SECONDS = 20
"""Who brings an event about tells it; what is left after so long is told by the sweep."""
WORKERS = 16
RESERVE_MILLISECONDS = 10_000

Row = TypeVar("Row")

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()


class SweepError(Exception):
    """Some rows failed; the rest was done. Raised at the end so that the alarm hears of it."""


@dataclass
class Tally:
    """What one sweep did."""

    opened: int = 0
    unended: int = 0
    rearmed: int = 0
    failed: int = 0
    left: int = 0


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """One sweep; what its time does not suffice for, the next one does."""
    now = clock.now()
    tally = Tally()

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > RESERVE_MILLISECONDS

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        found, as_of = _overdue(now)
        silences: list[Silence] = []
        behind: list[Silence] = []
        versions = once(versions_of)
        sites = Sites(as_of, gaps_of(found.rows), versions=versions)
        judge = _judge(as_of, sites, silences, behind, tally)
        _each(pool, found.rows, judge, has_time, tally)
        hold = hold_for([*silences, *behind], as_of, now, found.examined)
        _each(pool, silences, _opener(now, hold, versions, tally), has_time, tally)
        _each(pool, open_incidents(now - OVERSLEPT_SECONDS), _rearmer(now, tally), has_time, tally)
    _tell(now, tally)
    logger.info("swept", extra=asdict(tally))
    if tally.failed:
        raise SweepError(f"{tally.failed} rows failed, see the log; {tally.opened} incidents opened")
    ping_outside()
    return asdict(tally)


def _overdue(now: Instant) -> tuple[Found, Instant]:
    """What is due, and as of when it is judged: the newest proof that we can hear.

    When something fell due since that proof, a new one is made, so that it need not wait for the canary's
    next beat and the sweep after it. While the canary is late nothing is asked for: the API is down, and all
    devices may be due.
    """
    certain = now - OVERTAKE_SECONDS
    as_of = min(judged_as_of(now), certain)
    found = silent_devices(certain if certain - as_of <= LATE_SECONDS else as_of, as_of - TWO_SWEEPS)
    if found.any_due_since(as_of):
        as_of = min(proven_anew(as_of), certain)
    return found, as_of


def _judge(
    as_of: Instant,
    sites: Sites,
    silences: list[Silence],
    behind: list[Silence],
    tally: Tally,
) -> Callable[[RawItem], None]:
    """Sorts the outages into `silences`; what is silent `behind` an agent counts by that one's incident."""

    def judge_one(row: RawItem) -> None:
        device = Device.from_raw_data(row)
        if device.is_feed:
            failed = fail_overdue(device, as_of) or 0
            tally.unended += failed
        elif not is_canary(device):
            verdict = sites.judge(device)
            if verdict.outage is not None:
                silences.append((device, verdict.outage))
            elif verdict.site is not None:
                behind.append((device, first_clock(device)))

    return judge_one


def _opener(
    now: Instant, hold: Hold | None, versions: Callable[[str], Sequence[Version]], tally: Tally
) -> Callable[[Silence], None]:
    def open_one(silence: Silence) -> None:
        device, clock = silence
        if device.state != UP or is_held(hold, clock, now):
            return
        incident = open_incident(device, now, versions(device.client), started_at=clock.start)
        if incident is not None:
            tally.opened += 1
            logger.info("opened", extra={"client": device.client, "incident": incident.incident})
            start_timer(incident)

    return open_one


def _rearmer(now: Instant, tally: Tally) -> Callable[[Incident], None]:
    def rearm_one(incident: Incident) -> None:
        arm(incident, now)
        tally.rearmed += 1
        logger.warning("re-armed", extra={"client": incident.client, "incident": incident.incident})

    return rearm_one


def _tell(now: Instant, tally: Tally) -> None:
    """Tells what happened and was not told by the step that did it. What waits for long raises the alarm."""
    try:
        left = tell_untold(now - TELL_AFTER_SECONDS)
        if any(event.at < now - UNTOLD_SECONDS for event in left):
            tally.failed += 1
            logger.error("the bus does not take our events", extra={"left": len(left)})
    except Exception:
        tally.failed += 1
        logger.exception("events could not be told")


def _each(
    pool: ThreadPoolExecutor,
    rows: Iterable[Row],
    do: Callable[[Row], None],
    has_time: Callable[[], bool],
    tally: Tally,
) -> None:
    """Does it for each row; one bad row never stops the rest."""

    def guarded(row: Row) -> None:
        if not has_time():
            tally.left += 1
            return
        try:
            do(row)
        except Exception:
            tally.failed += 1
            logger.exception("a row failed", extra={"row": str(row)[:300]})

    list(pool.map(guarded, rows))
