"""The issued statements on the client's page: what was corrected since, and the outages of the last one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from makegood.mail.formats import Formats
from makegood.rules.correcting import gains
from makegood.rules.instants import Instant, Period, period_bounds
from makegood.storage.adjusting import PAYMENT
from makegood.storage.facts import Incidents
from makegood.storage.records import Adjustment, Incident, Statement


@dataclass(frozen=True)
class IssuedView:
    """A statement to download, and what each correction since says."""

    period: Period
    month: str
    verdict: str
    tone: str
    refund: str
    due: str
    corrected: tuple[str, ...]


@dataclass(frozen=True)
class PastOutage:
    """An outage of a month whose statement is issued, with the link to disagree."""

    name: str
    disagree: str


def view_issued(statement: Statement, adjustments: Iterable[Adjustment], formats: Formats) -> IssuedView:
    due = formats.money(abs(statement.due_cents))
    about = [entry for entry in adjustments if entry.period == statement.period]
    return IssuedView(
        statement.period,
        formats.period(statement.period),
        "Healthy" if statement.healthy else "Not healthy",
        "good" if statement.healthy else "bad",
        formats.money(statement.refund_cents),
        due if statement.due_cents >= 0 else f"{due} credit",
        tuple(_corrected(about, formats)),
    )


def _corrected(about: Sequence[Adjustment], formats: Formats) -> Iterator[str]:
    """How much each correction of a month comes to, where it is settled, and why; the oldest first."""
    apart = [entry for entry in about if entry.settled_in == PAYMENT]
    paid = dict(zip((entry.sk for entry in apart), gains([entry.cents for entry in apart]), strict=True))
    for entry in sorted(about, key=lambda entry: (entry.recorded_at or 0, entry.number or 0)):
        if entry.sk not in paid:
            more = "more" if entry.cents >= 0 else "less"
            settled = f"on the statement for {formats.period(entry.settled_in)}"
            yield f"{formats.money(abs(entry.cents))} {more} for you, {settled}. {entry.reason}"
        elif cents := paid[entry.sk]:
            yield f"{formats.money(cents)} more for you, paid to you separately. {entry.reason}"
        else:
            yield f"Nothing more for you, and nothing is asked back. {entry.reason}"


def last_incidents(statement: Statement, incidents: Incidents, formats: Formats) -> list[Incident]:
    """The incidents that were not over, or not done, before the statement's month, and began by its end."""
    starts_at, ends_at = period_bounds(statement.period, formats.zone)
    found = (incident for each in incidents.values() for incident in each.incidents)
    reaching = (each for each in found if each.started_at < ends_at and _until(each, ends_at) >= starts_at)
    return sorted(reaching, key=lambda incident: incident.started_at, reverse=True)


def _until(incident: Incident, ends_at: Instant) -> Instant:
    """When it was back and documented; one that is not, later than any month that it began in."""
    return max(incident.restored_at or ends_at, incident.documented_at or ends_at)
