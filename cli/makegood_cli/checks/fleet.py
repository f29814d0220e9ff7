"""How much a bad day asks of a deployment: its mails, and its functions at one time. With the arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from makegood.rules.contracts import Contract
from makegood.settings import settings
from makegood_cli.checks.looking import Clinic

BEAT_EVERY: Final = 60
BEAT_SECONDS: Final = 0.2
STEP_SECONDS: Final = 5
SWEEP_EVERY: Final = 60
SCHEDULES: Final = 5
PAGES: Final = 5
"""What is reckoned with: an agent beats once a minute and keeps the function busy for a fifth of a second, an
incident's first step sends its mails in five seconds, and five pages are looked at in the same moment."""

MAILS_OF_AN_OUTAGE: Final = 4
"""Notice, plan, repair and closing words; who is told once more hears it within the reserve of a quota."""


@dataclass(frozen=True)
class Mails:
    """`notices` are to leave within `seconds`; `day` are all mails of a day with an outage at each client."""

    notices: int
    seconds: int
    day: int
    told: str
    of_the_day: str


def mails_of_a_bad_day(clinic: Clinic) -> Mails:
    """Every client has one outage at the same moment, on the day of the statements."""
    technicians = len(settings().technicians)
    promised = [each for each in clinic.contracts if each.outages and each.outages.notify]
    notices = sum(len(contract.contacts.outages) + technicians for contract in promised)
    seconds = min((_seconds_left(clinic, each) for each in promised), default=0)
    statements = sum(len(contract.contacts.statements) for contract in clinic.contracts)
    day = statements + MAILS_OF_AN_OUTAGE * notices
    return Mails(
        notices,
        seconds,
        day,
        f"an outage at each of {len(promised)} clients at once is {notices:,} mails in {seconds} s (the "
        "shortest notice less grace and time to detect)",
        f"a day with statements and an outage at each client is {statements:,} + {MAILS_OF_AN_OUTAGE} × "
        f"{notices:,} = {day:,} mails",
    )


def _seconds_left(clinic: Clinic, contract: Contract) -> int:
    """From when an outage is detected at the latest to the limit of its notice."""
    grace = max((row.grace_seconds for row in clinic.devices if row.client == contract.client), default=0)
    within = contract.outages.notify.within if contract.outages and contract.outages.notify else 0
    return max(within - grace - settings().detection_seconds, 1)


def functions_at_once(clinic: Clinic) -> tuple[int, str]:
    """How many functions run at one time on such a day, and how that comes about."""
    agents = sum(row.via is None for row in clinic.devices)
    clients = len(clinic.contracts)
    beats = math.ceil(agents / BEAT_EVERY * BEAT_SECONDS)
    steps = math.ceil(clients * STEP_SECONDS / SWEEP_EVERY)
    need = beats + steps + SCHEDULES + PAGES
    told = (
        f"{agents:,} agents / {BEAT_EVERY} s × {BEAT_SECONDS:g} s = {beats:,} heartbeats, {clients:,} "
        f"outages × {STEP_SECONDS} s / {SWEEP_EVERY} s = {steps:,} steps, {SCHEDULES} schedules and {PAGES} "
        f"pages: {need:,} functions at one time"
    )
    return need, told
