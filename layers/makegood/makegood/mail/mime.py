"""A mail as it travels."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from makegood.mail.message import Message
from makegood.settings import settings
from makegood.texts import one_line

_UNFOLDED = SMTP.clone(max_line_length=998)
"""Python folds a long ASCII subject before its first word, and mail programs then show a blank or nothing."""


def compose(to: str, message: Message) -> bytes:
    """The mail as MIME: plain text first, its HTML twin beside it; headers cannot be broken out of."""
    mime = EmailMessage(policy=SMTP)
    mime["From"] = settings().sender
    mime["To"] = to
    mime["Reply-To"] = settings().reply_to or settings().sender
    mime["Subject"] = one_line(message.subject)
    mime["Auto-Submitted"] = "auto-generated"
    mime.set_content(message.text, cte="quoted-printable")
    mime.add_alternative(message.html, subtype="html", cte="quoted-printable")
    for file in message.attachments:
        kind, _, subtype = file.media_type.partition("/")
        mime.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
    return mime.as_bytes(policy=_UNFOLDED if message.subject.isascii() else SMTP)
