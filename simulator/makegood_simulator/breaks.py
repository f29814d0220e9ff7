"""Rules and safety nets of the system, each with a change that breaks it, which some promise must notice."""

from __future__ import annotations

from typing import Final

from makegood_simulator.a_break import LAYER, Break
from makegood_simulator.breaks_of_cases import BREAKS_OF_CASES

BREAKS: Final = (
    *BREAKS_OF_CASES,
    Break(
        "beat-too-late",
        "a heartbeat is taken without `due_at >= :now`: a device that was silent too long is simply up",
        "functions/heartbeat/presence.py",
        '"#state = :up AND due_at >= :now AND last_seen <= :now"',
        '"#state = :up AND last_seen <= :now"',
    ),
    Break(
        "older-beat-wins",
        "a heartbeat is taken without `last_seen <= :now`: one that comes late takes a newer one back",
        "functions/heartbeat/presence.py",
        " AND last_seen <= :now",
        "",
    ),
    Break(
        "answered-200-though-aws-failed",
        "an agent is told that its heartbeat is on record, though AWS failed",
        "functions/heartbeat/heartbeat.py",
        "        return unavailable()\n",
        "        return heartbeat_answer(arrival.at, arrival.at, [])\n",
    ),
    Break(
        "run-not-ended-by-gap",
        "a run that had lasted long enough before the next silence does not end its outage",
        "functions/heartbeat/slow_path.py",
        "row.back_since is not None and _end_stable_run(",
        "False and _end_stable_run(",
    ),
    Break(
        "return-without-condition",
        "a device's return is recorded whatever its row has become meanwhile",
        "functions/heartbeat/slow_path.py",
        "(Device.state == DOWN) & (Device.incident == row.incident) & (Device.last_seen == row.last_seen)",
        "Device.state.exists()",
    ),
    Break(
        "return-is-no-news",
        "a device's return does not raise its incident's timer",
        "functions/heartbeat/slow_path.py",
        "            waking(incident, now),\n",
        "",
    ),
    Break(
        "older-evidence-wins",
        "evidence is replaced by older of its day, and not by newer",
        "functions/heartbeat/evidence_store.py",
        "Record.sk.does_not_exist() | (type(record).at <= record.at)",
        "Record.sk.does_not_exist() | (type(record).at >= record.at)",
    ),
    Break(
        "opened-though-it-beat",
        "an incident is opened without looking whether the device beat meanwhile",
        f"{LAYER}/storage/incidents.py",
        "(Device.state == UP) & (Device.last_seen == device.last_seen) & (Device.due_at < now)",
        "Device.state == UP",
    ),
    Break(
        "present-terms",
        "an incident begins with the terms of when it is noticed, not of when the device was last seen",
        f"{LAYER}/storage/incidents.py",
        "_new_incident(device, began, now, version_nearest(versions, began))",
        "_new_incident(device, began, now, version_nearest(versions, now))",
    ),
    Break(
        "present-terms-decide",
        "an incident's next step is decided by the present contract, not by the terms it began with",
        f"{LAYER}/storage/incidents.py",
        "terms=parse_outages(found[0].terms, contract.currency, contract.zone),",
        "terms=contract.outages or parse_outages({}, contract.currency),",
    ),
    Break(
        "stable-a-second-later",
        "a run has to last a second longer than `stable_for`",
        f"{LAYER}/rules/incidents.py",
        "run.last_seen >= run.back_since + terms.stable_for",
        "run.last_seen > run.back_since + terms.stable_for",
    ),
    Break(
        "kept-before-its-deadline",
        "what is done on the very second of a deadline counts as late",
        f"{LAYER}/rules/stages.py",
        "instant is not None and instant <= deadline",
        "instant is not None and instant < deadline",
    ),
    Break(
        "nobody-rearms",
        "the sweep does not wake timers that should have woken",
        "functions/evaluator/sweep.py",
        "        arm(incident, now)\n",
        "",
    ),
    Break(
        "news-sleeps",
        "what a technician records does not raise the timer",
        f"{LAYER}/storage/incidents.py",
        "[*actions, *_wake(now)], condition, entry)",
        "actions, condition, entry)",
    ),
    Break(
        "end-of-pause-sleeps",
        "the end of a pause does not raise the timer",
        f"{LAYER}/storage/pauses.py",
        "operator.at, done, operator.who, answer),\n        *news(case.incident, operator.at),\n",
        "operator.at, done, operator.who, answer),\n",
    ),
    Break(
        "bounce-sleeps",
        "a bounce wakes the timer without raising its number",
        f"{LAYER}/timers.py",
        "raised = [Incident.timer.set(Incident.timer + 1), Incident.wake_at.set(wake_at)]",
        "raised = [Incident.wake_at.set(wake_at)]",
    ),
    Break(
        "sent-before-claimed",
        "a mail is sent before it is claimed",
        f"{LAYER}/mail/outbox.py",
        "    record = _claim(client, mail, message, now)\n",
        "    _send(client, mail, message)\n    record = _claim(client, mail, message, now)\n",
    ),
    Break(
        "claims-last-for-ever",
        "a claim whose holder died is never taken over",
        f"{LAYER}/mail/outbox.py",
        "(MailRecord.status == SENDING) & (MailRecord.claimed_until < now)",
        "(MailRecord.status == SENDING) & (MailRecord.claimed_until < 1)",
    ),
    Break(
        "refused-yet-confirmed",
        "SES refuses a mail, and it is recorded as sent",
        f"{LAYER}/mail/outbox.py",
        "        _release(record, error, now)\n"
        "        if isinstance(error, BotoCoreError) and way_of(mail.to) == MAIL:\n"
        "            raise UnreachableError from error\n"
        "        return False\n",
        '        message_id = "none"\n',
    ),
    Break(
        "sent-before-ses-answered",
        "a mail counts as sent from before SES was asked",
        f"{LAYER}/mail/outbox.py",
        "confirm_sent(record, message_id, clock.after_effect())",
        "confirm_sent(record, message_id, now)",
    ),
    Break(
        "confirmation-takes-back",
        "a confirmation takes back a bounce or a delivery that was faster",
        f"{LAYER}/mail/outbox.py",
        "if not update_if(record, facts + status, MailRecord.rank < RANK[SENT]):",
        "if not update_if(record, facts + status, MailRecord.rank.exists()):",
    ),
    Break(
        "event-takes-back",
        "a report of SES takes back one that says more",
        f"{LAYER}/storage/mail_events.py",
        "(MailRecord.rank < rank) | ((MailRecord.rank == rank) & (time > at))",
        "MailRecord.rank.exists()",
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
    ),
    Break(
        "retired-unheard",
        "a device is retired without opening the outage that no sweep has seen yet",
        f"{LAYER}/storage/enrolment.py",
        "if row.state == UP and row.due_at is not None and row.due_at < operator.at:",
        "if row.state == NEW and row.due_at is not None:",
    ),
    Break(
        "file-written-again",
        "a statement's file replaces the one that is there",
        f"{LAYER}/storage/statements.py",
        ', IfNoneMatch="*")',
        ")",
    ),
    Break(
        "facts-gathered-again",
        "a statement is computed from facts gathered now, not from the frozen ones",
        f"{LAYER}/issuing.py",
        "        if frozen == written:\n            return facts, reckoned\n    facts = json.loads(frozen)\n",
        "    facts = gather_facts(client, period, as_of)\n",
    ),
    Break(
        "issued-before-mailed",
        "a statement is recorded as issued before its mails have left",
        f"{LAYER}/issuing.py",
        "        _send(draft, now)\n        record_issued(draft.statement, clock.after_effect())\n",
        "        record_issued(draft.statement, clock.after_effect())\n        _send(draft, now)\n",
    ),
    Break(
        "issued-too-early",
        "a statement is issued whenever somebody asks, before its moment too",
        f"{LAYER}/issuing.py",
        "    if now < as_of:\n",
        "    if False:\n",
    ),
    Break(
        "frozen-is-issued",
        "a statement counts as issued once its facts are frozen, before its mails have left",
        f"{LAYER}/storage/statements.py",
        "statement is not None and statement.status == ISSUED",
        "statement is not None",
    ),
    Break(
        "files-of-nobody",
        "statements' files are not kept apart by client",
        f"{LAYER}/storage/statements.py",
        'return f"{client}/{period}/{name}"',
        'return f"{period}/{name}"',
    ),
    Break(
        "somebody-else-is-changed",
        "what operators change is counted at whoever stands last in the directory of clients",
        f"{LAYER}/storage/changes.py",
        "    entry = find_client(client)\n",
        "    entry = list(ClientEntry.query(CLIENTS))[-1]\n",
    ),
    Break(
        "alerts-unsent",
        "technicians are not told of an outage",
        f"{LAYER}/rules/incidents.py",
        'yield from (order(about, "alert", to) for to in levels)',
        "yield from ()",
    ),
    Break(
        "limit-told-at-half",
        "technicians are told that a limit has passed at half of its time",
        f"{LAYER}/rules/incidents.py",
        'order(about, f"{verdict.stage}-{word}", to)',
        'order(about, f"{verdict.stage}-limit", to)',
    ),
    Break(
        "late-units-again",
        "each month refunds the units of lateness of the months before once more",
        f"{LAYER}/rules/refunds.py",
        "    return range(first, ",
        "    return range(0, ",
    ),
    Break(
        "no-cap",
        "refunds are not limited by the contract's cap",
        f"{LAYER}/rules/refunds.py",
        "        left -= payable\n",
        "        left -= 0\n",
    ),
    Break(
        "another-sum-in-the-mail",
        "the mail of a statement tells a sum that is a cent off",
        f"{LAYER}/mail/statement_summary.py",
        'due = month.statement["due_cents"]',
        'due = month.statement["due_cents"] + 1',
    ),
)
