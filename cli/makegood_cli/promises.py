"""Says in plain words what a contract promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time

from makegood.mail.formats import Formats, formats_of
from makegood.rules.clocks import BusinessHours
from makegood.rules.contracts import PAUSE_SECONDS, Contract, Outages, PracticeTerms, StageTerms
from makegood.rules.evidence import PRACTICES
from makegood.rules.instants import DAY_SECONDS
from makegood.rules.levels import WARNINGS
from makegood.rules.values import CURRENCY_DECIMALS, MaxAge, Refund
from makegood_cli.output import duration, percent
from makegood_cli.promised_hours import hours_in_words

STAGE_WORDS = {
    "notify": "tell the client",
    "plan": "mail the plan",
    "repair": "repair and document it",
}
PRACTICE_WORDS = dict(
    zip(
        PRACTICES,
        (
            "patches in place",
            "anti-virus working",
            "threats in quarantine",
            "logs reviewed",
            "backup made",
            "restore tested",
        ),
        strict=True,
    )
)


def promises(contract: Contract) -> list[str]:
    """The promises, one a line."""
    until = f" until {contract.effective_until}" if contract.effective_until else ""
    formats = formats_of(contract)
    fee = formats.money(contract.monthly_fee)
    return [
        f"{contract.name} ({contract.client}), from {contract.effective_from}{until}: {fee} a month, "
        f"days and months of {contract.timezone}.",
        f"The client reads amounts and dates as people do in {formats.locale}: {_example(formats)}.",
        *_told(contract),
        *_outages(contract),
        *_practices(contract),
        *_terms(contract),
    ]


def _example(formats: Formats) -> str:
    """`$1,234.50, March 31, 2026, 5:30 PM`."""
    amount = 12345 * 10 ** CURRENCY_DECIMALS[formats.currency] // 10
    return f"{formats.money(amount)}, {formats.long_date(date(2026, 3, 31))}, {formats.wall(time(17, 30))}"


def _told(contract: Contract) -> Iterator[str]:
    if contract.contacts.phone:
        yield f"When no notice arrives, called: {'; '.join(contract.contacts.phone)}."


def warnings(contract: Contract) -> Iterator[str]:
    """What is allowed, and will hurt one day."""
    contacts = contract.contacts
    domains = {address.rpartition("@")[2].lower() for address in contacts.outages}
    if len(domains) == 1:
        [domain] = domains
        yield (
            f"Every contact for outages is at {domain}: when its mail is down, nobody can be told. Add an "
            "address elsewhere, and numbers to call under contacts.phone."
        )


def _outages(contract: Contract) -> Iterator[str]:
    promised = contract.outages.promised() if contract.outages else {}
    if not promised:
        yield "No promise about outages."
        return
    yield "When a device falls silent:"
    for stage, terms in promised.items():
        within = _counted(terms.within, terms)
        yield f"  {STAGE_WORDS[stage]} within {within}{_refund(terms, formats_of(contract))}"
    if contract.outages and contract.outages.hours:
        yield from hours_in_words(contract.outages.hours)
    if contract.outages:
        yield from _ladder(contract.outages)
        if contract.outages.pause_at_most != PAUSE_SECONDS:
            yield f"A pause ends by itself after {duration(contract.outages.pause_at_most)}."


def _ladder(terms: Outages) -> Iterator[str]:
    """Whom the provider alerts: no promise, but part of what is applied."""
    if terms.escalation:
        yield "Alerted until somebody has taken it:"
        for level in terms.escalation:
            yield f"  {f'after {duration(level.after)}' if level.after else 'at once'}: {level.to}"
    shares = ", ".join(f"{share}%" for share in terms.warnings)
    if terms.warnings != WARNINGS:
        yield f"Warned at {shares} of each limit." if shares else "No warnings before a limit."


def _practices(contract: Contract) -> Iterator[str]:
    if not contract.practices:
        yield "No promise about practices."
        return
    yield "Shown by evidence, device by device and day by day:"
    formats = formats_of(contract)
    for terms in contract.practices:
        yield f"  {PRACTICE_WORDS[terms.practice]} ({terms.practice}): {_practice(terms, formats)}"


def _terms(contract: Contract) -> Iterator[str]:
    yield f"At most {percent(contract.refund_cap_bps)} of a month's fee is refunded."
    yield f"Maintenance counts when announced {duration(contract.maintenance_notice_seconds)} before."
    statement = contract.statement
    yield f"Statement on day {statement.day} of the next month at {statement.hour}:00."


def _refund(terms: StageTerms, formats: Formats) -> str:
    words = f", else {_amount(terms.refund, formats)}" if terms.refund else ""
    late = terms.late
    if late is None or late.refund is None:
        return words
    at_most = "" if late.at_most is None else f", at most {late.at_most} times"
    joint = " and " if words else ", else "
    unit = _counted(late.every, terms).removeprefix("1 ")
    return f"{words}{joint}{_amount(late.refund, formats)} for each {unit} begun after that{at_most}"


def _counted(seconds: int, terms: StageTerms) -> str:
    """A length on the stage's clock; nobody takes 24 hours of business time for a day."""
    is_in_hours = isinstance(terms.clock, BusinessHours)
    return f"{seconds // 3_600} hours" if is_in_hours and seconds % DAY_SECONDS == 0 else duration(seconds)


def _practice(terms: PracticeTerms, formats: Formats) -> str:
    words = f"{percent(terms.at_least_bps)} of days, evidence at most {_age(terms.max_age)} old"
    if terms.refund:
        words += f", else {_amount(terms.refund, formats)}"
    if terms.refund_each:
        words += f", {_amount(terms.refund_each, formats)} for each day missed"
    return words


def _age(age: MaxAge) -> str:
    return duration(age.local_days * 86_400 + age.seconds)


def _amount(refund: Refund, formats: Formats) -> str:
    return f"{percent(refund.bps)} back" if refund.bps else f"{formats.money(refund.cents)} back"
