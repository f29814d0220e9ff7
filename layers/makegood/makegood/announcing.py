"""Tells a client of announced and cancelled maintenance: at once, and again until every mail has left."""

from __future__ import annotations

from makegood import clock
from makegood.mail.live_links import page_url
from makegood.mail.maintenance_letter import ANNOUNCED, CANCELLED, maintenance_message
from makegood.mail.maintenance_words import Announcement
from makegood.mail.outbox import post
from makegood.rules.instants import Instant
from makegood.rules.mails import order
from makegood.storage.contracts import version_nearest, versions_of
from makegood.storage.devices import devices_of
from makegood.storage.maintenance import find_maintenance
from makegood.storage.records import Maintenance
from makegood.storage.writes import update_if


def tell(client: str, maintenance: str) -> bool:
    """Mails what is announced, or cancelled, to the contacts of the contract at this moment.

    True once every mail has left; then nothing of it waits any more. False when it is to be tried again.
    Raises UnreachableError when SES does not answer.
    """
    record = find_maintenance(client, maintenance)
    if record is None or record.open_shard is None:
        return True
    now = clock.now()
    words = announcement(record)
    kind = ANNOUNCED if record.cancelled_at is None else CANCELLED
    about = f"maintenance#{maintenance}"
    sent = [
        post(client, order(about, kind, to), maintenance_message(words, page_url(client, to, now)), now)
        for to in _contacts(client, now)
    ]
    return all(sent) and _is_told(record)


def announcement(record: Maintenance) -> Announcement:
    """The record with what its words need."""
    versions = [version.contract for version in versions_of(record.client)]
    return Announcement(record, versions, {row.device: row.name for row in devices_of(record.client)})


def _contacts(client: str, now: Instant) -> tuple[str, ...]:
    """A contract that promises nothing about outages may name nobody for them."""
    contacts = version_nearest(versions_of(client), now).contract.contacts
    return contacts.outages or contacts.statements


def _is_told(record: Maintenance) -> bool:
    """Takes it off what waits; False when it was cancelled meanwhile, so that there is more to tell."""
    unchanged = Maintenance.wake_at == record.wake_at
    return update_if(record, [Maintenance.open_shard.remove(), Maintenance.wake_at.remove()], unchanged) or (
        (find_maintenance(record.client, record.maintenance) or record).open_shard is None
    )
