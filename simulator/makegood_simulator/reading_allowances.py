"""What must be on record of an incident's pauses, excuses and disputes, as the acts on it tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from makegood.rules.instants import Instant, format_instant
from makegood_simulator.witness import Act

Json = dict[str, Any]

Wait = tuple[Instant, Instant | None]
"""A pause from an instant to another, or still open."""

OPERATOR = "operator@provider.example"
"""Who runs commands on a tape."""


@dataclass
class Pausing:
    """A pause: who ended it when, if not its maximum, and whether it was taken back."""

    begun: Act
    until: Instant
    ended: Act | None = None
    void_at: Instant | None = None

    @property
    def is_void(self) -> bool:
        return self.void_at is not None

    @property
    def end(self) -> Instant:
        return self.until if self.ended is None else self.ended.at


@dataclass
class Excusing:
    """An excuse: who asked, who approved it when, who took it back."""

    stage: str
    asked: Act
    by: str
    approved_at: Instant | None = None
    revoked: Act | None = None
    number: int = 1


@dataclass
class Disputing:
    opened: Act
    decided: Act | None = None


@dataclass
class Matters:
    """All of an incident's, each in the order in which it began."""

    pauses: list[Pausing] = field(default_factory=list)
    excuses: list[Excusing] = field(default_factory=list)
    disputes: list[Disputing] = field(default_factory=list)

    @property
    def waits(self) -> list[Wait]:
        return [(pause.begun.at, pause.end) for pause in self.pauses if not pause.is_void]

    def waits_by(self, at: Instant) -> list[Wait]:
        """The pauses that counted at an instant: what was taken back later counted still."""
        counted = [pause for pause in self.pauses if pause.void_at is None or pause.void_at > at]
        return [(pause.begun.at, pause.end) for pause in counted]

    def voided_by(self, at: Instant) -> Instant:
        """When a pause was last taken back up to an instant, which brings limits nearer; 0 when none was."""
        voided = [pause.void_at for pause in self.pauses if pause.void_at is not None]
        return max((void for void in voided if void <= at), default=0)

    @property
    def facts(self) -> dict[str, list[Json]]:
        """The fields of the facts that tell of them; one that is empty may be missing there."""
        granted = [excuse for excuse in self.excuses if excuse.approved_at is not None]
        return {
            "pauses": [_pause(pause) for pause in self.pauses if not pause.is_void],
            "excuses": [_excuse(excuse) for excuse in granted if excuse.revoked is None],
            "revoked": [_revoked(excuse, excuse.revoked) for excuse in granted if excuse.revoked],
            "disputes": [_dispute(dispute) for dispute in self.disputes],
        }


def read_matters(acts: Sequence[Act], at_most: int) -> Matters:
    """What the acts come to; `at_most` is how long a pause lasts that nobody ends."""
    matters = Matters()
    numbers: Counter[str] = Counter()
    for act in acts:
        match act.do:
            case "pause":
                matters.pauses.append(Pausing(act, act.at + at_most))
            case "resume" | "answer":
                _end(matters, act)
            case "excuse" | "ask":
                stage = act.details["stage"]
                numbers[stage] += 1
                _begin_excuse(matters, act, numbers[stage])
            case "approve":
                _last(matters, act.details["matter"]).approved_at = act.at
                _last(matters, act.details["matter"]).by = act.details["by"]
            case "revoke":
                _last(matters, act.details["matter"]).revoked = act
            case "dispute":
                matters.disputes.append(Disputing(act))
            case "decide":
                _decide(matters, act)
    return matters


def _end(matters: Matters, act: Act) -> None:
    running = [pause for pause in matters.pauses if pause.ended is None and act.at < pause.until]
    if running:
        running[-1].ended = act


def _begin_excuse(matters: Matters, act: Act, number: int) -> None:
    excuse = Excusing(act.details["stage"], act, "", number=number)
    if act.do == "excuse":
        excuse.by, excuse.approved_at = act.details["approved_by"], act.at
    matters.excuses.append(excuse)


def _decide(matters: Matters, act: Act) -> None:
    """An upheld dispute takes back what it is about, unless that was taken back before."""
    dispute = matters.disputes[int(act.details["matter"].rpartition("-")[2]) - 1]
    dispute.decided = act
    about = dispute.opened.details["matter"]
    if not act.details["upheld"]:
        return
    for pause in matters.pauses:
        if about == f"pause-{pause.begun.at}" and not pause.is_void:
            pause.void_at = act.at
            pause.ended = pause.ended or act
    for excuse in matters.excuses:
        is_meant = about == f"excuse-{excuse.stage}-{excuse.number}"
        if is_meant and excuse.approved_at is not None and excuse.revoked is None:
            excuse.revoked = act


def _last(matters: Matters, matter: str) -> Excusing:
    return next(each for each in matters.excuses if matter == f"excuse-{each.stage}-{each.number}")


def _pause(pause: Pausing) -> Json:
    """A pause that nobody ended has its latest end, known or not."""
    reason = pause.begun.details["reason"]
    told = {"from": format_instant(pause.begun.at), "to": format_instant(pause.end), "reason": reason}
    ended_by = {} if pause.ended is None else {"ended_by": pause.ended.details.get("by", OPERATOR)}
    return {**told, "awaited": reason, "by": OPERATOR, **ended_by}


def _excuse(excuse: Excusing) -> Json:
    assert excuse.approved_at is not None
    details = excuse.asked.details
    shown = {"evidence": details["evidence"]} if "evidence" in details else {}
    return {
        "stage": excuse.stage,
        "reason": details["reason"],
        "approved_by": excuse.by,
        "approved_at": format_instant(excuse.approved_at),
        "asked_by": details.get("by", OPERATOR),
        **shown,
    }


def _revoked(excuse: Excusing, revoked: Act) -> Json:
    return {
        "stage": excuse.stage,
        "reason": excuse.asked.details["reason"],
        "by": revoked.details["by"],
        "at": format_instant(revoked.at),
        "because": revoked.details["because"],
    }


def _dispute(dispute: Disputing) -> Json:
    opened = dispute.opened.details
    told = {"about": opened["matter"], "text": opened["text"], "by": opened["by"]}
    told["at"] = format_instant(dispute.opened.at)
    if dispute.decided is None:
        return told
    decided = dispute.decided.details
    return {
        **told,
        "upheld": decided["upheld"],
        "decided_by": decided["by"],
        "decided_at": format_instant(dispute.decided.at),
        "because": decided["because"],
    }
