"""A statement as lines for the books: CSV whose amounts add up to what is due."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from makegood.mail.statement_month import Json, Month, month_of
from makegood.mail.statement_refunds import view_refunds
from makegood.rules.values import CURRENCY_DECIMALS

COLUMNS = ("client", "period", "currency", "kind", "line", "description", "earned", "amount")
"""`kind` is fee, refund or adjustment; `earned` what a refund's rule earned before the cap."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def statement_lines(statement: Json) -> str:
    """The lines of a statement with its facts as RFC 4180 has them, in UTF-8.

    Amounts are decimal, with a point and the decimals of the currency: the fee as it is, what lowers it
    negative. Their sum is `due_cents`.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    named = (statement["client"], statement["period"], statement["currency"])
    writer.writerows((*named, *row) for row in _rows(statement, month_of(statement)))
    return out.getvalue()


def _rows(statement: Json, month: Month) -> Iterator[tuple[str, ...]]:
    decimals = CURRENCY_DECIMALS[statement["currency"]]
    yield "fee", "fee", f"Fee of {month.name}", "", _decimal(statement["fee_cents"], decimals)
    for line, view in zip(statement["refunds"], view_refunds(month), strict=True):
        earned, amount = _decimal(line["earned_cents"], decimals), _decimal(-line["payable_cents"], decimals)
        yield "refund", line["line"], f"{view.title}. {view.why}", earned, amount
    for entry in statement["adjustments"]:
        words = _harmless(f"{entry['reason']}")
        yield "adjustment", entry["period"], words, "", _decimal(-entry["cents"], decimals)


def _decimal(minor: int, decimals: int) -> str:
    major, rest = divmod(abs(minor), 10**decimals)
    fraction = f".{rest:0{decimals}}" if decimals else ""
    return f"{'-' if minor < 0 else ''}{major}{fraction}"


def _harmless(text: str) -> str:
    """Text that people typed: a spreadsheet must not take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
