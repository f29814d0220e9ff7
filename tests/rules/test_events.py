"""Events as they are told: the documents say what the code does, and no entry of a timeline is forgotten."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from support.events_document import BEGIN, END, PAGE, SCHEMA, example, page_part, schema_file

from makegood.rules.events import KINDS, TIMELINE, Event, data_of_entry, detail_schema, kind_of_entry
from makegood.rules.webhooks import signature, webhook_secret

AT = 1_768_193_100


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_is_what_its_schema_says(kind: str) -> None:
    jsonschema_rs.validate(detail_schema(kind), example(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_refuses_an_event_with_anything_missing(kind: str) -> None:
    validator = jsonschema_rs.validator_for(detail_schema(kind))
    whole = example(kind)
    for key in whole:
        assert not validator.is_valid({name: value for name, value in whole.items() if name != key}), key
    for key in whole["data"]:
        data = {name: value for name, value in whole["data"].items() if name != key}
        assert validator.is_valid({**whole, "data": data}) is (key in KINDS[kind].optional), key


def test_the_page_and_the_schemas_are_those_of_the_code() -> None:
    """Otherwise: PYTHONPATH=tests .venv/bin/python -m support.events_document."""
    assert PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip() == page_part().strip()
    assert SCHEMA.read_text() == schema_file()


def test_the_page_shows_an_event_as_it_is() -> None:
    shown = json.loads(re.findall(r"```json\n(\{\n.*?\n\})\n```", PAGE.read_text(), re.DOTALL)[0])
    assert shown["id"] == "/".join(
        (shown["client"], shown["incident"], "stage.warned", "once-plan-warned-50")
    )
    jsonschema_rs.validate(detail_schema("stage.warned"), shown)


def test_the_check_of_a_signature_that_the_page_shows_takes_ours_and_no_other() -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    is_genuine: Callable[[str, bytes, str], bool] = names["is_genuine"]
    secret = webhook_secret("a key", "https://hooks.example.com/outages")
    now = int(time.time())
    assert is_genuine(signature(secret, "k1", now, b"{}"), b"{}", secret)
    assert not is_genuine(signature(secret, "k1", now, b"{}"), b"{ }", secret)
    assert not is_genuine(signature(secret, "k1", now - 400, b"{}"), b"{}", secret)
    assert hmac.new(secret.encode(), f"{now}.".encode(), hashlib.sha256)


def test_what_a_timeline_tells_of_is_a_kind_of_an_incident() -> None:
    assert {KINDS[kind].about for kind in TIMELINE.values()} == {"incident"}


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("opened", "incident.opened"),
        ("plan-warned-50", "stage.warned"),
        ("repair-broken", "stage.broken"),
        ("alerted-12", "level.alerted"),
        ("notify-excused", "excuse.granted"),
        ("mail-refused", None),
        ("opened-x", None),
    ],
)
def test_an_entry_is_an_event_by_its_name(what: str, kind: str | None) -> None:
    assert kind_of_entry(what) == kind


def test_an_event_carries_what_its_kind_says_and_no_more() -> None:
    known = {
        "by": "the monitoring",
        "said": None,
        "share": 50,
        "deadline": "2026-01-12T05:15:00Z",
        "extra": 1,
    }
    assert data_of_entry("stage.warned", "plan-warned-50", known) == {
        "stage": "plan",
        "share": 50,
        "deadline": "2026-01-12T05:15:00Z",
    }


def test_an_event_of_the_deployment_names_no_client() -> None:
    detail = Event("incident.opened", "", "x", AT).detail()
    assert "client" not in detail
    assert detail["id"] == "incident.opened/x"


def test_every_entry_that_the_code_writes_is_an_event_or_known_to_be_none() -> None:
    """The words that stand as `what` in calls of timeline_entry."""
    written = set()
    for path in [*Path("layers").rglob("*.py"), *Path("functions").rglob("*.py")]:
        calls = re.findall(r"timeline_entry\(\s*[^,]+,\s*[^,]+,\s*f?\"([a-z{}-]+)\"", path.read_text())
        written |= {what.replace("{stage}", "plan") for what in calls}
    assert {what for what in written if kind_of_entry(what) is None} <= QUIET


QUIET: set[str] = set()
"""Entries of timelines that are told nobody else."""
