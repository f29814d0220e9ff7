"""A statement as it is read: the answer first, then everything that led to it, all in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from makegood.mail import statement_summary as summary
from makegood.mail.look import count_of, show_length
from makegood.mail.statement_calendar import LEGEND, calendars
from makegood.mail.statement_closing import closing_sentences
from makegood.mail.statement_maintenance import MaintenanceView, view_maintenance
from makegood.mail.statement_month import Json, Month
from makegood.mail.statement_outages import OutageView, view_outage
from makegood.mail.statement_practices import PracticeView, view_practice
from makegood.mail.statement_proof import proof_words
from makegood.mail.statement_refunds import RefundView, view_refunds
from makegood.mail.statement_told import unreachable_sentences
from makegood.rules.values import BPS

MOST_DEVICES: Final = 20
"""With more devices than this, those that were never down are told together."""


@dataclass(frozen=True)
class DeviceView:
    name: str
    note: str
    availability: str


@dataclass(frozen=True)
class StatementView:
    """Everything a statement's page and its plain-text twin say, in the order in which they say it."""

    subject: str
    client: str
    month: str
    days: str
    as_of: str
    zone: str
    is_over: bool
    headline: str
    tone: str
    reasons: tuple[str, ...]
    amounts: tuple[summary.Amount, ...]
    total: summary.Amount
    refunds: tuple[RefundView, ...]
    cap: str
    outages: tuple[OutageView, ...]
    practices: tuple[PracticeView, ...]
    legend: tuple[tuple[str, str, str], ...]
    devices: tuple[DeviceView, ...]
    maintenance: tuple[MaintenanceView, ...]
    proof: str


def view_month(month: Month, *, whole: bool = True) -> StatementView:
    """What to say of a computed statement and its facts.

    All of it, or what a mail's page has room for: there, of many devices, the worst are named.
    """
    rows = calendars(month, whole=whole)
    return StatementView(
        subject=summary.subject(month),
        client=month.contract.name,
        month=month.name,
        days=month.days,
        as_of=month.time(month.facts.as_of),
        zone=month.contract.timezone,
        is_over=month.is_over,
        headline=summary.headline(month),
        tone="good" if month.statement["healthy"] else "bad",
        reasons=(*summary.reasons(month), *closing_sentences(month), *unreachable_sentences(month)),
        amounts=tuple(summary.amounts(month)),
        total=summary.total(month),
        refunds=view_refunds(month),
        cap=summary.cap(month),
        outages=tuple(view_outage(month, outage) for outage in month.outages),
        practices=tuple(
            view_practice(month, terms, rows.get(terms.practice), whole=whole)
            for terms in month.contract.practices
        ),
        legend=LEGEND if rows else (),
        devices=tuple(_devices(month, whole=whole)),
        maintenance=view_maintenance(month),
        proof=proof_words(month.statement),
    )


def _devices(month: Month, *, whole: bool) -> Iterator[DeviceView]:
    rows = month.statement["availability"]
    told = [row for row in rows if len(rows) <= MOST_DEVICES or row["availability_bps"] != BPS]
    yield from (_device(month, row) for row in told)
    if len(told) < len(rows):
        others = count_of(len(rows) - len(told), "more device", "more devices")
        never_down = [row for row in rows if row["availability_bps"] == BPS]
        unheard = [row.get("unmonitored_seconds") or 0 for row in never_down]
        names = f": {', '.join(row['device'] for row in never_down)}" if whole else ""
        note = f"Never down{_unheard(min(unheard), max(unheard))}{names}"
        yield DeviceView(others, note, month.formats.measured(BPS))


def _device(month: Month, row: Json) -> DeviceView:
    kind = next(device.kind for device in month.facts.devices if device.device == row["device"])
    monitored, bps = show_length(row["monitored_seconds"]), row["availability_bps"]
    note = f"Never down in {monitored}"
    if bps is None:
        note = "Not monitored"
    elif row["down_seconds"]:
        note = f"Down {show_length(row['down_seconds'])} of {monitored}"
    unheard = row.get("unmonitored_seconds") or 0
    note += _unheard(unheard, unheard)
    if row["maintenance_seconds"]:
        note += f"; announced maintenance of {show_length(row['maintenance_seconds'])} does not count"
    return DeviceView(
        name=f"{row['device']} ({kind})" if kind else row["device"],
        note=note,
        availability="" if bps is None else month.formats.measured(bps),
    )


def _unheard(least: int, most: int) -> str:
    """What to say of the time in which we could not hear, of one device or of several."""
    if not most:
        return ""
    up_to = "up to " if least < most else ""
    return f"; could not be monitored for {up_to}{show_length(most)}, not counted as up or down"
