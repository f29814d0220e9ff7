"""How much a bad day asks of a deployment: its mails, and its functions at one time. With the arithmetic."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Final

from makegood.overdue import OVERDUE_SECONDS
from makegood.rules.contracts import Contract, moment_of_issue
from makegood.rules.instants import DAY_SECONDS, Instant, format_instant, period_of
from makegood.settings import settings
from makegood_cli.checks.looking import Clinic
from makegood_cli.output import counted

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
    """So many mails that have to leave within so many seconds, and how that comes about."""

    count: int
    seconds: int
    told: str


def notices_at_once(clinic: Clinic) -> Mails:
    """Every client has one outage at the same moment."""
    promised = [each for each in clinic.contracts if each.outages and each.outages.notify]
    count = sum(len(contract.contacts.outages) + len(settings().technicians) for contract in promised)
    seconds = min((_seconds_left(clinic, each) for each in promised), default=0)
    return Mails(
        count,
        seconds,
        f"an outage at each of {counted(len(promised), 'client')} at once is {counted(count, 'mail')} in "
        f"{seconds} s (the shortest notice less grace and time to detect)",
    )


def statements_at_once(clinic: Clinic) -> Mails:
    """Those of the present month that are due in the same moment."""
    moments: Counter[Instant] = Counter()
    for contract in clinic.contracts:
        moment = moment_of_issue(contract, period_of(clinic.now, contract.zone))
        moments[moment] += len(contract.contacts.statements)
    moment, count = max(moments.items(), key=lambda each: each[1], default=(clinic.now, 0))
    mails = counted(count, "mail")
    told = f"the statements due at {format_instant(moment)} are {mails} in {OVERDUE_SECONDS:,} s"
    return Mails(count, OVERDUE_SECONDS, told)


def mails_of_a_day(clinic: Clinic) -> Mails:
    """That of the statements, with an outage at each client."""
    notices = notices_at_once(clinic).count
    statements = sum(len(contract.contacts.statements) for contract in clinic.contracts)
    count = statements + MAILS_OF_AN_OUTAGE * notices
    told = (
        f"a day with statements and an outage at each client is {statements:,} + {MAILS_OF_AN_OUTAGE} × "
        f"{notices:,} = {counted(count, 'mail')}"
    )
    return Mails(count, DAY_SECONDS, told)


def _seconds_left(clinic: Clinic, contract: Contract) -> int:
    """From when an outage is detected at the latest to the limit of its notice."""
    grace = clinic.fleet.longest_grace.get(contract.client, 0)
    within = contract.outages.notify.within if contract.outages and contract.outages.notify else 0
    return max(within - grace - settings().detection_seconds, 1)


def functions_at_once(clinic: Clinic) -> tuple[int, str]:
    """How many functions run at one time on such a day, and how that comes about."""
    agents, clients = clinic.fleet.agents, len(clinic.contracts)
    beats = math.ceil(agents / BEAT_EVERY * BEAT_SECONDS)
    steps = math.ceil(clients * STEP_SECONDS / SWEEP_EVERY)
    need = beats + steps + SCHEDULES + PAGES
    told = (
        f"{counted(agents, 'agent')} / {BEAT_EVERY} s × {BEAT_SECONDS:g} s = {counted(beats, 'heartbeat')}, "
        f"{counted(clients, 'outage')} × {STEP_SECONDS} s / {SWEEP_EVERY} s = {counted(steps, 'step')}, "
        f"{SCHEDULES} schedules and {PAGES} pages: {counted(need, 'function')} at one time"
    )
    return need, told
