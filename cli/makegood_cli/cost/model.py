"""From a fleet to what AWS asks for it in a month: measured requests, times how often, times their price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from makegood_cli.cost.measured import Counted, Measured
from makegood_cli.cost.prices import PriceList, PriceListError

HOURS: Final = 730
DAYS: Final = HOURS / 24
SECONDS: Final = HOURS * 3_600
MEGABYTES: Final = 1_024
GIGABYTE: Final = 1_000_000_000

REQUEST_SECONDS: Final = 0.010
"""Assumed of a run: each request to AWS takes so long, the network's time and the SDK's at 512 MB."""

RUN_SECONDS: Final = {"IssueFunction": 0.7}
"""Assumed of a run beside its requests; the PDF of a statement is what takes long."""

OTHER_RUN_SECONDS: Final = 0.010

LOG_BYTES: Final = 500
"""Assumed of a run: what Lambda itself writes of its begin, end and cost."""

ACCESS_LOG_BYTES: Final = 330
"""Of a request to the API, as the template has it logged."""

ANSWER_BYTES: Final = 600
"""Of an answer to a heartbeat, with its headers and what TLS adds."""

POLLS: Final = 15 * 60 * HOURS
"""Lambda asks an empty queue by five connections, each of which waits for 20 seconds."""

REQUESTS_OF_A_MESSAGE: Final = 3
TRACED_A_SECOND, TRACED_SHARE = 1, 0.05
"""Lambda traces one run a second of each function, and this share of the others."""

STORED_BYTES: Final = 500
"""Assumed of a report of a practice, with its index; a year of them is on record."""

YEAR: Final = 365
SWEEP_PAGE_UNITS: Final = 2
"""What the measured sweep of an empty table reads: a page of each of its segments."""

READ_UNIT_BYTES: Final = 8_192

API_FUNCTIONS = ("HeartbeatFunction", "DeskFunction", "LiveFunction")
NO_REQUEST = {"runs", "events", "read units", "write units", "log bytes"}

BY_OPERATION: Final = {
    "SendEmail": "mails",
    "SendMessage": "queue_requests",
    "PutObject": "object_writes",
    "GetObject": "object_reads",
    "Sign": "key_requests",
    "GetPublicKey": "key_requests",
    "GetSecretValue": "secret_requests",
    "Publish": "topic_requests",
}
"""Operations that are paid for one by one; those of DynamoDB are by units, others not at all."""


@dataclass(frozen=True)
class Fleet:
    """What is watched, and what happens to it in a month."""

    devices: int
    clients: int
    interval: int = 60
    incidents: float = 0.1
    contacts: int = 2
    practices: int = 3


@dataclass(frozen=True)
class Line:
    """What one price makes of a month."""

    name: str
    service: str
    what: str
    quantity: float
    dollars: float


def month(fleet: Fleet, measured: Measured, prices: PriceList) -> list[Line]:
    """Every line of a month's bill, in the order of the price list."""
    quantities = _quantities(fleet, measured)
    if missing := [name for name in quantities if name not in prices.prices]:
        raise PriceListError(f"prices: these are missing: {', '.join(missing)}")
    return [
        Line(name, price.service, price.what, quantities[name], price.of(quantities[name]))
        for name, price in prices.prices.items()
        if name in quantities
    ]


def by_service(lines: list[Line]) -> dict[str, float]:
    """Dollars of each service, in the order of the lines."""
    whole: dict[str, float] = {}
    for line in lines:
        whole[line.service] = whole.get(line.service, 0) + line.dollars
    return whole


def _times(fleet: Fleet) -> dict[str, float]:
    """How often each measured thing happens in a month."""
    incidents = fleet.devices * fleet.incidents
    minutes = SECONDS / 60
    ours = minutes + min(incidents, minutes)  # the canary's, and the sweep's own, one for an outage
    return {
        "heartbeat": fleet.devices * SECONDS / fleet.interval + ours,
        "practice reported": fleet.devices * fleet.practices * DAYS,
        "incident": incidents,
        "incident, each further contact": incidents * (fleet.contacts - 1),
        "statement": fleet.clients,
        "mail's report": fleet.clients,
        "day": DAYS,
        "day of a client": DAYS * fleet.clients,
    }


def _quantities(fleet: Fleet, measured: Measured) -> dict[str, float]:
    """Name of a price -> how many a month."""
    used = _used(_times(fleet), measured.things)
    terms = measured.deployed
    whole: defaultdict[str, float] = defaultdict(float)
    for counted in used.values():
        for what, number in counted.items():
            whole[what] += number
    runs = {function: counted["runs"] for function, counted in used.items()}
    requests = sum(runs.get(function, 0) for function in API_FUNCTIONS)
    logs = (whole["log bytes"] + LOG_BYTES * whole["runs"] + ACCESS_LOG_BYTES * requests) / GIGABYTE
    stored = fleet.devices * (terms["device_bytes"] + STORED_BYTES * fleet.practices * YEAR) / GIGABYTE
    sweeps = max(0.0, fleet.devices * terms["device_bytes"] / READ_UNIT_BYTES - SWEEP_PAGE_UNITS)
    paid: defaultdict[str, float] = defaultdict(float)
    for operation, name in BY_OPERATION.items():
        paid[name] += whole[operation]
    paid["queue_requests"] += POLLS * terms["queues_polled"]
    paid["queue_requests"] += REQUESTS_OF_A_MESSAGE * (runs["DeliveriesFunction"] + runs["IssueFunction"])
    paid["topic_requests"] += runs["DeliveriesFunction"]
    fixed = {name: terms[name] for name in ("metrics", "alarm_metrics", "dashboards", "secrets", "keys")}
    return {
        **paid,
        **fixed,
        "api_requests": requests,
        "transfer_gigabytes": requests * ANSWER_BYTES / GIGABYTE,
        "lambda_requests": whole["runs"],
        "lambda_gigabyte_seconds": sum(_gigabyte_seconds(*of, terms) for of in used.items()),
        "write_units": whole["write units"],
        "read_units": whole["read units"] + sweeps * runs["SweepFunction"],
        "table_gigabytes": stored,
        "backup_gigabytes": stored,
        "state_transitions": 3 * runs["AdvanceFunction"] + whole["StartExecution"],
        "bus_events": whole["events"],
        "schedule_invocations": sum(of["runs"] for of in measured.things["day"].values()) * DAYS,
        "log_gigabytes": logs,
        "kept_log_gigabytes": logs * terms["log_days"] / DAYS,
        "traces": sum(_traces(runs.get(function, 0)) for function in terms["traced"]),
    }


def _used(times: Mapping[str, float], things: Mapping[str, Counted]) -> dict[str, defaultdict[str, float]]:
    """Function -> what -> how many a month."""
    used: dict[str, defaultdict[str, float]] = {}
    for thing, often in times.items():
        for function, counted in things[thing].items():
            of = used.setdefault(function, defaultdict(float))
            for what, number in counted.items():
                of[what] += number * often
    return used


def _gigabyte_seconds(function: str, counted: Mapping[str, float], terms: Mapping[str, Any]) -> float:
    requests = sum(number for what, number in counted.items() if what not in NO_REQUEST)
    seconds = requests * REQUEST_SECONDS + counted["runs"] * RUN_SECONDS.get(function, OTHER_RUN_SECONDS)
    return float(seconds * terms["memory_mb"][function] / MEGABYTES)


def _traces(runs: float) -> float:
    a_second = runs / SECONDS
    first = min(a_second, TRACED_A_SECOND)
    return (first + TRACED_SHARE * (a_second - first)) * SECONDS
