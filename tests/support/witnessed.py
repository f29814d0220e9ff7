"""What a simulated month shows from outside, made up by hand: Acme's modem in March 2026, New York time."""

from __future__ import annotations

import hashlib
from typing import Any

from makegood.rules.instants import format_instant, parse_instant
from makegood_simulator.witness import Accepted, Act, Brought, Enrolled, Event, Heard, Witness

GRACE = 180
MINUTE = 60
HOUR = 3_600
LAST_SEEN = parse_instant("2026-03-12T04:00:00Z")
BACK = LAST_SEEN + 30 * MINUTE
STABLE = BACK + 10 * MINUTE
ENROLLED = parse_instant("2026-01-01T05:00:00Z")
MONTH_LATER = parse_instant("2026-04-03T13:00:00Z")
INCIDENT = "modem-20260312T040000Z"

OWNER = "owner@acme.example"
DESK = "front-desk@acme.example"

TERMS: dict[str, Any] = {
    "notify": {"within": "15m", "refund": "5%"},
    "plan": {"within": "1h", "refund": "5%"},
    "repair": {"within": "4h", "refund": "10%", "then": {"every": "1h", "refund": "2%"}},
    "stable_for": "10m",
}
CONTRACT: dict[str, Any] = {
    "client": "acme-dental",
    "name": "Acme Dental Group",
    "timezone": "America/New_York",
    "currency": "USD",
    "monthly_fee": "2400.00",
    "effective_from": "2026-01-01",
    "contacts": {"outages": [DESK, OWNER], "statements": [OWNER]},
    "outages": TERMS,
    "practices": {"backup": {"max_age": "2d", "refund_each": "10.00"}, "patching": {"max_age": "36h"}},
}


def a_beat(at: int, device: str = "modem", **known: Any) -> Heard:
    """A heartbeat on the second."""
    return Heard(device, at, at, **known)


def quiet(since: int, until: int, device: str = "modem") -> list[Heard]:
    """Regular heartbeats, of which only the first and the last are on record."""
    return [a_beat(since, device), a_beat(until, device, quiet_since=since)]


def a_witness(*heard: Heard, terms: dict[str, Any] | None = None, **seen: Any) -> Witness:
    """A modem that beat since January, and what else was seen."""
    contract = {**CONTRACT, "outages": TERMS if terms is None else terms}
    enrolled = [Enrolled("modem", "router", GRACE, ("patching", "backup"), ENROLLED)]
    return Witness(
        **{"client": "acme-dental", "contracts": [contract], "enrolled": enrolled, "heard": [*heard], **seen}
    )


def an_outage(back: int = BACK, until: int = MONTH_LATER) -> list[Heard]:
    """The modem is silent for half an hour when INCIDENT begins, and well from then on."""
    run = [a_beat(at) for at in range(back, back + 10 * MINUTE, MINUTE)]
    return [*quiet(ENROLLED, LAST_SEEN), *run, *quiet(back + 10 * MINUTE, until)]


def mail(kind: str, to: str = OWNER, incident: str = INCIDENT) -> str:
    """The name of a mail about the incident."""
    return f"incident_{incident}_{kind}_{hashlib.sha256(to.encode()).hexdigest()[:12]}"


def taken(at: float, kind: str = "notice", to: str = OWNER) -> Accepted:
    """SES took a mail at an instant."""
    return Accepted(mail(kind, to), to, round(at * 1000))


def delivered(at: float, handled: float | None, kind: str = "notice", to: str = OWNER) -> Event:
    return Event(mail(kind, to), "Delivery", False, round(at * 1000), _ms(handled))


def bounced(
    at: float, handled: float | None, kind: str = "notice", to: str = OWNER, *, permanent: bool = True
) -> Event:
    return Event(mail(kind, to), "Bounce", permanent, round(at * 1000), _ms(handled))


def an_act(do: str, at: int, *, recorded_at: Any = None, **details: Any) -> Act:
    return Act(do, "modem", INCIDENT, at, (at if recorded_at is None else recorded_at) * 1000, details)


def evidence(at: int, practice: str = "backup", device: str = "modem", **facts: Any) -> Brought:
    return Brought(device, practice, at, facts or {"ok": True})


def a_row(**changes: Any) -> dict[str, Any]:
    """INCIDENT as the facts tell it: nobody was told, and the modem came back by itself, or not for good."""
    told: dict[str, Any] = {
        "incident": INCIDENT,
        "device": "modem",
        "started_at": "2026-03-12T04:00:00Z",
        "notified_at": None,
        "planned_at": None,
        "restored_at": "2026-03-12T04:30:00Z",
        "documented_at": "2026-03-12T04:30:00Z",
        "pauses": [],
        "excuses": [],
        "outages": TERMS,
    }
    row = {**told, **{key: _written(value) for key, value in changes.items()}}
    answered = {"device": "modem", "from": "2026-03-12T04:00:00Z", "to": "2026-03-12T04:30:00Z"}
    return row if row["restored_at"] else {"silences": [answered], **row}


def the_facts(*incidents: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The facts of March with these incidents."""
    modem = {
        "device": "modem",
        "kind": "router",
        "enrolled_at": "2026-01-01T05:00:00Z",
        "retired_at": None,
        "practices": ["backup", "patching"],
    }
    facts = {
        "contract": CONTRACT,
        "period": "2026-03",
        "as_of": "2026-04-03T13:00:00Z",
        "devices": [modem],
        "incidents": list(incidents),
        "evidence": [],
        "maintenance": [],
        "adjustments": [],
    }
    return {**facts, **changes}


def _written(value: Any) -> Any:
    return format_instant(value) if isinstance(value, int) else value


def _ms(at: float | None) -> int | None:
    return None if at is None else round(at * 1000)
