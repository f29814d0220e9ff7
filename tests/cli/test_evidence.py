"""`makegood evidence`: the receipts of a month."""

from __future__ import annotations

from typing import Any

import pytest
from cli.conftest import Makegood
from support.cast import HOUR, START, TESS, a_contract, sign_up

from makegood.storage.records import Evidence, Observation

LOGS = {"failed_units": 2, "failed_logons": 0, "disk_errors": 0}


@pytest.fixture(autouse=True)
def acme(makegood: Makegood) -> None:
    makegood.deployment.now = START + HOUR
    sign_up(a_contract(practices={"patching": {"max_age": "1d", "grace_days": 14}}))


def store(kind: type[Evidence | Observation], key: str, at: int, facts: dict[str, Any]) -> None:
    _, device, practice, *_ = key.split("#")
    name = f"{kind.__name__.lower()}#{key}"
    kind("acme-dental", name, device=device, practice=practice, at=at, facts=facts).save()


def test_the_receipts_of_a_month_are_listed_as_they_came_in(makegood: Makegood) -> None:
    store(Evidence, "2026-03-12#srv#backup", START + 2, {"ok": False, "source": "borgmatic"})
    store(Evidence, "2026-03-12#srv#log_review#attested", START + 3, {"reviewed": True, "by": TESS})
    store(Observation, "2026-03-12#srv#log_review", START + 1, LOGS)
    store(Evidence, "2026-03-01#nas#backup", START - 11 * 24 * HOUR, {"ok": True, "bytes": 5})
    store(Evidence, "2026-02-28#nas#backup", START - 12 * 24 * HOUR, {"ok": True})
    store(Evidence, "2026-04-01#nas#backup", START + 20 * 24 * HOUR, {"ok": True})
    listed = makegood.json("evidence", "list", "acme-dental", "--month", "2026-03")
    assert [(row["day"], row["device"], row["practice"], row["verdict"], row["by"]) for row in listed] == [
        ("2026-03-01", "nas", "backup", "done", None),
        ("2026-03-12", "srv", "log_review", "observation", None),
        ("2026-03-12", "srv", "backup", "missed", None),
        ("2026-03-12", "srv", "log_review", "done", TESS),
    ]
    assert listed[2] == {
        "day": "2026-03-12",
        "device": "srv",
        "practice": "backup",
        "received_at": "2026-03-12T04:00:02Z",
        "verdict": "missed",
        "by": None,
        "source": "borgmatic",
        "facts": {"ok": False, "source": "borgmatic"},
        "record": None,
    }
    assert makegood.json("evidence", "list", "acme-dental") == listed


@pytest.mark.parametrize(("month", "verdicts"), [("2026-03", ["done", "missed"]), ("2025-12", ["missed"])])
def test_updates_may_be_pending_as_long_as_the_months_contract_says(
    makegood: Makegood, month: str, verdicts: list[str]
) -> None:
    """14 days by Acme's contract, which begins in January; 7 where none says otherwise."""
    pending = {"critical_pending": 1, "reboot_pending": False}
    store(Evidence, "2026-03-01#srv#patching", START, {**pending, "oldest_critical_days": 14})
    store(Evidence, "2026-03-02#srv#patching", START + 1, {**pending, "oldest_critical_days": 15})
    store(Evidence, "2025-12-02#srv#patching", START - 1, {**pending, "oldest_critical_days": 8})
    listed = makegood.json("evidence", "list", "acme-dental", "--month", month)
    assert [row["verdict"] for row in listed] == verdicts


def test_people_see_a_table(makegood: Makegood) -> None:
    store(Evidence, "2026-03-12#srv#backup", START, {"ok": True, "source": "borg\x1b[2J\nmatic"})
    shown = makegood.says("evidence", "list", "acme-dental")
    assert "received at" in shown
    assert "borg matic" in shown
    assert "\x1b" not in shown


def test_what_a_job_printed_is_listed_beside_its_facts(makegood: Makegood) -> None:
    kept = Evidence("acme-dental", "evidence#2026-03-12#srv#backup", device="srv", practice="backup")
    kept.at, kept.facts, kept.record = START, {"ok": False, "record": "end"}, "line 1\nend"
    kept.save()
    (listed,) = makegood.json("evidence", "list", "acme-dental")
    assert (listed["facts"]["record"], listed["record"]) == ("end", "line 1\nend")


def test_what_is_not_there_is_said(makegood: Makegood) -> None:
    assert "There is no client nobody" in makegood.refuses("evidence", "list", "nobody")
    assert "must be a month" in makegood.refuses(
        "evidence", "list", "acme-dental", "--month", "March", exits=2
    )
    assert makegood.json("evidence", "list", "acme-dental", "--month", "2026-02") == []
