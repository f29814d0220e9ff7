"""The JSON Schema of contract files, made from what the parser knows, with the words for people beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from makegood.rules.contracts import (
    CONTACTS_FIELDS,
    CONTRACT_FIELDS,
    LATE_FIELDS,
    LONGEST_ADDRESS,
    LONGEST_NAME,
    OUTAGES_FIELDS,
    PRACTICE_FIELDS,
    REPAIR_FIELDS,
    STAGE_FIELDS,
    STATEMENT_FIELDS,
)
from makegood.rules.evidence import PRACTICES
from makegood.rules.hours import DAYS, HOLIDAYS_FIELDS, MOST_HOLIDAYS
from makegood.rules.levels import LEVEL_FIELDS, LONGEST_WEBHOOK, MOST_LEVELS, MOST_WARNINGS
from makegood.rules.locales import LOCALES
from makegood.rules.names import ADDRESS, CLIENT
from makegood.rules.values import CURRENCY_DECIMALS

Json = dict[str, Any]

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""The draft that editors know best."""

_DURATION: Final = {"type": "string", "pattern": "^[0-9]{1,9}[smhd]$", "examples": ["15m", "4h", "2d"]}
_LONGER: Final = {**_DURATION, "pattern": "^(?=[0-9]*[1-9])[0-9]{1,9}[smhd]$"}
_PERCENT: Final = {
    "type": "string",
    "pattern": r"^[0-9]{1,6}(\.[0-9]{1,2})?%$",
    "examples": ["100%", "7.25%"],
}
_SHARE: Final = {
    "type": "string",
    "pattern": r"^(0{0,3}100(\.0{1,2})?|0{0,4}[0-9]{1,2}(\.[0-9]{1,2})?)%$",
    "examples": ["95%", "99.5%"],
}
_AMOUNT: Final = r"[0-9]{1,12}(\.[0-9]{1,4})?"
_MONEY: Final = {
    "anyOf": [{"type": "string", "pattern": f"^{_AMOUNT}$"}, {"type": "integer", "minimum": 0}],
    "examples": ["2400.00"],
}
_REFUND: Final = {
    "type": "string",
    "pattern": rf"^({_AMOUNT}|[0-9]{{1,6}}(\.[0-9]{{1,2}})?%)$",
    "examples": ["5%", "10.00"],
}
_DATE: Final = {
    "type": "string",
    "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
    "examples": ["2026-03-01"],
}
_MAIL: Final = {"type": "string", "pattern": f"^{ADDRESS}$", "maxLength": LONGEST_ADDRESS}
_NAME: Final = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}
_SPAN: Final = {
    "type": "string",
    "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
    "examples": ["08:00-18:00"],
}
_DAY: Final = f"({'|'.join(DAYS)})"
_TO: Final = {
    "anyOf": [
        _MAIL,
        {"type": "string", "pattern": r"^sms:\+[1-9][0-9]{6,14}$"},
        {"type": "string", "pattern": r"^https://[a-z0-9.-]+(/[!-~]*)?$", "maxLength": LONGEST_WEBHOOK},
    ],
    "examples": ["oncall@provider.example", "sms:+15551234567", "https://hooks.provider.example/outages"],
}

_WITHIN: Final = "How soon after the device was last heard, such as 15m. Required."
_BROKEN: Final = "What a broken promise gives back: a share of the month's fee (5%) or an amount in quotes."
_PRACTICE_WORDS: Final = (
    "No critical update pending for longer than grace_days, no reboot pending.",
    "Installed, running, definitions of the last 48 hours, a scan of the last 168.",
    "Everything detected is in quarantine.",
    "The logs were reviewed.",
    "A backup was made and is not empty.",
    "A backup was restored and its content compared.",
)


def contract_schema() -> Json:
    """The whole schema; the parser refuses everything that it refuses."""
    return {
        "$schema": DRAFT,
        "title": "A client's contract with its provider, as Makegood reads it",
        **_object(CONTRACT_FIELDS, _contract_fields()),
        "required": ["client", "name", "timezone", "currency", "monthly_fee", "effective_from", "contacts"],
        "if": {"properties": {"outages": {"type": "object"}}, "required": ["outages"]},
        "then": {
            "properties": {
                "contacts": {"properties": {"outages": {"type": "array"}}, "required": ["outages"]}
            }
        },
    }


def _contract_fields() -> Json:
    return {
        "client": _with("The client's key, in every command and for good.", _text(CLIENT), "acme-dental"),
        "name": _with("What people call the client.", _NAME),
        "timezone": _with(
            "The IANA time zone whose midnights bound days and months; the same in every version.",
            {"type": "string", "minLength": 1},
            "America/New_York",
            "Europe/Berlin",
        ),
        "locale": _optional(
            "How the client reads amounts and dates, such as en_GB. Left out: as in the country of the zone.",
            {"type": "string", "enum": sorted(LOCALES)},
        ),
        "currency": _with(
            "ISO 4217; the same in every version.", {"type": "string", "enum": sorted(CURRENCY_DECIMALS)}
        ),
        "monthly_fee": _with("The fee of a month, in quotes, with the currency's decimals.", _MONEY),
        "effective_from": _with("The first day covered; of later versions the first of a month.", _DATE),
        "effective_until": _optional("The first day not covered any more. Left out: no end.", _DATE),
        "contacts": _with("Who is told of what.", _contacts()),
        "outages": _optional(
            "What is promised when a device falls silent, from when it was last heard. Left out: nothing.",
            _outages(),
        ),
        "practices": _optional(
            "What evidence shows, for each device that brings it and each day. Left out: nothing.",
            _practices(),
        ),
        "refund_cap": _optional("Of the month's fee, at most refunded. Left out: 100%.", _PERCENT),
        "maintenance_notice": _optional(
            "Work announced so long before is no outage. Left out: 72h.", _DURATION
        ),
        "statement": _optional(
            "Local time of the next month at which the statement is sent. Left out: day 3, hour 9.",
            _object(
                STATEMENT_FIELDS,
                {
                    "day": _optional("Day of the month.", {"type": "integer", "minimum": 1, "maximum": 28}),
                    "hour": _optional("Hour of the day.", {"type": "integer", "minimum": 0, "maximum": 23}),
                },
            ),
        ),
    }


def _contacts() -> Json:
    fields = {
        "outages": _optional(
            "Who is told of an outage and gets its plan. Required when outages are promised about.",
            _list(_MAIL),
        ),
        "statements": _with("Who gets the monthly statement.", {**_list(_MAIL), "minItems": 1}),
        "phone": _optional(
            "Whom technicians call when every notice comes back: a name and a number each.",
            {**_list(_NAME), "examples": [["Dana Reyes, +1 212 555 0100"]]},
        ),
    }
    return {**_object(CONTACTS_FIELDS, fields), "required": ["statements"]}


def _outages() -> Json:
    fields = {
        "notify": _optional("Every contact for outages is told.", _stage(STAGE_FIELDS, {})),
        "plan": _optional("The plan is mailed: cause, steps, estimated time.", _stage(STAGE_FIELDS, {})),
        "repair": _optional("The device is back for good, and what was done is documented.", _repair()),
        "hours": _optional(
            "Plan and repair are counted in these hours only, the notice never. Left out: all hours.",
            _hours(),
        ),
        "holidays": _optional(
            "Days without business hours: a country or a part of one (US-NY), or your own list.", _holidays()
        ),
        "stable_for": _optional(
            "A device that is back this long without a gap is repaired. Left out: 10m.", _DURATION
        ),
        "pause_at_most": _optional("A pause ends by itself after so long. Left out: 5d.", _LONGER),
        "warnings": _optional(
            "Shares of each limit at which technicians are warned. Left out: [50%, 80%].",
            {**_list({"type": "string", "pattern": "^[1-9][0-9]?%$"}), "maxItems": MOST_WARNINGS},
        ),
        "escalation": _optional(
            "Whom the provider alerts until somebody has taken the incident, the first at 0m.", _levels()
        ),
    }
    return {
        **_object(OUTAGES_FIELDS, fields),
        "if": {"properties": {"holidays": {"not": {"type": "null"}}}, "required": ["holidays"]},
        "then": {"properties": {"hours": {"type": "object"}}, "required": ["hours"]},
    }


def _stage(known: Iterable[str], more: Json) -> Json:
    late = {
        "every": _with("Each of these that begins after the limit earns `refund`.", _LONGER),
        "refund": _optional("What each earns.", _REFUND),
        "at_most": _optional("So often at most. Left out: without limit.", {"type": "integer", "minimum": 0}),
    }
    fields = {
        "within": _with(_WITHIN, _LONGER),
        "refund": _optional(_BROKEN, _REFUND),
        "then": _optional(
            "What lateness earns on top.", {**_object(LATE_FIELDS, late), "required": ["every"]}
        ),
        **more,
    }
    return {**_object(known, fields), "required": ["within"]}


def _repair() -> Json:
    words = "Who documents what came back by itself: `system`, or a person is asked to (`document`)."
    choice = {"type": "string", "enum": ["system", "document"]}
    return _stage(REPAIR_FIELDS, {"self_recovery": _optional(words, choice)})


def _hours() -> Json:
    days = {"anyOf": [_SPAN, {**_list(_SPAN), "minItems": 1}]}
    return {
        "type": "object",
        "minProperties": 1,
        "patternProperties": {f"^{_DAY}(-{_DAY})?$": days},
        "additionalProperties": False,
        "examples": [{"mon-fri": "08:00-18:00"}],
    }


def _holidays() -> Json:
    fields = {
        "calendar": _with("What people call the list.", {"type": "string", "minLength": 1}),
        "dates": _optional("The days.", {**_list(_DATE), "maxItems": MOST_HOLIDAYS}),
    }
    own = {**_object(HOLIDAYS_FIELDS, fields), "required": ["calendar"]}
    return {"anyOf": [{"type": "string", "minLength": 2, "examples": ["US-NY"]}, own]}


def _levels() -> Json:
    fields = {
        "after": _with("How long after the outage began.", _DURATION),
        "to": _with("A mailbox, sms: and a number, or the https:// address of a signed webhook.", _TO),
    }
    level = {**_object(LEVEL_FIELDS, fields), "required": list(LEVEL_FIELDS)}
    return {**_list(level), "maxItems": MOST_LEVELS}


def _practices() -> Json:
    return _object(
        PRACTICES,
        {
            practice: _optional(words, _practice(practice))
            for practice, words in zip(PRACTICES, _PRACTICE_WORDS, strict=True)
        },
    )


def _practice(practice: str) -> Json:
    fields = {
        "max_age": _with("How old evidence may be: 2d are local days, 36h are hours. Required.", _LONGER),
        "at_least": _optional("Of all days and devices. Left out: 100%.", _SHARE),
        "refund": _optional("What is given back if fewer are done.", _REFUND),
        "refund_each": _optional("What each missed day of a device gives back.", _REFUND),
    }
    known: tuple[str, ...] = PRACTICE_FIELDS
    if practice == "patching":
        days = {"type": "integer", "minimum": 0}
        fields["grace_days"] = _optional("How long a critical update may be pending. Left out: 7.", days)
        known = (*known, "grace_days")
    return {**_object(known, fields), "required": ["max_age"]}


def _object(known: Iterable[str], fields: Json) -> Json:
    """An object of exactly the parser's fields, in its order; KeyError when the words fall behind."""
    if unknown := set(fields) - set(known):
        raise KeyError(unknown)
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: fields[name] for name in known},
    }


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _text(pattern: str) -> Json:
    return {"type": "string", "pattern": f"^{pattern}$"}


def _with(words: str, value: Json, *examples: str) -> Json:
    return {"description": words, **value, **({"examples": list(examples)} if examples else {})}


def _optional(words: str, value: Json) -> Json:
    """A field that may be left out; one that is null is left out."""
    return {"description": words, "anyOf": [value, {"type": "null"}]}
