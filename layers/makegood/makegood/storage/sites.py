"""Whether a silence is an outage, and whose: devices are judged together with the agent they are seen by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock

from makegood.rules.instants import FOREVER, Instant
from makegood.rules.intervals import Interval
from makegood.rules.silence import Clock, clock_of
from makegood.rules.silences import Silence
from makegood.rules.sites import Away, Verdict, site_of, times_of
from makegood.storage.contracts import Version, versions_of
from makegood.storage.devices import DOWN, NEW, RETIRED, UP, Device, devices_of, find_device
from makegood.storage.incidents import incident_name
from makegood.storage.maintenance import works_of
from makegood.storage.once import once
from makegood.storage.records import SilenceRecord
from makegood.storage.silence import gaps_of, silence_of
from makegood.storage.silences import down_since, open_stretch, recorded_silences

MOST_READ = 10
"""So many of an agent's silent stretches are read at once: the last one mostly suffices."""


class Sites:
    """Judges silences as of one instant; each agent and what is agreed with each client is read once, however
    many devices stand behind it and however many threads ask.

    `gaps` are those in which nobody could be heard, read once by who looks at many devices. An agent is down
    by what is known at `certain_at`: of a beat in time that is later than that nothing may be on record yet.
    """

    def __init__(
        self,
        now: Instant,
        gaps: Sequence[Interval] | None = None,
        *,
        certain_at: Instant | None = None,
        versions: Callable[[str], Sequence[Version]] = versions_of,
    ) -> None:
        self.certain_at = now if certain_at is None else certain_at
        self._now = now
        self._gaps = gaps
        self._lock = Lock()
        self._agents: dict[tuple[str, str], _Agent] = {}
        self._versions = once(versions)
        self._works = once(works_of)

    def judge(self, device: Device, *, ends: bool = False) -> Verdict:
        """What the present silence of a device that is up is. `ends`: it ends here and now, so that it is
        judged by what is certain, and nothing more is waited for."""
        return self.judge_at(device, self._now, ends=ends)

    def judge_at(self, device: Device, at: Instant, *, ends: bool = False) -> Verdict:
        last_seen, grace = device.last_seen, device.grace_seconds
        assert last_seen is not None
        if last_seen + grace >= at:
            return Verdict(waits=True)
        gaps = gaps_of(device, at) if self._gaps is None else self._gaps
        if not clock_of(last_seen, grace, unmonitored=gaps).is_overdue(at):
            return Verdict(waits=True)
        aways = self._aways(device, ends=ends)
        unheard = [*gaps, *times_of(aways)]
        if not clock_of(last_seen, grace, unmonitored=unheard).is_overdue(at):
            return Verdict(site=site_of(last_seen, grace, gaps, aways), waits=True)
        client = device.client
        clock = silence_of(device, at, unheard, self._versions(client), self._works(client))
        return Verdict(outage=clock if clock.is_overdue(at) else None)

    def _aways(self, device: Device, *, ends: bool) -> list[Away]:
        """When the agent that sees the device was down, as far as it can matter to the device's silence."""
        if device.via is None:
            return []
        assert device.last_seen is not None
        with self._lock:
            agent = self._agents.setdefault((device.client, device.via), _Agent(device.client, device.via))
        return agent.aways(self, device.last_seen + device.grace_seconds, ends=ends)


class _Agent:
    """One agent, read when it is first asked for.

    Agents stand in no circle, since each was enrolled after the one that it is seen by: so nobody waits for
    locks in a circle either.
    """

    def __init__(self, client: str, name: str) -> None:
        self._lock = Lock()
        self._client, self._name = client, name
        self._present: list[Away] | None = None
        self._past: list[Away] = []
        self._past_since: Instant = FOREVER

    def aways(self, sites: Sites, due: Instant, *, ends: bool) -> list[Away]:
        with self._lock:
            if self._present is None:
                # Its row before its past: a return puts a stretch on record together with the row.
                self._present = list(self._look(sites))
            if due < self._past_since:
                self._past, self._past_since = list(self._read_past(due)), due
            certain = [away for away in self._present if away.incident is not None or not ends]
            return [*self._past, *certain]

    def _look(self, sites: Sites) -> Iterable[Away]:
        row = find_device(self._client, self._name)
        if row is None or row.state not in (UP, DOWN) or row.is_feed:
            return
        assert row.last_seen is not None
        assert row.due_at is not None
        since_last_seen = Interval(row.last_seen, FOREVER)
        if row.state == DOWN:
            is_back = row.back_since is not None and row.due_at >= sites.certain_at
            yield (
                Away(since_last_seen, None)
                if is_back
                else Away(Interval(down_since(row), FOREVER), row.incident)
            )
            return
        verdict = sites.judge_at(row, sites.certain_at)
        if verdict.outage is not None:
            start = verdict.outage.start
            yield Away(Interval(start, FOREVER), incident_name(row.device, start))
        elif verdict.waits:
            yield Away(since_last_seen, verdict.site)

    def _read_past(self, due: Instant) -> Iterable[Away]:
        """What is on record of it, back to the last stretch that began at or before `due`."""
        own = SilenceRecord.sk.startswith(f"silence#{self._name}#")
        records = SilenceRecord.query(
            self._client, own, consistent_read=True, scan_index_forward=False, page_size=MOST_READ
        )
        for record in records:
            yield Away(Interval(record.start, record.end), record.incident)
            if record.start <= due:
                return


def first_clock(device: Device) -> Clock:
    """The clock of a silence that nothing moves."""
    assert device.last_seen is not None
    return Clock(device.last_seen, device.last_seen + device.grace_seconds)


def known_silences(client: str, devices: Iterable[Device], as_of: Instant) -> defaultdict[str, list[Silence]]:
    """Every silence of a client by the incident that it counts by: those on record, and those that have not
    ended yet by the rows of these devices, which were read before."""
    silences = recorded_silences(client)
    begun = {(silence.device, silence.start) for found in silences.values() for silence in found}
    for incident, silence in _open_silences(devices, as_of):
        if (silence.device, silence.start) not in begun:
            silences[incident].append(silence)
    return silences


def _open_silences(devices: Iterable[Device], as_of: Instant) -> Iterator[tuple[str, Silence]]:
    sites = Sites(as_of)
    for device in devices:
        if device.state == DOWN and device.incident is not None:
            yield from (
                (device.incident, silence) for silence in open_stretch(device, as_of, device.incident)
            )
        elif device.state == UP and device.via is not None and device.last_seen is not None:
            site = sites.judge(device).site
            if site is not None:
                yield site, Silence(device.device, device.last_seen, None)


def devices_behind(client: str, device: str) -> list[Device]:
    """The devices that are seen by this one, or by one that it sees, and so on; retired ones are none."""
    rows = [row for row in devices_of(client) if row.state not in (NEW, RETIRED)]
    behind: list[Device] = []
    seen_by = {device}
    while found := [row for row in rows if row.via in seen_by and row not in behind]:
        behind += found
        seen_by = {row.device for row in found}
    return sorted(behind, key=lambda row: row.device)
