"""Pauses, excuses and disputes as stored, seen as the accounting and the incident's next step see them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from makegood.rules import allowance_facts as facts
from makegood.rules.allowances import Allowances, DisputeState, ExcuseState, PauseState
from makegood.rules.instants import Instant
from makegood.storage.records import Dispute, Excuse, Pause


class AllowanceFacts(TypedDict):
    """The fields of an incident's facts that are made here."""

    pauses: tuple[facts.Pause, ...]
    excuses: tuple[facts.Excuse, ...]
    revoked: tuple[facts.Revoked, ...]
    disputes: tuple[facts.Dispute, ...]


def end_of(pause: Pause, at_most: int) -> Instant:
    """When a pause ended, or will at the latest."""
    return pause.start + at_most if pause.end is None else pause.end


def allowance_facts(
    pauses: Iterable[Pause], excuses: Iterable[Excuse], disputes: Iterable[Dispute], at_most: int
) -> AllowanceFacts:
    """What counts by what is on record: no void pause, no excuse that waits, was refused or was revoked.

    A pause that nobody ended has its latest end, which is not known before it comes.
    """
    known = list(excuses)
    return {
        "pauses": tuple(_pause(pause, at_most) for pause in pauses if pause.void_at is None),
        "excuses": tuple(_excuse(excuse) for excuse in known if excuse.counts),
        "revoked": tuple(_revoked(excuse) for excuse in known if excuse.revoked_at is not None),
        "disputes": tuple(_dispute(dispute) for dispute in disputes),
    }


def allowances_of(
    pauses: Iterable[Pause], excuses: Iterable[Excuse], disputes: Iterable[Dispute], at_most: int
) -> Allowances:
    """What is on record as the incident's next step is decided; `at_most` is how long a pause may last."""
    return Allowances(
        pauses=tuple(PauseState(pause.start, pause.start + at_most, pause.end) for pause in pauses),
        excuses=tuple(_excuse_state(excuse) for excuse in excuses),
        disputes=tuple(DisputeState(dispute.matter, dispute.at, dispute.decided_at) for dispute in disputes),
    )


def _pause(pause: Pause, at_most: int) -> facts.Pause:
    return facts.Pause(
        start=pause.start,
        end=end_of(pause, at_most),
        reason=pause.reason,
        awaited=pause.awaited,
        by=pause.by,
        ended_by=pause.ended_by,
    )


def _excuse(excuse: Excuse) -> facts.Excuse:
    assert excuse.approved_by is not None
    assert excuse.approved_at is not None
    return facts.Excuse(
        stage=excuse.stage,
        reason=excuse.reason,
        approved_by=excuse.approved_by,
        approved_at=excuse.approved_at,
        evidence=excuse.evidence,
        asked_by=excuse.asked_by,
    )


def _revoked(excuse: Excuse) -> facts.Revoked:
    assert excuse.revoked_by is not None
    assert excuse.revoked_at is not None
    return facts.Revoked(
        stage=excuse.stage,
        reason=excuse.reason,
        by=excuse.revoked_by,
        at=excuse.revoked_at,
        because=excuse.because or "",
    )


def _dispute(dispute: Dispute) -> facts.Dispute:
    return facts.Dispute(
        about=dispute.about,
        text=dispute.text,
        by=dispute.by,
        at=dispute.at,
        upheld=dispute.upheld,
        decided_by=dispute.decided_by,
        decided_at=dispute.decided_at,
        because=dispute.because,
    )


def _excuse_state(excuse: Excuse) -> ExcuseState:
    asked_at = excuse.approved_at if excuse.asked_at is None else excuse.asked_at
    assert asked_at is not None
    return ExcuseState(
        matter=excuse.matter,
        asks_client=bool(excuse.asks_client),
        asked_at=asked_at,
        granted_at=excuse.approved_at,
        refused_at=excuse.refused_at,
        revoked_at=excuse.revoked_at,
    )
