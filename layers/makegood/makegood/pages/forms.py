"""Forms of pages: their fields, their limits, and what was typed into them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from makegood.gateway import request_header
from makegood.texts import clean_text, one_line

CONTENT_TYPE: Final = "application/x-www-form-urlencoded"
MAX_BODY_BYTES: Final = 262_144
LONGEST_TEXT: Final = 5_000
LONGEST_LINE: Final = 200


class NotAFormError(Exception):
    """The body is not what a form sends."""


class TooLargeError(Exception):
    """The body is larger than any filled form."""


@dataclass(frozen=True)
class Field:
    """What is asked, with a hint; a single line is short, a text may have many lines.

    `kind` is the type of a single line's input; `check` says what is wrong with a value that is there. With
    `options`, values and their labels, one of them is chosen.
    """

    name: str
    label: str
    hint: str
    lines: int
    kind: str = "text"
    at_most: int = 0
    check: Callable[[str], str | None] = lambda _value: None
    options: tuple[tuple[str, str], ...] = ()

    @property
    def longest(self) -> int:
        return self.at_most or (LONGEST_LINE if self.lines == 1 else LONGEST_TEXT)

    def clean(self, typed: str) -> str:
        return one_line(typed, len(typed)) if self.lines == 1 else clean_text(typed)

    def error(self, value: str) -> str | None:
        if not value:
            return "Please choose one." if self.options else "Please fill this in."
        if self.options and value not in dict(self.options):
            return "Please choose one of these."
        if len(value) > self.longest:
            return f"Please use at most {self.longest:,} characters; these are {len(value):,}."
        return self.check(value)


@dataclass(frozen=True)
class Form:
    """An action: its name in the address, what its button says and what it asks."""

    action: str
    title: str
    button: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Filled:
    """A form as it was sent: cleaned values and what is wrong with them, by field."""

    form: Form
    values: Mapping[str, str]
    errors: Mapping[str, str]


@dataclass(frozen=True)
class Input:
    """A field as it is shown: with what was typed, and what is wrong with it."""

    field: Field
    value: str
    error: str | None


@dataclass(frozen=True)
class Task:
    """A form as it is shown; `open` unless it is not the next thing to do."""

    form: Form
    url: str
    inputs: tuple[Input, ...]
    open: bool


def inputs_of(
    form: Form, filled: Filled | None, suggested: Mapping[str, str] | None = None
) -> tuple[Input, ...]:
    """The fields with what was typed; before anything was, with what is suggested."""
    values, errors = (filled.values, filled.errors) if filled else (suggested or {}, {})
    return tuple(Input(field, values.get(field.name, ""), errors.get(field.name)) for field in form.fields)


def read_form(form: Form, event: dict[str, Any]) -> Filled:
    """What was typed into the form, with what is wrong with it. Raises NotAFormError and TooLargeError."""
    typed = parse_qs(_body(event), keep_blank_values=True)
    values = {field.name: field.clean(typed.get(field.name, [""])[0]) for field in form.fields}
    errors = {field.name: field.error(values[field.name]) for field in form.fields}
    return Filled(form, values, {name: error for name, error in errors.items() if error})


def _body(event: dict[str, Any]) -> str:
    content_type = request_header(event, "content-type")
    if content_type.partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise NotAFormError
    body = event.get("body") or ""
    if len(body) > MAX_BODY_BYTES:
        raise TooLargeError
    return _decode(body) if event.get("isBase64Encoded") else str(body)


def _decode(body: str) -> str:
    try:
        return b64decode(body, validate=True).decode("utf-8", "replace")
    except ValueError:
        raise NotAFormError from None
