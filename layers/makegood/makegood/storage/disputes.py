"""Disputes: the client disagrees, and an operator decides in writing.

Whoever records one starts the incident's timer (`timers.wake`); should that fail, the sweep does.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pynamodb.expressions.update import Action

from makegood.rules.allowances import INCIDENT_MATTER
from makegood.rules.instants import format_instant
from makegood.storage.adjusting import dirty_if_past
from makegood.storage.cases import Case
from makegood.storage.changes import Operator, RefusedError, change_client, one_after_another
from makegood.storage.excuses import revoking
from makegood.storage.incidents import timeline_entry
from makegood.storage.matters import news, read_case, refuse_unreadable
from makegood.storage.records import Dispute, Pause
from makegood.storage.transactions import Write

MOST = 50
"""So many disputes an incident may have; who has more to say replies to the mail."""


def open_dispute(client: str, incident: str, about: str, operator: Operator, text: str) -> bool:
    """The client disagrees; False when the same person has said so in the same words already.

    `about` is a matter of the incident, or INCIDENT_MATTER.
    """
    refuse_unreadable({}, {"The reason": text})
    return one_after_another(partial(_open, client, incident, about, operator, text))


def decide_dispute(
    client: str, incident: str, number: int, operator: Operator, *, upheld: bool, because: str
) -> bool:
    """Decides in writing; an upheld one takes the pause or the excuse back that it is about.

    False when it is decided in the same words already. RefusedError when it is decided otherwise.
    """
    refuse_unreadable({}, {"The reason": because})
    decide = partial(_decide, client, incident, number, operator, upheld=upheld, because=because)
    return one_after_another(decide)


def matters_of(case: Case) -> list[str]:
    """What one can disagree with: the incident's pauses that count, excuses that count, and itself."""
    pauses = [pause.matter for pause in case.pauses if pause.void_at is None]
    excuses = [excuse.matter for excuse in case.excuses if excuse.counts]
    return [*pauses, *excuses, INCIDENT_MATTER]


def _open(client: str, incident: str, about: str, operator: Operator, text: str) -> bool:
    entry, case = read_case(client, incident, operator.at)
    said = [(dispute.about, dispute.by, dispute.text) for dispute in case.disputes]
    if (about, operator.who, text) in said:
        return False
    if about not in matters_of(case):
        raise RefusedError("This was taken back already.")
    if len(said) >= MOST:
        raise RefusedError("There are too many disagreements about this incident; reply to the mail instead.")
    dispute = Dispute(
        case.incident.pk,
        f"{case.incident.sk}#dispute#{len(said) + 1:02d}",
        incident=incident,
        number=len(said) + 1,
        about=about,
        text=text,
        by=operator.who,
        at=operator.at,
    )
    change_client(
        operator,
        entry,
        f"incident {incident}: {operator.who} disagrees with {about}: {text}",
        lambda transaction: transaction.save(dispute, condition=Dispute.sk.does_not_exist()),
        timeline_entry(case.incident, operator.at, f"disputed-{dispute.number}", operator.who, text),
        *news(case.incident, operator.at),
    )
    return True


def _decide(
    client: str, incident: str, number: int, operator: Operator, *, upheld: bool, because: str
) -> bool:
    entry, case = read_case(client, incident, operator.at)
    dispute = _meant(case, number)
    if dispute.decided_at is not None:
        if (dispute.decided_by, dispute.upheld, dispute.because) == (operator.who, upheld, because):
            return False
        raise RefusedError(
            f"{dispute.decided_by} has decided this already, at {format_instant(dispute.decided_at)}."
        )
    decided: list[Action] = [
        Dispute.upheld.set(upheld),
        Dispute.decided_by.set(operator.who),
        Dispute.decided_at.set(operator.at),
        Dispute.because.set(because),
    ]
    what = "upheld" if upheld else "rejected"
    told = f"dispute-{what}-{number}"
    change_client(
        operator,
        entry,
        f"incident {incident}: dispute {number} {what}: {because}",
        lambda transaction: transaction.update(
            dispute, actions=decided, condition=Dispute.decided_at.does_not_exist()
        ),
        timeline_entry(case.incident, operator.at, told, operator.who, because),
        *(_taking_back(case, dispute, operator, because) if upheld else ()),
        *news(case.incident, operator.at),
    )
    return True


def _meant(case: Case, number: int) -> Dispute:
    found = next((dispute for dispute in case.disputes if dispute.number == number), None)
    if found is None:
        raise RefusedError(f"{case.incident.incident} has no dispute {number}.")
    return found


def _taking_back(case: Case, dispute: Dispute, operator: Operator, because: str) -> Iterable[Write]:
    """What an upheld dispute does to what it is about, unless that was taken back already."""
    incident = case.incident
    for excuse in case.excuses:
        if excuse.matter == dispute.about and excuse.counts:
            yield from revoking(case, excuse, operator, because)
    for pause in case.pauses:
        if pause.matter == dispute.about and pause.void_at is None:
            yield _voiding(pause, operator)
            what = "a pause does not count, as the client rightly disagreed"
            yield from dirty_if_past(incident, case.contract.zone, what, operator.at)


def _voiding(pause: Pause, operator: Operator) -> Write:
    """The pause moves no clock any more; if it still runs, it ends."""
    actions: list[Action] = [Pause.void_at.set(operator.at)]
    if pause.end is None:
        actions += [Pause.end.set(operator.at), Pause.ended_by.set(operator.who)]
    condition = Pause.void_at.does_not_exist() & (
        Pause.end.does_not_exist() if pause.end is None else Pause.end.exists()
    )
    return lambda transaction: transaction.update(pause, actions=actions, condition=condition)
