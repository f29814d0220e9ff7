"""Statements as stored: their files in S3, written once, and their record, whose status only rises."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError
from pynamodb.expressions.update import Action

from makegood import aws
from makegood.rules.events import KINDS, Event
from makegood.rules.instants import Instant, Period, parse_instant
from makegood.rules.mails import SENDING, order
from makegood.settings import settings
from makegood.storage.events import announce
from makegood.storage.records import MailRecord, Statement
from makegood.storage.transactions import LostRaceError, write_together
from makegood.storage.writes import put_if

FROZEN = "frozen"
ISSUED = "issued"

FACTS = "facts.json"
STATEMENT = "statement.json"
PAGE = "statement.html"
PDF = "statement.pdf"

MOST_RIVALS = 3
"""Of two writes at one moment S3 may answer one with a conflict, which does not say yet who was first."""

_CONTENT_TYPES = {
    FACTS: "application/json",
    STATEMENT: "application/json",
    PAGE: "text/html; charset=utf-8",
    PDF: "application/pdf",
}


def file_key(client: str, period: Period, name: str) -> str:
    """Where a statement's file lies in the bucket: `<client>/<period>/<name>`."""
    return f"{client}/{period}/{name}"


def keep_first(client: str, period: Period, name: str, body: bytes) -> bytes:
    """Stores the file unless there is one already; returns what is stored, whoever wrote it."""
    bucket, key = settings().statements_bucket, file_key(client, period, name)
    kind = _CONTENT_TYPES[name]
    for others in range(MOST_RIVALS, -1, -1):
        try:
            aws.s3().put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind, IfNoneMatch="*")
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "PreconditionFailed":
                return aws.s3().get_object(Bucket=bucket, Key=key)["Body"].read()
            if code != "ConditionalRequestConflict" or not others:
                raise
        else:
            break
    return body


def stored_file(client: str, period: Period, name: str) -> bytes | None:
    """A statement's file as it is stored; None when there is none."""
    key = file_key(client, period, name)
    try:
        return aws.s3().get_object(Bucket=settings().statements_bucket, Key=key)["Body"].read()
    except ClientError as error:
        # Who may not list the bucket is not told that a key is missing, only that it is not theirs to read.
        if error.response["Error"]["Code"] not in ("NoSuchKey", "AccessDenied"):
            raise
        return None


def statements_of(client: str) -> list[Statement]:
    """The records of the client's statements, the newest first, also those whose mails have not all left."""
    found = Statement.query(client, Statement.sk.startswith("statement#"), consistent_read=True)
    return sorted(found, key=lambda statement: statement.period, reverse=True)


def find_statement(client: str, period: Period) -> Statement | None:
    """The record of a period's statement, by a consistent read; None before all its files are stored."""
    try:
        return Statement.get(client, f"statement#{period}", consistent_read=True)
    except Statement.DoesNotExist:
        return None


def is_issued(client: str, period: Period) -> bool:
    """Whether the statement's mail has left for everybody it is for."""
    statement = find_statement(client, period)
    return statement is not None and statement.status == ISSUED


def unsent_to(client: str, period: Period, recipients: Sequence[str]) -> list[str]:
    """To whom of the recipients the statement's mail has not left."""
    about = f"statement#{period}"
    known = MailRecord.query(client, MailRecord.sk.startswith(f"{about}#mail#"), consistent_read=True)
    left = {mail.mail for mail in known if mail.status != SENDING}
    return [to for to in recipients if order(about, "statement", to).mail not in left]


def record_frozen(statement: dict[str, Any], now: Instant) -> None:
    """Records what a statement says whose files are all stored, once: from here on it is the statement."""
    record = Statement(
        statement["client"],
        f"statement#{statement['period']}",
        period=statement["period"],
        status=FROZEN,
        as_of=parse_instant(statement["as_of"]),
        frozen_at=now,
        refund_cents=statement["refund_cents"],
        due_cents=statement["due_cents"],
        currency=statement["currency"],
        healthy=statement["healthy"],
    )
    put_if(record, Statement.sk.does_not_exist())


def record_issued(statement: dict[str, Any], issued_at: Instant) -> None:
    """Records that every mail has left, once, and has it told."""
    record = Statement(statement["client"], f"statement#{statement['period']}")
    issued: list[Action] = [Statement.status.set(ISSUED), Statement.issued_at.set(issued_at)]
    data = {name: statement[name] for name in KINDS["statement.issued"].data}
    with suppress(LostRaceError):
        write_together(
            lambda transaction: transaction.update(
                record, actions=issued, condition=Statement.status == FROZEN
            ),
            announce(
                Event("statement.issued", statement["client"], statement["period"], issued_at, data=data)
            ),
        )
