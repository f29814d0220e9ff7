"""The mails of an incident at its usual moments, as one of its people gets them."""

from __future__ import annotations

import re
from typing import Any

from makegood.keys import verify_link
from makegood.mail.incident_messages import incident_message
from makegood.mail.message import Message
from makegood.rules.links import Link
from makegood.rules.mails import order
from makegood.storage.cases import Case
from makegood.storage.records import MailRecord as Mail
from support.cases import NAME, a_case, a_mail, a_plan, a_repair
from support.cast import DESK, HOUR, MINUTE, OWNER, START, TESS

EXPIRES = START + 30 * 24 * HOUR
TOLD = a_mail("notice", at=START + 4 * MINUTE)
PLANNED = (TOLD, a_mail("plan", at=START + 50 * MINUTE))
PLANNED_LATE = (TOLD, a_mail("plan", at=START + 72 * MINUTE))
BACK: dict[str, Any] = {"restored_at": START + 2 * HOUR}
REPAIRED: dict[str, Any] = {**BACK, "documented_at": START + 3 * HOUR, "repair": a_repair(START + 3 * HOUR)}
LATE_END = START + 5 * HOUR + 11 * MINUTE + 5
REPAIRED_LATE: dict[str, Any] = {**BACK, "documented_at": LATE_END, "repair": a_repair(LATE_END)}


def a_message(kind: str, to: str, at: int, mails: tuple[Mail, ...] = (TOLD,), **changes: Any) -> Message:
    """The mail of a kind at so many seconds after the device was last heard from."""
    return the_message(kind, to, at, a_case(mails=mails, **changes))


def the_message(kind: str, to: str, at: int, case: Case) -> Message:
    return incident_message(order(f"incident#{NAME}", kind, to), case, START + at)


def links_in(message: Message) -> list[Link]:
    found = re.findall(r"https://makegood\.provider\.example/desk/(\S+)", message.text)
    assert re.findall(r'href="https://makegood\.provider\.example/desk/([^"]+)"', message.html) == found
    return [verify_link(text, START) for text in found]


def flat(text: str) -> str:
    """The words of a plain text, however they are wrapped."""
    return " ".join(text.split())


EVERY_KIND: dict[str, tuple[str, int, dict[str, Any]]] = {
    "notice": (DESK, 4 * MINUTE, {"mails": ()}),
    "alert": (TESS, 4 * MINUTE, {"mails": ()}),
    "notify-50": (TESS, 8 * MINUTE, {"mails": (a_mail("notice", status="bounced"),)}),
    "notify-limit": (TESS, 15 * MINUTE + 3, {"mails": ()}),
    "plan-50": (TESS, 30 * MINUTE, {}),
    "plan-limit": (TESS, HOUR + 3, {}),
    "repair-50": (TESS, 2 * HOUR, {"mails": PLANNED}),
    "repair-limit": (TESS, 4 * HOUR + 3, {"mails": PLANNED}),
    "plan": (OWNER, 49 * MINUTE, {"plan": a_plan(START + 49 * MINUTE)}),
    "recovery": (OWNER, 2 * HOUR + 600, {"mails": PLANNED, **BACK}),
    "closing": (OWNER, 5 * HOUR + 12 * MINUTE, {"mails": PLANNED_LATE, **REPAIRED_LATE}),
}


def a_mail_of(kind: str, to: str | None = None) -> Message:
    addressee, at, changes = EVERY_KIND[kind]
    return a_message(kind, to or addressee, at, **changes)
