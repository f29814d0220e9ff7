"""Made-up months: facts of April 2026 in UTC, of which a test states only what matters to it."""

from __future__ import annotations

from typing import Any

from makegood.rules.statements import compute

TERMS: dict[str, Any] = {
    "notify": {"within": "15m", "refund": "5%"},
    "plan": {"within": "1h", "refund": "5%"},
    "repair": {"within": "4h", "refund": "10%", "then": {"every": "1h", "refund": "2%", "at_most": 10}},
}

CONTRACT: dict[str, Any] = {
    "client": "acme-dental",
    "name": "Acme Dental Group",
    "timezone": "UTC",
    "currency": "USD",
    "monthly_fee": "1000.00",
    "effective_from": "2026-01-01",
    "contacts": {"outages": ["owner@acme.example"], "statements": ["owner@acme.example"]},
    "outages": TERMS,
    "statement": {"day": 3, "hour": 9},
}


def at(moment: str) -> str:
    """`10 08:00` is the 10th of April 2026 at 8 o'clock, `10 08:00:01` a second later."""
    day, time = moment.split(" ")
    return f"2026-04-{day}T{time if len(time) == 8 else time + ':00'}Z"


def a_contract(**changes: Any) -> dict[str, Any]:
    return {**CONTRACT, **changes}


def a_device(device: str = "modem", **changes: Any) -> dict[str, Any]:
    enrolled: dict[str, Any] = {
        "kind": "router",
        "enrolled_at": "2026-01-01T00:00:00Z",
        "retired_at": None,
        "practices": [],
    }
    return {"device": device, **enrolled, **changes}


def an_incident(started_at: str = at("10 08:00"), **changes: Any) -> dict[str, Any]:
    """An outage of the modem in which every promise is kept."""
    day = started_at[: len("2026-04-10T")]
    handled = {
        "notified_at": f"{day}08:05:00Z",
        "planned_at": f"{day}08:30:00Z",
        "restored_at": f"{day}09:00:00Z",
        "documented_at": f"{day}09:30:00Z",
    }
    name = f"{changes.get('device', 'modem')}-{started_at}"
    return {"incident": name, "device": "modem", "started_at": started_at, **handled, **changes}


def a_pause(start: str, end: str | None) -> dict[str, Any]:
    return {"from": start, "to": end, "reason": "awaiting_client"}


def an_excuse(stage: str, **changes: Any) -> dict[str, Any]:
    approval = {"approved_by": "owner@acme.example", "approved_at": at("11 09:00")}
    return {"stage": stage, "reason": "client_caused", **approval, **changes}


def evidence(practice: str, moment: str, facts: dict[str, Any], device: str = "modem") -> dict[str, Any]:
    return {"device": device, "practice": practice, "at": moment, "facts": facts}


def a_month(**changes: Any) -> dict[str, Any]:
    """The facts of a month; what is not stated is quiet."""
    quiet = {
        "contract": CONTRACT,
        "period": "2026-04",
        "as_of": "2026-05-03T09:00:00Z",
        "devices": [a_device()],
        "incidents": [],
        "evidence": [],
        "maintenance": [],
        "adjustments": [],
    }
    return {**quiet, **changes}


def the_statement(**changes: Any) -> dict[str, Any]:
    """The statement of a month."""
    return compute(a_month(**changes))
