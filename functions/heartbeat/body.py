"""What a heartbeat may say: neighbours seen, evidence, life while offline. Every mistake is named."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from typing import Any

from makegood.rules.evidence import PRACTICES
from makegood.rules.instants import Instant, parse_instant
from makegood.rules.names import DEVICE

MAX_BODY_BYTES = 64 * 1024
MAX_SEEN = 50
MAX_EVIDENCE = 100
MAX_OFFLINE = 50
MAX_BEATS = 10**9
MAX_FACTS = 20
MAX_NAME_CHARACTERS = 200

_DEVICE = re.compile(DEVICE)
_A_DEVICE = "a device: 1 to 32 of a-z, 0-9 and -"


@dataclass(frozen=True)
class EvidenceEntry:
    device: str
    practice: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class OfflineSpan:
    """From the first to the last of the beats that an agent could not deliver, by its own clock."""

    start: Instant
    end: Instant
    beats: int


@dataclass(frozen=True)
class Body:
    seen: tuple[str, ...] = ()
    evidence: tuple[EvidenceEntry, ...] = ()
    offline: tuple[OfflineSpan, ...] = ()


class TooLargeError(Exception):
    """The body is larger than anything an agent has to say."""


class BodyError(Exception):
    """Says what is wrong where: `errors` is a list of `{"field", "message"}`."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass
class _Reader:
    errors: list[dict[str, str]] = field(default_factory=list)

    def refuse(self, place: str, message: str) -> None:
        self.errors.append({"field": place, "message": message})

    def known(self, place: str, value: Any, names: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.refuse(place, f"must be an object with {', '.join(names)}")
            return {}
        for name in value.keys() - set(names):
            self.refuse(f"{place}.{name}".lstrip("."), f"is not known; known are {', '.join(names)}")
        return value

    def items(self, place: str, value: Any, most: int) -> list[Any]:
        if not isinstance(value, list) or len(value) > most:
            self.refuse(place, f"must be a list of at most {most}")
            return []
        return value

    def device(self, place: str, value: Any) -> str:
        if not isinstance(value, str) or not _DEVICE.fullmatch(value):
            self.refuse(place, f"must be {_A_DEVICE}")
        return str(value)

    def evidence(self, place: str, value: Any) -> EvidenceEntry:
        entry = self.known(place, value, ("device", "practice", "facts"))
        device = self.device(f"{place}.device", entry.get("device"))
        practice = str(entry.get("practice"))
        if practice not in PRACTICES:
            self.refuse(f"{place}.practice", f"must be one of {', '.join(PRACTICES)}")
        facts = self.facts(f"{place}.facts", practice, entry.get("facts"))
        return EvidenceEntry(device, practice, facts)

    def facts(self, place: str, practice: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > MAX_FACTS:
            self.refuse(place, f"must be an object of at most {MAX_FACTS} facts")
            return {}
        if any(len(name) > MAX_NAME_CHARACTERS for name in value):
            self.refuse(place, f"must have names of at most {MAX_NAME_CHARACTERS} characters")
        elif practice in PRACTICES:
            from makegood.rules.practice_facts import problems_of  # noqa: PLC0415 - most beats bring none

            for problem in problems_of(practice, value):
                self.refuse(f"{place}.{problem.path}", problem.message)
        return value

    def span(self, place: str, value: Any) -> OfflineSpan:
        entry = self.known(place, value, ("from", "to", "beats"))
        start = self.instant(f"{place}.from", entry.get("from"))
        end = self.instant(f"{place}.to", entry.get("to"))
        if end < start:
            self.refuse(f"{place}.to", "must not be earlier than from")
        return OfflineSpan(start, end, self.count(f"{place}.beats", entry.get("beats")))

    def count(self, place: str, value: Any) -> int:
        if type(value) is not int or not 1 <= value <= MAX_BEATS:
            self.refuse(place, f"must be an integer from 1 to {MAX_BEATS}")
            return 0
        return value

    def instant(self, place: str, value: Any) -> Instant:
        try:
            return parse_instant(str(value))
        except ValueError as error:
            self.refuse(place, str(error))
            return 0


def read_body(event: dict[str, Any]) -> Body:
    """The body of a request to API Gateway. Raises TooLargeError, or BodyError with every mistake."""
    raw = _raw_body(event)
    if len(raw) > MAX_BODY_BYTES:
        raise TooLargeError
    if not raw.strip():
        return Body()
    reader = _Reader()
    data = reader.known("", _parse(raw), ("seen", "evidence", "offline"))
    seen = [
        reader.device(f"seen[{number}]", device)
        for number, device in enumerate(reader.items("seen", data.get("seen", []), MAX_SEEN))
    ]
    evidence = [
        reader.evidence(f"evidence[{number}]", entry)
        for number, entry in enumerate(reader.items("evidence", data.get("evidence", []), MAX_EVIDENCE))
    ]
    offline = [
        reader.span(f"offline[{number}]", span)
        for number, span in enumerate(reader.items("offline", data.get("offline", []), MAX_OFFLINE))
    ]
    if reader.errors:
        raise BodyError(reader.errors)
    return Body(tuple(dict.fromkeys(seen)), tuple(evidence), tuple(offline))


def _raw_body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode()
    try:
        return b64decode(body, validate=True)
    except Base64Error:
        raise BodyError([{"field": "", "message": "is not the base64 it claims to be"}]) from None


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_float=_number)
    except (ValueError, RecursionError) as error:
        place = (
            f"line {error.lineno}, column {error.colno}: " if isinstance(error, json.JSONDecodeError) else ""
        )
        raise BodyError([{"field": "", "message": f"must be JSON: {place}cannot be read"}]) from None


def _number(text: str) -> int | float:
    """As in JSON Schema, `5.0` is a whole number: so some languages write all of theirs."""
    value = float(text)
    return int(value) if value.is_integer() else value
