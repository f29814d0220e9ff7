"""Tapes as files: a JSON object a line, read as a whole or refused with everything that is wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from makegood.rules.allowances import EXCUSE_REASONS
from makegood.rules.contracts import CONTRACT_FIELDS, read_contract
from makegood.rules.evidence import PRACTICES
from makegood.rules.instants import Period, format_instant, parse_date, parse_period
from makegood.rules.maintenance import WEEKDAYS
from makegood.rules.names import ADDRESS, DEVICE
from makegood.rules.practice_facts import problems_of
from makegood.rules.shapes import (
    Fields,
    Problem,
    matching,
    one_of,
    read_instant,
    read_mapping,
    read_text,
)
from makegood.rules.terms import STAGES
from makegood.rules.values import must_be, parse_positive_duration
from makegood.storage.enrolment import KIND
from makegood_simulator import tape
from makegood_simulator.tape import Line
from makegood_simulator.tape_course import Course

PARTS: Final = ("sweep", "evaluator", "mail", "api")


class TapeError(Exception):
    """A tape that is refused; `problems` names everything that is wrong with it, by line and field."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def parse_tape(text: str) -> list[Line]:
    """The lines of a tape. Empty ones and those that start with `#` say nothing.

    Raises TapeError with every problem.
    """
    lines: list[Line] = []
    problems: list[Problem] = []
    course = Course()
    for number, written in enumerate(text.split("\n"), start=1):
        if written.strip() and not written.lstrip().startswith("#"):
            found: list[Problem] = []
            line = _parse_line(number, written, found)
            if line is not None:
                course.follow(line, found)
                lines.append(line)
            problems += [_in_line(number, problem) for problem in found]
    if not lines and not problems:
        problems.append(Problem("", "the tape must have a line, got none"))
    if problems:
        raise TapeError(problems)
    return lines


def write_tape(lines: Iterable[Line]) -> str:
    """The text that `parse_tape` reads these lines from; what is absent is not written."""
    return "".join(f"{json.dumps(_write_line(line), allow_nan=False)}\n" for line in lines)


@dataclass(frozen=True)
class _Field:
    """How a field of a line is read and written; `name` is its attribute, where that has another name."""

    read: Callable[[object], Any]
    write: Callable[[Any], object] = lambda value: value
    name: str = ""
    optional: bool = False
    many: bool = False


@dataclass(frozen=True)
class _Form:
    """The line that a `do` stands for, and its other fields in the order in which they are written."""

    line: type[Line]
    fields: Mapping[str, _Field]


def _parse_line(number: int, written: str, problems: list[Problem]) -> Line | None:
    """The line, with stand-ins for what is wrong with it; None when there is no telling what it is."""
    try:
        value = _parse_json(written)
        do = _read_do(value)
    except (ValueError, RecursionError) as error:
        problems.append(Problem("", str(error)))
        return None
    form = _FORMS[do]
    fields = Fields(value, "", problems, ("at", "do", *form.fields))
    found = {field.name or key: _read_field(fields, key, field) for key, field in form.fields.items()}
    line = form.line(number=number, at=fields.required("at", read_instant), **found)
    _check_line(line, fields)
    return line


def _read_do(value: object) -> str:
    if not isinstance(value, dict):
        raise ValueError(must_be("an object with at and do", value))
    try:
        return one_of(_FORMS)(value.get("do"))
    except ValueError as error:
        raise ValueError(f"do: {error}") from None


def _read_field(fields: Fields, key: str, field: _Field) -> Any:
    if field.many:
        return fields.items(key, field.read)
    if field.optional:
        return fields.optional(key, field.read, None)
    return fields.required(key, field.read)


def _write_line(line: Line) -> dict[str, object]:
    do, form = next((do, form) for do, form in _FORMS.items() if form.line is type(line))
    written: dict[str, object] = {"at": format_instant(line.at), "do": do}
    for key, field in form.fields.items():
        value = getattr(line, field.name or key)
        if value is not None and not (field.many and not value):
            written[key] = field.write(value)
    return written


def _check_line(line: Line, fields: Fields) -> None:
    if isinstance(line, tape.Contract):
        read_contract(Fields(line.terms, "terms", fields.problems, CONTRACT_FIELDS))
    if isinstance(line, tape.Beat | tape.Evidence):
        _check_stretch(fields)
    if isinstance(line, tape.Evidence) and line.practice is not None and line.facts is not None:
        _check_facts(line, fields)
    if isinstance(line, tape.Beat | tape.Evidence | tape.Fail) and line.until is not None:
        _check_until(line.at, line.until, fields)


def _check_facts(line: tape.Evidence, fields: Fields) -> None:
    """What the agents' door would refuse; and a tape has nobody who judges what an agent only observed."""
    for problem in problems_of(line.practice, line.facts):
        fields.refuse(f"facts.{problem.path}", problem.message)
    if line.practice == "log_review" and not isinstance(line.facts.get("reviewed"), bool):
        fields.refuse("facts.reviewed", must_be("true or false", line.facts.get("reviewed")))


def _check_stretch(fields: Fields) -> None:
    for key, other in (("every", "until"), ("until", "every")):
        if other in fields.names() and key not in fields.names():
            fields.refuse(key, f"must be there as {other} is, got nothing")


def _check_until(at: int | None, until: int, fields: Fields) -> None:
    if at is not None and until < at:
        fields.refuse("until", must_be(f"{format_instant(at)} or later", format_instant(until)))


def _in_line(number: int, problem: Problem) -> Problem:
    return Problem(f"line {number}: {problem.path}" if problem.path else f"line {number}", problem.message)


def _parse_json(text: str) -> object:
    """The value of a JSON text in which no key stands twice and every number is one."""
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_number, parse_float=_parse_float
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON, at character {error.pos + 1}: {error.msg}") from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)} is there twice in one object")
    return found


def _parse_float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_number(text)


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number that can be kept")


def _read_period(value: object) -> Period:
    try:
        return parse_period(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(must_be("a month such as 2026-03", value)) from None


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(must_be("true or false", value))
    return value


def _read_as_it_is(value: object) -> object:
    return value


def _write_seconds(seconds: int) -> str:
    return f"{seconds}s"


_NAME: Final = _Field(matching(DEVICE, "the name of a device, 1 to 32 of a-z, 0-9 and -"))
_NAMES: Final = _Field(_NAME.read, list, many=True)
_TEXT: Final = _Field(read_text)
_DEVICES: Final = _Field(matching(rf"{DEVICE}|\*", "the name of a device, or * for all"), list, many=True)
_CLOCK: Final = _Field(matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time of the day such as 02:00"))
_DATE: Final = _Field(lambda value: parse_date(str(value)).isoformat())
_ANNOUNCED: Final = {"reason": _TEXT, "short_notice": _Field(_read_flag, optional=True)}
_STAGE: Final = _Field(one_of(STAGES))
_UNTIL: Final = _Field(read_instant, format_instant)
_STRETCH: Final = {
    "every": _Field(parse_positive_duration, _write_seconds, optional=True),
    "until": _Field(read_instant, format_instant, optional=True),
}

_FORMS: Final[Mapping[str, _Form]] = {
    "enroll": _Form(
        tape.Enroll,
        {
            "device": _NAME,
            "kind": _Field(matching(KIND, "1 to 32 of a-z, 0-9 and - such as router")),
            "grace": _Field(parse_positive_duration, _write_seconds, name="grace_seconds"),
            "via": _Field(_NAME.read, optional=True),
            "practices": _Field(one_of(PRACTICES), list, many=True),
        },
    ),
    "beat": _Form(tape.Beat, {"device": _NAME, **_STRETCH, "seen": _NAMES}),
    "evidence": _Form(
        tape.Evidence,
        {"device": _NAME, "practice": _Field(one_of(PRACTICES)), "facts": _Field(read_mapping), **_STRETCH},
    ),
    "take": _Form(tape.Take, {"device": _NAME}),
    "plan": _Form(tape.Plan, {"device": _NAME, "text": _TEXT}),
    "repair": _Form(tape.Repair, {"device": _NAME, "text": _TEXT}),
    "call": _Form(
        tape.Call,
        {
            "device": _NAME,
            "reached": _TEXT,
            "number": _Field(read_text, name="telephone"),
            "spoken_at": _Field(read_instant, format_instant, optional=True),
        },
    ),
    "return": _Form(tape.Return, {"device": _NAME, "mail": _Field(one_of(("notice", "plan")))}),
    "complain": _Form(
        tape.Complain, {"contact": _Field(matching(ADDRESS, "an address such as owner@acme.example"))}
    ),
    "pause": _Form(tape.Pause, {"device": _NAME, "reason": _TEXT}),
    "resume": _Form(tape.Resume, {"device": _NAME}),
    "excuse": _Form(
        tape.Excuse,
        {"device": _NAME, "stage": _STAGE, "reason": _TEXT, "approved_by": _TEXT},
    ),
    "answer": _Form(tape.Answer, {"device": _NAME, "text": _TEXT}),
    "ask": _Form(
        tape.Ask,
        {"device": _NAME, "stage": _STAGE, "reason": _Field(one_of(EXCUSE_REASONS)), "evidence": _TEXT},
    ),
    "approve": _Form(
        tape.Approve, {"device": _NAME, "stage": _STAGE, "by": _Field(one_of(("colleague", "client")))}
    ),
    "revoke": _Form(tape.Revoke, {"device": _NAME, "stage": _STAGE, "because": _TEXT}),
    "dispute": _Form(
        tape.Dispute,
        {"device": _NAME, "about": _Field(one_of(("pause", *STAGES, "incident"))), "text": _TEXT},
    ),
    "decide": _Form(tape.Decide, {"device": _NAME, "upheld": _Field(_read_flag), "because": _TEXT}),
    "retire": _Form(tape.Retire, {"device": _NAME}),
    "announce": _Form(
        tape.Announce,
        {
            "devices": _DEVICES,
            "from": _Field(read_instant, format_instant, name="starts"),
            "to": _Field(read_instant, format_instant, name="ends"),
            **_ANNOUNCED,
        },
    ),
    "announce_weekly": _Form(
        tape.AnnounceWeekly,
        {
            "devices": _DEVICES,
            "days": _Field(one_of(WEEKDAYS), list, many=True),
            "from": _Field(_CLOCK.read, name="starts"),
            "to": _Field(_CLOCK.read, name="ends"),
            "first": _DATE,
            "last": _DATE,
            **_ANNOUNCED,
        },
    ),
    "cancel": _Form(tape.Cancel, {"reason": _TEXT}),
    "bounce": _Form(
        tape.Bounce, {"contact": _Field(matching(ADDRESS, "an address such as owner@acme.example"))}
    ),
    "contract": _Form(tape.Contract, {"terms": _Field(_read_as_it_is)}),
    "issue": _Form(tape.Issue, {"period": _Field(_read_period)}),
    "fail": _Form(tape.Fail, {"part": _Field(one_of(PARTS)), "until": _UNTIL}),
}
