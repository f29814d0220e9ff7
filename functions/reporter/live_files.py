"""The files of a statement, as they are stored, and its lines for the books."""

from __future__ import annotations

import codecs
import json
from typing import Final

from live_month import contract_for
from live_visits import LiveVisit
from makegood.mail.statement_lines import statement_lines
from makegood.pages.frames import HEADERS
from makegood.pages.routes import NotFoundError, Page
from makegood.rules.instants import Period
from makegood.storage.contracts import versions_of
from makegood.storage.statements import PAGE, PDF, STATEMENT, find_statement, stored_file

LINES: Final = "lines.csv"

_TYPES: Final = {
    PAGE: "text/html; charset=utf-8",
    PDF: "application/pdf",
    STATEMENT: "application/json",
    LINES: "text/csv; charset=utf-8",
}
_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
)
"""A mail has its styles at each element; it may do nothing at all."""


def statement_file(visit: LiveVisit, period: Period, name: str) -> Page:
    """One file for a contact of the client. NotFoundError for what is not there."""
    client = visit.link.client
    contract_for(visit, versions_of(client))
    if name not in _TYPES or find_statement(client, period) is None:
        raise NotFoundError
    content = stored_file(client, period, STATEMENT if name == LINES else name)
    if content is None:
        raise NotFoundError
    shown_as = "inline" if name == PAGE else "attachment"
    file_name = f"{client}-{period}.{name.rpartition('.')[2]}"
    headers = {
        **HEADERS,
        "Content-Security-Policy": _POLICY,
        "Content-Disposition": f'{shown_as}; filename="{file_name}"',
    }
    body = _lines(content) if name == LINES else content
    return Page(200, _TYPES[name], body if name == PDF else body.decode(), headers)


def _lines(document: bytes) -> bytes:
    """In UTF-8 and marked as that: without the mark Excel takes a `€` for other letters."""
    statement = json.loads(document)
    return codecs.BOM_UTF8 + statement_lines(statement).encode()
