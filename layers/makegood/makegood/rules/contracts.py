"""The contract file: read as a whole, or refused with everything that is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from functools import partial
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from makegood.rules.clocks import ROUND_THE_CLOCK, Clock
from makegood.rules.evidence import PRACTICES
from makegood.rules.hours import HOURS_FIELDS, read_clock, refuse_unreachable
from makegood.rules.instants import Instant, Period, first_instant, instant_of, next_period, parse_date
from makegood.rules.levels import read_escalation, read_warnings
from makegood.rules.locales import parse_locale
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
    "read_name",
    "read_outages",
]

CONTRACT_FIELDS: Final = (
    "client",
    "name",
    "timezone",
    "locale",
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
CONTACTS_FIELDS: Final = ("outages", "statements", "phone")
OUTAGES_FIELDS: Final = (*STAGES, *HOURS_FIELDS, "stable_for", "pause_at_most", "warnings", "escalation")
STAGE_FIELDS: Final = ("within", "refund", "then")
REPAIR_FIELDS: Final = (*STAGE_FIELDS, "self_recovery")
LATE_FIELDS: Final = ("every", "refund", "at_most")
PRACTICE_FIELDS: Final = ("max_age", "at_least", "refund", "refund_each")
STATEMENT_FIELDS: Final = ("day", "hour")

STABLE_FOR_SECONDS: Final = 600
PAUSE_SECONDS: Final = 5 * 86_400
GRACE_DAYS: Final = 7
MAINTENANCE_NOTICE_SECONDS: Final = 72 * 3600

LONGEST_NAME: Final = 200
LONGEST_ADDRESS: Final = 254
LEAST_DIGITS: Final = 5
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
    contract = read_contract(Fields(data, "", problems, CONTRACT_FIELDS))
    if problems:
        raise ContractError(problems)
    return contract


def parse_outages(data: object, currency: str | None = None, zone: ZoneInfo | None = None) -> Outages:
    """The `outages` of a contract, as an incident carries them. Raises ContractError with every problem.

    Without a currency, refunds that are fixed amounts are left out: enough to judge by, not to pay by. The
    zone is the contract's; without it, business hours are refused.
    """
    problems: list[Problem] = []
    refund = _percentage if currency is None else partial(parse_refund, currency=currency)
    outages = read_outages(refund, zone, Fields(data, "outages", problems, OUTAGES_FIELDS))
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


def read_contract(fields: Fields) -> Contract:
    """The contract in these fields; what is wrong with it is added to the problems."""
    currency = fields.required("currency", parse_currency)
    refund = partial(parse_refund, currency=currency)
    timezone = fields.required("timezone", _read_timezone)
    zone = ZoneInfo(timezone or "UTC")  # a stand-in while the hours are looked at
    outages = fields.table("outages", OUTAGES_FIELDS, partial(read_outages, refund, zone))
    read_contacts = partial(_read_contacts, outages is not None)
    contract = Contract(
        client=fields.required("client", matching(CLIENT, "1 to 24 of a-z, 0-9 and -")),
        name=fields.required("name", read_name),
        timezone=timezone,
        locale=fields.optional("locale", parse_locale, None),
        currency=currency,
        monthly_fee=fields.required("monthly_fee", partial(parse_money, currency=currency)),
        effective_from=fields.required("effective_from", read_date),
        effective_until=fields.optional("effective_until", read_date, None),
        contacts=fields.required_table("contacts", CONTACTS_FIELDS, read_contacts),
        outages=outages,
        practices=fields.table("practices", PRACTICES, partial(_read_practices, refund)) or (),
        refund_cap_bps=fields.optional("refund_cap", parse_percent, BPS),
        maintenance_notice_seconds=fields.optional(
            "maintenance_notice", parse_duration, MAINTENANCE_NOTICE_SECONDS
        ),
        statement=fields.table("statement", STATEMENT_FIELDS, _read_statement) or StatementTerms(),
    )
    _refuse_end_before_start(fields, contract.effective_from, contract.effective_until)
    return contract


def read_outages(refund: ReadRefund, zone: ZoneInfo | None, fields: Fields) -> Outages:
    """The terms of outages in these fields; what is wrong with them is added to the problems.

    Plan and repair are counted in the business hours of the zone, if there are any; the notice never is.
    """
    clock = read_clock(fields, zone)
    notify = fields.table("notify", STAGE_FIELDS, partial(_read_stage, refund, ROUND_THE_CLOCK))
    plan = fields.table("plan", STAGE_FIELDS, partial(_read_stage, refund, clock))
    repair = fields.table("repair", REPAIR_FIELDS, partial(_read_repair, refund, clock))
    refuse_unreachable(fields, "plan", plan)
    refuse_unreachable(fields, "repair", repair[0] if repair else None)
    return Outages(
        notify=notify,
        plan=plan,
        repair=repair[0] if repair else None,
        stable_for=fields.optional("stable_for", parse_duration, STABLE_FOR_SECONDS),
        pause_at_most=fields.optional("pause_at_most", parse_positive_duration, PAUSE_SECONDS),
        self_recovery=repair[1] if repair else "system",
        warnings=read_warnings(fields),
        escalation=read_escalation(fields),
    )


def _read_stage(refund: ReadRefund, clock: Clock, fields: Fields) -> StageTerms:
    return StageTerms(
        within=fields.required("within", parse_positive_duration),
        refund=fields.optional("refund", refund, None),
        late=fields.table("then", LATE_FIELDS, partial(_read_late, refund)),
        clock=clock,
    )


def _read_repair(refund: ReadRefund, clock: Clock, fields: Fields) -> tuple[StageTerms, str]:
    self_recovery = fields.optional("self_recovery", one_of(("system", "document")), "system")
    return _read_stage(refund, clock, fields), self_recovery


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


def _read_contacts(has_outages: bool, fields: Fields) -> Contacts:
    return Contacts(
        outages=_read_addresses(fields, "outages", required=has_outages),
        statements=_read_addresses(fields, "statements", required=True),
        phone=fields.items("phone", _read_phone),
    )


def _read_phone(value: object) -> str:
    """Whom to call and the number; five digits tell a number from a forgotten one."""
    text = value if isinstance(value, str) else ""
    digits = sum(character.isdigit() for character in text)
    if digits < LEAST_DIGITS or not any(map(str.isalpha, text)) or len(text) > LONGEST_NAME:
        raise ValueError(must_be("a name and a number, such as Dana Reyes, +1 212 555 0100", value))
    return read_name(text)


def _read_addresses(fields: Fields, key: str, *, required: bool) -> tuple[str, ...]:
    addresses = fields.items(key, _read_address, required=required)
    seen: set[str] = set()
    for index, address in enumerate(addresses):
        if address and address.lower() in seen:
            fields.refuse(f"{key}[{index}]", f"must be named once, got {address} again")
        seen.add(address and address.lower())
    return addresses


def _read_statement(fields: Fields) -> StatementTerms:
    standard = StatementTerms()
    return StatementTerms(
        day=fields.optional("day", whole(1, 28), standard.day),
        hour=fields.optional("hour", whole(0, 23), standard.hour),
    )


def _refuse_end_before_start(fields: Fields, start: date, until: date | None) -> None:
    if start and until and until <= start:
        fields.refuse("effective_until", must_be(f"after {start}", str(until)))


def _percentage(value: object) -> Refund | None:
    is_amount = not (isinstance(value, str) and value.endswith("%"))
    return None if is_amount else Refund(bps=parse_percent(value))


def read_date(value: object) -> date:
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
    hint = did_you_mean(value, available_timezones())
    raise ValueError(must_be("an IANA time zone such as America/New_York", value) + hint)


def read_name(value: object) -> str:
    """What people call a client or a device; ValueError for what is not plain text."""
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
