"""Evidence: what shows that a practice was done, one fact wrong at a time."""

from __future__ import annotations

from typing import Any

import pytest

from makegood.rules.evidence import PRACTICES, shows_done

GOOD: dict[str, dict[str, Any]] = {
    "patching": {"critical_pending": 2, "oldest_critical_days": 7, "reboot_pending": False},
    "antivirus": {"installed": True, "running": True, "definitions_age_hours": 48, "scan_age_hours": 168},
    "quarantine": {"detections": 3, "quarantined": 3},
    "log_review": {"reviewed": True},
    "backup": {"ok": True, "bytes": 1},
    "restore_test": {"ok": True, "hash_matches": True},
}
NEEDED = [(practice, fact) for practice, facts in GOOD.items() for fact in facts if fact != "bytes"]


def is_done(practice: str, **changes: Any) -> bool:
    return shows_done(practice, {**GOOD[practice], **changes}, grace_days=7)


def test_there_is_good_evidence_of_every_practice() -> None:
    assert tuple(GOOD) == PRACTICES
    assert all(is_done(practice) for practice in PRACTICES)


@pytest.mark.parametrize(("practice", "fact"), NEEDED)
@pytest.mark.parametrize("value", [None, "yes", "7", [], 1.0, {}])
def test_a_fact_that_is_null_or_of_the_wrong_type_does_not_satisfy(
    practice: str, fact: str, value: object
) -> None:
    assert not is_done(practice, **{fact: value})


@pytest.mark.parametrize(("practice", "fact"), NEEDED)
def test_a_missing_fact_does_not_satisfy(practice: str, fact: str) -> None:
    assert not shows_done(practice, {key: GOOD[practice][key] for key in GOOD[practice] if key != fact}, 7)


@pytest.mark.parametrize(
    ("practice", "fact", "value"),
    [
        ("patching", "oldest_critical_days", 8),
        ("patching", "reboot_pending", True),
        ("patching", "reboot_pending", 0),
        ("patching", "critical_pending", True),
        ("patching", "oldest_critical_days", True),
        ("antivirus", "installed", False),
        ("antivirus", "running", False),
        ("antivirus", "installed", 1),
        ("antivirus", "definitions_age_hours", 49),
        ("antivirus", "definitions_age_hours", True),
        ("antivirus", "scan_age_hours", 169),
        ("quarantine", "quarantined", 2),
        ("quarantine", "detections", 4),
        ("quarantine", "detections", True),
        ("log_review", "reviewed", False),
        ("log_review", "reviewed", 1),
        ("backup", "ok", False),
        ("backup", "bytes", 0),
        ("backup", "bytes", "many"),
        ("backup", "bytes", True),
        ("backup", "bytes", 1.5),
        ("restore_test", "ok", False),
        ("restore_test", "hash_matches", False),
    ],
)
def test_one_bad_fact_is_enough(practice: str, fact: str, value: object) -> None:
    assert not is_done(practice, **{fact: value})


def test_critical_updates_may_wait_for_the_grace() -> None:
    facts = GOOD["patching"]
    assert shows_done("patching", {**facts, "oldest_critical_days": 3}, grace_days=3)
    assert not shows_done("patching", {**facts, "oldest_critical_days": 4}, grace_days=3)


@pytest.mark.parametrize("oldest", [0, 99, None, "x"])
def test_without_critical_updates_nobody_asks_for_their_age(oldest: object) -> None:
    assert is_done("patching", critical_pending=0, oldest_critical_days=oldest)
    assert shows_done("patching", {"critical_pending": 0, "reboot_pending": False}, 7)


def test_more_may_be_quarantined_than_was_detected() -> None:
    assert is_done("quarantine", quarantined=4)
    assert is_done("quarantine", detections=0, quarantined=0)


def test_a_backup_of_unknown_size_is_fine() -> None:
    assert is_done("backup", bytes=None)
    assert shows_done("backup", {"ok": True}, 7)


def test_facts_that_nobody_asked_for_change_nothing() -> None:
    assert is_done("backup", snapshot="4f2a", ok_too=False)
