"""What follows from a report of SES: the mail's record, the contact's health, its incident, issued months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from makegood.rules.instants import Instant
from makegood.rules.mails import BOUNCED, DELIVERED, PASSING_BOUNCE_RANK
from makegood.storage.adjusting import dirty_if_past
from makegood.storage.contacts import confirm, flag_bounce, flag_complaint
from makegood.storage.contracts import Version, version_nearest, versions_of
from makegood.storage.incidents import find_incident
from makegood.storage.mail_events import find_mail, record_complaint, record_delay, record_event
from makegood.storage.records import Incident, MailRecord
from makegood.storage.transactions import Write
from makegood.timers import arm

_WORDS = {"notice": "the notice", "plan": "the plan"}
"""The mails that keep a promise, as the client knows them."""

_BECAME = {
    "Delivery": "arrived later than it was sent",
    "Bounce": "came back",
    "Reject": "was not sent on",
    "Complaint": "arrived after all",
}


@dataclass(frozen=True)
class Report:
    """One event: its kind, its own time, and whether it is a bounce that may pass, such as a full mailbox."""

    kind: str
    at: Instant
    passing: bool


def take_report(client: str, mail: str, report: Report, now: Instant) -> None:
    """Records a report, as often as it comes. What it is about is changed first, and with it what depends."""
    record = find_mail(client, mail)
    if record is None:
        return
    versions = versions_of(client)
    incident = _incident_of(record)
    _change_mail(record, report, _mark(record, incident, versions, report, now))
    if versions and _is_contact(record.to, version_nearest(versions, now)):
        _change_contact(record, report)
    if incident is not None and report.kind in ("Bounce", "Reject", "Complaint"):
        arm(incident, now)


def _change_mail(mail: MailRecord, report: Report, marks: Sequence[Write]) -> None:
    match report.kind:
        case "Delivery":
            record_event(mail, DELIVERED, report.at, *marks)
        case "Bounce" if report.passing:
            record_event(mail, BOUNCED, report.at, *marks, rank=PASSING_BOUNCE_RANK)
        case "Bounce" | "Reject":
            record_event(mail, BOUNCED, report.at, *marks)
        case "Complaint":
            record_complaint(mail, report.at, *marks)
        case "DeliveryDelay":
            record_delay(mail, report.at)


def _change_contact(mail: MailRecord, report: Report) -> None:
    """A full mailbox or an automatic reply says nothing of the contact, nor does what SES itself refused."""
    match report.kind:
        case "Delivery":
            confirm(mail.client, mail.to, report.at)
        case "Bounce" if not report.passing:
            flag_bounce(mail.client, mail.to, report.at)
        case "Complaint":
            flag_complaint(mail.client, mail.to, report.at)


def _is_contact(address: str, version: Version) -> bool:
    contacts = version.contract.contacts
    return address in (*contacts.outages, *contacts.statements)


def _incident_of(mail: MailRecord) -> Incident | None:
    scope, _, name = mail.about.partition("#")
    return find_incident(mail.client, name) if scope == "incident" else None


def _mark(
    mail: MailRecord, incident: Incident | None, versions: Sequence[Version], report: Report, now: Instant
) -> Sequence[Write]:
    """The mark that issued months are to be reckoned again, once the incident's own month is over."""
    if incident is None or mail.kind not in _WORDS or report.kind not in _BECAME or not versions:
        return ()
    zone = version_nearest(versions, incident.started_at).contract.zone
    return dirty_if_past(incident, zone, f"{_WORDS[mail.kind]} to {mail.to} {_BECAME[report.kind]}", now)
