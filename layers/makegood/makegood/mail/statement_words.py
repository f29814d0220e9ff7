"""The words of a statement: what was promised, and why a refund was earned, as a client would say it."""

from __future__ import annotations

from typing import Final

from makegood.mail.deadline_words import in_business_time, show_hours, show_within
from makegood.mail.formats import Formats
from makegood.mail.look import count_of, show_length
from makegood.rules.terms import LateTerms, PracticeTerms, StageTerms
from makegood.rules.values import BPS, MaxAge, Refund

PRACTICE_NAMES: Final = {
    "patching": "Patching",
    "antivirus": "Anti-virus",
    "quarantine": "Quarantine",
    "log_review": "Log review",
    "backup": "Backup",
    "restore_test": "Test restore",
}

PROMISES: Final = {
    "notify": "You are told of it within {}",
    "plan": "You get the plan within {}",
    "repair": "Repaired and documented within {}",
}

DONE: Final = {"notify": "told", "plan": "sent", "repair": "done"}

_DAY_SECONDS: Final = 86_400
_EACH: Final = {1: "second", 60: "minute", 3_600: "hour", _DAY_SECONDS: "day"}


def show_unit(terms: StageTerms, late: LateTerms) -> str:
    """`hour`, `30 min`, `24 h of business time`: what comes after `for each`."""
    is_a_day = late.every == _DAY_SECONDS and in_business_time(terms)
    each = _EACH.get(late.every) if not is_a_day else None
    return (each or show_hours(late.every, terms)) + in_business_time(terms)


def show_promise(stage: str, terms: StageTerms) -> str:
    """`You get the plan within 1 h`."""
    return PROMISES[stage].format(show_within(terms))


def show_refund(refund: Refund, formats: Formats) -> str:
    """`5% of the fee`, `$10.00`."""
    return formats.money(refund.cents) if refund.cents else f"{formats.percent(refund.bps)} of the fee"


def show_late_terms(terms: StageTerms, late: LateTerms, refund: Refund, units: int, formats: Formats) -> str:
    """`2% of the fee for each hour begun after the limit: 3 times in this month, at most 10 in all`."""
    each = f"{show_refund(refund, formats)} for each {show_unit(terms, late)} begun"
    most = f", at most {late.at_most} in all" if late.at_most is not None else ""
    return f"{each} after the limit: {count_of(units, 'time')} in this month{most}"


def show_practice_promise(terms: PracticeTerms, formats: Formats) -> str:
    """`Promised on at least 95% of days, with evidence of that day or the day before`."""
    share = (
        f"at least {formats.percent(terms.at_least_bps)} of days" if terms.at_least_bps < BPS else "every day"
    )
    return f"Promised on {share}, {show_max_age(terms.max_age)}"


def show_max_age(max_age: MaxAge) -> str:
    if max_age.local_days == 1:
        return "with evidence of the day itself"
    if max_age.local_days == 2:
        return "with evidence of that day or the day before"
    if max_age.local_days:
        return f"with evidence of that day or the {max_age.local_days - 1} days before"
    return f"with evidence at most {show_length(max_age.seconds)} old at the end of the day"


def show_reason(reason: str) -> str:
    """`client_caused` as `client caused`."""
    return reason.replace("_", " ")
