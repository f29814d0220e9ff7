"""Both sides of a matter: technicians ask, approve, revoke, decide; the client answers, agrees, disagrees."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from makegood.keys import sign_link
from makegood.rules.links import Link
from makegood_simulator.cloud import TECHNICIANS
from makegood_simulator.faults import SECOND
from makegood_simulator.platform import Platform
from makegood_simulator.tables import Row, Tables, integer, text
from makegood_simulator.tape import Answer, Approve, Ask, Decide, DeviceLine, Dispute, Revoke
from makegood_simulator.wire import Call, sets, writes
from makegood_simulator.witness import Act, Witness

Matter = Answer | Ask | Approve | Revoke | Dispute | Decide

LINK_LIFE = 90 * 86_400
ATTEMPTS = 20

_MARKS = {
    "Answer": "end",
    "Approve": "approved_at",
    "Revoke": "revoked_at",
    "Decide": "decided_at",
}
_PUTS = {"Ask": "#excuse#", "Dispute": "#dispute#"}


@dataclass(frozen=True)
class Form:
    """What is posted: by whom, to which function, at which address, and what the act is about."""

    function: str
    path: str
    fields: Mapping[str, str]
    who: str
    matter: str


class Parties:
    """Fills in the forms of the desk and of the client's pages."""

    def __init__(
        self,
        platform: Platform,
        tables: Tables,
        find: Callable[[DeviceLine, Callable[[], None]], str | None],
        give_up: Callable[[DeviceLine, str], None],
    ) -> None:
        """`find` names the incident that a line means, or waits for it; `give_up` notes what was in vain."""
        self._platform = platform
        self._agenda = platform.agenda
        self._witness: Witness = platform.witness
        self._tables = tables
        self._find = find
        self._give_up = give_up

    def do(self, line: Matter) -> None:
        incident = self._find(line, lambda: self.do(line))
        if incident is None:
            return
        form = self._form(line, incident)
        if form is None:
            self._give_up(line, f"{incident} has nothing to {type(line).__name__.lower()}")
        else:
            self._post(line, incident, form, ATTEMPTS)

    def _post(self, line: Matter, incident: str, form: Form, attempts: int) -> None:
        door = form.path.split("/")[1]
        self._platform.request(form.function, {"method": "GET", "path": form.path.rpartition("/")[0]})
        request = {
            "method": "POST",
            "path": form.path,
            "body": urlencode(form.fields),
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
            "route": f"ANY /{door}/{{proxy+}}",
        }
        arrived = math.ceil(self._agenda.now / SECOND)

        def watch(operation: str, call: Call) -> None:
            if any(_is_on_record(line, kind, write) for kind, write in writes(operation, call)):
                details = {**_said(line), "by": form.who, "matter": form.matter}
                name = type(line).__name__.lower()
                self._witness.acts.append(
                    Act(name, line.device, incident, arrived, self._agenda.now, details)
                )

        answer = self._platform.request(form.function, request, watch)
        if answer is None or answer["statusCode"] >= 500:
            if attempts:
                again = self._agenda.now + 30 * SECOND
                self._agenda.plan(again, lambda: self._post(line, incident, form, attempts - 1))
        elif attempts and self._platform.faults.strikes(self._agenda.now):
            self._agenda.plan(self._agenda.now + SECOND, lambda: self._post(line, incident, form, 0))
        elif answer["statusCode"] not in (303, 409):
            self._give_up(line, f"the page answers {answer['statusCode']}")

    def _form(self, line: Matter, incident: str) -> Form | None:
        """As the page offers it to who looks now; None when there is nothing of the kind."""
        rows = self._rows(incident)
        match line:
            case Answer():
                pause = _last(rows, "#pause#")
                return self._live("answer", "answer", incident, _pause_name(pause), {"text": line.text})
            case Ask():
                count = sum("#excuse#" in key for key in rows)
                typed = {"stage": line.stage, "reason": line.reason, "evidence": line.evidence}
                number = 1 + sum(f"#excuse#{line.stage}#" in key for key in rows)
                fields = {**typed, "seen": str(count), "ask": "client"}
                return self._desk(TECHNICIANS[0], "excuse", incident, f"excuse-{line.stage}-{number}", fields)
            case Approve():
                return self._approval(line, incident, _excuse_name(_last(rows, f"#excuse#{line.stage}#")))
            case Revoke():
                matter = _excuse_name(_last(rows, f"#excuse#{line.stage}#"))
                fields = {"because": line.because}
                return self._desk(TECHNICIANS[0], f"revoke-{matter}", incident, matter, fields)
            case Dispute():
                matter = _disputed(rows, line.about)
                return self._live("disagree", "disagree", incident, matter, {"text": line.text})
            case Decide():
                matter = _dispute_name(_undecided(rows))
                fields = {"upheld": "yes" if line.upheld else "no", "because": line.because}
                return self._desk(TECHNICIANS[1], f"decide-{matter}", incident, matter, fields)

    def _approval(self, line: Approve, incident: str, matter: str) -> Form | None:
        if line.by == "client":
            return self._live("excuse", "agree", incident, matter, {})
        return self._desk(TECHNICIANS[1], f"approve-{matter}", incident, matter, {})

    def _desk(
        self, who: str, action: str, incident: str, matter: str, fields: Mapping[str, str]
    ) -> Form | None:
        link = self._link("incident", incident, who, "")
        path = f"/desk/{link}/{action}"
        return Form("DeskFunction", path, fields, who, matter) if matter else None

    def _live(
        self, purpose: str, action: str, incident: str, matter: str, fields: Mapping[str, str]
    ) -> Form | None:
        who = str(self._witness.contracts[-1]["contacts"]["outages"][0])
        path = f"/live/{self._link(purpose, incident, who, matter)}/{action}"
        return Form("LiveFunction", path, fields, who, matter) if matter else None

    def _link(self, purpose: str, incident: str, who: str, matter: str) -> str:
        expires_at = self._agenda.now // SECOND + LINK_LIFE
        return sign_link(Link(purpose, self._witness.client, incident, who, expires_at, matter))

    def _rows(self, incident: str) -> dict[str, Row]:
        """What belongs to the incident, in the order of the keys."""
        prefix = f"incident#{incident}#"
        found = {
            key: row
            for partition, key, row in self._tables.everything()
            if partition == self._witness.client and key.startswith(prefix)
        }
        return dict(sorted(found.items()))


def _last(rows: Mapping[str, Row], part: str) -> Row | None:
    return next((row for key, row in reversed(list(rows.items())) if part in key), None)


def _pause_name(row: Row | None) -> str:
    return "" if row is None else f"pause-{integer(row, 'start')}"


def _excuse_name(row: Row | None) -> str:
    return "" if row is None else f"excuse-{text(row, 'stage')}-{integer(row, 'number')}"


def _dispute_name(row: Row | None) -> str:
    return "" if row is None else f"dispute-{integer(row, 'number')}"


def _undecided(rows: Mapping[str, Row]) -> Row | None:
    found = (row for key, row in rows.items() if "#dispute#" in key and "decided_at" not in row)
    return next(found, None)


def _disputed(rows: Mapping[str, Row], about: str) -> str:
    """`pause` is the last one, a stage its last excuse, `incident` the whole."""
    if about == "incident":
        return about
    if about == "pause":
        return _pause_name(_last(rows, "#pause#"))
    return _excuse_name(_last(rows, f"#excuse#{about}#"))


def _is_on_record(line: Matter, kind: str, write: Call) -> bool:
    name = type(line).__name__
    if kind == "Put":
        return name in _PUTS and _PUTS[name] in write["Item"]["sk"]["S"]
    return name in _MARKS and sets(write, _MARKS[name])


def _said(line: Matter) -> dict[str, Any]:
    """What was typed, and what it was about."""
    names = ("text", "stage", "reason", "evidence", "because", "about", "upheld")
    return {name: getattr(line, name) for name in names if hasattr(line, name)}
