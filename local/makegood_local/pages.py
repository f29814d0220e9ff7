"""The inbox as pages: plain HTML that works without JavaScript and shows hostile mails harmlessly."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import quote

from makegood_local.mailbox import Mail, Mailbox
from makegood_local.relay import Headers, Response

URL = re.compile(r"https?://[^\s<>\"')\]]+[^\s<>\"')\].,;:!?]")
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"
)
# A mail may open links in a new window, and nothing else: no scripts, no forms, no requests.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
MAIL_POLICY = (
    f"sandbox {SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'"
)

STYLE = Path(__file__).with_name("inbox.css").read_text()


def respond(mailbox: Mailbox, path: str) -> Response:
    """The page at a path below /inbox."""
    name, _, part = path.removeprefix("/inbox").strip("/").partition("/")
    if not name:
        return _page("Inbox", _list(mailbox.mails()))
    mail = mailbox.find(name)
    answer = None if mail is None else _part_of(mail, part)
    return answer or _page("Not here", "<h1>No such mail</h1><p><a href='/inbox'>All mails</a></p>", 404)


def _part_of(mail: Mail, part: str) -> Response | None:
    """The mail's own page, or what is linked from there."""
    if not part:
        return _page(mail.subject, _mail(mail))
    if part == "html":
        return _html_part(mail)
    if part == "raw":
        return _download(mail.raw, f"{mail.message_id.partition('@')[0]}.eml")
    linked = {f"attachment/{number}": attachment for number, attachment in enumerate(mail.attachments)}
    return _download(linked[part].content, linked[part].name) if part in linked else None


def _list(mails: list[Mail]) -> str:
    rows = "".join(_row(mail) for mail in reversed(mails))
    nothing = "<p class='row soft'>No mail has been sent yet. Reload this page later.</p>"
    count = "1 mail" if len(mails) == 1 else f"{len(mails)} mails"
    return (
        f"<h1>Inbox</h1><p class='soft'>{count}, the newest first. Nothing leaves this machine.</p>"
        f"<div class='card'>{rows or nothing}</div>"
    )


def _row(mail: Mail) -> str:
    return (
        f"<a class='row' href='/inbox/{quote(mail.message_id)}'><strong>{escape(mail.subject)}</strong>"
        f"<span class='soft'>{_when(mail)}</span><span>To {escape(', '.join(mail.to))}</span>"
        f"<span class='soft'>from {escape(mail.sender)}</span></a>"
    )


def _mail(mail: Mail) -> str:
    place = f"/inbox/{quote(mail.message_id)}"
    facts = [
        ("From", mail.sender),
        ("To", ", ".join(mail.to)),
        ("Reply to", mail.header("Reply-To")),
        ("Sent", _when(mail)),
    ]
    facts += [(f"Tag {name}", value) for name, value in sorted(mail.tags.items())]
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts if value)
    return (
        f"<p><a href='/inbox'>All mails</a></p><h1>{escape(mail.subject)}</h1><dl>{lines}</dl>"
        f"<p><a href='{place}/raw'>Download the mail (.eml)</a></p>{_attachments(mail, place)}"
        + (_html_frame(place) if mail.html else "")
        + f"<h2>As plain text</h2><div class='card'><pre>{_linked(mail.text)}</pre></div>"
    )


def _html_frame(place: str) -> str:
    return (
        "<h2>As the recipient sees it</h2><div class='card'>"
        f"<iframe title='The mail' sandbox='{SANDBOX}' src='{place}/html'></iframe></div>"
    )


def _attachments(mail: Mail, place: str) -> str:
    links = "".join(
        f"<li><a href='{place}/attachment/{number}'>{escape(attachment.name)}</a> "
        f"<span class='soft'>{escape(attachment.content_type)}, {len(attachment.content):,} bytes</span></li>"
        for number, attachment in enumerate(mail.attachments)
    )
    return f"<h2>Attachments</h2><ul>{links}</ul>" if links else ""


def _linked(text: str) -> str:
    """The text escaped, with its web addresses as links."""
    done, pieces = 0, []
    for found in URL.finditer(text):
        url = escape(found.group())
        pieces.append(f"{escape(text[done : found.start()])}<a href='{url}' rel='noreferrer'>{url}</a>")
        done = found.end()
    return "".join(pieces) + escape(text[done:])


def _when(mail: Mail) -> str:
    return datetime.fromtimestamp(mail.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _page(title: str, body: str, status: int = 200) -> Response:
    page = (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>{escape(title)} - Makegood</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )
    return Response(status, _headers("text/html; charset=utf-8", PAGE_POLICY), page.encode())


def _html_part(mail: Mail) -> Response:
    page = f"<!doctype html><base target='_blank'>{mail.html}"
    return Response(200, _headers("text/html; charset=utf-8", MAIL_POLICY), page.encode())


def _download(content: bytes, name: str) -> Response:
    headers = _headers("application/octet-stream", MAIL_POLICY)
    headers.append(("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name, safe='')}"))
    return Response(200, headers, content)


def _headers(content_type: str, policy: str) -> Headers:
    return [
        ("Content-Type", content_type),
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ]
