"""What a statement says of each refund: which promise was broken, what it earns, what the cap left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from makegood.mail.deadline_words import show_late, show_within
from makegood.mail.look import count_of
from makegood.mail.statement_month import Json, Month, Outage
from makegood.mail.statement_words import (
    PRACTICE_NAMES,
    show_late_terms,
    show_refund,
)
from makegood.rules.refunds import late_units
from makegood.rules.stages import StageVerdict
from makegood.rules.terms import STAGE_NAMES, PracticeTerms, StageTerms


@dataclass(frozen=True)
class RefundView:
    """`amount` is what is paid; `capped` says what the cap took away, if it did."""

    title: str
    why: str
    amount: str
    capped: str


def view_refunds(month: Month) -> tuple[RefundView, ...]:
    """The refund lines in order of payment."""
    told = {key: (title, why) for key, title, why in _words(month)}
    return tuple(
        RefundView(*told[key], month.money(line["payable_cents"]), _capped(month, line))
        for key, line in month.refunds.items()
    )


def _capped(month: Month, line: Json) -> str:
    earned, removed = line["earned_cents"], line["earned_cents"] - line["payable_cents"]
    return f"Earned {month.money(earned)}; {month.money(removed)} is above the cap" if removed else ""


def _words(month: Month) -> Iterator[tuple[str, str, str]]:
    """Key, title and reason of every line there could be."""
    for outage in month.outages:
        for verdict in outage.verdicts:
            yield from _stage_words(month, outage, verdict)
    for terms in month.contract.practices:
        yield from _practice_words(month, terms)


def _stage_words(month: Month, outage: Outage, verdict: StageVerdict) -> Iterator[tuple[str, str, str]]:
    key = f"{verdict.incident}/{verdict.stage}"
    terms = outage.terms.promised()[verdict.stage]
    outage_of = f"outage of {outage.device.device}, {month.day(outage.facts.started_at)}"
    name = STAGE_NAMES[verdict.stage]
    if key in month.refunds and terms.refund:
        why = f"Promised within {show_within(terms)}, {_how_late(verdict, terms)}"
        yield key, f"{name} late: {outage_of}", f"{why}: {show_refund(terms.refund, month.formats)}"
    late_key = f"{key}/late"
    if late_key in month.refunds and terms.late and terms.late.refund:
        units = late_units(verdict, terms, outage.device.retired_at, month.scope)
        why = show_late_terms(terms, terms.late, terms.late.refund, len(units), month.formats)
        yield late_key, f"{name} still late: {outage_of}", why


def _how_late(verdict: StageVerdict, terms: StageTerms) -> str:
    late = show_late(verdict.late_seconds, verdict.deadline, terms)
    return (
        f"late by {late}" if verdict.done_at is not None else f"not done, late by {late} as of this statement"
    )


def _practice_words(month: Month, terms: PracticeTerms) -> Iterator[tuple[str, str, str]]:
    name, key = PRACTICE_NAMES[terms.practice], f"practice/{terms.practice}"
    verdict = month.practices[terms.practice]
    if key in month.refunds and terms.refund:
        promised, score = (
            month.formats.percent(terms.at_least_bps),
            month.formats.measured(verdict["score_bps"]),
        )
        refund = show_refund(terms.refund, month.formats)
        yield key, f"{name} below its promise", f"Promised {promised}, was {score}: {refund}"
    each_key = f"{key}/each"
    if each_key in month.refunds and terms.refund_each:
        failed = verdict["missed"] + verdict["no_evidence"]
        days = count_of(failed, "day")
        refund = show_refund(terms.refund_each, month.formats)
        yield (
            each_key,
            f"{name} not shown on {days}",
            f"{refund} for each day missed or without evidence: {days}",
        )
