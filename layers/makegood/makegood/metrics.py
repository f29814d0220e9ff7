"""Verdicts as metrics: what was told of promises, counted in CloudWatch by the lines that functions log.

A metric is as sure as the event that it counts: at least once. Statements are the accounts, not metrics.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from makegood.rules.events import Event
from makegood.rules.instants import parse_instant
from makegood.settings import settings

COUNTED: Final = {
    "incident.opened": "Opened",
    "stage.kept": "Kept",
    "stage.broken": "Broken",
    "statement.issued": "Issued",
}
"""The metric that counts each kind of event; `Kept` and `Broken` by stage, the dimension `stage`."""

SECONDS_LEFT: Final = "SecondsLeft"
"""How long before its limit a promise was kept, by stage."""


def count(events: Iterable[Event]) -> None:
    """Logs a line in CloudWatch's Embedded Metric Format for each event that is counted."""
    namespace = settings().metrics_namespace
    for event in events:
        if namespace and event.kind in COUNTED:
            _count(event, namespace)


def _count(event: Event, namespace: str) -> None:
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit  # noqa: PLC0415 - slow to load

    metrics = EphemeralMetrics(namespace=namespace)
    metrics.add_metric(COUNTED[event.kind], MetricUnit.Count, 1)
    if "stage" in event.data:
        metrics.add_dimension("stage", event.data["stage"])
    if event.kind == "stage.kept":
        left = parse_instant(event.data["deadline"]) - event.at
        metrics.add_metric(SECONDS_LEFT, MetricUnit.Seconds, left)
    metrics.add_metadata("event", event.id)
    metrics.flush_metrics()
