"""The levels of a contract's ladder: who is alerted how long after an outage began, and by what way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from makegood.rules.names import ADDRESS
from makegood.rules.values import must_be, parse_duration

if TYPE_CHECKING:
    from makegood.rules.shapes import Fields

MAIL: Final = "mail"
TEXT: Final = "sms"
WEBHOOK: Final = "webhook"

WARNINGS: Final = (50, 80)
"""The shares of a stage's time, in percent, at which is warned when the contract names none."""

MOST_WARNINGS: Final = 5
MOST_LEVELS: Final = 20
LEVEL_FIELDS: Final = ("after", "to")
LONGEST_MAIL: Final = 254
LONGEST_WEBHOOK: Final = 400

_SHARE: Final = re.compile(r"([1-9][0-9]?)%")
_PHONE: Final = re.compile(r"sms:\+[1-9][0-9]{6,14}")
_WEBHOOK: Final = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*(/[!-~]*)?")


@dataclass(frozen=True)
class Level:
    """`to` is alerted `after` so many seconds of an outage, unless somebody has taken it by then."""

    after: int
    to: str


LADDER: Final = ("warnings", "escalation")
"""What of a contract's `outages` is between the provider and its people: no fact of any statement."""


def without_ladder(outages: dict[str, Any]) -> dict[str, Any]:
    """The terms of outages that are judged."""
    return {name: terms for name, terms in outages.items() if name not in LADDER}


def way_of(address: str) -> str:
    """How something reaches this address: by mail, by text message or by webhook."""
    if address.startswith("sms:"):
        return TEXT
    return WEBHOOK if address.startswith("https://") else MAIL


def read_warnings(fields: Fields) -> tuple[int, ...]:
    """The shares at which is warned, in percent."""
    if "warnings" not in fields.names():
        return WARNINGS
    shares = fields.items("warnings", _read_share)
    if len(shares) > MOST_WARNINGS:
        fields.refuse("warnings", f"must be at most {MOST_WARNINGS}, got {len(shares)}")
    for index, (before, share) in enumerate(pairwise(shares), start=1):
        if before and share and share <= before:
            fields.refuse(f"warnings[{index}]", must_be(f"more than {before}%", f"{share}%"))
    return shares


def read_escalation(fields: Fields) -> tuple[Level, ...]:
    """The levels in the order in which they are reached; without any it is the deployment's technicians."""
    levels = fields.tables("escalation", LEVEL_FIELDS, _read_level)
    if len(levels) > MOST_LEVELS:
        fields.refuse("escalation", f"must be at most {MOST_LEVELS}, got {len(levels)}")
    if levels and levels[0].after:
        fields.refuse("escalation[0].after", "must be 0m, so that somebody hears of it at once")
    earlier: list[Level] = []
    for index, level in enumerate(levels):
        _refuse_out_of_turn(fields, index, level, earlier)
        earlier.append(level)
    return levels


def _refuse_out_of_turn(fields: Fields, index: int, level: Level, earlier: list[Level]) -> None:
    if earlier and None not in (level.after, earlier[-1].after) and level.after < earlier[-1].after:
        fields.refuse(f"escalation[{index}].after", "must not be before that of the level above it")
    if level.to and any(level.to.lower() == (other.to or "").lower() for other in earlier):
        fields.refuse(f"escalation[{index}].to", f"must be named once, got {level.to} again")


def _read_level(fields: Fields) -> Level:
    return Level(fields.required("after", parse_duration), fields.required("to", read_address))


def _read_share(value: object) -> int:
    match = _SHARE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(must_be("a whole percentage from 1% to 99%", value))
    return int(match[1])


def read_address(value: object) -> str:
    """An address of a level; ValueError for what is none."""
    if isinstance(value, str) and (_is_mail(value) or _PHONE.fullmatch(value) or _is_webhook(value)):
        return value
    ways = "an e-mail address, sms:+15551234567 or https://… (a host name, no port, no user)"
    raise ValueError(must_be(ways, value))


def _is_mail(value: str) -> bool:
    return len(value) <= LONGEST_MAIL and re.fullmatch(ADDRESS, value) is not None


def _is_webhook(value: str) -> bool:
    """Whether it names a public host by name: no number, no port, no user, nothing after a number sign."""
    if len(value) > LONGEST_WEBHOOK or not _WEBHOOK.fullmatch(value):
        return False
    return not urlsplit(value).fragment
