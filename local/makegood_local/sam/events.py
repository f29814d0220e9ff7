"""Writes `events/`: what each function of the template is really sent. Run it after changing the cast."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from makegood.rules.instants import format_instant
from makegood_local.emulator import ROOT
from makegood_local.sam import cast
from makegood_local.sam.cast import CLIENT, INCIDENT, NOW, OWNER, TECHNICIAN
from makegood_local.sam.shapes import delivery, messages, notification, request, schedule
from makegood_local.stack import PARAMETERS

FOLDER = ROOT / "events"
MINUTE = 60

_PING, _PUSH = "ANY /ping/{proxy+}", "ANY /api/push/{proxy+}"
_DESK, _LIVE = "ANY /desk/{proxy+}", "ANY /live/{proxy+}"
_SCHEDULED = {
    "AnnouncementsFunction": "every-five-minutes",
    "CanaryFunction": "every-minute",
    "CloseFunction": "every-quarter",
    "PracticesFunction": "every-quarter",
    "SweepFunction": "every-minute",
}


def all_events() -> Iterator[tuple[str, Any]]:
    """`<function>/<what>.json` and the event, in the order in which they can be tried."""
    for what, event in _heartbeat().items():
        yield f"HeartbeatFunction/{what}.json", event
    for what, event in _desk().items():
        yield f"DeskFunction/{what}.json", event
    yield "AdvanceFunction/timer.json", _timer()
    yield "DeliveriesFunction/delivery.json", _delivery()
    asked = json.dumps({"client": CLIENT, "period": cast.PERIOD})
    yield "IssueFunction/statement.json", messages("makegood-StatementsQueue", NOW, asked)
    for what, event in _live().items():
        yield f"LiveFunction/{what}.json", event
    for function, name in _SCHEDULED.items():
        yield f"{function}/{name}.json", schedule(f"makegood-{function}", NOW)


def files_by_function() -> dict[str, list[Path]]:
    """The files of each function, in the order in which they can be tried."""
    found: dict[str, list[Path]] = {}
    for name, _ in all_events():
        found.setdefault(name.partition("/")[0], []).append(FOLDER / name)
    return found


def written(event: Any) -> str:
    """An event as its file holds it."""
    return json.dumps(event, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, event in all_events():
        file = FOLDER / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(written(event))
    return 0


def _heartbeat() -> dict[str, Any]:
    nightly = cast.token(cast.NIGHTLY)
    report: dict[str, list[str]] = {"seen": [], "evidence": [], "offline": []}
    bearer = {"authorization": f"Bearer {cast.token(cast.TILL)}"}
    return {
        "heartbeat": request(
            "POST /v1/heartbeat", "/v1/heartbeat", NOW, headers=bearer, body=json.dumps(report)
        ),
        "ping": request(_PING, f"/ping/{nightly}/0", NOW),
        "push": request(_PUSH, f"/api/push/{nightly}?status=up&msg=OK&ping=120", NOW + MINUTE),
        "openapi": request("GET /v1/openapi.json", "/v1/openapi.json", NOW),
    }


def _desk() -> dict[str, Any]:
    incident = f"/desk/{cast.link('incident', TECHNICIAN, CLIENT, INCIDENT)}"
    return {
        "home": request(_DESK, f"/desk/{cast.link('home', TECHNICIAN)}", NOW),
        "incident": request(_DESK, incident, NOW),
        "acknowledge": request(_DESK, f"{incident}/acknowledge", NOW, form={}),
        "practices": request(_DESK, f"/desk/{cast.link('practices', TECHNICIAN, CLIENT)}", NOW),
        "maintenance": request(_DESK, f"/desk/{cast.link('maintenance', TECHNICIAN, CLIENT)}", NOW),
    }


def _live() -> dict[str, Any]:
    page = f"/live/{cast.link('page', OWNER, CLIENT)}"
    return {
        "page": request(_LIVE, page, NOW),
        "method": request(_LIVE, f"{page}/method", NOW),
        "statement": request(_LIVE, f"{page}/{cast.PERIOD}/statement.pdf", NOW),
    }


def _timer() -> dict[str, Any]:
    """What the state machine hands to the function, and is handed back."""
    return {
        "client": CLIENT,
        "device": "router",
        "incident": INCIDENT,
        "timer": 1,
        "loops": 0,
        "wake_at": format_instant(NOW),
    }


def _delivery() -> dict[str, Any]:
    tags = {"client": CLIENT, "mail": cast.NOTICE}
    at = cast.STARTED_AT + 6 * MINUTE
    report = delivery(OWNER, tags, PARAMETERS["Sender"], at)
    return messages("makegood-MailEvents", at, notification("makegood-MailEventsTopic", at, report))


if __name__ == "__main__":
    sys.exit(main())
