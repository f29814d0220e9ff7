"""Reckons issued periods again when a fact has changed: the difference stands on the next statement.

An issued statement never changes. Every step may crash, run twice or at once with itself; a change is
counted once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from makegood import aws
from makegood.issuing import UnsentError
from makegood.mail.adjustment_letter import Correction, adjustment_message
from makegood.mail.formats import formats_of
from makegood.mail.live_links import page_url
from makegood.mail.message import Message
from makegood.mail.outbox import post
from makegood.mail.payment_letters import correction_payment
from makegood.rules.contracts import moment_of_issue
from makegood.rules.correcting import changed_incidents, corrected_facts, gains, on_a_statement
from makegood.rules.instants import Instant, Period, next_period, period_bounds, period_of
from makegood.rules.mails import Order, order
from makegood.rules.statements import compute
from makegood.rules.versions import period_of_start
from makegood.settings import settings
from makegood.storage.adjusting import (
    PAYMENT,
    NewAdjustment,
    adjustments_about,
    corrections_of,
    marks_of,
    record_adjustment,
    settle,
)
from makegood.storage.contracts import Version, version_nearest, version_of_period, versions_of
from makegood.storage.facts import incidents_of
from makegood.storage.incidents import find_incident
from makegood.storage.records import Adjustment, Dirty, Statement
from makegood.storage.statements import FACTS, file_key, find_statement

Json = dict[str, Any]

MARGIN_SECONDS = 600
"""Clocks differ and functions take their time: a period so close to its moment may be frozen by now."""

MOST_REASONS = 5


def correct(client: str, now: Instant) -> None:
    """Reckons every period with a statement that a change may concern, whether its mails have left or not.

    A mark stays until no period it may concern can still be frozen from facts that were read before it.
    Raises UnsentError, after all periods, when a mail has not left.
    """
    marks, versions = marks_of(client), versions_of(client)
    if not marks or not versions:
        return
    waits, unsent = False, list[str]()
    for period in _periods(client, marks, versions, now):
        statement = find_statement(client, period)
        if statement is None:
            waits = True
            continue
        _correct(client, statement, marks, versions, now)
        if not _tell(client, period, versions, now):
            unsent.append(period)
    if unsent:
        raise UnsentError(f"mails about corrections of {client} have not left: {', '.join(unsent)}")
    if not waits:
        for mark in marks:
            settle(mark, now)


def _periods(
    client: str, marks: Sequence[Dirty], versions: Sequence[Version], now: Instant
) -> Iterator[Period]:
    """The covered periods from the first incident on that are due, or that a faster clock may call so."""
    zone = versions[-1].contract.zone
    found = [find_incident(client, name) for name in {mark.incident for mark in marks}]
    started = [incident.started_at for incident in found if incident is not None]
    period = period_of(min(started, default=now), zone)
    while period_bounds(period, zone)[1] <= now + MARGIN_SECONDS:
        if _moment(versions, period, now) <= now + MARGIN_SECONDS:
            yield period
        period = next_period(period)


def _moment(versions: Sequence[Version], period: Period, now: Instant) -> Instant:
    """When the period is issued; never, for one that no contract covers."""
    version = version_of_period(versions, period)
    return now + 2 * MARGIN_SECONDS if version is None else moment_of_issue(version.contract, period)


def _correct(
    client: str, statement: Statement, marks: Sequence[Dirty], versions: Sequence[Version], now: Instant
) -> None:
    """Records what the period comes to more or less than it did so far; nothing when it comes to the same."""
    period, zone = statement.period, versions[-1].contract.zone
    frozen = _frozen_facts(client, period)
    recorded = False
    while not recorded:
        known = corrections_of(client, period)
        corrected = corrected_facts(frozen, incidents_of(client, zone))
        cents = _refund_of(corrected) - statement.refund_cents - known.cents
        settled_in = _next_open(versions, period, now)
        if settled_in != PAYMENT:
            cents = on_a_statement(cents, known.forgiven)
        if not cents:
            return
        counted = _counted(marks, frozen, corrected)
        reasons = [_reason(mark, client, versions) for mark in counted]
        contacts = version_nearest(versions, now).contract.contacts.statements
        entry = NewAdjustment(
            period=period,
            cents=cents,
            reason=_joined(reasons),
            to=contacts if cents > 0 else (),
            recorded_at=now,
        )
        recorded = record_adjustment(client, settled_in, entry, known)


def _counted(marks: Sequence[Dirty], frozen: Json, corrected: Json) -> list[Dirty]:
    """The changes that a correction came of.

    What undoes an earlier change leaves its incident as it was frozen; then every change of an incident that
    the period tells of is named.
    """
    changed = changed_incidents(frozen, corrected)
    if found := [mark for mark in marks if mark.incident in changed]:
        return found
    told_of = {incident["incident"] for facts in (frozen, corrected) for incident in facts["incidents"]}
    return [mark for mark in marks if mark.incident in told_of]


def _refund_of(facts: Json) -> int:
    statement: Json = compute(facts)
    refund: int = statement["refund_cents"]
    return refund


def _next_open(versions: Sequence[Version], period: Period, now: Instant) -> str:
    """The next period whose statement surely has not been begun; PAYMENT when none follows."""
    last_begins = period_of_start(versions[-1].contract)
    found = next_period(period)
    while True:
        version = version_of_period(versions, found)
        if version is not None and moment_of_issue(version.contract, found) > now + MARGIN_SECONDS:
            return found
        if version is None and found > last_begins:
            return PAYMENT
        found = next_period(found)


def _reason(mark: Dirty, client: str, versions: Sequence[Version]) -> str:
    formats = formats_of(versions[-1].contract)
    incident = find_incident(client, mark.incident)
    recorded = formats.day(mark.at)
    if incident is None:
        return f"{mark.reason} (recorded on {recorded})"
    began = formats.day(incident.started_at)
    return f"{incident.device}, outage of {began}: {mark.reason} (recorded on {recorded})"


def _joined(reasons: Sequence[str]) -> str:
    told = list(dict.fromkeys(reasons))
    rest = len(told) - MOST_REASONS
    more = [f"and {rest} more"] if rest > 0 else []
    return "; ".join([*told[:MOST_REASONS], *more]) or "the month was computed again"


def _tell(client: str, period: Period, versions: Sequence[Version], now: Instant) -> bool:
    """Mails what is in the client's favour, once to each contact of then; the provider what is to be paid.

    Says whether all has left.
    """
    sent = [post(client, mail, message, now) for mail, message in _mails(client, period, versions, now)]
    return all(sent)


def _mails(
    client: str, period: Period, versions: Sequence[Version], now: Instant
) -> Iterator[tuple[Order, Message]]:
    for entry, cents in _with_gains(adjustments_about(client, period)):
        if not entry.to or cents <= 0:
            continue
        correction = _correction(entry, cents, versions)
        for to in entry.to:
            about = order(f"statement#{period}", f"adjustment-{entry.number}", to)
            yield about, adjustment_message(correction, page_url(client, to, now))
        if entry.settled_in == PAYMENT:
            about = order(f"statement#{period}", f"payment-{entry.number}", settings().reply_to)
            yield about, correction_payment(correction, entry.to)


def _with_gains(entries: Iterable[Adjustment]) -> Iterator[tuple[Adjustment, int]]:
    """The corrections of a period, sorted, with what each brings beyond those settled in the same place."""
    for _, found in groupby(entries, attrgetter("settled_in")):
        settled = list(found)
        yield from zip(settled, gains([entry.cents for entry in settled]), strict=True)


def _correction(entry: Adjustment, cents: int, versions: Sequence[Version]) -> Correction:
    contract = version_nearest(versions, entry.recorded_at or 0).contract
    settled_in = None if entry.settled_in == PAYMENT else entry.settled_in
    version = None if settled_in is None else version_of_period(versions, settled_in)
    if settled_in is None or version is None:
        return Correction(contract, entry.period, cents, entry.reason)
    moment = moment_of_issue(version.contract, settled_in)
    return Correction(contract, entry.period, cents, entry.reason, (settled_in, moment))


def _frozen_facts(client: str, period: Period) -> Json:
    key = file_key(client, period, FACTS)
    stored = aws.s3().get_object(Bucket=settings().statements_bucket, Key=key)["Body"].read()
    facts: Json = json.loads(stored)
    return facts
