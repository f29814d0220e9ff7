"""How a statement is computed, for who reads one: the contract's promises, the rules in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

from live_month import contract_for
from live_visits import LiveVisit
from makegood.mail.formats import Formats, formats_of
from makegood.mail.look import show_length
from makegood.mail.statement_words import (
    PRACTICE_NAMES,
    show_practice_promise,
    show_promise,
    show_refund,
    show_unit,
)
from makegood.pages.frames import respond, templates_of
from makegood.pages.routes import Page
from makegood.rules.terms import Contract, PracticeTerms, StageTerms
from makegood.storage.contracts import versions_of

_HERE = Path(__file__).parent
_templates = templates_of(_HERE / "templates")
_MARKS = (
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*(.+?)\*"), r"<em>\1</em>"),
    (re.compile(r"`(.+?)`"), r"<code>\1</code>"),
)


def method_page(visit: LiveVisit) -> Page:
    contract = contract_for(visit, versions_of(visit.link.client))
    formats = formats_of(contract)
    return respond(
        _templates,
        "method.html.j2",
        200,
        contract=contract,
        promises=tuple(_promises(contract)),
        fee=formats.money(contract.monthly_fee),
        cap=formats.percent(contract.refund_cap_bps),
        notice=show_length(contract.maintenance_notice_seconds),
        method=_method(),
        back=visit.url(),
    )


@cache
def _method() -> tuple[Markup, ...]:
    """The paragraphs of the method, which docs/accounting.md has too."""
    written = (_HERE / "method.md").read_text().strip()
    return tuple(_marked(paragraph) for paragraph in written.split("\n\n"))


def _marked(paragraph: str) -> Markup:
    text = str(escape(paragraph))
    for mark, element in _MARKS:
        text = mark.sub(element, text)
    return Markup(text)  # noqa: S704 - our own words, escaped before they were marked


def _promises(contract: Contract) -> Iterator[tuple[str, str]]:
    formats = formats_of(contract)
    promised = contract.outages.promised() if contract.outages else {}
    for stage, terms in promised.items():
        yield show_promise(stage, terms), _stage_refund(terms, formats)
    for practice in contract.practices:
        words = show_practice_promise(practice, formats)
        yield f"{PRACTICE_NAMES[practice.practice]}: {words}", _practice_refund(practice, formats)


def _stage_refund(terms: StageTerms, formats: Formats) -> str:
    told = [show_refund(terms.refund, formats)] if terms.refund else []
    if terms.late and terms.late.refund:
        each = show_refund(terms.late.refund, formats)
        most = f", at most {terms.late.at_most} times" if terms.late.at_most is not None else ""
        told.append(f"{each} for each {show_unit(terms, terms.late)} begun after the limit{most}")
    return ", and ".join(told) or "No refund"


def _practice_refund(terms: PracticeTerms, formats: Formats) -> str:
    told = [show_refund(terms.refund, formats)] if terms.refund else []
    if terms.refund_each:
        told.append(f"{show_refund(terms.refund_each, formats)} for each day missed or without evidence")
    return ", and ".join(told) or "No refund"
