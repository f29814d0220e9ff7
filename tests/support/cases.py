"""An incident with everything that is known of it, as if it had been read from the tables."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from makegood.rules.contracts import parse_contract, parse_outages
from makegood.rules.mails import RANK, order
from makegood.rules.silences import Silence
from makegood.storage.cases import Case
from makegood.storage.devices import DOWN, Device
from makegood.storage.incidents import incident_name
from makegood.storage.records import Excuse, Incident, MailRecord, Pause
from support.cast import ACME, DESK, GRACE, START, TESS

MODEM = "modem"
NAME = incident_name(MODEM, START)


def a_case(
    contract: dict[str, Any] = ACME,
    device: dict[str, Any] | None = None,
    mails: tuple[MailRecord, ...] = (),
    pauses: tuple[Pause, ...] = (),
    excuses: tuple[Excuse, ...] = (),
    silences: tuple[Silence, ...] = (),
    **incident: Any,
) -> Case:
    """Acme's modem, silent since START; keyword arguments are what has become of the incident."""
    terms = contract.get("outages") or {}
    return Case(
        contract=parse_contract(contract),
        device=a_device(**(device or {})),
        incident=an_incident(terms=terms, **incident),
        terms=parse_outages(terms, contract["currency"], ZoneInfo(contract["timezone"])),
        mails=mails,
        pauses=pauses,
        excuses=excuses,
        timeline=(),
        silences=silences,
    )


def a_device(**attributes: Any) -> Device:
    known = {
        "kind": "router",
        "name": "Front desk modem",
        "zone": "America/New_York",
        "grace_seconds": GRACE,
        "token_hash": "0" * 64,
        "state": DOWN,
        "incident": NAME,
        "last_seen": START,
        "due_at": START + GRACE,
    }
    return Device("acme-dental", MODEM, **{**known, **attributes})


def an_incident(**attributes: Any) -> Incident:
    known = {
        "client": "acme-dental",
        "device": MODEM,
        "incident": NAME,
        "started_at": START,
        "opened_at": START + GRACE + 30,
        "timer": 1,
        "wake_at": START + GRACE + 30,
        "open_shard": "0",
    }
    return Incident("acme-dental", f"incident#{NAME}", **{**known, **attributes})


def a_mail(kind: str, to: str = DESK, status: str = "sent", at: int = START, **attributes: Any) -> MailRecord:
    """The record of a mail that SES took at an instant."""
    due = order(f"incident#{NAME}", kind, to)
    return MailRecord(
        "acme-dental",
        due.mail,
        client="acme-dental",
        mail=due.mail,
        about=due.about,
        kind=kind,
        to=to,
        subject=kind,
        status=status,
        rank=RANK[status],
        claimed_until=0,
        attempts=1,
        sent_at=at,
        **attributes,
    )


def a_plan(at: int, **changes: Any) -> dict[str, Any]:
    return {
        "by": TESS,
        "at": at,
        "cause": "The power supply of the modem has failed.",
        "steps": "1. Bring a new power supply.\n2. Put the modem back in place.\n3. Test the line.",
        "eta": "by 02:30",
        **changes,
    }


def a_repair(at: int, **changes: Any) -> dict[str, Any]:
    return {
        "by": TESS,
        "at": at,
        "cause": "The power supply had failed.",
        "work": "Replaced the power supply.\nTested the line for ten minutes.",
        **changes,
    }
