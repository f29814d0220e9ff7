"""Says, field by field, what a version of a contract changes: what held before, and what will."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from makegood.rules.contracts import (
    GRACE_DAYS,
    MAINTENANCE_NOTICE_SECONDS,
    PAUSE_SECONDS,
    STABLE_FOR_SECONDS,
    StatementTerms,
)
from makegood.rules.values import parse_duration
from makegood_cli.output import duration
from makegood_cli.promises import PRACTICE_WORDS, STAGE_WORDS

NOTHING: Final = "nothing"
MOST_SHOWN: Final = 8
"""Of a longer list only what comes and goes is shown, such as the days of ten years of holidays."""

DEFAULTS: Final = {
    "locale": "the country of the zone",
    "refund_cap": "100%",
    "maintenance_notice": duration(MAINTENANCE_NOTICE_SECONDS),
    "statement.day": str(StatementTerms().day),
    "statement.hour": str(StatementTerms().hour),
    "outages.stable_for": duration(STABLE_FOR_SECONDS),
    "outages.pause_at_most": duration(PAUSE_SECONDS),
    "outages.repair.self_recovery": "system",
}
"""What holds where a contract says nothing, by path."""
PRACTICE_DEFAULTS: Final = {"at_least": "100%", "grace_days": str(GRACE_DAYS)}

WORDS: Final = {
    "name": "name",
    "timezone": "time zone",
    "locale": "amounts and dates as in",
    "currency": "currency",
    "monthly_fee": "monthly fee",
    "effective_from": "begins on",
    "effective_until": "ends before",
    "contacts.outages": "told of outages",
    "contacts.statements": "get the statement",
    "refund_cap": "refunded at most",
    "maintenance_notice": "notice of maintenance",
    "statement.day": "day of the statement",
    "statement.hour": "hour of the statement",
    "outages.stable_for": "repaired when back for",
    "outages.pause_at_most": "a pause lasts at most",
}
FIELD_WORDS: Final = {
    "within": "within",
    "refund": "else back",
    "then.every": "late, for each",
    "then.refund": "late, back for each",
    "then.at_most": "late, at most so often",
    "self_recovery": "back by itself, documented by",
    "max_age": "evidence at most so old",
    "at_least": "of days at least",
    "grace_days": "days of grace",
    "refund_each": "back for each day missed",
}


@dataclass(frozen=True)
class Difference:
    """One field in the words of people; `path` is its place in the file."""

    path: str
    label: str
    before: str
    after: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The fields that mean something else, in the order of the file; `60m` and `1h` are the same."""
    was, is_now = dict(_fields(before)), dict(_fields(after))
    return [
        Difference(path, _label(path), *_shown(was.get(path), is_now.get(path), path))
        for path in {**is_now, **was}
        if _text(was.get(path), path) != _text(is_now.get(path), path)
    ]


def as_lines(found: list[Difference]) -> list[str]:
    width = max((len(difference.label) for difference in found), default=0)
    return [f"  {each.label:<{width}}  {each.before} -> {each.after}" for each in found]


def _fields(terms: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    """Every field that is not an object, by its path; what is null is absent."""
    for key, value in terms.items():
        path = f"{place}{key}"
        if isinstance(value, Mapping):
            yield from _fields(value, f"{path}.")
        elif value is not None:
            yield path, value


def _text(value: Any, path: str) -> str:
    if value is None:
        return _default(path)
    if isinstance(value, list):
        return ", ".join(_text(each, path) for each in value) or NOTHING
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_text(inner, '')}" for key, inner in value.items())
    try:
        return duration(parse_duration(value))
    except ValueError:
        return str(value)


def _default(path: str) -> str:
    if path.startswith("practices."):
        return PRACTICE_DEFAULTS.get(path.rpartition(".")[2], NOTHING)
    return DEFAULTS.get(path, NOTHING)


def _shown(before: Any, after: Any, path: str) -> tuple[str, str]:
    """Both sides in words; of a long list the number, and then what is new in it and what is gone."""
    sides = before if isinstance(before, list) else [], after if isinstance(after, list) else []
    if max(map(len, sides)) <= MOST_SHOWN:
        return _text(before, path), _text(after, path)
    was, is_now = (([_text(each, path) for each in side]) for side in sides)
    new = [text for text in is_now if text not in was]
    gone = [text for text in was if text not in is_now]
    parts = [f"{len(is_now)} entries", *_named("new", new), *_named("gone", gone)]
    return f"{len(was)} entries", "; ".join(parts)


def _named(word: str, texts: list[str]) -> Iterator[str]:
    if texts:
        more = f" and {len(texts) - MOST_SHOWN} more" if len(texts) > MOST_SHOWN else ""
        yield f"{word}: {', '.join(texts[:MOST_SHOWN])}{more}"


def _label(path: str) -> str:
    """`mail the plan: within`; a field that has no words is called by its place in the file."""
    if path in WORDS:
        return WORDS[path]
    group, _, rest = path.partition(".")
    name, _, field = rest.partition(".")
    words = {"outages": STAGE_WORDS, "practices": PRACTICE_WORDS}.get(group, {})
    if name in words and field in FIELD_WORDS:
        return f"{words[name]}: {FIELD_WORDS[field]}"
    return path
