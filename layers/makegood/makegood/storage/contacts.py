"""Whether mails reach a client's contacts, by what SES reports, in any order and more than once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from pynamodb.expressions.condition import Condition

from makegood.rules.instants import Instant
from makegood.rules.told import BOUNCES, COMPLAINED, Unreachable
from makegood.storage.records import Contact
from makegood.storage.transactions import Write
from makegood.storage.writes import put_if

_ATTEMPTS = 10


class BusyError(Exception):
    """Others keep changing the same contact; the event is delivered again."""


def contact_key(address: str) -> str:
    return f"contact#{hashlib.sha256(address.encode()).hexdigest()[:12]}"


def find_contact(client: str, address: str) -> Contact | None:
    """What is known of an address, by a consistent read."""
    try:
        return Contact.get(client, contact_key(address), consistent_read=True)
    except Contact.DoesNotExist:
        return None


def unreachable_of(client: str, addresses: Iterable[str]) -> tuple[Unreachable, ...]:
    """Those of the addresses that mails do not reach, in their order."""
    found = Contact.query(client, Contact.sk.startswith("contact#"), consistent_read=True)
    flagged = {contact.address: flag for contact in found if (flag := flag_of(contact)) is not None}
    return tuple(flagged[address] for address in addresses if address in flagged)


def flag_of(contact: Contact) -> Unreachable | None:
    """Since when and why a contact counts as not reached; None when nothing speaks against it."""
    if contact.complained_at is not None:
        return Unreachable(contact.address, contact.complained_at, COMPLAINED)
    if contact.failed_since is not None:
        return Unreachable(contact.address, contact.failed_since, BOUNCES)
    return None


def confirm(client: str, address: str, at: Instant) -> None:
    """A mail was delivered there: bounces before it are over. A complaint stands until it is taken back."""

    def delivered(contact: Contact) -> None:
        contact.confirmed_at = max(at, contact.confirmed_at or at)
        if contact.failed_at is None or contact.failed_since is None:
            return
        if contact.failed_at < at:
            contact.failed_since = contact.failed_at = None
        elif contact.failed_since < at:
            contact.failed_since = contact.failed_at

    _change(client, address, delivered)


def flag_bounce(client: str, address: str, at: Instant) -> None:
    """A mail came back for good; older news than a delivery or a restoration changes nothing."""

    def bounced(contact: Contact) -> None:
        if at < max(contact.confirmed_at or 0, contact.restored_at or 0):
            return
        contact.failed_since = min(at, contact.failed_since or at)
        contact.failed_at = max(at, contact.failed_at or at)

    _change(client, address, bounced)


def flag_complaint(client: str, address: str, at: Instant) -> None:
    """Somebody there called a mail of ours unwanted: SES sends no more."""

    def complained(contact: Contact) -> None:
        if at >= (contact.restored_at or 0):
            contact.complained_at = min(at, contact.complained_at or at)

    _change(client, address, complained)


def clear_flags(client: str, address: str, at: Instant) -> None:
    """The operator restored the contact; the next mail that arrives confirms it."""

    def restored(contact: Contact) -> None:
        contact.failed_since = contact.failed_at = contact.complained_at = None
        contact.restored_at = max(at, contact.restored_at or at)

    _change(client, address, restored)


def revocation(client: str, address: str, at: Instant) -> Write:
    """No link that was made until then for this address opens anything any more.

    Part of a transaction, which is lost when the contact changes meanwhile.
    """
    contact, unchanged = _read(client, address)
    contact.links_revoked_at = max(at, contact.links_revoked_at or at)
    contact.revision += 1
    return lambda transaction: transaction.save(contact, condition=unchanged)


def are_links_revoked(client: str, address: str, made_at: Instant) -> bool:
    """Whether links made then for this address are revoked, in whatever capitals it was written."""
    known = Contact.query(client, Contact.sk.startswith("contact#"), consistent_read=True)
    return any(
        made_at <= contact.links_revoked_at
        for contact in known
        if contact.links_revoked_at is not None and contact.address.lower() == address.lower()
    )


def _change(client: str, address: str, change: Callable[[Contact], None]) -> None:
    """Reads, changes and writes on the condition that nobody else did meanwhile."""
    for _ in range(_ATTEMPTS):
        contact, unchanged = _read(client, address)
        before = dict(contact.attribute_values)
        change(contact)
        if contact.revision and contact.attribute_values == before:
            return
        contact.revision += 1
        if put_if(contact, unchanged):
            return
    raise BusyError(address)


def _read(client: str, address: str) -> tuple[Contact, Condition]:
    """The contact, of revision 0 when nothing is known of it yet, and the condition that it still is so."""
    known = find_contact(client, address)
    if known is None:
        return Contact(client, contact_key(address), address=address, revision=0), Contact.sk.does_not_exist()
    return known, Contact.revision == known.revision
