"""Writes a month of facts into the tables, as the monitoring would have left them at its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from makegood.rules.instants import Instant, local_date, parse_instant
from makegood.rules.mails import DELIVERED, RANK, SENT, Order, mail_key, order
from makegood.rules.told import CALLED, HANDED_OVER
from makegood.storage.canary import EVERY_SECONDS, GAPS, canary_row, gap_key
from makegood.storage.devices import RETIRED, UP, Device
from makegood.storage.incidents import stamp
from makegood.storage.records import (
    CLIENTS,
    Adjustment,
    Call,
    ClientEntry,
    ContractVersion,
    Evidence,
    Excuse,
    Gap,
    Incident,
    MailRecord,
    Maintenance,
    Pause,
    Record,
    SilenceRecord,
    Unheard,
)

Json = Mapping[str, Any]

LOADED_BY = "load_facts"
NO_TOKEN = "0" * 64
"""A token's hash that no token has: nobody posts heartbeats for a loaded device."""

NEVER_OVERDUE = 4_102_444_800
"""2100-01-01: a sweep finds no loaded device silent."""


def store_facts(facts: Json) -> None:
    """Stores a client's contract, devices, incidents, evidence and the rest; the period becomes its next one.

    Incidents are stored without timers: nothing wakes for them. Of the evidence of one device, practice and
    local day the newest stays, as when it arrives by heartbeat. What was not monitored is so for all clients.
    """
    contract = facts["contract"]
    client = contract["client"]
    ClientEntry(CLIENTS, client, name=contract["name"], next_period=facts["period"]).save()
    for device in facts["devices"]:
        _device(client, contract["timezone"], device).save()
    if facts.get("unmonitored"):
        canary_row(NO_TOKEN, state=UP, last_seen=parse_instant(facts["as_of"])).save()
    with Record.batch_write() as batch:
        for record in _records(client, facts):
            batch.save(record)


def _records(client: str, facts: Json) -> Iterator[Record]:
    contract, as_of = facts["contract"], parse_instant(facts["as_of"])
    yield ContractVersion(
        client,
        f"contract#{contract['effective_from']}",
        terms=dict(contract),
        applied_at=as_of,
        applied_by=LOADED_BY,
    )
    for incident in facts["incidents"]:
        yield from _incident(client, contract, _with_ends(incident, facts["as_of"]))
    yield from _newest_evidence(client, ZoneInfo(contract["timezone"]), facts["evidence"])
    for number, window in enumerate(facts["maintenance"]):
        yield _maintenance(client, number, window)
    for number, entry in enumerate(facts["adjustments"]):
        key = f"adjustment#{facts['period']}#{entry['period']}#{number:04d}"
        yield Adjustment(client, key, **entry)
    for time in facts.get("unmonitored", ()):
        yield from _unheard(client, time)


def _unheard(client: str, time: Json) -> Iterator[Record]:
    """A gap of the whole deployment begins with its last proof, one beat before the next was awaited."""
    start, end = parse_instant(time["from"]), parse_instant(time["to"])
    if "devices" not in time:
        yield Gap(GAPS, gap_key(end), start=start - EVERY_SECONDS, end=end)
    for device in time.get("devices", ()):
        yield Unheard(client, f"unheard#{end:010d}#{device}", device=device, start=start, end=end)


def _with_ends(incident: Json, as_of: str) -> Json:
    """An open pause ends with what is known: left open, it would end at its maximum, perhaps before."""
    pauses = [{**pause, "to": pause["to"] or max(as_of, pause["from"])} for pause in incident["pauses"]]
    return {**incident, "pauses": pauses}


def _device(client: str, zone: str, device: Json) -> Device:
    enrolled_at, retired_at = parse_instant(device["enrolled_at"]), _instant(device["retired_at"])
    return Device(
        client,
        device["device"],
        kind=device["kind"],
        name=device["device"],
        zone=zone,
        practices=set(device["practices"]) or None,
        grace_seconds=60,
        token_hash=NO_TOKEN,
        state=UP if retired_at is None else RETIRED,
        enrolled_at=enrolled_at,
        retired_at=retired_at,
        last_seen=enrolled_at,
        due_at=NEVER_OVERDUE,
    )


def _incident(client: str, contract: Json, facts: Json) -> Iterator[Record]:
    """The incident with the mails that told the client, its pauses and excuses."""
    key = f"incident#{facts['incident']}"
    started_at = parse_instant(facts["started_at"])
    restored_at, documented_at = _instant(facts["restored_at"]), _instant(facts["documented_at"])
    yield Incident(
        client,
        key,
        client=client,
        device=facts["device"],
        incident=facts["incident"],
        started_at=started_at,
        opened_at=started_at,
        terms=facts.get("outages") or contract.get("outages") or {},
        timer=1,
        wake_at=started_at,
        restored_at=restored_at,
        documented_at=documented_at,
        closed_at=max(restored_at, documented_at) if restored_at and documented_at else None,
    )
    to = contract["contacts"]["outages"][0]
    how, calls = facts.get("notified_how"), facts.get("calls", [])
    for kind, time in (("notice", facts["notified_at"]), ("plan", facts["planned_at"])):
        if time is not None and not (kind == "notice" and how == CALLED):
            status = SENT if kind == "notice" and how == HANDED_OVER else DELIVERED
            mail = order(key, kind, to)
            yield _sent_mail(client, mail, parse_instant(time), status)
    for call in calls:
        times = {name: parse_instant(call[name]) for name in ("at", "recorded_at")}
        name = f"{key}#call#{times['recorded_at']:010d}"
        yield Call(client, name, incident=facts["incident"], **{**call, **times})
    for pause in facts["pauses"]:
        yield _pause(client, key, facts["incident"], pause)
    for excuse in facts["excuses"]:
        yield _excuse(client, key, facts["incident"], excuse)
    for silence in facts.get("silences", ()):
        yield _silence(client, facts["incident"], silence)


def _sent_mail(client: str, mail: Order, sent_at: Instant, status: str) -> MailRecord:
    return MailRecord(
        client,
        mail_key(mail.mail),
        client=client,
        mail=mail.mail,
        about=mail.about,
        kind=mail.kind,
        to=mail.to,
        subject=f"{mail.kind} of {mail.about.removeprefix('incident#')}",
        status=status,
        rank=RANK[status],
        claimed_until=sent_at,
        attempts=1,
        sent_at=sent_at,
        delivered_at=sent_at if status == DELIVERED else None,
    )


def _silence(client: str, incident: str, silence: Json) -> SilenceRecord:
    """One that is not over ends when nobody looks any more."""
    start = parse_instant(silence["from"])
    return SilenceRecord(
        client,
        f"silence#{silence['device']}#{start:010d}",
        device=silence["device"],
        incident=incident,
        start=start,
        end=_instant(silence["to"]) or NEVER_OVERDUE,
    )


def _pause(client: str, about: str, incident: str, pause: Json) -> Pause:
    start = parse_instant(pause["from"])
    return Pause(
        client,
        f"{about}#pause#{start:010d}",
        incident=incident,
        start=start,
        end=_instant(pause["to"]),
        reason=pause["reason"],
    )


def _excuse(client: str, about: str, incident: str, excuse: Json) -> Excuse:
    return Excuse(
        client,
        f"{about}#excuse#{excuse['stage']}",
        incident=incident,
        stage=excuse["stage"],
        reason=excuse["reason"],
        approved_by=excuse["approved_by"],
        approved_at=parse_instant(excuse["approved_at"]),
    )


def _newest_evidence(client: str, zone: ZoneInfo, evidence: Sequence[Json]) -> Iterator[Evidence]:
    newest: dict[str, Evidence] = {}
    for entry in evidence:
        at = parse_instant(entry["at"])
        key = f"evidence#{local_date(at, zone)}#{entry['device']}#{entry['practice']}"
        if key not in newest or at >= newest[key].at:
            newest[key] = Evidence(
                client,
                key,
                device=entry["device"],
                practice=entry["practice"],
                at=at,
                facts=entry["facts"],
            )
    yield from newest.values()


def _maintenance(client: str, number: int, window: Json) -> Maintenance:
    start = parse_instant(window["from"])
    name = f"{stamp(start)}-{number + 1}"
    return Maintenance(
        client,
        f"maintenance#{name}",
        client=client,
        maintenance=name,
        devices=window["devices"],
        start=start,
        end=parse_instant(window["to"]),
        reason=window.get("reason"),
        announced_at=parse_instant(window["announced_at"]),
        announced_by=LOADED_BY,
    )


def _instant(text: str | None) -> Instant | None:
    return None if text is None else parse_instant(text)
