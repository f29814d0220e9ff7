"""`makegood incident`: what happened, its clocks, and who was told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import indent
from typing import Any

import click

from makegood import clock
from makegood.mail.incident_words import Story, deadline_steps
from makegood.rules.instants import Instant
from makegood.rules.stages import StageVerdict
from makegood.rules.told import is_unconfirmed
from makegood.storage.cases import Case, load_case
from makegood.storage.changes import RefusedError, known_client
from makegood.storage.contracts import all_clients
from makegood.storage.devices import DOWN, Device, find_device
from makegood.storage.incidents import open_incidents
from makegood.storage.records import Call, Excuse, Incident, MailRecord, Pause, Record, TimelineEntry
from makegood_cli.connection import connect
from makegood_cli.options import Command, current_options
from makegood_cli.output import duration, print_json, say, written
from makegood_cli.tables import print_fields, print_table

WORDS_SHOWN = 5
"""A device that keeps failing says much the same each time; --json has all of it."""


@click.command("list", cls=Command)
@click.argument("client", required=False)
@click.option("--all", "everything", is_flag=True, help="Closed ones too.")
def list_incidents(client: str | None, everything: bool) -> None:
    """List the incidents that are open, of one client or of all, the oldest first."""
    connect()
    if client is not None:
        known_client(client)
    found = sorted(_find(client, everything), key=lambda incident: (incident.started_at, incident.sk))
    rows = [_as_row(incident, _device_of(incident)) for incident in found]
    if current_options().json:
        print_json(rows)
        return
    columns = (
        "client",
        "incident",
        "device",
        "state",
        "since",
        "back at",
        "documented at",
        "closed at",
    )
    print_table(columns, [tuple(row.values()) for row in rows])


@click.command(cls=Command)
@click.argument("client")
@click.argument("incident")
def show(client: str, incident: str) -> None:
    """Show an incident: its clocks, what happened, and the mails about it."""
    connect()
    now = clock.now()
    case = load_case(client, incident, now)
    if case is None:
        raise RefusedError(
            f"There is no incident {incident}; `makegood incident list {client} --all` names them."
        )
    story = Story(case, now)
    shown = _as_json(case, story.verdicts)
    if current_options().json:
        print_json(shown)
        return
    say(f"{incident} of {case.contract.name} ({client}): {shown['state']}\n")
    if shown["failure"]:
        say(f"It reported: {shown['failure']}\n")
    _print_parts(shown)
    for verdict in story.verdicts:
        steps = deadline_steps(story, verdict)
        say(
            "\n".join([f"How the limit of {verdict.stage} came about ({case.contract.timezone})", *steps, ""])
        )


def _find(client: str | None, everything: bool) -> Iterable[Incident]:
    if not everything and client is None:
        return open_incidents()
    clients = [entry.client for entry in all_clients()] if client is None else [client]
    found = [incident for name in clients for incident in _incidents_of(name)]
    return found if everything else [incident for incident in found if incident.closed_at is None]


def _incidents_of(client: str) -> list[Incident]:
    records = Record.query(client, Record.sk.startswith("incident#"), consistent_read=True)
    return [record for record in records if isinstance(record, Incident)]


def _device_of(incident: Incident) -> Device | None:
    """The device, where the state of the incident depends on it."""
    is_settled = incident.closed_at is not None or incident.restored_at is not None
    return None if is_settled else find_device(incident.client, incident.device)


def _as_row(incident: Incident, device: Device | None) -> dict[str, str | None]:
    return {
        "client": incident.client,
        "incident": incident.incident,
        "device": incident.device,
        "state": _state(incident, device),
        "started_at": written(incident.started_at),
        "restored_at": written(incident.restored_at),
        "documented_at": written(incident.documented_at),
        "closed_at": written(incident.closed_at),
    }


def _state(incident: Incident, device: Device | None) -> str:
    if incident.closed_at is not None:
        return "closed"
    if incident.restored_at is not None:
        return "back, to be documented" if incident.documented_at is None else "repaired"
    if device is not None and _answers_again(device, incident):
        return "answers again, not stable yet"
    trouble = "silent" if incident.failure is None else "failing"
    return f"{trouble}, somebody works on it" if incident.taken else trouble


def _answers_again(device: Device, incident: Incident) -> bool:
    return device.state == DOWN and device.incident == incident.incident and device.back_since is not None


def _as_json(case: Case, verdicts: Iterable[StageVerdict]) -> dict[str, Any]:
    incident = case.incident
    return {
        **_as_row(incident, case.device),
        "failure": incident.failure,
        "acknowledged": _told(incident.acknowledged),
        "plan": _told(incident.plan),
        "repair": _told(incident.repair),
        "by_itself": bool(incident.by_itself),
        "stages": [_stage(verdict) for verdict in verdicts],
        "timeline": [_entry(entry) for entry in case.timeline],
        "mails": [_mail(mail, clock.now()) for mail in case.mails],
        "calls": [_call(call) for call in case.calls],
        "pauses": [_pause(pause) for pause in case.pauses],
        "excuses": [_excuse(excuse) for excuse in case.excuses],
    }


def _print_parts(shown: dict[str, Any]) -> None:
    """What there is of an incident, each part under its name."""
    tables = {
        **shown,
        "stages": [_stage_cells(stage) for stage in shown["stages"]],
        "timeline": [{name: entry[name] for name in ("at", "what", "who")} for entry in shown["timeline"]],
    }
    for part in ("stages", "pauses", "excuses", "timeline", "mails", "calls"):
        rows = tables[part]
        if rows:
            say(part.capitalize())
            print_table([name.replace("_", " ") for name in rows[0]], [tuple(row.values()) for row in rows])
    _print_words(shown)
    for part in ("acknowledged", "plan", "repair"):
        if shown[part]:
            say(f"{part.capitalize()}\n")
            print_fields(shown[part])
            say("")


def _print_words(shown: dict[str, Any]) -> None:
    """The newest of what the device said later, with failures that it reported while it was down."""
    later = [entry for entry in shown["timeline"] if entry["said"] and entry["at"] != shown["started_at"]]
    for entry in later[-WORDS_SHOWN:]:
        say(f"Reported at {entry['at']}\n\n{indent(entry['said'], '  ')}\n")


def _told(entry: dict[str, Any] | None) -> dict[str, Any] | None:
    """What somebody wrote, with its instant as text."""
    return None if entry is None else {**entry, "at": written(entry["at"])}


def _stage_cells(stage: dict[str, Any]) -> dict[str, Any]:
    late = stage["late_seconds"]
    cells = {name: value for name, value in stage.items() if name != "late_seconds"}
    return {**cells, "late": duration(late) if late else None}


def _stage(verdict: StageVerdict) -> dict[str, str | int | None]:
    return {
        "stage": verdict.stage,
        "deadline": written(verdict.deadline),
        "done_at": written(verdict.done_at),
        "verdict": verdict.verdict,
        "late_seconds": verdict.late_seconds,
    }


def _entry(entry: TimelineEntry) -> dict[str, str | None]:
    return {"at": written(entry.at), "what": entry.what, "who": entry.who, "said": entry.said}


def _call(call: Call) -> dict[str, str | None]:
    said = {"reached": call.reached, "number": call.number, "by": call.by}
    return {"at": written(call.at), "recorded_at": written(call.recorded_at), **said}


def _mail(mail: MailRecord, now: Instant) -> dict[str, str | int | None]:
    return {
        "kind": mail.kind,
        "to": mail.to,
        "status": mail.status,
        "sent_at": written(mail.sent_at),
        "delivered_at": written(mail.delivered_at),
        "attempts": mail.attempts,
        "last_error": mail.last_error,
        "note": "; ".join(_notes(mail, now)) or None,
    }


def _notes(mail: MailRecord, now: Instant) -> Iterator[str]:
    """What happened to a mail on its way."""
    if is_unconfirmed(mail.status, mail.sent_at, now):
        yield "handed over, not confirmed"
    if mail.refused_since is not None:
        yield f"could not leave at {written(mail.refused_since)}"
    if mail.delayed_at is not None:
        yield f"delayed at {written(mail.delayed_at)}"
    if mail.complained_at is not None:
        yield f"called unwanted at {written(mail.complained_at)}"


def _pause(pause: Pause) -> dict[str, str | None]:
    return {"from": written(pause.start), "to": written(pause.end), "reason": pause.reason}


def _excuse(excuse: Excuse) -> dict[str, str | None]:
    return {
        "stage": excuse.stage,
        "reason": excuse.reason,
        "approved_by": excuse.approved_by,
        "approved_at": written(excuse.approved_at),
    }
