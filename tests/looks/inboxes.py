"""The inbox of the local stack, as its front door answers."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote

from looks.browser import Scene
from looks.months import MONTHS
from support.cast import OWNER
from support.telling import told_mail, told_pdf

from makegood.rules.instants import parse_instant
from makegood.rules.statements import compute
from makegood_local.mailbox import Mailbox, Sent
from makegood_local.pages import respond

SENT: Final = parse_instant("2026-04-03T14:00:07Z")


def _inbox(folder: Path, months: tuple[str, ...]) -> Mailbox:
    """A mailbox with a statement for each of the months."""
    mailbox = Mailbox(folder)
    for number, month in enumerate(months):
        facts = MONTHS[month]()
        told = told_mail(compute(facts), facts)
        mail = EmailMessage()
        mail["From"], mail["To"] = (
            "Makegood <guarantee@provider.example>",
            facts["contract"]["contacts"]["statements"][0],
        )
        mail["Reply-To"], mail["Subject"] = "help@provider.example", told.subject
        mail.set_content(told.text)
        mail.add_alternative(told.html, subtype="html")
        pdf = told_pdf(compute(facts), facts)
        mail.add_attachment(pdf, maintype="application", subtype="pdf", filename="harbor-law-2026-03.pdf")
        tags = {"client": "harbor-law", "mail": "statement#2026-03_statement_1"}
        sent = Sent(f"mail-{number}@local", SENT + 60 * number, OWNER, (mail["To"],), tags, "makegood")
        mailbox.add(sent, mail.as_bytes())
    return mailbox


def an_inbox(months: tuple[str, ...], path: str = "/inbox") -> Callable[[], Scene]:
    def page() -> Scene:
        with TemporaryDirectory() as folder:
            mailbox = _inbox(Path(folder), months)
            shown = respond(mailbox, path).body.decode()
            if path == "/inbox":
                return Scene(shown)
            frame = f"/inbox/{quote(path.rpartition('/')[2])}/html"
            return Scene(shown, {frame: respond(mailbox, f"{path}/html").body.decode()})

    return page


INBOXES: Final[dict[str, Callable[[], Scene]]] = {
    "inbox": an_inbox(("normal", "long-names", "hebrew", "quiet")),
    "inbox-empty": an_inbox(()),
    "inbox-mail": an_inbox(("normal",), "/inbox/mail-0@local"),
}
