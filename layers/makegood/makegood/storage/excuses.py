"""Excuses: asked for by one person, approved by another or by the client, and revoked when they were wrong.

Whoever records one starts the incident's timer (`timers.wake`); should that fail, the sweep does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from makegood.rules.allowances import EXCUSE_REASONS
from makegood.rules.instants import Instant, format_instant
from makegood.rules.shapes import did_you_mean
from makegood.rules.terms import STAGE_NAMES, STAGES
from makegood.storage.adjusting import dirty_if_past
from makegood.storage.cases import Case
from makegood.storage.changes import Operator, RefusedError, change_client, one_after_another
from makegood.storage.incidents import timeline_entry
from makegood.storage.matters import (
    is_same_person,
    news,
    read_case,
    refuse_unknown_reason,
    refuse_unreadable,
)
from makegood.storage.records import Excuse
from makegood.storage.transactions import Write


@dataclass(frozen=True)
class Plea:
    """What an excuse rests on: the stage, a reason of EXCUSE_REASONS, and what shows that it is so."""

    stage: str
    reason: str
    evidence: str


def ask_for_excuse(
    client: str,
    incident: str,
    plea: Plea,
    operator: Operator,
    *,
    asks_client: bool,
    seen: int | None = None,
) -> bool:
    """Asks for a stage to be excused; it counts once somebody else, or the client, has approved it.

    False when the same person has asked in the same words already. RefusedError says why it cannot be. `seen`
    is as with pauses.
    """
    refuse_unknown_reason(plea.reason, EXCUSE_REASONS)
    refuse_unreadable({}, {"The evidence": plea.evidence})
    ask = partial(_ask, client, incident, plea, operator, asks_client=asks_client, seen=seen)
    return one_after_another(ask)


def excuse_stage(client: str, incident: str, plea: Plea, operator: Operator, *, approved_by: str) -> bool:
    """Records an excuse that somebody has approved elsewhere, say in a letter.

    False when it is excused in the same words already. RefusedError says why it cannot be.
    """
    refuse_unknown_reason(plea.reason, EXCUSE_REASONS)
    refuse_unreadable({"--approved-by": approved_by}, {"The evidence": plea.evidence or "none"})
    return one_after_another(partial(_excuse, client, incident, plea, operator, approved_by))


def approve_excuse(client: str, incident: str, matter: str, operator: Operator) -> bool:
    """Somebody else than who asked approves: the miss earns no refund. False when they have already.

    RefusedError when it is the same person, or somebody decided otherwise.
    """
    return one_after_another(partial(_approve, client, incident, matter, operator))


def refuse_excuse(client: str, incident: str, matter: str, operator: Operator, because: str) -> bool:
    """Somebody refuses, or takes back what they asked for; False when they have already."""
    refuse_unreadable({}, {"The reason": because})
    return one_after_another(partial(_refuse, client, incident, matter, operator, because))


def revoke_excuse(client: str, incident: str, matter: str, operator: Operator, because: str) -> bool:
    """The excuse was wrong: the miss earns its refund after all. False when it is revoked already."""
    refuse_unreadable({}, {"The reason": because})
    return one_after_another(partial(_revoke, client, incident, matter, operator, because))


def newest_of(case: Case, stage: str) -> Excuse:
    """The last excuse of a stage, whatever became of it."""
    found = [excuse for excuse in case.excuses if excuse.stage == stage]
    if not found:
        raise RefusedError(f"Nobody has asked for an excuse of the {stage} of {case.incident.incident}.")
    return max(found, key=lambda excuse: excuse.number)


def revoking(case: Case, excuse: Excuse, operator: Operator, because: str) -> Iterable[Write]:
    """What takes an excuse back, as part of a transaction."""
    incident = case.incident
    revoked: list[Action] = [
        Excuse.revoked_by.set(operator.who),
        Excuse.revoked_at.set(operator.at),
        Excuse.because.set(because),
    ]
    yield _changing(excuse, revoked, Excuse.revoked_at.does_not_exist())
    yield timeline_entry(incident, operator.at, f"{excuse.stage}-excuse-revoked", operator.who, because)
    what = f"the excuse of the {_name(excuse)} was taken back by {operator.who}"
    yield from dirty_if_past(incident, case.contract.zone, what, operator.at)


def _ask(
    client: str, incident: str, plea: Plea, operator: Operator, *, asks_client: bool, seen: int | None
) -> bool:
    entry, case = read_case(client, incident, operator.at)
    is_newer = seen is not None and len(case.excuses) > seen
    said = [each for each in case.excuses if _is_same(each, plea) and each.asked_by == operator.who]
    if any(is_newer or excuse.waits for excuse in said):
        return False
    _refuse_second(case, plea)
    excuse = _new_excuse(case, plea, operator, asks_client=asks_client)
    change_client(
        operator,
        entry,
        f"incident {incident}: an excuse of the {plea.stage} asked for, {plea.reason}: {plea.evidence}",
        lambda transaction: transaction.save(excuse, condition=Excuse.sk.does_not_exist()),
        timeline_entry(case.incident, operator.at, f"{plea.stage}-excuse-asked", operator.who, plea.evidence),
        *news(case.incident, operator.at),
    )
    return True


def _excuse(client: str, incident: str, plea: Plea, operator: Operator, approved_by: str) -> bool:
    entry, case = read_case(client, incident, operator.at)
    _refuse_unpromised(case, plea.stage)
    _refuse_same_person(operator.who, approved_by)
    for known in case.excuses:
        if known.counts and _is_same(known, plea) and known.approved_by == approved_by:
            return False
    _refuse_second(case, plea)
    excuse = _new_excuse(case, plea, operator, asks_client=False)
    excuse.approved_by, excuse.approved_at = approved_by, operator.at
    change_client(
        operator,
        entry,
        f"incident {incident}, stage {plea.stage} excused, approved by {approved_by}, {plea.reason}: "
        f"{plea.evidence}",
        lambda transaction: transaction.save(excuse, condition=Excuse.sk.does_not_exist()),
        *_granted(case, excuse, approved_by, operator.at),
    )
    return True


def _approve(client: str, incident: str, matter: str, operator: Operator) -> bool:
    entry, case = read_case(client, incident, operator.at)
    excuse = _meant(case, matter)
    if excuse.approved_by == operator.who:
        return False
    _refuse_decided(excuse)
    _refuse_same_person(excuse.asked_by, operator.who)
    approved: list[Action] = [Excuse.approved_by.set(operator.who), Excuse.approved_at.set(operator.at)]
    change_client(
        operator,
        entry,
        f"incident {incident}: the excuse of the {excuse.stage} approved",
        _changing(excuse, approved, _UNDECIDED),
        *_granted(case, excuse, operator.who, operator.at),
    )
    return True


def _refuse(client: str, incident: str, matter: str, operator: Operator, because: str) -> bool:
    entry, case = read_case(client, incident, operator.at)
    excuse = _meant(case, matter)
    if (excuse.refused_by, excuse.because) == (operator.who, because):
        return False
    _refuse_decided(excuse)
    refused: list[Action] = [
        Excuse.refused_by.set(operator.who),
        Excuse.refused_at.set(operator.at),
        Excuse.because.set(because),
    ]
    change_client(
        operator,
        entry,
        f"incident {incident}: the excuse of the {excuse.stage} refused: {because}",
        _changing(excuse, refused, _UNDECIDED),
        timeline_entry(case.incident, operator.at, f"{excuse.stage}-excuse-refused", operator.who, because),
        *news(case.incident, operator.at),
    )
    return True


def _revoke(client: str, incident: str, matter: str, operator: Operator, because: str) -> bool:
    entry, case = read_case(client, incident, operator.at)
    excuse = _meant(case, matter)
    if excuse.approved_at is None:
        raise RefusedError(f"The {excuse.stage} of {incident} is not excused: there is nothing to revoke.")
    if excuse.revoked_at is not None:
        if (excuse.revoked_by, excuse.because) == (operator.who, because):
            return False
        raise RefusedError(
            f"{excuse.revoked_by} has revoked this excuse already, at {format_instant(excuse.revoked_at)}."
        )
    change_client(
        operator,
        entry,
        f"incident {incident}: the excuse of the {excuse.stage} revoked: {because}",
        *revoking(case, excuse, operator, because),
        *news(case.incident, operator.at),
    )
    return True


_UNDECIDED: Condition = Excuse.approved_at.does_not_exist() & Excuse.refused_at.does_not_exist()


def _granted(case: Case, excuse: Excuse, by: str, at: Instant) -> Iterable[Write]:
    incident = case.incident
    yield timeline_entry(incident, at, f"{excuse.stage}-excused", by)
    what = f"a miss of the {_name(excuse)} is excused by {by}: {EXCUSE_REASONS[excuse.reason]}"
    yield from dirty_if_past(incident, case.contract.zone, what, at)
    yield from news(incident, at)


def _name(excuse: Excuse) -> str:
    """The stage in the words of who reads it on a statement."""
    return STAGE_NAMES[excuse.stage].lower()


def _changing(excuse: Excuse, actions: list[Action], condition: Condition) -> Write:
    return lambda transaction: transaction.update(excuse, actions=actions, condition=condition)


def _new_excuse(case: Case, plea: Plea, operator: Operator, *, asks_client: bool) -> Excuse:
    incident = case.incident
    number = sum(excuse.stage == plea.stage for excuse in case.excuses) + 1
    return Excuse(
        incident.pk,
        f"{incident.sk}#excuse#{plea.stage}#{number}",
        incident=incident.incident,
        stage=plea.stage,
        number=number,
        reason=plea.reason,
        evidence=plea.evidence or None,
        asked_by=operator.who,
        asked_at=operator.at,
        asks_client=asks_client,
    )


def _meant(case: Case, matter: str) -> Excuse:
    found = next((excuse for excuse in case.excuses if excuse.matter == matter), None)
    if found is None:
        raise RefusedError(f"{case.incident.incident} has no {matter}.")
    return found


def _is_same(excuse: Excuse, plea: Plea) -> bool:
    return (excuse.stage, excuse.reason, excuse.evidence or "") == (plea.stage, plea.reason, plea.evidence)


def _refuse_second(case: Case, plea: Plea) -> None:
    """One excuse of a stage at a time: what waits is decided first, what counts is revoked first."""
    _refuse_unpromised(case, plea.stage)
    for known in case.excuses:
        if known.stage == plea.stage and known.waits:
            raise RefusedError(
                f"{known.asked_by} has already asked for an excuse of the {known.stage} of {known.incident}; "
                "it waits to be approved or refused."
            )
        if known.stage == plea.stage and known.counts:
            assert known.approved_at is not None
            raise RefusedError(
                f"The {known.stage} of {known.incident} is excused already, approved by {known.approved_by} "
                f"at {format_instant(known.approved_at)}: {known.reason}."
            )


def _refuse_unpromised(case: Case, stage: str) -> None:
    if stage not in STAGES:
        hint = did_you_mean(stage, STAGES)
        raise RefusedError(f"There is no stage {stage}{hint}; the stages are {', '.join(STAGES)}.")
    promised = case.terms.promised()
    if stage not in promised:
        known = ", ".join(promised) or "nothing"
        raise RefusedError(
            f"The contract of {case.incident.incident} promises no {stage}; promised is: {known}."
        )


def _refuse_decided(excuse: Excuse) -> None:
    if excuse.approved_at is not None:
        raise RefusedError(
            f"{excuse.approved_by} has approved this already, at {format_instant(excuse.approved_at)}."
        )
    if excuse.refused_at is not None:
        raise RefusedError(
            f"{excuse.refused_by} has refused this already, at {format_instant(excuse.refused_at)}."
        )


def _refuse_same_person(asked_by: str | None, approved_by: str) -> None:
    if is_same_person(asked_by, approved_by):
        raise RefusedError(
            f"{approved_by} asked for this excuse, so somebody else must approve it: a colleague or the "
            "client."
        )
