"""What evidence may say: the facts of each practice, their types and their ranges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from makegood.rules.evidence import PRACTICES
from makegood.rules.instants import RFC3339, parse_instant
from makegood.rules.shapes import Problem, did_you_mean, matching, read_instant, whole
from makegood.rules.values import must_be

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Read = Callable[[object], object]

LONGEST_TEXT: Final = 200
MOST: Final = 10**9
MOST_BYTES: Final = 10**18
SIGNATURE: Final = "by"

_HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")  # JSON can write it, nothing can store or send it


class Fact(NamedTuple):
    """How a fact is read, and the same in words of JSON Schema."""

    read: Read
    schema: Mapping[str, object]


def _read_text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or _HALF_CHARACTER.search(value):
        raise ValueError(must_be(f"a text of at most {LONGEST_TEXT} characters", value))
    return value


def _read_true_or_false(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(must_be("true or false", value))
    return value


def _whole(most: int) -> Fact:
    return Fact(whole(0, most), {"type": "integer", "minimum": 0, "maximum": most})


_SHA256: Final = r"[0-9a-fA-F]{64}"

_text: Final = Fact(_read_text, {"type": "string", "maxLength": LONGEST_TEXT})
_true_or_false: Final = Fact(_read_true_or_false, {"type": "boolean"})
_count: Final = _whole(MOST)
INSTANT: Final = Fact(read_instant, {"type": "string", "format": "date-time", "pattern": f"^{RFC3339}$"})
_sha256: Final = Fact(
    matching(_SHA256, "a SHA-256, 64 characters of 0-9 and a-f"),
    {"type": "string", "pattern": f"^{_SHA256}$"},
)

_COMMON: Final[dict[str, Fact]] = {"source": _text, "undetermined": _text}
_JOB: Final[dict[str, Fact]] = {"exit_status": _whole(255), "runtime_seconds": _count, "record": _text}
"""What is known of a job that ran for the practice, beside its result."""


FACTS: Final[dict[str, dict[str, Fact]]] = {
    "patching": {
        "critical_pending": _count,
        "oldest_critical_days": _count,
        "reboot_pending": _true_or_false,
        "pending": _count,
        **_COMMON,
    },
    "antivirus": {
        "installed": _true_or_false,
        "running": _true_or_false,
        "definitions_age_hours": _count,
        "scan_age_hours": _count,
        "version": _text,
        **_COMMON,
    },
    "quarantine": {"detections": _count, "quarantined": _count, "names": _text, **_COMMON},
    "log_review": {
        "reviewed": _true_or_false,
        "failed_units": _count,
        "failed_logons": _count,
        "disk_errors": _count,
        "since": INSTANT,
        "until": INSTANT,
        "findings": _count,
        "remarks": _text,
        SIGNATURE: _text,
        **_JOB,
        **_COMMON,
    },
    "backup": {
        "ok": _true_or_false,
        "bytes": _whole(MOST_BYTES),
        "snapshot": _text,
        "started_at": INSTANT,
        "finished_at": INSTANT,
        **_JOB,
        **_COMMON,
    },
    "restore_test": {
        "ok": _true_or_false,
        "hash_matches": _true_or_false,
        "file": _text,
        "snapshot": _text,
        "sha256": _sha256,
        SIGNATURE: _text,
        **_JOB,
        **_COMMON,
    },
}
"""Every fact that each practice knows; null stands for what could not be determined."""

ATTESTED: Final = tuple(practice for practice in PRACTICES if SIGNATURE in FACTS[practice])
"""The practices that a person may attest by name."""


def problems_of(practice: str, facts: Mapping[str, object], *, signed: bool = False) -> list[Problem]:
    """Everything that is wrong with the facts of one of PRACTICES; the path of a problem is the fact's name.

    Only what a person attests is `signed`: nobody else may say by whom.
    """
    known = [name for name in FACTS[practice] if signed or name != SIGNATURE]
    problems: list[Problem] = []
    for name, value in facts.items():
        if name not in known:
            hint = did_you_mean(name, known)
            problems.append(Problem(name, f"is not a fact of {practice}{hint}; known are {', '.join(known)}"))
        elif value is not None:
            problems += _mistake(name, FACTS[practice][name].read, value)
    return problems or _turned_around(facts)


def _mistake(name: str, read: Read, value: object) -> list[Problem]:
    try:
        read(value)
    except ValueError as error:
        return [Problem(name, str(error))]
    return []


def _turned_around(facts: Mapping[str, object]) -> list[Problem]:
    """A time that ends before it begins; both ends are instants, or there is nothing to say."""
    since, until = facts.get("since"), facts.get("until")
    if isinstance(since, str) and isinstance(until, str) and parse_instant(until) < parse_instant(since):
        return [Problem("until", must_be(f"{since} or later", until))]
    return []
