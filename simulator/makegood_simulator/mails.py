"""The mails of a play as they went out."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

from makegood_simulator.witness import Milliseconds


@dataclass(frozen=True)
class Mail:
    """A mail that SES took: when, for whom, under which name, and its source."""

    at: Milliseconds
    client: str
    mail: str
    to: str
    subject: str
    text: str
    """Its plain text."""
    source: bytes


def read_mail(call: dict[str, Any], at: Milliseconds) -> Mail:
    """The mail of a call of SendEmail."""
    source = call["Content"]["Raw"]["Data"]
    tags = {tag["Name"]: tag["Value"] for tag in call["EmailTags"]}
    message = message_from_bytes(source, policy=policy.default)
    plain = message.get_body(("plain",))
    return Mail(
        at,
        tags["client"],
        tags["mail"],
        call["Destination"]["ToAddresses"][0],
        str(message["Subject"]),
        "" if plain is None else str(plain.get_content()),
        source,
    )
