"""Tells clients of maintenance that waits to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from makegood.announcing import tell
from makegood.mail.outbox import UnreachableError
from makegood.storage.records import Maintenance

RESERVE_MILLISECONDS = 20_000


@dataclass
class Tally:
    """What one tick did; `left` is what its time or a silent SES did not allow."""

    told: int = 0
    failed: int = 0
    left: int = 0


def tell_each(waiting: Iterable[Maintenance], milliseconds_left: Callable[[], int], logger: Logger) -> Tally:
    """Tells one after another while there is time and SES answers. One that fails stops no other."""
    tally = Tally()
    reachable = True
    for record in waiting:
        if not reachable or milliseconds_left() < RESERVE_MILLISECONDS:
            tally.left += 1
            continue
        extra = {"client": record.client, "maintenance": record.maintenance}
        try:
            told = tell(record.client, record.maintenance)
            tally.told += told
            tally.left += not told
        except UnreachableError:
            reachable = False
            tally.left += 1
        except Exception:
            logger.exception("maintenance could not be told", extra=extra)
            tally.failed += 1
    return tally
