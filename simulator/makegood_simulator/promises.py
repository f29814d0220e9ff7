"""The promises that must hold whatever goes wrong: checked with every step, and all of them at the end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from makegood.rules.contracts import Contract, moment_of_issue, parse_contract
from makegood.rules.instants import (
    FOREVER,
    Instant,
    Period,
    first_instant,
    local_date,
    next_period,
    period_bounds,
    period_of,
)
from makegood.rules.mails import BOUNCED, DELIVERED, SENT
from makegood.rules.proof import changed_parts
from makegood.rules.statements import compute
from makegood.storage.devices import UP
from makegood.storage.facts import NotCoveredError, gather_facts
from makegood_simulator.agents import Agents
from makegood_simulator.bystander import SECRET, Bystander
from makegood_simulator.cloud import ENVIRONMENT, TECHNICIANS, client, timer_machine
from makegood_simulator.corrections import Corrections
from makegood_simulator.faults import SECOND
from makegood_simulator.mails import Mail, read_mail
from makegood_simulator.platform import HOUR, Outcome, Platform, written
from makegood_simulator.reading import differences, lateness
from makegood_simulator.reading_availability import wrong_availability
from makegood_simulator.reading_maintenance import counting
from makegood_simulator.reading_outages import Outage, outages
from makegood_simulator.reading_refunds import in_digits, sums_in_words, wrong_refunds
from makegood_simulator.reading_silence import deaf_spans, judged, newest_proof
from makegood_simulator.reading_verdicts import wrong_verdicts
from makegood_simulator.tables import Row, Tables, integer, text
from makegood_simulator.wire import Call, Invocation, sets, writes
from makegood_simulator.witness import Milliseconds, Witness

if TYPE_CHECKING:
    from makegood_simulator.play import Play

View = tuple[Witness, Milliseconds]

OVERTAKE = 5
"""So many seconds a beat in time may still be on its way; the sweep waits them out."""

MOST_TOLD = 20
FACTS, STATEMENT = "facts.json", "statement.json"
_LEFT = (SENT, DELIVERED, BOUNCED)


@dataclass(frozen=True)
class Forgiven:
    """How late things may be noticed, and up to the tape's end: nobody looks for silent devices after it.

    `is_calm`: nothing goes wrong in this play.
    """

    lag_seconds: int
    ends_at: Milliseconds
    is_calm: bool


class Promises:
    """Watches a play from outside; whatever is broken is told once, with the time."""

    def __init__(
        self, platform: Platform, tables: Tables, agents: Agents, result: Play, forgiven: Forgiven
    ) -> None:
        self._platform = platform
        self._witness = platform.witness
        self._tables = tables
        self._agents = agents
        self._result = result
        self._files = result.files
        self._forgiven = forgiven
        self.issued: set[Period] = set()
        self._issued_rows: dict[str, dict[str, Any]] = {}
        self._read: list[Contract] = []
        self._next_issue: tuple[Any, Instant] = (None, FOREVER)
        self._came_up: dict[str, Milliseconds] = {}
        self._views: dict[Invocation, View] = {}
        self._newest: dict[str, Instant] = {}
        self._senders: dict[str, list[Invocation]] = {}
        self.corrections = Corrections(platform, tables)
        platform.wire.observers.append(self._observe)
        platform.after.append(self._after)
        agents.answered.append(self._answered)
        agents.kept.append(self._kept)

    @property
    def _lag(self) -> int:
        """How late something may be noticed by now, in seconds."""
        since_the_end = max(0, self._now - self._forgiven.ends_at)
        return self._forgiven.lag_seconds + since_the_end // SECOND

    @property
    def _now(self) -> Milliseconds:
        return self._platform.agenda.now

    def _tell(self, sentence: str) -> None:
        if sentence not in self._result.broken and len(self._result.broken) < MOST_TOLD:
            self._result.broken.append(sentence)
            self._platform.log("BROKEN", promise=sentence)

    # --- with every step ---

    def _observe(self, invocation: Invocation, operation: str, call: Call, _answer: Any) -> None:
        if operation == "Query" and invocation.name == "IssueFunction":
            self._views.setdefault(invocation, (self._witness.copy(), self._now))
        elif operation == "PutObject":
            self._stored(call, self._views.get(invocation))
        elif operation == "SendEmail":
            self._left(invocation, call)
        self.corrections.observe(operation, call)
        for kind, write in writes(operation, call):
            values = write.get("ExpressionAttributeValues", {}).values()
            if kind == "Update" and {"S": "issued"} in values:
                self._is_issued(write["Key"]["sk"]["S"])
            elif kind == "Update" and any({"S": status} in values for status in _LEFT):
                self._claimed_as_sent(write)
            elif kind == "Update" and sets(write, "last_seen"):
                self._last_seen(write["Key"]["device"]["S"])
            elif kind == "Update" and {"S": UP} in values and "device" in write["Key"]:
                self._came_up[write["Key"]["device"]["S"]] = self._now
        if operation == "TransactWriteItems":
            self._one_open_incident()

    def _after(self, function: str, outcome: Outcome, started_at: Milliseconds) -> None:
        if function == "SweepFunction" and outcome.error is None and not outcome.answer["left"]:
            self._swept(started_at)

    def confirmed(self, action: str, incident: str) -> None:
        """What a technician was told is done stands on record."""
        if not any((act.do, act.incident) == (action, incident) for act in self._witness.acts):
            self._tell(f"the desk confirmed a {action} of {incident} that is not on record")

    def _answered(self, device: str, at: Instant) -> None:
        row = self._tables.device(self._witness.client, device)
        if row is None or (integer(row, "last_seen") or 0) < at:
            self._tell(f"{device} was answered 200 at {at}, yet its heartbeat is not on record")

    def _kept(self, device: str, practice: str, at: Instant) -> None:
        """Evidence that was answered is on record, or newer one in its place."""
        if not any(
            (entry.device, entry.practice) == (device, practice) and entry.at >= at
            for entry in self._witness.brought
        ):
            self._tell(f"evidence of {device}, {practice} was taken in at {at}, and is not on record")

    def _last_seen(self, device: str) -> None:
        """A heartbeat that is overtaken by a newer one takes nothing back."""
        row = self._tables.device(self._witness.client, device)
        at = (integer(row, "last_seen") if row else None) or 0
        if at < self._newest.get(device, 0):
            self._tell(f"{device} was heard at {self._newest[device]}, and its row went back to {at}")
        self._newest[device] = at

    def _one_open_incident(self) -> None:
        running: dict[str, list[str]] = {}
        for row in self._tables.incidents(self._witness.client):
            if "restored_at" not in row and "closed_at" not in row:
                running.setdefault(str(text(row, "device")), []).append(str(text(row, "incident")))
        for device, names in running.items():
            if len(names) > 1:
                self._tell(f"{device} has more than one outage at a time: {', '.join(names)}")

    def _claimed_as_sent(self, write: Call) -> None:
        key = write["Key"]["sk"]["S"]
        if "#mail#" in key and not self._was_accepted(key):
            self._tell(f"{key} is claimed as sent at {written(self._now)} and never was")

    def _was_accepted(self, key: str) -> bool:
        return any(_key_of(mail.mail) == key for mail in self._witness.accepted)

    def _left(self, invocation: Invocation, call: Call) -> None:
        (to,) = call["Destination"]["ToAddresses"]
        (mail,) = [tag["Value"] for tag in call["EmailTags"] if tag["Name"] == "mail"]
        if mail.rpartition("_")[2] != hashlib.sha256(to.encode()).hexdigest()[:12]:
            self._tell(f"{mail} went to {to}, who is not whom it is for")
        senders = self._senders.setdefault(mail, [])
        if any(not (sender.is_struck or self._platform.wire.is_dying(sender)) for sender in senders):
            self._tell(f"{mail} was sent a second time, though nothing went wrong the first time")
        senders.append(invocation)
        sent = read_mail(call, self._now)
        if to.endswith("bystander.example") or SECRET in sent.subject + sent.text:
            self._tell(f"a mail to {to} at {written(self._now)} concerns another client")
        if mail.startswith("statement_") and "_statement_" in mail:
            self._check_sums(mail, sent)

    def _check_sums(self, mail: str, sent: Mail) -> None:
        """A statement's mail says the sums of the statement that is stored."""
        _, period, _, _ = mail.split("_")
        for sum_ in sums_in_words(self._result.statements[period]):
            if f" {sum_}" not in in_digits(sent.subject):
                self._tell(f"{mail} says {sent.subject!r}, and the statement of {period} says {sum_}")

    def _swept(self, at: Milliseconds) -> None:
        """A sweep that worked leaves no device silent without an incident, but for one restored meanwhile.

        It judges as of the newest proof that devices can be heard, its own among them.
        """
        proofs = self._witness.proofs
        heard_at = newest_proof(proofs, at // SECOND)
        as_of = min(at // SECOND - OVERTAKE, at if heard_at is None else heard_at)
        deaf = deaf_spans(proofs, as_of)
        for device, row in self._tables.devices(self._witness.client):
            last_seen, grace = integer(row, "last_seen"), integer(row, "grace_seconds") or 0
            if text(row, "state") != "up" or last_seen is None or self._came_up.get(device, 0) >= at:
                continue
            is_late = judged(last_seen, grace, deaf, counting(self._witness, device))[1] < as_of
            if is_late and not self._is_behind(row, as_of):
                self._tell(f"the sweep of {written(at)} left {device} silent without an incident")

    def _is_behind(self, row: Row, at: Instant) -> bool:
        """Whether a silence may be that of the agent, or an outage that is not certain yet."""
        if text(row, "via") is None:
            return False
        device = str(text(row, "device"))
        return not any(
            outage.restored_at is None and outage.known_at < at
            for outage in outages(self._witness, device, at)
        )

    def _stored(self, call: Call, view: View | None) -> None:
        key, body = call["Key"], bytes(call["Body"])
        if key in self._files:
            how = "with the same" if self._files[key] == body else "and differently"
            self._tell(f"{key} was written a second time, {how}")
        self._files.setdefault(key, body)
        if key.endswith(FACTS):
            self._agents.put_down()
            for difference in self._differences(json.loads(body), view):
                self._tell(f"{key}: {difference}")
        elif key.endswith(STATEMENT):
            self._check_statement(key, json.loads(body))

    def _differences(self, facts: dict[str, Any], view: View | None) -> Iterator[str]:
        """What the facts have wrong, looked at when they began to be gathered and when they were frozen.

        What happens in between may be among them or not.
        """
        now = differences(facts, self._witness, self._now, lag_seconds=self._lag)
        before = now if view is None else differences(facts, *view, lag_seconds=self._lag)
        subjects = {_subject(difference) for difference in before}
        return (difference for difference in now if _subject(difference) in subjects)

    def _check_statement(self, key: str, statement: dict[str, Any]) -> None:
        if changed_parts(statement):
            self._tell(f"{key} carries digests of something else")
        facts, _ = statement.pop("facts"), statement.pop("proof")
        frozen = self._files.get(key.replace(STATEMENT, FACTS))
        if frozen is None or json.loads(frozen) != facts:
            self._tell(f"{key} does not carry the facts that were frozen")
        if compute(facts) != statement:
            self._tell(f"{key} is not what its facts come to")
        wrong = (wrong_verdicts, wrong_refunds, wrong_availability)
        for sentence in (sentence for read in wrong for sentence in read(statement, facts)):
            self._tell(f"{key}: {sentence}")
        self._result.statements[statement["period"]] = statement

    def _is_issued(self, key: str) -> None:
        period = key.removeprefix("statement#")
        self.issued.add(period)
        self._issued_rows.setdefault(key, self._record(key))
        terms = self._terms_of(period)
        if self._now // SECOND < moment_of_issue(terms, period):
            self._tell(f"the statement of {period} was issued at {written(self._now)}, before its moment")
        for to in terms.contacts.statements:
            if not any(
                m.to == to and m.mail.startswith(f"statement_{period}_statement_")
                for m in self._witness.accepted
            ):
                self._tell(f"the statement of {period} is called issued, but nothing was mailed to {to}")

    # --- at the end ---

    def check_end(self, bystander: Bystander) -> None:
        now = self._now // SECOND
        for sentence in (
            *self._silences(now),
            *self._unfinished(now),
            *self._untold(now),
            *lateness(self._witness, self._now, TECHNICIANS, lag_seconds=self._lag),
            *self._unissued(now),
            *self._paid_twice(),
            *self._changed_records(),
            *self._changed_files(),
            *self._present_facts(now),
            *self._uncorrected(now),
            *bystander.differences(),
        ):
            self._tell(sentence)

    def _silences(self, now: Instant) -> Iterator[str]:
        """Every outage has its incident, and every incident its outage."""
        for device in sorted({heard.device for heard in self._witness.heard}):
            found = {
                integer(row, "started_at"): integer(row, "restored_at")
                for row in self._tables.incidents(self._witness.client)
                if text(row, "device") == device
            }
            expected = outages(self._witness, device, now)
            for outage in expected:
                if outage.started_at not in found and not self._is_recent(outage, now):
                    since = written(outage.started_at * SECOND)
                    yield f"{device} was silent from {since} without an incident"
            for started_at in found.keys() - {outage.started_at for outage in expected}:
                since = written((started_at or 0) * SECOND)
                yield f"{device} has an incident from {since}, yet was not silent"

    def _is_recent(self, outage: Outage, now: Instant) -> bool:
        """Whether the last sweep may not have seen it yet."""
        heard_at = newest_proof(self._witness.proofs, now)
        seen = min(now, self._platform.last_sweep, now if heard_at is None else heard_at)
        return outage.restored_at is None and outage.known_at > seen - OVERTAKE - 60

    def _unfinished(self, now: Instant) -> Iterator[str]:
        running = {e.name for e in timer_machine().executions if e.status == "RUNNING"}
        for row in self._tables.incidents(self._witness.client):
            name = text(row, "incident")
            ended_at = self._ended_at(row)
            if "closed_at" in row:
                if ended_at is None:
                    yield f"{name} is closed, though it has not ended"
            elif ended_at is not None and ended_at < now - HOUR // SECOND:
                yield f"{name} ended at {written(ended_at * SECOND)} and is still open"
            elif _timer_of(row) not in running and (
                self._forgiven.is_calm or (integer(row, "wake_at") or 0) < now - 240
            ):
                yield f"{name} is open and no timer runs for it"

    def _ended_at(self, incident: Row) -> Instant | None:
        restored, documented = integer(incident, "restored_at"), integer(incident, "documented_at")
        if restored is not None and documented is not None:
            return max(restored, documented)
        return self._witness.retired.get(str(text(incident, "device")))

    def _untold(self, now: Instant) -> Iterator[str]:
        """The notice has a record for every contact, but for those who are one no longer once it leaves."""
        keys = {key for partition, key, _ in self._tables.everything() if partition == self._witness.client}
        for row in self._tables.incidents(self._witness.client):
            opened_at = integer(row, "opened_at") or 0
            after = self._terms_at(opened_at + self._forgiven.lag_seconds).contacts.outages
            wanted = set(self._terms_at(opened_at).contacts.outages) & set(after)
            told = {key for key in keys if key.startswith(f"incident#{text(row, 'incident')}#mail#notice_")}
            if opened_at < now - HOUR // SECOND and len(told) < len(wanted):
                name = text(row, "incident")
                yield f"{name}: {len(told)} of {len(wanted)} contacts have a notice on record"
        for partition, key, row in self._tables.everything():
            if partition == self._witness.client and text(row, "status") in _LEFT and "#mail#" in key:
                yield from self._false_claims(key, row)

    def _false_claims(self, key: str, row: Row) -> Iterator[str]:
        if not self._was_accepted(key):
            yield f"{key} is claimed as {text(row, 'status')}, and SES never took it"
        events = {event.kind for event in self._witness.events if _key_of(event.mail) == key}
        claims = {DELIVERED: "Delivery", BOUNCED: "Bounce"}
        claimed = claims.get(str(text(row, "status")))
        if claimed is not None and claimed not in events:
            yield f"{key} is claimed as {text(row, 'status')}, and SES never said so"

    def _unissued(self, now: Instant) -> Iterator[str]:
        for period in self._periods(now):
            terms = self._terms_of(period)
            moment = moment_of_issue(terms, period)
            if _covers(terms, period) and moment < now - 4 * HOUR // SECOND and period not in self.issued:
                yield f"the statement of {period} was due at {written(moment * SECOND)} and is not issued"
            if period in self.issued and self._result.statements[period]["as_of"] != written(moment * SECOND):
                yield f"the statement of {period} is not as of its moment of issue"

    def _paid_twice(self) -> Iterator[str]:
        paid: dict[str, Period] = {}
        for period, statement in self._result.statements.items():
            for refund in statement["refunds"]:
                line = refund["line"]
                if line.startswith("practice/") or line.endswith("/late"):
                    continue
                if line in paid:
                    yield f"{line} is refunded in {paid[line]} and in {period}"
                paid[line] = period

    def _changed_records(self) -> Iterator[str]:
        for key, record in self._issued_rows.items():
            if self._record(key) != record:
                yield f"{key} is not what it was when it was issued"

    def _record(self, key: str) -> dict[str, Any]:
        """A row of the client's records as it stands."""
        (row,) = (
            row
            for partition, found, row in self._tables.everything()
            if (partition, found) == (self._witness.client, key)
        )
        return {name: value.to_json() for name, value in row.items()}

    def _changed_files(self) -> Iterator[str]:
        s3 = client("s3")
        bucket = ENVIRONMENT["STATEMENTS_BUCKET"]
        stored = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        for key in stored:
            if not key.startswith(f"{self._witness.client}/"):
                yield f"there is a file {key} of another client"
            if s3.get_object(Bucket=bucket, Key=key)["Body"].read() != self._files[key]:
                yield f"{key} is not what it was when it was first written"
        for key in self._files.keys() - set(stored):
            yield f"{key} is gone"

    def _present_facts(self, now: Instant) -> Iterator[str]:
        """The facts of every month, as they stand at the end of the tape."""
        for period in self._periods(now):
            try:
                facts = gather_facts(self._witness.client, period, now)
            except NotCoveredError:
                continue
            for difference in differences(facts, self._witness, self._now, lag_seconds=self._lag):
                yield f"facts of {period} at the end: {difference}"

    def _uncorrected(self, now: Instant) -> Iterator[str]:
        """What turned out differently after a statement; when a device was back is no part of it."""
        present: dict[str, dict[str, Any]] = {}
        for period in self._periods(now):
            try:
                facts = gather_facts(self._witness.client, period, now)
            except NotCoveredError:
                continue
            present.update({incident["incident"]: incident for incident in facts["incidents"]})
        frozen = {
            key.split("/")[1]: json.loads(body)
            for key, body in self._files.items()
            if key.startswith(f"{self._witness.client}/") and key.endswith(FACTS)
        }
        statements = self._result.statements
        yield from self.corrections.broken(statements, frozen, present.values(), sorted(self.issued))

    # --- which contract, which months ---

    def is_near_issue(self) -> bool:
        """Whether a statement is due, or will be within the hour."""
        now = self._now // SECOND
        known = (len(self.issued), len(self._witness.contracts), period_of(now, self._versions()[0].zone))
        if self._next_issue[0] != known:
            open_ones = (period for period in self._periods(now) if period not in self.issued)
            moments = [moment_of_issue(self._terms_of(period), period) for period in open_ones]
            self._next_issue = (known, min(moments, default=FOREVER))
        return self._next_issue[1] <= now + 3_600

    def _terms_at(self, at: Instant) -> Contract:
        versions = self._versions()
        begun = [v for v in versions if v.effective_from <= local_date(at, v.zone)]
        return begun[-1] if begun else versions[0]

    def _versions(self) -> list[Contract]:
        if len(self._read) != len(self._witness.contracts):
            self._read = [parse_contract(dict(written)) for written in self._witness.contracts]
            self._read.sort(key=lambda version: version.effective_from)
        return self._read

    def _terms_of(self, period: Period) -> Contract:
        last_second = period_bounds(period, self._terms_at(0).zone)[1] - 1
        return self._terms_at(last_second)

    def _periods(self, now: Instant) -> Iterator[Period]:
        """From the first that the contract covers, or in which a device was heard, up to the present one."""
        first = self._versions()[0]
        zone = first.zone
        begins = [first_instant(first.effective_from, zone), *(heard.at for heard in self._witness.heard)]
        period = period_of(min(begins), zone)
        while period_bounds(period, zone)[0] <= now:
            yield period
            period = next_period(period)


def _subject(difference: str) -> str:
    return difference.partition(", what ")[0]


def _covers(terms: Contract, period: Period) -> bool:
    starts_at, ends_at = period_bounds(period, terms.zone)
    until = terms.effective_until
    return local_date(ends_at - 1, terms.zone) >= terms.effective_from and (
        until is None or until > local_date(starts_at, terms.zone)
    )


def _key_of(mail: str) -> str:
    """The key of a mail's record: `incident_<name>_<kind>_<digest>` stands at `incident#<name>#mail#...`."""
    scope, name, kind, digest = mail.split("_")
    return f"{scope}#{name}#mail#{kind}_{digest}"


def _timer_of(incident: Row) -> str:
    client_name, device = text(incident, "client"), text(incident, "device")
    stamp = str(text(incident, "incident")).rpartition("-")[2]
    return f"{client_name}_{device}_{stamp}_{integer(incident, 'timer')}"
