"""The silent stretches of devices: on record once they end, read from the device's row until then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from makegood.rules.instants import Instant, format_instant
from makegood.rules.silence import OVERTAKE_SECONDS
from makegood.rules.silences import Silence
from makegood.storage.devices import DOWN, Device
from makegood.storage.records import Incident, SilenceRecord
from makegood.storage.transactions import Write


def silence_ended(device: Device, incident: str, start: Instant, end: Instant) -> Write:
    """Records a stretch with what ends it, as part of one transaction; its name is its beginning."""
    record = SilenceRecord(
        device.client,
        _key(device.device, start),
        device=device.device,
        incident=incident,
        start=start,
        end=max(start, end),
    )
    return lambda transaction: transaction.save(record)


def down_since(device: Device) -> Instant:
    """Since when a device that is down, and not back, has been so: the silence or failure, or the end of its
    last run of heartbeats."""
    assert device.last_seen is not None
    broken_off = device.back_since is not None or device.down_since is None
    return device.last_seen if broken_off else int(device.down_since or 0)


def stretches_of(incident: Incident, device: Device, now: Instant) -> tuple[Silence, ...]:
    """The silent stretches of an incident's own device up to now, in order; the last may be open.

    The device was read before: a return since then has put the stretch on record that its row still has open.
    """
    ended = recorded_stretches(incident)
    begun = {silence.start for silence in ended}
    open_ = [
        silence for silence in open_stretch(device, now, incident.incident) if silence.start not in begun
    ]
    return (*ended, *open_)


def recorded_stretches(incident: Incident) -> list[Silence]:
    """Those that have ended (consistent read)."""
    keys = SilenceRecord.sk.between(
        _key(incident.device, incident.started_at), f"silence#{incident.device}#~"
    )
    found = SilenceRecord.query(incident.pk, keys, consistent_read=True)
    return [silence(record) for record in found if record.incident == incident.incident]


def recorded_silences(client: str) -> defaultdict[str, list[Silence]]:
    """Every stretch of the client that has ended, by its incident, device by device (consistent read)."""
    by_incident: defaultdict[str, list[Silence]] = defaultdict(list)
    for record in SilenceRecord.query(client, SilenceRecord.sk.startswith("silence#"), consistent_read=True):
        by_incident[record.incident].append(silence(record))
    return by_incident


def silences_of(
    incident: Incident, devices: Mapping[str, Device], known: Mapping[str, Sequence[Silence]]
) -> dict[str, list[dict[str, str | None]]]:
    """The field `silences` of an incident's facts; none when its own device alone was down, all the time."""
    device = devices[incident.device]
    found = [silence for silence in known.get(incident.incident, ()) if silence.device in devices]
    ends = (incident.restored_at, device.retired_at)
    whole = Silence(device.device, incident.started_at, next((end for end in ends if end is not None), None))
    if [silence for silence in found if silence.device == device.device] == [whole]:
        found.remove(whole)
    in_order = sorted(found, key=lambda silence: (silence.device, silence.start))
    return {"silences": [_written(silence) for silence in in_order]} if in_order else {}


def _written(silence: Silence) -> dict[str, str | None]:
    return {
        "device": silence.device,
        "from": format_instant(silence.start),
        "to": None if silence.end is None else format_instant(silence.end),
    }


def silence(record: SilenceRecord) -> Silence:
    return Silence(record.device, record.start, record.end)


def silence_at_retirement(device: Device, at: Instant, site: str | None) -> list[Write]:
    """The stretch that ends when a device is retired while it is down, or silent with a `site`'s incident."""
    if site is not None:
        assert device.last_seen is not None
        return [silence_ended(device, site, device.last_seen, at)]
    incident = Incident(device.client, f"incident#{device.incident}", incident=device.incident)
    return [
        silence_ended(device, incident.incident, stretch.start, at)
        for stretch in open_stretch(device, at + OVERTAKE_SECONDS, incident.incident)
    ]


def open_stretch(device: Device, now: Instant, incident: str) -> list[Silence]:
    """The stretch of an incident that has not ended: the device is down and not back, or its run has broken
    off; nothing else is one."""
    if device.state != DOWN or device.incident != incident:
        return []
    assert device.due_at is not None
    answers = device.back_since is not None and device.due_at + OVERTAKE_SECONDS >= now
    return [] if answers else [Silence(device.device, down_since(device), None)]


def _key(device: str, start: Instant) -> str:
    return f"silence#{device}#{start:010d}"
