"""Stands between the functions and the embedded SES, which keeps no whole mails and reports no deliveries.

Each mail is handed on, kept whole, and what became of it is published to the stack's topic in the form that
SES documents for configuration sets with an SNS destination. A MAIL FROM domain, which the embedded
SES does not know, is taken and changes nothing: no mail leaves. As it takes every identity for verified,
without DNS, so its DKIM records count as found.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from makegood_local.mailbox import Mail, Mailbox, Sent
from makegood_local.relay import Handler, Response, Server, forward

SEND_EMAIL = "/v2/email/outbound-emails"
IDENTITY = re.compile(r"/v2/email/identities/[^/]+")
MAIL_FROM = re.compile(rf"{IDENTITY.pattern}/mail-from")
SIMULATOR = "bounce@simulator.amazonses.com"
DELIVERY_SECONDS = 0.3

Publish = Callable[[str], object]


class SesServer(Server):
    """The endpoint that functions are given for SES."""

    def __init__(self, emulator_port: int, mailbox: Mailbox, bouncing: Collection[str]) -> None:
        super().__init__(0, _SesHandler)
        self.emulator_port = emulator_port
        self.mailbox = mailbox
        self.bouncing = frozenset({SIMULATOR, *bouncing})
        self._kept: SimpleQueue[Mail | None] = SimpleQueue()

    def keep(self, sent: Sent, raw: bytes) -> None:
        """Keeps a mail; what became of it is published a moment later."""
        self._kept.put(self.mailbox.add(sent, raw))

    @contextmanager
    def reporting(self, publish: Publish) -> Iterator[None]:
        """Publishes what becomes of mails; before it ends, of every mail sent until then."""
        reporter = threading.Thread(target=self._report, args=(publish,), daemon=True)
        reporter.start()
        try:
            yield
        finally:
            self._kept.put(None)
            reporter.join()

    def _report(self, publish: Publish) -> None:
        while (mail := self._kept.get()) is not None:
            time.sleep(max(0.0, mail.at + DELIVERY_SECONDS - time.time()))
            if not mail.sent.configuration_set:
                continue
            try:
                publish(json.dumps(event_of(mail, self.bouncing, time.time())))
            except (BotoCoreError, ClientError) as error:
                print(f"the event of mail {mail.message_id} was lost: {error}", file=sys.stderr)


class _SesHandler(Handler):
    server: SesServer

    def respond(self, body: bytes) -> Response:
        path = urlsplit(self.path).path
        if self.command == "PUT" and MAIL_FROM.fullmatch(path):
            return Response(200, [("Content-Type", "application/json")], b"{}")
        answer = forward(self, self.server.emulator_port, body)
        if self.command == "GET" and IDENTITY.fullmatch(path) and answer.status == 200:
            return _with_dkim(answer)
        if self.command == "POST" and path == SEND_EMAIL and answer.status == 200:
            self._keep(json.loads(body), json.loads(answer.body)["MessageId"])
        return answer

    def _keep(self, request: dict[str, Any], message_id: str) -> None:
        sent = Sent(
            message_id=message_id,
            at=time.time(),
            sender=request["FromEmailAddress"],
            to=tuple(request["Destination"]["ToAddresses"]),
            tags={tag["Name"]: tag["Value"] for tag in request.get("EmailTags", [])},
            configuration_set=request.get("ConfigurationSetName", ""),
        )
        self.server.keep(sent, base64.b64decode(request["Content"]["Raw"]["Data"]))


def _with_dkim(answer: Response) -> Response:
    identity = json.loads(answer.body)
    identity["DkimAttributes"] |= {"SigningEnabled": True, "Status": "SUCCESS"}
    return Response(answer.status, answer.headers, json.dumps(identity).encode())


def event_of(mail: Mail, bouncing: Collection[str], at: float) -> dict[str, Any]:
    """The event that SES publishes for a mail: a bounce when any of its recipients is known to bounce."""
    bounced = [address for address in mail.to if address.lower() in bouncing]
    if bounced:
        return {"eventType": "Bounce", "mail": _mail(mail), "bounce": _bounce(mail, bounced, at)}
    return {"eventType": "Delivery", "mail": _mail(mail), "delivery": _delivery(mail, at)}


def _mail(mail: Mail) -> dict[str, Any]:
    tags = {
        "ses:configuration-set": mail.sent.configuration_set,
        "ses:from-domain": mail.sent.sender.rpartition("@")[2],
    }
    return {
        "timestamp": _timestamp(mail.at),
        "messageId": mail.message_id,
        "source": mail.sent.sender,
        "sendingAccountId": "000000000000",
        "destination": list(mail.to),
        "headersTruncated": False,
        "headers": [{"name": name, "value": mail.header(name)} for name in ("From", "To", "Subject")],
        "commonHeaders": {
            "from": [mail.sender],
            "to": list(mail.to),
            "messageId": mail.message_id,
            "subject": mail.subject,
        },
        "tags": {name: [value] for name, value in (tags | mail.tags).items()},
    }


def _delivery(mail: Mail, at: float) -> dict[str, Any]:
    return {
        "timestamp": _timestamp(at),
        "processingTimeMillis": round((at - mail.at) * 1000),
        "recipients": list(mail.to),
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "a8-70.smtp-out.amazonses.com",
    }


def _bounce(mail: Mail, bounced: list[str], at: float) -> dict[str, Any]:
    return {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": address,
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
            for address in bounced
        ],
        "timestamp": _timestamp(at),
        "feedbackId": mail.message_id,
        "reportingMTA": "dsn; a8-70.smtp-out.amazonses.com",
    }


def _timestamp(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
