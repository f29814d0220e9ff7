"""Rules and safety nets of the system, each with a change that breaks it and the promise that must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

LAYER: Final = "layers/makegood/makegood"


@dataclass(frozen=True)
class Break:
    """A change of one text, which stands exactly once in its file.

    `notices` is part of the sentence by which a broken promise tells of it.
    """

    name: str
    what: str
    file: str
    text: str
    instead: str
    notices: str

    def apply(self, root: Path) -> None:
        """Changes the file of a copy of the project; ValueError unless the text stands there exactly once."""
        path = root / self.file
        source = path.read_text()
        if source.count(self.text) != 1:
            raise ValueError(
                f"{self.name}: {self.file} has its text {source.count(self.text)} times, not once"
            )
        path.write_text(source.replace(self.text, self.instead))


BREAKS: Final = (
    Break(
        "beat-too-late",
        "a heartbeat is taken without `due_at >= :now`: a device that was silent too long is simply up",
        "functions/heartbeat/presence.py",
        '"#state = :up AND due_at >= :now AND last_seen <= :now"',
        '"#state = :up AND last_seen <= :now"',
        "without an incident",
    ),
    Break(
        "older-beat-wins",
        "a heartbeat is taken without `last_seen <= :now`: one that comes late takes a newer one back",
        "functions/heartbeat/presence.py",
        " AND last_seen <= :now",
        "",
        "went back",
    ),
    Break(
        "answered-200-though-aws-failed",
        "an agent is told that its heartbeat is on record, though AWS failed",
        "functions/heartbeat/heartbeat.py",
        "        return unavailable()\n",
        "        return heartbeat_answer(arrival.at, arrival.at, [])\n",
        "yet its heartbeat is not on record",
    ),
    Break(
        "run-not-ended-by-gap",
        "a run that had lasted long enough before the next silence does not end its outage",
        "functions/heartbeat/slow_path.py",
        "row.back_since is not None and _end_stable_run(",
        "False and _end_stable_run(",
        "incident",
    ),
    Break(
        "return-without-condition",
        "a device's return is recorded whatever its row has become meanwhile",
        "functions/heartbeat/slow_path.py",
        "(Device.state == DOWN) & (Device.incident == row.incident) & (Device.last_seen == row.last_seen)",
        "Device.state.exists()",
        "incident",
    ),
    Break(
        "return-is-no-news",
        "a device's return does not raise its incident's timer",
        "functions/heartbeat/slow_path.py",
        "            waking(incident, now),\n",
        "",
        "is late",
    ),
    Break(
        "older-evidence-wins",
        "evidence is replaced by older of its day, and not by newer",
        "functions/heartbeat/evidence_store.py",
        "Record.sk.does_not_exist() | (type(record).at <= now)",
        "Record.sk.does_not_exist() | (type(record).at >= now)",
        "was taken in",
    ),
    Break(
        "opened-though-it-beat",
        "an incident is opened without looking whether the device beat meanwhile",
        f"{LAYER}/storage/incidents.py",
        "(Device.state == UP) & (Device.last_seen == started_at) & (Device.due_at < now)",
        "Device.state == UP",
        "incident",
    ),
    Break(
        "opened-in-its-grace",
        "the sweep opens incidents without waiting for beats in time that are still on their way",
        "functions/evaluator/sweep.py",
        "silent_devices(now - OVERTAKE_SECONDS)",
        "silent_devices(now)",
        "yet was not silent",
    ),
    Break(
        "present-terms",
        "an incident begins with the terms of when it is noticed, not of when the device was last seen",
        f"{LAYER}/storage/incidents.py",
        "version_nearest(versions, started_at))",
        "version_nearest(versions, now))",
        "outages",
    ),
    Break(
        "present-terms-decide",
        "an incident's next step is decided by the present contract, not by the terms it began with",
        f"{LAYER}/storage/incidents.py",
        "terms=parse_outages(found[0].terms, contract.currency),",
        "terms=contract.outages or parse_outages({}, contract.currency),",
        "incident",
    ),
    Break(
        "stable-a-second-later",
        "a run has to last a second longer than `stable_for`",
        f"{LAYER}/rules/incidents.py",
        "run.last_seen >= run.back_since + terms.stable_for",
        "run.last_seen > run.back_since + terms.stable_for",
        "incident",
    ),
    Break(
        "kept-before-its-deadline",
        "what is done on the very second of a deadline counts as late",
        f"{LAYER}/rules/stages.py",
        "instant is not None and instant <= deadline",
        "instant is not None and instant < deadline",
        "what happened makes it",
    ),
    Break(
        "nobody-rearms",
        "the sweep does not wake timers that should have woken",
        "functions/evaluator/sweep.py",
        "        arm(incident, now)\n",
        "",
        "open",
    ),
    Break(
        "news-sleeps",
        "what a technician records does not raise the timer",
        f"{LAYER}/storage/incidents.py",
        "[*actions, *_wake(now)], condition, entry)",
        "actions, condition, entry)",
        "is late",
    ),
    Break(
        "end-of-pause-sleeps",
        "the end of a pause does not raise the timer",
        f"{LAYER}/storage/allowances.py",
        '"resumed", operator.who),\n        *_news(case.incident, operator.at),\n',
        '"resumed", operator.who),\n',
        "is late",
    ),
    Break(
        "bounce-sleeps",
        "a bounce wakes the timer without raising its number",
        f"{LAYER}/timers.py",
        "raised = [Incident.timer.set(Incident.timer + 1), Incident.wake_at.set(wake_at)]",
        "raised = [Incident.wake_at.set(wake_at)]",
        "open",
    ),
    Break(
        "sent-before-claimed",
        "a mail is sent before it is claimed",
        f"{LAYER}/mail/outbox.py",
        "    record = _claim(client, mail, message, now)\n",
        "    _send(client, mail, message)\n    record = _claim(client, mail, message, now)\n",
        "was sent a second time",
    ),
    Break(
        "claims-are-no-claims",
        "a mail that somebody else is sending is sent as well",
        f"{LAYER}/mail/outbox.py",
        "(MailRecord.status == SENDING) & (MailRecord.claimed_until < now)",
        "MailRecord.status == SENDING",
        "was sent a second time",
    ),
    Break(
        "claims-last-for-ever",
        "a claim whose holder died is never taken over",
        f"{LAYER}/mail/outbox.py",
        "(MailRecord.status == SENDING) & (MailRecord.claimed_until < now)",
        "(MailRecord.status == SENDING) & (MailRecord.claimed_until < 1)",
        "open",
    ),
    Break(
        "refused-yet-confirmed",
        "SES refuses a mail, and it is recorded as sent",
        f"{LAYER}/mail/outbox.py",
        "        _release(record, error)\n"
        "        if isinstance(error, BotoCoreError):\n"
        "            raise UnreachableError from error\n"
        "        return False\n",
        '        message_id = "none"\n',
        "claimed as sent",
    ),
    Break(
        "sent-before-ses-answered",
        "a mail counts as sent from before SES was asked",
        f"{LAYER}/mail/outbox.py",
        "confirm_sent(record, message_id, clock.after_effect())",
        "confirm_sent(record, message_id, now)",
        "notified_at",
    ),
    Break(
        "confirmation-takes-back",
        "a confirmation takes back a bounce or a delivery that was faster",
        f"{LAYER}/mail/outbox.py",
        "if not update_if(record, facts + status, MailRecord.rank < RANK[SENT]):",
        "if not update_if(record, facts + status, MailRecord.rank.exists()):",
        "incident",
    ),
    Break(
        "event-takes-back",
        "a report of SES takes back one that says more",
        f"{LAYER}/mail/outbox.py",
        "(MailRecord.rank < rank) | is_earlier",
        "MailRecord.rank.exists()",
        "incident",
    ),
    Break(
        "event-lost",
        "an error while a report of SES is taken in is swallowed, and the report with it",
        "functions/evaluator/deliveries.py",
        "def _take(record: SQSRecord) -> None:\n",
        "def _take(record: SQSRecord) -> None:\n"
        "    try:\n"
        "        _take_in(record)\n"
        "    except Exception:\n"
        '        logger.exception("lost")\n\n\n'
        "def _take_in(record: SQSRecord) -> None:\n",
        "notified_at",
    ),
    Break(
        "retired-unheard",
        "a device is retired without opening the outage that no sweep has seen yet",
        f"{LAYER}/storage/enrolment.py",
        "if row.state == UP and row.due_at is not None and row.due_at < operator.at:",
        "if row.state == NEW and row.due_at is not None:",
        "without an incident",
    ),
    Break(
        "file-written-again",
        "a statement's file replaces the one that is there",
        f"{LAYER}/storage/statements.py",
        ', IfNoneMatch="*")',
        ")",
        "written a second time",
    ),
    Break(
        "facts-gathered-again",
        "a statement is computed from facts gathered now, not from the frozen ones",
        f"{LAYER}/issuing.py",
        "    return _read(keep_first(client, period, FACTS, to_json(facts)))\n",
        "    keep_first(client, period, FACTS, to_json(facts))\n    return facts\n",
        "does not carry the facts that were frozen",
    ),
    Break(
        "issued-before-mailed",
        "a statement is recorded as issued before its mails have left",
        f"{LAYER}/issuing.py",
        "        _send(draft, now)\n        record_issued(client, period, clock.after_effect())\n",
        "        record_issued(client, period, clock.after_effect())\n        _send(draft, now)\n",
        "called issued, but nothing was mailed",
    ),
    Break(
        "issued-too-early",
        "a statement is issued whenever somebody asks, before its moment too",
        f"{LAYER}/issuing.py",
        "    if now < as_of:\n",
        "    if False:\n",
        "before its moment of issue",
    ),
    Break(
        "frozen-is-issued",
        "a statement counts as issued once its facts are frozen, before its mails have left",
        f"{LAYER}/storage/statements.py",
        "statement is not None and statement.status == ISSUED",
        "statement is not None",
        "is not issued",
    ),
    Break(
        "files-of-nobody",
        "statements' files are not kept apart by client",
        f"{LAYER}/storage/statements.py",
        'return f"{client}/{period}/{name}"',
        'return f"{period}/{name}"',
        "of another client",
    ),
    Break(
        "somebody-else-is-changed",
        "what operators change is counted at whoever stands last in the directory of clients",
        f"{LAYER}/storage/changes.py",
        "    entry = find_client(client)\n",
        "    entry = list(ClientEntry.query(CLIENTS))[-1]\n",
        "the other client's row",
    ),
)
