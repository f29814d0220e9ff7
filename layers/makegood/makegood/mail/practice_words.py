"""Practices in words: what evidence says, and what a day is about to miss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from makegood.mail.formats import Formats
from makegood.mail.look import count_of
from makegood.mail.statement_words import PRACTICE_NAMES
from makegood.rules.gaps import Gap, OpenDay
from makegood.rules.instants import parse_instant
from makegood.texts import one_line

_LABELS: Final = {
    "ok": "succeeded",
    "bytes": "size in bytes",
    "by": "reviewed or attested by",
    "hash_matches": "same as the original",
    "sha256": "SHA-256",
    "oldest_critical_days": "oldest critical, in days",
    "definitions_age_hours": "age of the definitions, in hours",
    "scan_age_hours": "last scan, hours ago",
    "runtime_seconds": "seconds it took",
    "undetermined": "could not be determined",
}
_INSTANTS: Final = ("since", "until", "started_at", "finished_at")


def show_facts(facts: Mapping[str, object], formats: Formats) -> Iterator[tuple[str, str]]:
    """Each fact as a label and a value, in the order in which it was told."""
    for name, value in facts.items():
        yield _LABELS.get(name, name.replace("_", " ")), _show(name, value, formats)


def show_gap(gap: Gap) -> str:
    """`Backup on 2 devices`."""
    return f"{PRACTICE_NAMES[gap.terms.practice]} on {count_of(len(gap.days), 'device')}"


def show_stake(gap: Gap, formats: Formats) -> tuple[str, str]:
    """What leaving it as it is costs, else the practice's score then; and its tone."""
    if gap.cents:
        return formats.money(gap.cents), "bad"
    return f"score {formats.measured(gap.score_bps)}", "warn"


def show_open_day(day: OpenDay, formats: Formats) -> str:
    """`nas: no evidence since 11 March 2026, 06:00 EDT (10:00 UTC)`; what was reported when it failed."""
    if day.evidence is None:
        return f"{day.device}: no evidence this month"
    at = formats.zoned_time(day.evidence.at)
    if day.verdict == "no_evidence":
        return f"{day.device}: no evidence since {at}"
    told = "; ".join(f"{label}: {value}" for label, value in show_facts(day.evidence.facts, formats))
    return f"{day.device}: not done by what it reported on {at}: {told or 'nothing'}"


def _show(name: str, value: object, formats: Formats) -> str:
    if value is None:
        return "not determined"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return formats.number(value)
    text = str(value)
    return formats.zoned_time(parse_instant(text)) if name in _INSTANTS else one_line(text)
