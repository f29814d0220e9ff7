"""The facts of pauses, excuses and disputes: read from JSON, written as JSON, and as known at an instant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from makegood.rules.instants import Instant, format_instant
from makegood.rules.shapes import one_of, read_instant, read_text, refuse_before
from makegood.rules.terms import STAGES
from makegood.rules.values import must_be

if TYPE_CHECKING:
    from collections.abc import Iterable

    from makegood.rules.shapes import Fields

PAUSE_FIELDS: Final = ("from", "to", "reason", "awaited", "by", "ended_by")
EXCUSE_FIELDS: Final = ("stage", "reason", "approved_by", "approved_at", "evidence", "asked_by")
REVOKED_FIELDS: Final = ("stage", "reason", "by", "at", "because")
DISPUTE_FIELDS: Final = ("about", "text", "by", "at", "upheld", "decided_by", "decided_at", "because")

Json = dict[str, Any]


@dataclass(frozen=True)
class Pause:
    """A time in which the client was waited for; an end of None is open. `awaited` is what for."""

    start: Instant
    end: Instant | None
    reason: str
    awaited: str | None = None
    by: str | None = None
    ended_by: str | None = None


@dataclass(frozen=True)
class Excuse:
    stage: str
    reason: str
    approved_by: str
    approved_at: Instant
    evidence: str | None = None
    asked_by: str | None = None


@dataclass(frozen=True)
class Revoked:
    """An excuse that was taken back: it counts for nothing, and the reader is told."""

    stage: str
    reason: str
    by: str
    at: Instant
    because: str


@dataclass(frozen=True)
class Dispute:
    """The client disagrees with something; `upheld` is None until it is decided. It judges nothing."""

    about: str
    text: str
    by: str
    at: Instant
    upheld: bool | None = None
    decided_by: str | None = None
    decided_at: Instant | None = None
    because: str | None = None


def read_pause(fields: Fields) -> Pause:
    pause = Pause(
        start=fields.required("from", read_instant),
        end=fields.optional("to", read_instant, None),
        reason=fields.optional("reason", read_text, ""),
        awaited=fields.optional("awaited", read_text, None),
        by=fields.optional("by", read_text, None),
        ended_by=fields.optional("ended_by", read_text, None),
    )
    refuse_before(fields, "to", pause.end, "from", pause.start)
    return pause


def read_excuse(fields: Fields) -> Excuse:
    return Excuse(
        stage=fields.required("stage", one_of(STAGES)),
        reason=fields.optional("reason", read_text, ""),
        approved_by=fields.required("approved_by", read_text),
        approved_at=fields.required("approved_at", read_instant),
        evidence=fields.optional("evidence", read_text, None),
        asked_by=fields.optional("asked_by", read_text, None),
    )


def read_revoked(fields: Fields) -> Revoked:
    return Revoked(
        stage=fields.required("stage", one_of(STAGES)),
        reason=fields.optional("reason", read_text, ""),
        by=fields.required("by", read_text),
        at=fields.required("at", read_instant),
        because=fields.optional("because", read_text, ""),
    )


def read_dispute(fields: Fields) -> Dispute:
    dispute = Dispute(
        about=fields.required("about", read_text),
        text=fields.required("text", read_text),
        by=fields.required("by", read_text),
        at=fields.required("at", read_instant),
        upheld=fields.optional("upheld", _read_flag, None),
        decided_by=fields.optional("decided_by", read_text, None),
        decided_at=fields.optional("decided_at", read_instant, None),
        because=fields.optional("because", read_text, None),
    )
    refuse_before(fields, "decided_at", dispute.decided_at, "at", dispute.at)
    return dispute


def known_revoked(revoked: Iterable[Revoked], as_of: Instant) -> tuple[Revoked, ...]:
    return tuple(excuse for excuse in revoked if excuse.at <= as_of)


def known_disputes(disputes: Iterable[Dispute], as_of: Instant) -> tuple[Dispute, ...]:
    """Those that were there at `as_of`, undecided unless they were decided by then."""
    return tuple(_as_known(dispute, as_of) for dispute in disputes if dispute.at <= as_of)


def _as_known(dispute: Dispute, as_of: Instant) -> Dispute:
    if dispute.decided_at is None or dispute.decided_at <= as_of:
        return dispute
    return replace(dispute, upheld=None, decided_by=None, decided_at=None, because=None)


def write_pause(pause: Pause) -> Json:
    more = {"awaited": pause.awaited, "by": pause.by, "ended_by": pause.ended_by}
    ends = None if pause.end is None else format_instant(pause.end)
    return {"from": format_instant(pause.start), "to": ends, "reason": pause.reason, **_there(more)}


def write_excuse(excuse: Excuse) -> Json:
    return {
        "stage": excuse.stage,
        "reason": excuse.reason,
        "approved_by": excuse.approved_by,
        "approved_at": format_instant(excuse.approved_at),
        **_there({"evidence": excuse.evidence, "asked_by": excuse.asked_by}),
    }


def write_matters(revoked: Iterable[Revoked], disputes: Iterable[Dispute]) -> Json:
    """The fields `revoked` and `disputes`, each left out when there is nothing in it."""
    matters = {
        "revoked": [_revoked(excuse) for excuse in revoked],
        "disputes": [_dispute(dispute) for dispute in disputes],
    }
    return {name: rows for name, rows in matters.items() if rows}


def _revoked(excuse: Revoked) -> Json:
    return {
        "stage": excuse.stage,
        "reason": excuse.reason,
        "by": excuse.by,
        "at": format_instant(excuse.at),
        **_there({"because": excuse.because or None}),
    }


def _dispute(dispute: Dispute) -> Json:
    decided_at = None if dispute.decided_at is None else format_instant(dispute.decided_at)
    decision = {"upheld": dispute.upheld, "decided_by": dispute.decided_by, "decided_at": decided_at}
    return {
        "about": dispute.about,
        "text": dispute.text,
        "by": dispute.by,
        "at": format_instant(dispute.at),
        **_there({**decision, "because": dispute.because}),
    }


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(must_be("true or false", value))
    return value


def _there(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not None}
