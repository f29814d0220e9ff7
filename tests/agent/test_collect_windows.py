"""The collectors of Windows, on answers of PowerShell made from Microsoft's documentation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agent.asking import DAY, answer_of, is_done

from makegood_agent.collectors import powershell

ANSWERS = Path(__file__).parent / "windows"
NOW = 1_772_323_200  # 2026-03-01T00:00:00Z
Facts = Callable[..., dict[str, Any]]


@pytest.fixture
def facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Facts:
    """The facts when PowerShell gives these answers, in order."""
    monkeypatch.setattr("time.time", lambda: NOW)

    def find(practice: str, source: str, *answers: str, **more: Any) -> dict[str, Any]:
        left = list(answers)

        def answer(command: list[str]) -> str:
            assert command[:5] == ["powershell.exe", "-NoLogo", "-NoProfile", "-NonInteractive", "-Command"]
            assert '"' not in command[5]
            return (ANSWERS / f"{left.pop(0)}.json").read_text(encoding="utf-8")

        monkeypatch.setattr("makegood_agent.collectors.tools.run", answer)
        found = answer_of(practice, source, tmp_path / "scratch", **more)
        assert left == []
        facts: dict[str, Any] = found["facts"]
        return facts

    return find


def test_security_updates_are_critical_and_definitions_and_previews_are_not(facts: Facts) -> None:
    found = facts("patching", "windows", "updates", "reboot")
    assert found == {
        "critical_pending": 2,
        "oldest_critical_days": 19,
        "reboot_pending": True,
        "pending": 4,
        "source": "windows update",
    }
    assert not is_done("patching", found)


def test_a_windows_without_updates_is_patched(facts: Facts) -> None:
    found = facts("patching", "windows", "updates-none", "no-reboot")
    assert (found["critical_pending"], found["pending"]) == (0, 0)
    assert is_done("patching", found)


def test_a_single_update_rated_important_is_critical(facts: Facts) -> None:
    found = facts("patching", "windows", "updates-one", "no-reboot")
    assert (found["critical_pending"], found["oldest_critical_days"]) == (1, 7)
    assert is_done("patching", found)


def test_a_search_that_failed_says_nothing_of_updates(facts: Facts) -> None:
    found = facts("patching", "windows", "updates-failed", "no-reboot")
    assert (found["critical_pending"], found["reboot_pending"]) == (None, False)
    assert "the search ended with code 4" in found["undetermined"]


def test_defender_in_order(facts: Facts) -> None:
    found = facts("antivirus", "defender", "defender")
    assert found == {
        "installed": True,
        "running": True,
        "definitions_age_hours": 18,
        "scan_age_hours": 22,
        "version": "4.18.26010.5, definitions 1.443.210.0",
        "source": "defender",
    }
    assert is_done("antivirus", found)


def test_a_passive_defender_does_not_run(facts: Facts) -> None:
    assert facts("antivirus", "defender", "defender-passive")["running"] is False


def test_a_defender_that_never_scanned_is_told_as_that(facts: Facts) -> None:
    found = facts("antivirus", "defender", "defender-new")
    assert (found["definitions_age_hours"], found["scan_age_hours"]) == (None, None)
    assert "scan_age_hours: Defender has finished no scan" in found["undetermined"]
    assert not is_done("antivirus", found)


def test_what_defender_left_or_somebody_allowed_is_not_quarantined(facts: Facts) -> None:
    found = facts("quarantine", "defender", "detections")
    assert (found["detections"], found["quarantined"]) == (4, 1)
    assert found["names"] == "HackTool:Win32/MadeUp, Trojan:Win32/MadeUp"
    assert not is_done("quarantine", found)


@pytest.mark.parametrize(("answer", "count"), [("detections-one", 1), ("detections-none", 0)])
def test_one_detection_and_none_are_counted(facts: Facts, answer: str, count: int) -> None:
    found = facts("quarantine", "defender", answer)
    assert (found["detections"], found["quarantined"], found["names"]) == (count, count, "")


def test_the_event_logs_are_observed_for_a_day(facts: Facts) -> None:
    assert facts("log_review", "windows", "events") == {
        "failed_units": 2,
        "failed_logons": 31,
        "disk_errors": 1,
        "since": "2026-02-28T00:00:00Z",
        "until": "2026-03-01T00:00:00Z",
        "source": "event log",
    }


def test_a_log_that_may_not_be_read_is_named(facts: Facts) -> None:
    found = facts("log_review", "windows", "events-no-rights")
    assert (found["failed_units"], found["failed_logons"]) == (0, None)
    assert "failed_logons: Attempted to perform an unauthorized operation." in found["undetermined"]
    assert found["since"] == "2026-02-28T12:00:00Z"
    assert "the System log does not reach further back" in found["undetermined"]


def test_a_security_log_that_was_overwritten_hides_no_failed_logon_unnamed(facts: Facts) -> None:
    assert "undetermined" not in facts("log_review", "windows", "events-barely")
    found = facts("log_review", "windows", "events-busy")
    assert (found["failed_logons"], found["since"]) == (4, "2026-02-28T00:00:00Z")
    assert found["undetermined"] == (
        "failed_logons before 2026-02-28T00:00:01Z: the Security log does not reach further back"
    )


def test_failed_logons_are_not_counted_where_nobody_knows_when_their_log_begins(facts: Facts) -> None:
    found = facts("log_review", "windows", "events-unknown")
    assert (found["failed_units"], found["failed_logons"], found["disk_errors"]) == (0, None, 0)
    assert found["undetermined"] == "failed_logons: The event log file is corrupted."


@pytest.mark.parametrize(
    ("ago", "undetermined"),
    [
        (7 * DAY, None),
        (7 * DAY + 1, "2026-02-21T23:59:59Z to 2026-02-22T00:00:00Z: a report looks back for 7 days at most"),
    ],
)
def test_events_that_no_report_tells_of_are_named(facts: Facts, ago: int, undetermined: str | None) -> None:
    found = facts("log_review", "windows", "events", delivered=NOW - ago)
    assert (found["since"], found.get("undetermined")) == ("2026-02-22T00:00:00Z", undetermined)


def test_the_event_logs_are_asked_from_the_right_moment_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)
    asked: list[str] = []

    def answer(command: list[str]) -> str:
        asked.append(command[5])
        return (ANSWERS / "events.json").read_text(encoding="utf-8")

    monkeypatch.setattr("makegood_agent.collectors.tools.run", answer)
    answer_of("log_review", "windows", tmp_path / "scratch", delivered=NOW - 2 * 86_400)
    assert f"FromUnixTimeSeconds({NOW - 2 * 86_400})" in asked[0]
    assert not [name for name in ("SINCE", "UNITS", "PROVIDERS") if name in asked[0]]


def test_a_server_backup_in_time(facts: Facts) -> None:
    found = facts("backup", "windows", "backup")
    assert found == {
        "ok": True,
        "snapshot": "2026-02-28T21:00:04Z on Backup 2026_01_02, 14 versions",
        "started_at": "2026-02-28T21:00:04Z",
        "finished_at": "2026-02-28T21:48:19Z",
        "runtime_seconds": 2895,
        "source": "windows server backup",
    }
    assert is_done("backup", found)


def test_a_server_backup_too_long_ago_is_not_in_time(facts: Facts) -> None:
    assert facts("backup", "windows", "backup", within="3h")["ok"] is True
    assert facts("backup", "windows", "backup", within="2h")["ok"] is False


@pytest.mark.parametrize("answer", ["backup-failed", "backup-never"])
def test_a_server_backup_that_failed_is_no_backup(facts: Facts, answer: str) -> None:
    found = facts("backup", "windows", answer)
    assert found["ok"] is False
    assert not is_done("backup", found)


def test_without_powershell_nothing_is_said(tmp_path: Path) -> None:
    answer = answer_of("antivirus", "defender", tmp_path / "scratch")
    assert answer["failed"]
    assert answer["facts"]["undetermined"] == f"all: there is no {powershell.POWERSHELL} here"


def test_an_answer_that_is_no_json_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("makegood_agent.collectors.tools.run", lambda command: "Access is denied.\r\n")
    found = answer_of("quarantine", "defender", tmp_path / "scratch")["facts"]
    assert found["undetermined"] == "all: PowerShell's answer is no JSON: 'Access is denied.'"
