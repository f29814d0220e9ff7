"""The story of one outage and one statement, live: `make demo`."""

from __future__ import annotations

import json
import os
import re
import shutil
import socketserver
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from makegood import clock
from makegood.rules.instants import parse_instant
from makegood.storage.tables import bind_tables
from makegood_local.agents import Agent
from makegood_local.demo_month import demo_month
from makegood_local.emulator import LocalError
from makegood_local.load_facts import store_facts
from makegood_local.stack import LocalStack
from makegood_local.story import (
    ROOT,
    Narrator,
    Technician,
    contract_from_this_month,
    first_mail,
    published_key,
    run_command,
    status_of,
    sweeping,
    until,
)

OUT = ROOT / "build" / "demo"
CONTRACT = ROOT / "contracts" / "demo-seconds.yaml"
SWEEP_EVERY_SECONDS = 2
DETECTION_SECONDS = 12
PARAMETERS = {"Technicians": "tina@provider.example", "DetectionSeconds": str(DETECTION_SECONDS)}

CLIENT = "corner-bakery"
OWNER = "owner@bakery.example"
TINA = "tina@provider.example"

PLAN = {
    "cause": "The till's power supply has failed.",
    "steps": "1. Bring a spare power supply.\n2. Swap it and start the till.\n3. Watch it for ten minutes.",
    "eta": "Within the hour",
}
REPAIR = {
    "cause": "The power supply's fan was full of flour.",
    "work": "Swapped the power supply, cleaned the case, watched the till take three orders.",
}


@dataclass
class Outage:
    """What really happened, as the tables tell it."""

    incident: str
    detected_after_seconds: int
    notified_after_seconds: int
    stages: list[dict[str, str]]


def main() -> int:
    """Tells the story; exit status 1 when it does not go as promised, 130 when it is interrupted."""
    started = time.monotonic()
    os.chdir(ROOT)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    narrator = Narrator()
    try:
        _tell(narrator)
    except LocalError as error:
        print(f"\nThe demo stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nThe demo was interrupted; nothing is left running", file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(OUT / "stack", ignore_errors=True)
    print(f"\n{time.monotonic() - started:.0f} seconds in all")
    return 0


def _tell(narrator: Narrator) -> None:
    narrator.chapter("1. The deployment: infra/template.yaml on an embedded AWS")
    with LocalStack(OUT / "stack", PARAMETERS) as stack:
        narrator.say(f"deployed; the API answers at {stack.url}")
        if status_of(f"{stack.url}/desk/forged-link") != 403:
            raise LocalError("the desk let a forged link in")
        narrator.say("the desk refuses a forged link")
        _use(stack)
        try:
            outage = _live_outage(stack, narrator)
            statement = _last_months_statement(stack, narrator)
            mails = _keep(stack, outage, statement)
        finally:
            (OUT / "functions.log").write_text(stack.logs())
    _say_where_to_look(outage, statement, mails)


def _use(stack: LocalStack) -> None:
    """Lets this process read and load the stack's tables, as its owner."""
    os.environ.update(stack.environment)
    bind_tables(stack.outputs["DevicesTable"], stack.outputs["RecordsTable"])


def _live_outage(stack: LocalStack, narrator: Narrator) -> Outage:
    narrator.chapter("2. A client, a contract, three devices")
    contract = contract_from_this_month(CONTRACT, OUT)
    run_command(stack, "client", "apply", str(contract))
    narrator.say(f"$ makegood client apply {contract.name}: notice in 60 s, plan in 60 s, repair in 65 s")
    with _a_modem() as port:
        tokens = {
            device: _enroll(stack, narrator, device, kind, *more)
            for device, kind, *more in (
                ("server", "server", "--practice", "backup"),
                ("modem", "router", "--via", "server"),
                ("till", "till"),
            )
        }
        evidence = OUT / "backup.json"
        done = [{"device": "server", "practice": "backup", "facts": {"ok": True, "bytes": 734_003_200}}]
        evidence.write_text(json.dumps(done))
        sees = ("--see", f"modem=tcp:127.0.0.1:{port}", "--evidence", str(evidence))
        with _agent(stack, "server", tokens, *sees) as server, _agent(stack, "till", tokens) as till:
            server.start()
            narrator.say(f"the agent on the till runs as process {till.start()}, one more on the server")
            with sweeping(stack, SWEEP_EVERY_SECONDS):
                return _outage_of(stack, narrator, till)


def _agent(stack: LocalStack, device: str, tokens: Mapping[str, str], *options: str) -> Agent:
    token = {"MAKEGOOD_TOKEN": tokens[device]}
    log = OUT / f"agent-{device}.log"
    return Agent(log, "--url", stack.url, "--every", "2", *options, environment=token)


def _outage_of(stack: LocalStack, narrator: Narrator, till: Agent) -> Outage:
    until("every device to be up", lambda: _states(stack) == {"up"})
    narrator.say("all three devices are up; canary and sweep run every 2 s (on AWS: every minute)")
    narrator.chapter("3. The till dies")
    till.kill()
    narrator.say("killed the agent on the till (kill -9)")
    alert = first_mail(stack, {"kind": "alert", "to": TINA})
    incident = alert.tags["mail"].split("_")[1]
    first_mail(stack, {"kind": "notice", "to": OWNER})
    shown = _show(stack, incident)
    started = parse_instant(shown["started_at"])
    detected = _detected_after_seconds(shown)
    narrator.say(f"detected {detected} s after it was last seen: incident {incident}")
    narrator.say(f"the client's two contacts and {TINA} have mail")
    narrator.chapter("4. The technician")
    tina = Technician(alert, stack.url)
    if incident not in tina.read():
        raise LocalError(f"{tina.link} is not the page of {incident}")
    tina.post("acknowledge", {})
    tina.post("plan", PLAN)
    first_mail(stack, {"kind": "plan", "to": OWNER})
    narrator.say("Tina follows her link, takes the incident and sends the plan; the client has it")
    narrator.say("the repair's limit of 65 s is missed on purpose ...")
    first_mail(stack, {"kind": "repair-limit", "to": TINA})
    late = clock.now() - started
    narrator.say(f"{late} s after it was last seen: the limit has passed, Tina is told")
    narrator.say(f"restarted the agent on the till as process {till.start()}")
    first_mail(stack, {"kind": "recovery", "to": OWNER})
    narrator.say("the till is back and stable; the client and Tina have mail")
    tina.post("repair", REPAIR)
    first_mail(stack, {"kind": "closing", "to": OWNER})
    until("the incident to close", lambda: _show(stack, incident)["closed_at"])
    narrator.say("Tina documents the repair; the incident is closed, the closing mails are out")
    return _as_it_was(stack, incident, narrator)


def _as_it_was(stack: LocalStack, incident: str, narrator: Narrator) -> Outage:
    shown = _show(stack, incident)
    for stage in shown["stages"]:
        narrator.say(f"    {stage['stage']:7} {stage['verdict']}")
    notified = next(stage["done_at"] for stage in shown["stages"] if stage["stage"] == "notify")
    return Outage(
        incident=incident,
        detected_after_seconds=_detected_after_seconds(shown),
        notified_after_seconds=parse_instant(notified) - parse_instant(shown["started_at"]),
        stages=[{"stage": stage["stage"], "verdict": stage["verdict"]} for stage in shown["stages"]],
    )


def _detected_after_seconds(shown: dict[str, Any]) -> int:
    opened = next(entry["at"] for entry in shown["timeline"] if entry["what"] == "opened")
    return parse_instant(opened) - parse_instant(shown["started_at"])


def _last_months_statement(stack: LocalStack, narrator: Narrator) -> dict[str, Any]:
    narrator.chapter("5. Last month of another client")
    facts = demo_month(clock.now())
    client, period = facts["contract"]["client"], facts["period"]
    store_facts(facts)
    narrator.say(f"loaded the facts of {client}, {period}: what its agents and technicians left behind")
    stack.invoke("CloseFunction", {})
    narrator.say("called the reporter, as its schedule does every 15 minutes")
    recipient = facts["contract"]["contacts"]["statements"][0]
    mail = first_mail(stack, {"kind": "statement", "to": recipient})
    narrator.say(f"{recipient} has mail: {mail.subject}")
    folder = f"{client}/{period}"
    s3, bucket = stack.client("s3"), stack.outputs["StatementsBucket"]
    for name in ("statement.json", "statement.html"):
        (OUT / name).write_bytes(s3.get_object(Bucket=bucket, Key=f"{folder}/{name}")["Body"].read())
    statement: dict[str, Any] = json.loads((OUT / "statement.json").read_text())
    (OUT / "facts.json").write_text(json.dumps(statement["facts"], indent=2) + "\n")
    (OUT / "provider.pem").write_text(published_key(mail, stack.url))
    return statement


def _keep(stack: LocalStack, outage: Outage, statement: dict[str, Any]) -> int:
    folder = OUT / "mails"
    folder.mkdir()
    mails = stack.inbox()
    for number, mail in enumerate(mails, 1):
        subject = re.sub(r"[^a-z0-9]+", "-", mail.subject.lower()).strip("-")[:60]
        to = re.sub(r"[^a-z0-9]+", "-", mail.to[0].lower())
        (folder / f"{number:02}-{to}-{subject}.eml").write_bytes(mail.raw)
    summary = {
        "detected_after_seconds": outage.detected_after_seconds,
        "notified_after_seconds": outage.notified_after_seconds,
        "stages": outage.stages,
        "refund_cents": statement["refund_cents"],
        "mails": len(mails),
    }
    (OUT / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    return len(mails)


def _say_where_to_look(outage: Outage, statement: dict[str, Any], mails: int) -> None:
    verdicts = ", ".join(f"{stage['stage']} {stage['verdict']}" for stage in outage.stages)
    rows = [
        ("the outage", f"{outage.incident}: {verdicts}"),
        (
            "detected, notified",
            f"{outage.detected_after_seconds} s, {outage.notified_after_seconds} s after the last heartbeat",
        ),
        ("build/demo/mails/", f"{mails} mails as they were sent (.eml, for any mail program)"),
        ("build/demo/statement.html", "the statement as its mail shows it; open it in a browser"),
        ("build/demo/statement.json", f"the same with its facts: {statement['refund_cents']} cents refunded"),
        ("build/demo/provider.pem", "the key it is signed with; .venv/bin/makegood statement verify \\"),
        ("", "  build/demo/statement.json --key build/demo/provider.pem"),
        ("build/demo/facts.json", "the facts; .venv/bin/makegood statement compute build/demo/facts.json"),
        ("build/demo/summary.json", "the figures above"),
        ("build/demo/*.log", "what the agents and the functions logged"),
    ]
    print("\nWhere to look (nothing is left running)\n")
    for what, where in rows:
        print(f"  {what:26} {where}")


def _enroll(stack: LocalStack, narrator: Narrator, device: str, kind: str, *more: str) -> str:
    arguments = ["device", "enroll", CLIENT, device, "--kind", kind, "--grace", "6s", *more]
    enrolled = json.loads(run_command(stack, *arguments, "--json"))
    narrator.say(f"$ makegood {' '.join(arguments)}")
    return str(enrolled["token"])


def _states(stack: LocalStack) -> set[str]:
    return {row["state"] for row in json.loads(run_command(stack, "device", "list", CLIENT, "--json"))}


def _show(stack: LocalStack, incident: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(run_command(stack, "incident", "show", CLIENT, incident, "--json"))
    return shown


@contextmanager
def _a_modem() -> Iterator[int]:
    """Something on this machine that takes connections, as a modem's own page would."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as modem:
        threading.Thread(target=modem.serve_forever, daemon=True).start()
        try:
            yield modem.server_address[1]
        finally:
            modem.shutdown()


if __name__ == "__main__":
    sys.exit(main())
