"""The contract file: read as a whole, or refused with everything that is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from functools import partial
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from makegood.rules.evidence import PRACTICES
from makegood.rules.instants import Instant, Period, first_instant, instant_of, next_period, parse_date
from makegood.rules.names import ADDRESS, CLIENT
from makegood.rules.shapes import Fields, Problem, did_you_mean, matching, one_of, whole
from makegood.rules.terms import (
    STAGES,
    Contacts,
    Contract,
    LateTerms,
    Outages,
    PracticeTerms,
    StageTerms,
    StatementTerms,
)
from makegood.rules.values import (
    BPS,
    Refund,
    must_be,
    parse_currency,
    parse_duration,
    parse_max_age,
    parse_money,
    parse_percent,
    parse_positive_duration,
    parse_refund,
    parse_share,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    ReadRefund = Callable[[object], Refund | None]

__all__ = [
    "Contacts",
    "Contract",
    "ContractError",
    "LateTerms",
    "Outages",
    "PracticeTerms",
    "Problem",
    "StageTerms",
    "StatementTerms",
    "covered",
    "moment_of_issue",
    "parse_contract",
    "parse_outages",
    "read_contract",
    "read_outages",
    "unkeepable",
]

CONTRACT_FIELDS: Final = (
    "client",
    "name",
    "timezone",
    "currency",
    "monthly_fee",
    "effective_from",
    "effective_until",
    "contacts",
    "outages",
    "practices",
    "refund_cap",
    "maintenance_notice",
    "statement",
)
CONTACTS_FIELDS: Final = ("outages", "statements")
OUTAGES_FIELDS: Final = (*STAGES, "stable_for")
STAGE_FIELDS: Final = ("within", "refund", "then")
REPAIR_FIELDS: Final = (*STAGE_FIELDS, "self_recovery")
LATE_FIELDS: Final = ("every", "refund", "at_most")
PRACTICE_FIELDS: Final = ("max_age", "at_least", "refund", "refund_each")
STATEMENT_FIELDS: Final = ("day", "hour")

STABLE_FOR_SECONDS: Final = 600
GRACE_DAYS: Final = 7
MAINTENANCE_NOTICE_SECONDS: Final = 72 * 3600

LONGEST_NAME: Final = 200
LONGEST_ADDRESS: Final = 254
# Unicode categories: control characters, halves of a surrogate pair, ends of lines and paragraphs.
_UNPRINTABLE: Final = ("Cc", "Cs", "Zl", "Zp")
_TURNS_DIRECTION: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_NOT_IANA: Final = ("posix/", "right/", "localtime", "posixrules", "Factory")


class ContractError(Exception):
    """A contract that is refused; `problems` names everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def parse_contract(data: object) -> Contract:
    """The contract in this JSON or YAML data, where dates may be date objects.

    Raises ContractError with every problem.
    """
    problems: list[Problem] = []
    contract = read_contract(data, "", problems)
    if problems:
        raise ContractError(problems)
    return contract


def parse_outages(data: object, currency: str | None = None) -> Outages:
    """The `outages` of a contract, as an incident carries them. Raises ContractError with every problem.

    Without a currency, refunds that are fixed amounts are left out: enough to judge by, not to pay by.
    """
    problems: list[Problem] = []
    refund = _percentage if currency is None else partial(parse_refund, currency=currency)
    outages = read_outages(refund, Fields(data, "outages", problems, OUTAGES_FIELDS))
    if problems:
        raise ContractError(problems)
    return outages


def covered(contract: Contract) -> tuple[Instant, Instant | None]:
    """The half-open interval that the contract covers; an end of None is open."""
    until = contract.effective_until
    start = first_instant(contract.effective_from, contract.zone)
    return start, None if until is None else first_instant(until, contract.zone)


def moment_of_issue(contract: Contract, period: Period) -> Instant:
    """When the period's statement is issued."""
    day = date.fromisoformat(f"{next_period(period)}-{contract.statement.day:02}")
    return instant_of(datetime.combine(day, time(contract.statement.hour)), contract.zone)


def unkeepable(contract: Contract, longest_grace_seconds: int, detection_seconds: int) -> list[Problem]:
    """The terms that cannot be kept: noticing a silent device must take less than half of `notify.within`."""
    notify = contract.outages.notify if contract.outages else None
    noticing = longest_grace_seconds + detection_seconds
    if notify is None or 2 * noticing < notify.within:
        return []
    allowed = (
        f"longer than {2 * noticing}s, which is twice the longest grace ({longest_grace_seconds}s) "
        f"and the time to detect ({detection_seconds}s)"
    )
    return [Problem("outages.notify.within", f"must be {allowed}, got {notify.within}s")]


def read_contract(data: object, path: str, problems: list[Problem]) -> Contract:
    """The contract at this path; what is wrong with it is added to the problems."""
    fields = Fields(data, path, problems, CONTRACT_FIELDS)
    currency = fields.required("currency", parse_currency)
    refund = partial(parse_refund, currency=currency)
    contract = Contract(
        client=fields.required("client", matching(CLIENT, "1 to 24 of a-z, 0-9 and -")),
        name=fields.required("name", _read_name),
        timezone=fields.required("timezone", _read_timezone),
        currency=currency,
        monthly_fee=fields.required("monthly_fee", partial(parse_money, currency=currency)),
        effective_from=fields.required("effective_from", _read_date),
        effective_until=fields.optional("effective_until", _read_date, None),
        contacts=fields.table("contacts", CONTACTS_FIELDS, _read_contacts) or Contacts((), ()),
        outages=fields.table("outages", OUTAGES_FIELDS, partial(read_outages, refund)),
        practices=fields.table("practices", PRACTICES, partial(_read_practices, refund)) or (),
        refund_cap_bps=fields.optional("refund_cap", parse_percent, BPS),
        maintenance_notice_seconds=fields.optional(
            "maintenance_notice", parse_duration, MAINTENANCE_NOTICE_SECONDS
        ),
        statement=fields.table("statement", STATEMENT_FIELDS, _read_statement) or StatementTerms(),
    )
    if fields.sound:
        _check(contract, fields)
    return contract


def read_outages(refund: ReadRefund, fields: Fields) -> Outages:
    """The terms of outages in these fields; what is wrong with them is added to the problems."""
    read_stage = partial(_read_stage, refund)
    notify = fields.table("notify", STAGE_FIELDS, read_stage)
    plan = fields.table("plan", STAGE_FIELDS, read_stage)
    repair = fields.table("repair", REPAIR_FIELDS, partial(_read_repair, refund))
    return Outages(
        notify=notify,
        plan=plan,
        repair=repair[0] if repair else None,
        stable_for=fields.optional("stable_for", parse_duration, STABLE_FOR_SECONDS),
        self_recovery=repair[1] if repair else "system",
    )


def _read_stage(refund: ReadRefund, fields: Fields) -> StageTerms:
    return StageTerms(
        within=fields.required("within", parse_positive_duration),
        refund=fields.optional("refund", refund, None),
        late=fields.table("then", LATE_FIELDS, partial(_read_late, refund)),
    )


def _read_repair(refund: ReadRefund, fields: Fields) -> tuple[StageTerms, str]:
    self_recovery = fields.optional("self_recovery", one_of(("system", "document")), "system")
    return _read_stage(refund, fields), self_recovery


def _read_late(refund: ReadRefund, fields: Fields) -> LateTerms:
    return LateTerms(
        every=fields.required("every", parse_positive_duration),
        refund=fields.optional("refund", refund, None),
        at_most=fields.optional("at_most", whole(0), None),
    )


def _read_practices(refund: ReadRefund, fields: Fields) -> tuple[PracticeTerms, ...]:
    terms = (
        fields.table(
            practice,
            (*PRACTICE_FIELDS, "grace_days") if practice == "patching" else PRACTICE_FIELDS,
            partial(_read_practice, refund, practice),
        )
        for practice in fields.names()
        if practice in PRACTICES
    )
    return tuple(promise for promise in terms if promise)


def _read_practice(refund: ReadRefund, practice: str, fields: Fields) -> PracticeTerms:
    return PracticeTerms(
        practice=practice,
        max_age=fields.required("max_age", parse_max_age),
        at_least_bps=fields.optional("at_least", parse_share, BPS),
        grace_days=fields.optional("grace_days", whole(0), GRACE_DAYS),
        refund=fields.optional("refund", refund, None),
        refund_each=fields.optional("refund_each", refund, None),
    )


def _read_contacts(fields: Fields) -> Contacts:
    return Contacts(
        outages=fields.items("outages", _read_address), statements=fields.items("statements", _read_address)
    )


def _read_statement(fields: Fields) -> StatementTerms:
    standard = StatementTerms()
    return StatementTerms(
        day=fields.optional("day", whole(1, 28), standard.day),
        hour=fields.optional("hour", whole(0, 23), standard.hour),
    )


def _check(contract: Contract, fields: Fields) -> None:
    until = contract.effective_until
    if until is not None and until <= contract.effective_from:
        fields.refuse("effective_until", must_be(f"after {contract.effective_from}", str(until)))
    contacts = {"statements": contract.contacts.statements}
    if contract.outages and contract.outages.promised():
        contacts["outages"] = contract.contacts.outages
    for name, addresses in contacts.items():
        if not addresses:
            fields.refuse(f"contacts.{name}", "must name at least one e-mail address")
        if len({address.lower() for address in addresses}) < len(addresses):
            fields.refuse(f"contacts.{name}", "must name each e-mail address once")


def _percentage(value: object) -> Refund | None:
    is_amount = not (isinstance(value, str) and value.endswith("%"))
    return None if is_amount else Refund(bps=parse_percent(value))


def _read_date(value: object) -> date:
    # YAML makes dates of what looks like one; a datetime is a date too, but its time would be lost.
    text = value.isoformat() if isinstance(value, date) else value
    try:
        return parse_date(text if isinstance(text, str) else "")
    except ValueError:
        raise ValueError(must_be("a date such as 2026-03-01", text)) from None


def _read_timezone(value: object) -> str:
    try:
        if isinstance(value, str) and not value.startswith(_NOT_IANA):
            return ZoneInfo(value).key
    except (ValueError, OSError, KeyError):
        pass
    hint = did_you_mean(str(value), available_timezones())
    raise ValueError(must_be("an IANA time zone such as America/New_York", value) + hint)


def _read_name(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_NAME or not _is_plain(value):
        raise ValueError(
            must_be(f"1 to {LONGEST_NAME} characters in one line, none of them invisible", value)
        )
    return value


def _is_plain(text: str) -> bool:
    return not any(unicodedata.category(char) in _UNPRINTABLE or char in _TURNS_DIRECTION for char in text)


def _read_address(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS or not re.fullmatch(ADDRESS, value):
        raise ValueError(must_be("an e-mail address such as owner@acme.example", value))
    return value
