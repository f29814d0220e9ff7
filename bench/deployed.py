"""What infra/template.yaml deploys whatever the fleet's size, as far as AWS asks money for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from capacity import item_bytes
from heartbeats import ITEM

from makegood.metrics import COUNTED, SECONDS_LEFT
from makegood.rules.stages import STAGES
from makegood_local.template import load_template

TEMPLATE = Path(__file__).parents[1] / "infra/template.yaml"
DETAILED_METRICS_OF_A_ROUTE = 6


def deployed() -> dict[str, Any]:
    """Each what counts once a month, and the functions' memory and tracing."""
    template = load_template(TEMPLATE)
    resources, whole = template["Resources"], template["Globals"]["Function"]
    functions = {
        name: whole | resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    return {
        "memory_mb": {name: terms["MemorySize"] for name, terms in functions.items()},
        "traced": [
            name for name, terms in functions.items() if _default(template, terms["Tracing"]) == "Active"
        ],
        "queues_polled": sum(
            event["Type"] == "SQS"
            for terms in functions.values()
            for event in terms.get("Events", {}).values()
        ),
        "alarm_metrics": sum(_watched(alarm) for alarm in _of(resources, "AWS::CloudWatch::Alarm")),
        "metrics": _many(resources, "AWS::Logs::MetricFilter") + _counted() + _detailed(resources),
        "dashboards": _many(resources, "AWS::CloudWatch::Dashboard"),
        "secrets": _many(resources, "AWS::SecretsManager::Secret"),
        "keys": _many(resources, "AWS::KMS::Key"),
        "log_days": template["Parameters"]["LogRetentionDays"]["Default"],
        "device_bytes": item_bytes(ITEM),
    }


def _of(resources: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    return (resource["Properties"] for resource in resources.values() if resource["Type"] == kind)


def _default(template: dict[str, Any], value: Any) -> Any:
    """A parameter's default, where the value is one."""
    return template["Parameters"][value["Ref"]]["Default"] if isinstance(value, dict) else value


def _many(resources: dict[str, Any], kind: str) -> int:
    return sum(1 for _ in _of(resources, kind))


def _watched(alarm: dict[str, Any]) -> int:
    return sum("MetricStat" in metric for metric in alarm["Metrics"]) if "Metrics" in alarm else 1


def _counted() -> int:
    """Metrics that functions log: those of stages once for each."""
    kinds = [*COUNTED, f"stage.{SECONDS_LEFT}"]
    return sum(len(STAGES) if kind.startswith("stage.") else 1 for kind in kinds)


def _detailed(resources: dict[str, Any]) -> int:
    """Metrics of the API by route, where they are asked for."""
    settings = [
        terms
        for stage in _of(resources, "AWS::ApiGatewayV2::Stage")
        for terms in [stage.get("DefaultRouteSettings", {}), *stage.get("RouteSettings", {}).values()]
    ]
    routes = _many(resources, "AWS::ApiGatewayV2::Route")
    asked = any(terms.get("DetailedMetricsEnabled") for terms in settings)
    return DETAILED_METRICS_OF_A_ROUTE * routes if asked else 0
