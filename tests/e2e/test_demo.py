"""The story of `make demo`: real functions, HTTP API, timers, mails, an agent that is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from makegood.rules.proof import changed_parts, first_difference

ROOT = Path(__file__).parents[2]
OUT = ROOT / "build" / "demo"
MAKEGOOD = Path(sys.executable).parent / "makegood"
NOTIFY_WITHIN_SECONDS = 60


@pytest.fixture(scope="module")
def summary() -> Any:
    """What the demo says happened."""
    told = subprocess.run(
        [sys.executable, "-m", "makegood_local.demo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return json.loads((OUT / "summary.json").read_text())


def mails() -> list[EmailMessage]:
    parsed = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted((OUT / "mails").glob("*.eml"))
    ]
    return [mail for mail in parsed if isinstance(mail, EmailMessage)]


def test_the_client_was_told_within_the_limit(summary: dict[str, Any]) -> None:
    assert 0 < summary["detected_after_seconds"] <= summary["notified_after_seconds"]
    assert summary["notified_after_seconds"] <= NOTIFY_WITHIN_SECONDS


def test_one_promise_was_broken_on_purpose_and_the_others_kept(summary: dict[str, Any]) -> None:
    assert summary["stages"] == [
        {"stage": "notify", "verdict": "kept"},
        {"stage": "plan", "verdict": "kept"},
        {"stage": "repair", "verdict": "broken"},
    ]


def test_every_mail_of_the_story_was_sent_once(summary: dict[str, Any]) -> None:
    sent = [(str(mail["To"]), str(mail["Subject"])) for mail in mails()]
    assert len(sent) == summary["mails"]
    assert len(set(sent)) == len(sent)
    to_the_owner = [subject for to, subject in sent if to == "owner@bakery.example"]
    assert len(to_the_owner) == 4, "notice, plan, recovery, closing"


def test_the_statement_is_what_its_own_facts_come_to(summary: dict[str, Any]) -> None:
    statement = json.loads((OUT / "statement.json").read_text())
    facts = OUT / "facts.json"
    assert (changed_parts(statement), first_difference(statement)) == ((), None)
    assert statement.pop("proof")["signature"]
    assert json.loads(facts.read_text()) == statement.pop("facts")
    computed = subprocess.run(
        [MAKEGOOD, "statement", "compute", str(facts)], capture_output=True, text=True, check=True
    )
    assert json.loads(computed.stdout) == statement
    assert summary["refund_cents"] == statement["refund_cents"] > 0
    assert (OUT / "statement.html").read_text().startswith("<!doctype html>")


def test_the_statement_is_genuine_by_the_key_at_the_address_that_its_mail_names(
    summary: dict[str, Any],
) -> None:
    assert summary
    verify = [str(MAKEGOOD), "statement", "verify", str(OUT / "statement.json")]
    verify += ["--key", str(OUT / "provider.pem")]
    told = subprocess.run(verify, capture_output=True, text=True, check=True)
    assert told.stdout.startswith("Genuine: harbor-law, ")
    text = (OUT / "statement.json").read_text()
    (OUT / "statement.json").write_text(text.replace('"refund_cents":36200', '"refund_cents":36201'))
    try:
        told = subprocess.run(verify, capture_output=True, text=True, check=False)
    finally:
        (OUT / "statement.json").write_text(text)
    assert told.returncode == 1
    assert "refund_cents: the statement says 36201, its facts come to 36200" in told.stderr


def test_nothing_is_left_running(summary: dict[str, Any]) -> None:
    assert summary
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "build/demo/stack" not in listed
    assert not [line for line in listed.splitlines() if str(ROOT / "agent") in line and "--every 2" in line]
