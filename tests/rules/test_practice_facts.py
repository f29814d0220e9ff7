"""What evidence may say: each fact by its name, its type and its range."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from makegood.rules.evidence import PRACTICES
from makegood.rules.practice_facts import ATTESTED, FACTS, problems_of

A_JOB: dict[str, Any] = {"exit_status": 0, "runtime_seconds": 411, "record": "archive"}
WHOLE: dict[str, dict[str, Any]] = {
    "patching": {"critical_pending": 1, "oldest_critical_days": 2, "reboot_pending": False, "pending": 9},
    "antivirus": {
        "installed": True,
        "running": True,
        "definitions_age_hours": 3,
        "scan_age_hours": 20,
        "version": "ClamAV 1.0.7",
    },
    "quarantine": {"detections": 1, "quarantined": 1, "names": "Eicar-Test-Signature"},
    "log_review": {
        "reviewed": True,
        "failed_units": 0,
        "failed_logons": 4,
        "disk_errors": 0,
        "since": "2026-03-11T04:00:00Z",
        "until": "2026-03-12T04:00:00Z",
        "findings": 0,
        "remarks": "quiet",
        **A_JOB,
    },
    "backup": {
        "ok": True,
        "bytes": 734_003_200,
        "snapshot": "9f2c1a",
        "started_at": "2026-03-12T02:00:00Z",
        "finished_at": "2026-03-12T02:10:00Z",
        **A_JOB,
    },
    "restore_test": {
        "ok": True,
        "hash_matches": True,
        "file": "/srv/letters/march.odt",
        "snapshot": "9f2c1a",
        "sha256": "0123456789abcdefABCDEF" + 42 * "0",
        **A_JOB,
    },
}

DOCUMENT = (Path(__file__).parents[2] / "docs/agents.md").read_text()


def found(practice: str, signed: bool = False, **facts: Any) -> list[str]:
    return [str(problem) for problem in problems_of(practice, facts, signed=signed)]


@pytest.mark.parametrize("practice", PRACTICES)
def test_whole_evidence_is_taken_and_so_is_what_could_not_be_determined(practice: str) -> None:
    facts = {**WHOLE[practice], "source": "tool 1.2", "undetermined": "the last scan: no log"}
    assert problems_of(practice, facts) == []
    assert problems_of(practice, dict.fromkeys(facts)) == []
    assert problems_of(practice, {}) == []


@pytest.mark.parametrize("practice", PRACTICES)
def test_every_fact_is_tried_here(practice: str) -> None:
    assert FACTS[practice].keys() == WHOLE[practice].keys() | {"source", "undetermined"} | (
        {"by"} if practice in ATTESTED else set()
    )


@pytest.mark.parametrize(
    ("practice", "facts"),
    [
        ("backup", {"ok": 1}),
        ("backup", {"ok": "true"}),
        ("backup", {"bytes": True}),
        ("backup", {"bytes": -1}),
        ("backup", {"bytes": 1.5}),
        ("backup", {"bytes": float("nan")}),
        ("backup", {"bytes": 10**18 + 1}),
        ("backup", {"exit_status": -1}),
        ("backup", {"exit_status": 256}),
        ("backup", {"runtime_seconds": 10**9 + 1}),
        ("backup", {"finished_at": "2026-03-12 02:10"}),
        ("backup", {"finished_at": 1_773_000_000}),
        ("backup", {"snapshot": 7}),
        ("backup", {"snapshot": ["9f2c1a"]}),
        ("backup", {"snapshot": "x" * 201}),
        ("backup", {"snapshot": "\ud800"}),
        ("patching", {"critical_pending": -1}),
        ("antivirus", {"definitions_age_hours": "3"}),
        ("quarantine", {"names": {}}),
        ("log_review", {"reviewed": 0}),
        ("restore_test", {"sha256": 63 * "0"}),
        ("restore_test", {"sha256": 63 * "0" + "g"}),
        ("restore_test", {"sha256": 64 * "0" + "\n"}),
    ],
)
def test_a_fact_of_the_wrong_type_or_out_of_range_is_named(practice: str, facts: dict[str, Any]) -> None:
    (problem,) = problems_of(practice, facts)
    assert [problem.path] == list(facts)
    assert problem.message.startswith("must be ")


@pytest.mark.parametrize(
    ("practice", "facts"),
    [
        ("backup", {"bytes": 0}),
        ("backup", {"bytes": 10**18}),
        ("backup", {"exit_status": 255}),
        ("backup", {"runtime_seconds": 10**9}),
        ("backup", {"snapshot": "x" * 200}),
        ("backup", {"snapshot": ""}),
    ],
)
def test_the_last_value_within_a_range_is_taken(practice: str, facts: dict[str, Any]) -> None:
    assert problems_of(practice, facts) == []


def test_an_unknown_fact_is_refused_naming_what_is_known() -> None:
    times = "started_at, finished_at, exit_status, runtime_seconds"
    known = f"ok, bytes, snapshot, {times}, record, source, undetermined"
    assert found("backup", byts=7) == [
        f"byts: is not a fact of backup (did you mean bytes?); known are {known}"
    ]


def test_an_unknown_fact_is_refused_also_when_it_is_null() -> None:
    assert len(found("backup", reviewed=None)) == 1


def test_all_mistakes_are_named_in_the_order_of_the_facts() -> None:
    paths = [
        problem.path for problem in problems_of("backup", {"bytes": -1, "x": 1, "ok": "y", "record": "r"})
    ]
    assert paths == ["bytes", "x", "ok"]


def test_only_what_a_person_attests_says_by_whom() -> None:
    assert ATTESTED == ("log_review", "restore_test")
    for practice in PRACTICES:
        (problem,) = found(practice, by="tess@provider.example")
        assert problem.startswith(f"by: is not a fact of {practice}")
        assert (found(practice, signed=True, by="tess@provider.example") == []) is (practice in ATTESTED)


@pytest.mark.parametrize(
    ("since", "until", "problems"),
    [
        ("2026-03-12T04:00:00Z", "2026-03-12T03:59:59Z", 1),
        ("2026-03-12T04:00:00Z", "2026-03-12T04:00:00Z", 0),
        (None, "2026-03-12T03:59:59Z", 0),
        ("2026-03-12T04:00:00Z", None, 0),
    ],
)
def test_a_time_does_not_end_before_it_begins(since: str | None, until: str | None, problems: int) -> None:
    assert len(found("log_review", since=since, until=until)) == problems


def test_a_wrong_instant_is_named_and_not_compared() -> None:
    assert found("log_review", since="yesterday", until="2026-03-12T03:59:59Z") == [
        "since: must be an instant such as 2026-03-01T00:00:00Z, got 'yesterday'"
    ]


@pytest.mark.parametrize("practice", PRACTICES)
def test_the_document_names_every_fact_and_no_other(practice: str) -> None:
    section = DOCUMENT.partition("## What evidence may say")[2].partition("\n## ")[0]
    (row,) = [line for line in section.splitlines() if line.startswith(f"| `{practice}` |")]
    facts = row.split("|")[2]
    everywhere = {"source", "undetermined"} | (set(A_JOB) if "exit_status" in FACTS[practice] else set())
    named = set(re.findall(r"`(\w+)`", facts))
    assert named | everywhere | ({"by"} & FACTS[practice].keys()) == FACTS[practice].keys()
    assert all(f"`{name}`" in section for name in everywhere)
