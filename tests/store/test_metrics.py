"""Verdicts that were told are counted in CloudWatch, by lines of the log."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from support.bus import Bus
from support.cast import sign_up
from support.deployment import Deployment

from makegood import aws, metrics
from makegood.events import tell_untold
from makegood.rules.events import Event
from makegood.settings import settings
from makegood.storage.events import announce
from makegood.storage.transactions import write_together

AT = 1_767_225_600
NAMESPACE = "Makegood/production"


@pytest.fixture
def bus(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Bus:
    sign_up()
    count_under(NAMESPACE, monkeypatch)
    stand_in = Bus()
    monkeypatch.setattr(aws, "eventbridge", lambda: stand_in)
    return stand_in


def count_under(namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(settings(), metrics_namespace=namespace)
    monkeypatch.setattr(metrics, "settings", lambda: changed)


def a_verdict(kind: str, **data: Any) -> Event:
    return Event(kind, "acme-dental", "notify", AT, "srv-20260101T000000Z", {"stage": "notify", **data})


def counted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line]


def test_a_kept_promise_is_counted_with_the_seconds_that_were_left(
    bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    write_together(announce(a_verdict("stage.kept", deadline="2026-01-01T00:12:00Z")))
    tell_untold(AT)
    (line,) = counted(capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    assert [metric["Name"] for metric in directive["Metrics"]] == ["Kept", "SecondsLeft"]
    assert ["stage", "service"] in directive["Dimensions"]
    assert (line["stage"], line["Kept"], line["SecondsLeft"]) == ("notify", [1], [720])
    assert line["event"] == "acme-dental/srv-20260101T000000Z/stage.kept/notify"


def test_a_broken_promise_is_counted_and_has_no_seconds_left(
    bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    write_together(announce(a_verdict("stage.broken", deadline="2026-01-01T00:00:00Z")))
    tell_untold(AT)
    (line,) = counted(capsys)
    assert line["Broken"] == [1]
    assert "SecondsLeft" not in line


def test_what_the_bus_did_not_take_is_not_counted_and_what_was_told_is_counted_once(
    bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    event = a_verdict("stage.broken", deadline="2026-01-01T00:00:00Z")
    write_together(announce(event))
    bus.refuses = {event.id}
    tell_untold(AT)
    assert counted(capsys) == []
    bus.refuses = set()
    tell_untold(AT)
    tell_untold(AT)
    assert len(counted(capsys)) == 1


def test_nothing_is_counted_where_nobody_asked_for_metrics(
    bus: Bus, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    count_under("", monkeypatch)
    write_together(announce(a_verdict("stage.kept", deadline="2026-01-01T00:12:00Z")))
    tell_untold(AT)
    assert counted(capsys) == []
