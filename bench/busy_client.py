"""A client whose month is as full as statements are measured with: 25 devices, 5 incidents, 6 practices."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from makegood.rules.instants import DAY_SECONDS, Instant, parse_instant
from makegood.rules.mails import DELIVERED, RANK, order
from makegood.storage.devices import UP, Device
from makegood.storage.records import (
    CLIENTS,
    ClientEntry,
    ContractVersion,
    Evidence,
    Incident,
    MailRecord,
)

CLIENT = "acme-dental"
PERIOD = "2026-03"
STARTS_AT = parse_instant("2026-03-01T00:00:00Z")
ISSUED_AT = parse_instant("2026-04-03T09:00:00Z")
DAYS = 31
CONTACTS = ["front-desk@acme.example", "owner@acme.example"]

PRACTICES: dict[str, dict[str, Any]] = {
    "patching": {"critical_pending": 0, "oldest_critical_days": 0, "reboot_pending": False},
    "antivirus": {"installed": True, "running": True, "definitions_age_hours": 5, "scan_age_hours": 20},
    "quarantine": {"detections": 0, "quarantined": 0},
    "log_review": {"reviewed": True},
    "backup": {"ok": True, "bytes": 41_307_045_888},
    "restore_test": {"ok": True, "hash_matches": True},
}

CONTRACT: dict[str, Any] = {
    "client": CLIENT,
    "name": "Acme Dental Group",
    "timezone": "UTC",
    "currency": "USD",
    "monthly_fee": "2400.00",
    "effective_from": "2026-01-01",
    "contacts": {"outages": CONTACTS, "statements": CONTACTS[:1]},
    "outages": {
        "notify": {"within": "15m", "refund": "5%"},
        "plan": {"within": "1h", "refund": "5%"},
        "repair": {"within": "4h", "refund": "10%", "then": {"every": "1h", "refund": "2%", "at_most": 10}},
    },
    "practices": {name: {"max_age": "1d", "at_least": "97%", "refund": "3%"} for name in PRACTICES},
    "statement": {"day": 3, "hour": 9},
}


def store(devices: int = 25, incidents: int = 5) -> None:
    """Puts the client, its devices, a month of evidence and its incidents on record."""
    ContractVersion(
        CLIENT, "contract#2026-01-01", terms=CONTRACT, applied_at=STARTS_AT, applied_by="bench"
    ).save()
    ClientEntry(CLIENTS, CLIENT, next_period=PERIOD).save()
    for number in range(devices):
        _store_device(f"device-{number:02}")
    for number in range(incidents):
        _store_incident(f"device-{number:02}", STARTS_AT + (5 * number + 2) * DAY_SECONDS)


def _store_device(name: str) -> None:
    Device(
        CLIENT,
        name,
        kind="server",
        name=name,
        zone="UTC",
        grace_seconds=180,
        token_hash="0" * 64,
        state=UP,
        enrolled_at=STARTS_AT - DAY_SECONDS,
        last_seen=ISSUED_AT - 30,
        due_at=ISSUED_AT + 150,
        practices=set(PRACTICES),
    ).save()
    with Evidence.batch_write() as batch:
        for day in range(DAYS):
            at = STARTS_AT + day * DAY_SECONDS + 4 * 3_600
            for practice, facts in PRACTICES.items():
                if (day + len(name) + len(practice)) % 29:  # now and then none came
                    key = f"evidence#{datetime.fromtimestamp(at, UTC):%Y-%m-%d}#{name}#{practice}"
                    batch.save(Evidence(CLIENT, key, device=name, practice=practice, at=at, facts=facts))


def _store_incident(device: str, started_at: Instant) -> None:
    """Silent for six hours; told and planned in time, repaired two hours late."""
    name = f"{device}-{datetime.fromtimestamp(started_at, UTC):%Y%m%dT%H%M%SZ}"
    restored_at = started_at + 6 * 3_600
    Incident(
        CLIENT,
        f"incident#{name}",
        client=CLIENT,
        device=device,
        incident=name,
        started_at=started_at,
        opened_at=started_at + 200,
        terms=CONTRACT["outages"],
        timer=9,
        wake_at=restored_at,
        plan={"by": "tess@provider.example", "at": started_at + 1_800, "text": "A new power supply."},
        repair={"by": "tess@provider.example", "at": restored_at + 60, "text": "Replaced."},
        restored_at=restored_at,
        documented_at=restored_at + 60,
        by_itself=False,
        closed_at=restored_at + 660,
    ).save()
    for kind, after in (("notice", 210), ("plan", 1_810), ("recovery", 22_200), ("closing", 22_260)):
        for to in CONTACTS:
            mail = order(f"incident#{name}", kind, to)
            MailRecord(
                CLIENT,
                f"incident#{name}#mail#{mail.mail.split('_', 2)[2]}",
                client=CLIENT,
                mail=mail.mail,
                about=mail.about,
                kind=kind,
                to=to,
                subject=f"[Acme Dental Group] {device}",
                status=DELIVERED,
                rank=RANK[DELIVERED],
                claimed_until=0,
                attempts=1,
                message_id="0102018f",
                sent_at=started_at + after,
                delivered_at=started_at + after + 2,
            ).save()
