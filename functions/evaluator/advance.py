"""What a timer does when it wakes: one step of its incident, then the next moment to wake."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from makegood import clock
from makegood.advancing import advance
from makegood.rules.instants import Instant, format_instant
from makegood.settings import settings
from makegood.storage.incidents import find_incident
from makegood.storage.records import Incident
from makegood.storage.tables import bind_tables
from makegood.storage.writes import update_if
from makegood.timers import arm

MAX_LOOPS = 200
"""An execution's history is bounded: after so many waits the timer hands over to its next number."""

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Takes and answers `{client, device, incident, timer, loops, wake_at}`, the answer with `done`."""
    logger.append_keys(client=event["client"], incident=event["incident"], timer=event["timer"])
    now = clock.now()
    if _is_superseded(event):
        return {**event, "done": True}
    outlook = advance(event["client"], event["incident"], now)
    done = outlook.done or _hands_over(event, outlook.wake_at)
    logger.info("advanced", extra={"done": done, "wake_at": format_instant(outlook.wake_at)})
    return {**event, "done": done, "wake_at": format_instant(outlook.wake_at), "loops": event["loops"] + 1}


def _is_superseded(event: dict[str, Any]) -> bool:
    incident = find_incident(event["client"], event["incident"])
    return incident is None or incident.timer != event["timer"]


def _hands_over(event: dict[str, Any], wake_at: Instant) -> bool:
    """Whether this execution ends here: superseded while it worked, or looped often enough to pass on."""
    incident = Incident(event["client"], f"incident#{event['incident']}")
    mine = (Incident.timer == event["timer"]) & Incident.open_shard.exists()
    if not update_if(incident, [Incident.wake_at.set(wake_at)], mine):
        return True
    if event["loops"] + 1 < MAX_LOOPS:
        return False
    arm(incident, wake_at)
    return True
