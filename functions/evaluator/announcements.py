"""Every few minutes: sends what could not be sent at once of announced and cancelled maintenance."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from makegood.announcing import tell, unmailed
from makegood.mail.outbox import UnreachableError
from makegood.settings import settings
from makegood.storage.tables import bind_tables

RESERVE_MILLISECONDS = 20_000

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()


class TellError(Exception):
    """Some clients were not told; the others were. The next tick tries again."""


@dataclass
class Tally:
    """What one tick did; `left` is what its time or a silent SES did not allow."""

    told: int = 0
    failed: int = 0
    left: int = 0


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Tells what waits to be told. One that fails stops no other."""
    tally = Tally()
    reachable = True
    for record in unmailed():
        if not reachable or context.get_remaining_time_in_millis() < RESERVE_MILLISECONDS:
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
    logger.info("told", extra=asdict(tally))
    if tally.failed or tally.left:
        raise TellError(f"{tally.failed} failed and {tally.left} were not told yet, see the log")
    return asdict(tally)
