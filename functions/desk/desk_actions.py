"""What technicians do: recorded once by condition, acted on in the same request, made up for by the timer."""

from __future__ import annotations

from enum import Enum
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from desk_links import Visit
from makegood.advancing import advance
from makegood.pages.forms import Filled
from makegood.rules.incidents import ended_at
from makegood.settings import settings
from makegood.storage.cases import Case
from makegood.storage.incidents import NOT_OVER, find_incident, record_news, timeline_entry
from makegood.storage.records import Incident
from makegood.timers import wake

_ENTRIES = {"acknowledge": "acknowledged", "plan": "planned", "repair": "documented"}
"""How the timeline names what was done."""

logger = Logger(child=True)


class Outcome(Enum):
    """What became of an action: on record, now or from before, or too late because another one is."""

    RECORDED = "recorded"
    TOO_LATE = "too late"


def act_on(case: Case, filled: Filled, visit: Visit) -> Outcome:
    """Records what was done and does what follows from it; a second time it does nothing more."""
    incident, action = case.incident, filled.form.action
    entry: dict[str, Any] = {"by": visit.link.person, "at": visit.now_up, **filled.values}
    if ended_at(case.situation(settings().technicians)) is None:
        what = timeline_entry(incident, visit.now_up, _ENTRIES[action], visit.link.person)
        if record_news(incident, *_change(action, entry), what, visit.now_up):
            logger.info("recorded", extra={"action": action})
            follow_up(visit)
            return Outcome.RECORDED
    return Outcome.RECORDED if _is_on_record(visit, action, entry) else Outcome.TOO_LATE


def _change(action: str, entry: dict[str, Any]) -> tuple[list[Action], Condition]:
    """What is set, on the condition that nobody set it before and the incident still runs."""
    if action == "acknowledge":
        return [Incident.acknowledged.set(entry)], Incident.acknowledged.does_not_exist() & NOT_OVER
    if action == "plan":
        return [Incident.plan.set(entry)], Incident.plan.does_not_exist() & NOT_OVER
    documented: list[Action] = [Incident.repair.set(entry), Incident.documented_at.set(entry["at"])]
    return documented, Incident.documented_at.does_not_exist() & NOT_OVER


def _is_on_record(visit: Visit, action: str, entry: dict[str, Any]) -> bool:
    """Whether this very thing was recorded before, by the same person: the form was sent twice."""
    known = find_incident(visit.link.client, visit.link.incident)
    if known is None:
        return False
    stored = {"acknowledge": known.acknowledged, "plan": known.plan, "repair": known.repair}[action]
    return stored is not None and {**stored, "at": 0} == {**entry, "at": 0}


def follow_up(visit: Visit) -> None:
    """Sends what is due and wakes the timer; the record stands whatever fails here."""
    try:
        advance(visit.link.client, visit.link.incident, visit.now_up)
    except Exception:
        logger.exception("a step failed after an action; the timer takes it again")
    try:
        wake(visit.link.client, visit.link.incident)
    except (PynamoDBException, BotoCoreError, ClientError):
        logger.exception("a timer could not be started; the sweep makes up for it")
