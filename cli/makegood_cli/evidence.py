"""`makegood evidence`: what came in to show that practices were done, and from whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from makegood import clock
from makegood.rules.contracts import GRACE_DAYS, Contract
from makegood.rules.evidence import shows_done
from makegood.rules.instants import Period, period_of
from makegood.storage.attestations import Report, reports_of
from makegood.storage.changes import known_client
from makegood.storage.contracts import version_nearest, version_of_period, versions_of
from makegood.storage.records import Evidence, Observation
from makegood_cli.connection import connect
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, written
from makegood_cli.periods import PeriodType
from makegood_cli.tables import print_table


@click.command("list", cls=Command)
@click.argument("client")
@click.option("--month", "period", type=PeriodType(), help="A month such as 2026-03 [the present one].")
def list_evidence(client: str, period: Period | None) -> None:
    """List what came in of a client's practices: the newest of each day, and what people attested.

    Whether it shows that the practice was done is said of each by itself; a day counts by its newest
    evidence, and an observation counts when somebody has reviewed it. --json has the facts too, and the end
    of what a job printed.
    """
    connect()
    known_client(client)
    versions, now = versions_of(client), clock.now()
    month = period or period_of(now, version_nearest(versions, now).contract.zone)
    version = version_of_period(versions, month)
    grace_days = _grace_days(version.contract if version else None)
    rows = list(_rows(reports_of(client, month), grace_days))
    if current_options().json:
        print_json(rows)
        return
    columns = ("day", "device", "practice", "received at", "by itself", "by", "source")
    print_table(columns, [tuple(row.values())[: len(columns)] for row in rows])


def _rows(reports: Iterable[Report], grace_days: int) -> Iterator[dict[str, Any]]:
    for report in sorted(reports, key=lambda report: (report.at, report.sk)):
        _, day, device, practice, *_ = report.sk.split("#")
        yield {
            "day": day,
            "device": device,
            "practice": practice,
            "received_at": written(report.at),
            "verdict": _verdict(report, grace_days),
            "by": _text(report.facts, "by"),
            "source": _text(report.facts, "source"),
            "facts": report.facts,
            "record": report.record if isinstance(report, Evidence) else None,
        }


def _verdict(report: Report, grace_days: int) -> str:
    if isinstance(report, Observation):
        return "observation"
    return "done" if shows_done(report.practice, report.facts, grace_days) else "missed"


def _grace_days(contract: Contract | None) -> int:
    """How long a critical update may be pending by the month's contract."""
    terms = {terms.practice: terms for terms in contract.practices} if contract else {}
    return terms["patching"].grace_days if "patching" in terms else GRACE_DAYS


def _text(facts: Mapping[str, Any], name: str) -> str | None:
    value = facts.get(name)
    return value if isinstance(value, str) and value else None
