"""The client's page: a month so far by the statement's own arithmetic, what is asked, every statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from live_clocks import OutageClocks, outages_of, view_clocks
from live_issued import IssuedView, PastOutage, last_incidents, view_issued
from live_visits import LiveVisit
from makegood.mail.allowance_words import the_stage, why_paused
from makegood.mail.formats import Formats, formats_of
from makegood.mail.live_links import ANSWER, DISAGREE, EXCUSE, LINK_SECONDS, live_url
from makegood.mail.statement_month import Month, Outage
from makegood.mail.statement_view import StatementView, view_month
from makegood.pages.routes import NotFoundError
from makegood.rules.allowances import INCIDENT_MATTER
from makegood.rules.contracts import Contract, moment_of_issue
from makegood.rules.instants import Instant, Period, next_period, period_of
from makegood.rules.links import LinkRefusedError
from makegood.rules.statements import reckon
from makegood.rules.versions import period_of_start
from makegood.storage.adjusting import adjustments_of
from makegood.storage.contracts import Version, version_nearest, version_of_period, versions_of
from makegood.storage.facts import Found, Incidents, find_incidents, gather_facts
from makegood.storage.matters import is_same_person
from makegood.storage.records import Incident, Statement
from makegood.storage.statements import statements_of


@dataclass(frozen=True)
class Asked:
    """Something that only the client can do, with the link to where it does it."""

    title: str
    text: str
    button: str
    url: str


@dataclass(frozen=True)
class ComingView:
    """A month that is over and has no statement yet, and the hour of the statement, which may be past."""

    period: Period
    month: str
    at: str
    is_late: bool


@dataclass(frozen=True)
class PageView:
    """`view` is missing when no contract covers the month."""

    contract: Contract
    period: Period
    month: str
    is_present: bool
    as_of: Instant
    time: str
    view: StatementView | None
    outages: tuple[OutageClocks, ...]
    asked: tuple[Asked, ...]
    issued: tuple[IssuedView, ...]
    last: tuple[PastOutage, ...]
    may_act: bool
    coming: tuple[ComingView, ...]


def view_page(visit: LiveVisit, period: Period | None) -> PageView:
    """The month that runs, or one that is over without its statement; NotFoundError for any other."""
    client, now = visit.link.client, visit.now
    versions = versions_of(client)
    contract = contract_for(visit, versions)
    statements = statements_of(client)
    coming = tuple(_coming(versions, {statement.period for statement in statements}, now))
    formats = formats_of(contract)
    present = period_of(now, contract.zone)
    shown = present if period is None else period
    if shown not in (present, *(each.period for each in coming)):
        raise NotFoundError
    incidents = find_incidents(client)
    month, view = _month(client, versions, shown, now, incidents)
    adjustments = adjustments_of(client) if statements else []
    may_act = is_among(contract.contacts.outages, visit.link.person)
    return PageView(
        contract=contract,
        period=shown,
        month=formats.period(shown),
        is_present=shown == present,
        as_of=month.facts.as_of if month else now,
        time=formats.time(now),
        view=view,
        outages=tuple(_outages(visit, month, incidents, may_act)) if month else (),
        asked=tuple(_asked(visit, month, incidents)) if month and may_act else (),
        issued=tuple(view_issued(statement, adjustments, formats) for statement in statements),
        last=tuple(_last(visit, statements[0], month, incidents, formats)) if statements and may_act else (),
        may_act=may_act,
        coming=coming,
    )


def contract_for(visit: LiveVisit, versions: Sequence[Version]) -> Contract:
    """The contract as it stands, for a person who still is a contact; LinkRefusedError for anybody else."""
    if not versions:
        raise LinkRefusedError("forged")
    contract = version_nearest(versions, visit.now).contract
    if not is_among((*contract.contacts.outages, *contract.contacts.statements), visit.link.person):
        raise LinkRefusedError("forged")
    return contract


def is_among(contacts: Sequence[str], person: str) -> bool:
    return any(is_same_person(contact, person) for contact in contacts)


def _month(
    client: str, versions: Sequence[Version], period: Period, now: Instant, incidents: Incidents
) -> tuple[Month | None, StatementView | None]:
    """The statement of the period as it stands: by the facts and the arithmetic that issue it later."""
    version = version_of_period(versions, period)
    if version is None:
        return None, None
    as_of = min(now, moment_of_issue(version.contract, period))
    facts = gather_facts(client, period, as_of, incidents)
    reckoned = reckon(facts)
    month = Month(reckoned.statement, reckoned)
    return month, view_month(month)


def _coming(versions: Sequence[Version], stored: set[Period], now: Instant) -> Iterator[ComingView]:
    """The months that are over and have no statement yet, the oldest first."""
    formats = formats_of(version_nearest(versions, now).contract)
    period, present = period_of_start(versions[0].contract), period_of(now, formats.zone)
    while period < present:
        version = version_of_period(versions, period)
        if version is not None and period not in stored:
            at = moment_of_issue(version.contract, period)
            yield ComingView(period, formats.period(period), formats.time(at), at <= now)
        period = next_period(period)


def _outages(visit: LiveVisit, month: Month, incidents: Incidents, may_act: bool) -> Iterator[OutageClocks]:
    records = {record.incident: record for found in incidents.values() for record in found.incidents}
    for outage in outages_of(month):
        record = records[outage.facts.incident]
        yield view_clocks(month, outage, _url(visit, DISAGREE, record, INCIDENT_MATTER) if may_act else "")


def _asked(visit: LiveVisit, month: Month, incidents: Incidents) -> Iterator[Asked]:
    running = {outage.facts.incident: outage for outage in outages_of(month)}
    for found in incidents.values():
        for incident in found.incidents:
            if incident.incident in running:
                yield from _answers(visit, month, running[incident.incident], incident, found)
            yield from _excuses(visit, month, incident, found)


def _answers(
    visit: LiveVisit, month: Month, outage: Outage, incident: Incident, found: Found
) -> Iterator[Asked]:
    for pause in found.pauses:
        until = pause.start + outage.terms.pause_at_most
        if pause.end is None and incident.closed_at is None and visit.now_up < until:
            yield Asked(
                f"We wait for you: {incident.device}",
                f"{_sentence(pause.awaited or why_paused(pause))} The clocks of plan and repair wait since "
                f"{month.time(pause.start)}, at the longest until {month.time(until)}.",
                "Give your answer",
                _url(visit, ANSWER, incident, pause.matter),
            )


def _excuses(visit: LiveVisit, month: Month, incident: Incident, found: Found) -> Iterator[Asked]:
    for excuse in found.excuses:
        if excuse.waits and excuse.asks_client and not is_same_person(excuse.asked_by, visit.link.person):
            yield Asked(
                f"Do you agree to excuse {the_stage(excuse.stage)} of {incident.device}?",
                f"It is about the outage of {month.day(incident.started_at)}. {excuse.asked_by} asks for it: "
                f"{excuse.evidence or ''}",
                "Agree or refuse",
                _url(visit, EXCUSE, incident, excuse.matter),
            )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _url(visit: LiveVisit, purpose: str, incident: Incident, matter: str) -> str:
    """A link as a mail would hold it, good for no longer than the one that this visit came by."""
    since = min(visit.now, visit.link.expires_at - LINK_SECONDS)
    return live_url(purpose, incident, visit.link.person, matter, since=since, now=visit.now)


def _last(
    visit: LiveVisit, last: Statement, month: Month | None, incidents: Incidents, formats: Formats
) -> Iterator[PastOutage]:
    """What one may still disagree with of the newest statement, but for what the page tells of anyway."""
    told = {outage.facts.incident for outage in month.outages} if month else set()
    for incident in last_incidents(last, incidents, formats):
        if incident.incident not in told:
            name = f"{incident.device}, {formats.day(incident.started_at)}"
            yield PastOutage(name, _url(visit, DISAGREE, incident, INCIDENT_MATTER))
