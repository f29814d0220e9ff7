"""The six practices: which evidence shows that one was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PRACTICES: Final = ("patching", "antivirus", "quarantine", "log_review", "backup", "restore_test")

OLDEST_DEFINITIONS_HOURS: Final = 48
OLDEST_SCAN_HOURS: Final = 168


def shows_done(practice: str, facts: Mapping[str, object], grace_days: int) -> bool:
    """Whether the facts satisfy the practice. A fact that is missing, null or of the wrong type does not.

    `grace_days` is how long a critical update may be pending; it concerns `patching` only.
    """
    if practice == "patching":
        return _patched(facts, grace_days)
    return _SATISFIED[practice](facts)


def _patched(facts: Mapping[str, object], grace_days: int) -> bool:
    pending = _integer(facts, "critical_pending")
    in_time = pending == 0 or (pending is not None and _at_most(facts, "oldest_critical_days", grace_days))
    return in_time and facts.get("reboot_pending") is False


def _protected(facts: Mapping[str, object]) -> bool:
    return (
        _true(facts, "installed")
        and _true(facts, "running")
        and _at_most(facts, "definitions_age_hours", OLDEST_DEFINITIONS_HOURS)
        and _at_most(facts, "scan_age_hours", OLDEST_SCAN_HOURS)
    )


def _quarantined(facts: Mapping[str, object]) -> bool:
    detections, quarantined = _integer(facts, "detections"), _integer(facts, "quarantined")
    return detections is not None and quarantined is not None and quarantined >= detections


def _reviewed(facts: Mapping[str, object]) -> bool:
    return _true(facts, "reviewed")


def _backed_up(facts: Mapping[str, object]) -> bool:
    size_is_fine = facts.get("bytes") is None or _integer(facts, "bytes") not in (None, 0)
    return _true(facts, "ok") and size_is_fine


def _restored(facts: Mapping[str, object]) -> bool:
    return _true(facts, "ok") and _true(facts, "hash_matches")


_SATISFIED: Final[dict[str, Callable[[Mapping[str, object]], bool]]] = {
    "antivirus": _protected,
    "quarantine": _quarantined,
    "log_review": _reviewed,
    "backup": _backed_up,
    "restore_test": _restored,
}


def _true(facts: Mapping[str, object], key: str) -> bool:
    return facts.get(key) is True


def _integer(facts: Mapping[str, object], key: str) -> int | None:
    value = facts.get(key)
    return value if type(value) is int else None  # a bool is an int to isinstance


def _at_most(facts: Mapping[str, object], key: str, limit: int) -> bool:
    value = _integer(facts, key)
    return value is not None and value <= limit
