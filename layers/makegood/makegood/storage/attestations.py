"""What agents reported and people attested in the last days, and one more attestation by condition."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from makegood.rules.attesting import is_waiting, judgements
from makegood.rules.facts import EvidenceFacts
from makegood.rules.instants import Instant, Period
from makegood.storage.records import AuditEntry, Evidence, Observation, Record
from makegood.storage.transactions import LostRaceError, write_together

LOOK_BACK_DAYS: Final = 7
"""For so long an observation that nobody has judged is shown."""

Report = Evidence | Observation


@dataclass(frozen=True)
class Reports:
    """The newest reports of each day, device and practice, and what people attested, by their keys."""

    by_key: Mapping[str, Report]

    @property
    def evidence(self) -> tuple[EvidenceFacts, ...]:
        return tuple(as_facts(report) for report in self.by_key.values() if isinstance(report, Evidence))

    @property
    def observations(self) -> tuple[EvidenceFacts, ...]:
        return tuple(as_facts(report) for report in self.by_key.values() if isinstance(report, Observation))

    @property
    def attested(self) -> tuple[EvidenceFacts, ...]:
        """What people attested, the newest first."""
        found = [report for key, report in self.by_key.items() if key.endswith(_ATTESTED)]
        return tuple(sorted(map(as_facts, found), key=lambda each: -each.at))


class Row(NamedTuple):
    """A place in the table, and what stands there."""

    kind: type[Report]
    key: str
    report: Report | None


@dataclass(frozen=True)
class Standing:
    """What is on record for one practice of one device and day; whoever attests it has looked at this."""

    client: str
    name: str
    reported: tuple[Row, ...]
    attested: Row

    def digest(self) -> str:
        """What was looked at, in a word: the same for the same records."""
        rows = (*self.reported, self.attested)
        told = [(row.key, (row.report.at, row.report.facts) if row.report else None) for row in rows]
        written = json.dumps([self.client, self.name, told], sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()[:32]


_ATTESTED: Final = "#attested"


def recent_reports(client: str, today: date) -> Reports:
    """What came in during the last days. The keys are days of the device's zone, maybe a day apart."""
    first, last = today - timedelta(days=LOOK_BACK_DAYS), today + timedelta(days=1)
    return Reports({report.sk: report for report in _reports(client, f"{first}", f"{last}~")})


def reports_of(client: str, period: Period) -> list[Report]:
    """What came in during a month, the days being those of each device's zone."""
    return list(_reports(client, f"{period}-", f"{period}-~"))


def _reports(client: str, first: str, last: str) -> Iterator[Report]:
    for kind, prefix in ((Evidence, "evidence"), (Observation, "observation")):
        keys = Record.sk.between(f"{prefix}#{first}", f"{prefix}#{last}")
        yield from kind.query(client, keys, consistent_read=True)


def is_unreviewed(client: str, device: str, practice: str, today: date) -> bool:
    """Whether anything that was observed in the last days, those of the device's zone, waits for a person."""
    first = today - timedelta(days=LOOK_BACK_DAYS)
    keys = Record.sk.between(f"observation#{first}", f"observation#{today}~")
    of_it = (Observation.device == device) & (Observation.practice == practice)
    found = Observation.query(client, keys, filter_condition=of_it, consistent_read=True)
    observations = [as_facts(observation) for observation in found]
    return bool(observations) and is_waiting(observations, _last_judgement(client, device, practice, today))


def _last_judgement(client: str, device: str, practice: str, today: date) -> EvidenceFacts | None:
    """What was last said of it, and not by a rule, in the last days."""
    for ago in range(LOOK_BACK_DAYS + 1):
        keys = Record.sk.startswith(f"evidence#{today - timedelta(days=ago)}#{device}#{practice}")
        of_the_day = Evidence.query(client, keys, consistent_read=True)
        for judged in judgements(map(as_facts, of_the_day)).values():
            return judged
    return None


def standing_of(client: str, day: date, device: str, practice: str, reports: Reports) -> Standing:
    """What of the reports is about this practice of the device on its local day, with all that was observed
    in the last days."""
    name = f"{day}#{device}#{practice}"

    def row(kind: type[Report], key: str) -> Row:
        return Row(kind, key, reports.by_key.get(key))

    observed = {
        key
        for key, report in reports.by_key.items()
        if isinstance(report, Observation) and (report.device, report.practice) == (device, practice)
    }
    observations = (row(Observation, key) for key in sorted({*observed, f"observation#{name}"}))
    reported = (*observations, row(Evidence, f"evidence#{name}"))
    return Standing(client, name, reported, row(Evidence, f"evidence#{name}{_ATTESTED}"))


def attest(standing: Standing, facts: dict[str, Any], who: str, now: Instant) -> bool:
    """Records what a person attests, with its entry in the audit trail; False when the standing has changed.

    It stands beside what agents report of that day, so that no report takes its place: the accounting sees
    both and the newer counts.
    """
    _, device, practice = standing.name.split("#")
    record = Evidence(standing.client, standing.attested.key, facts=facts)
    record.device, record.practice, record.at = device, practice, now
    what = f"attested {practice} of {device}: {json.dumps(facts, ensure_ascii=False)}"
    trace = AuditEntry(standing.client, f"audit#{now:010d}#{standing.name}", at=now, who=who, what=what)
    try:
        write_together(
            lambda transaction: transaction.save(record, condition=_unchanged(standing.attested)),
            lambda transaction: transaction.save(trace),
            *(partial(_check_unchanged, standing.client, row) for row in standing.reported),
        )
    except LostRaceError:
        return False
    return True


def _check_unchanged(client: str, row: Row, transaction: TransactWrite) -> None:
    transaction.condition_check(row.kind, client, row.key, condition=_unchanged(row))


def _unchanged(row: Row) -> Condition:
    condition: Condition = Record.sk.does_not_exist()
    if row.report is not None:
        condition = (row.kind.at == row.report.at) & (row.kind.facts == row.report.facts)
    return condition


def as_facts(report: Report) -> EvidenceFacts:
    return EvidenceFacts(report.device, report.practice, report.at, report.facts)
