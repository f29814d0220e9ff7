"""Reads JSON objects field by field, noting every mistake with its path instead of stopping at the first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, TypeVar, cast

from makegood.rules.instants import Instant, format_instant, parse_instant
from makegood.rules.values import must_be

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

T = TypeVar("T")

_NOTHING: Final[list[object]] = []


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what is allowed there and what was found."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class Fields:
    """The fields of one JSON object, of which only the known ones may be there; `null` is absent.

    A reader is a function from a value to its meaning that raises ValueError. When it does, the problem is
    noted and a stand-in returned, so that reading goes on. Whoever made the list of problems refuses the
    whole when there are any; until then a stand-in may be None, whatever its type says.
    """

    __slots__ = ("_path", "_values", "problems")

    def __init__(self, value: object, path: str, problems: list[Problem], known: Collection[str]) -> None:
        self._path = path
        self._values: dict[str, object] | None = None
        self.problems = problems
        if isinstance(value, dict):
            self._values = {key: field for key, field in value.items() if field is not None}
            self._refuse_unknown(value, known)
        else:
            problems.append(Problem(path, must_be(f"an object with {', '.join(known)}", value)))

    def required(self, key: str, read: Callable[[object], T]) -> T:
        if self._values is None:
            return cast("T", None)
        return self._read(key, read, self._values.get(key), cast("T", None))

    def optional(self, key: str, read: Callable[[object], T], absent: T) -> T:
        if self._values is None or key not in self._values:
            return absent
        return self._read(key, read, self._values[key], absent)

    def table(self, key: str, known: Collection[str], read: Callable[[Fields], T]) -> T | None:
        """What the object that this field holds means; an absent one is None."""
        if self._values is None or key not in self._values:
            return None
        return read(Fields(self._values[key], self.path_of(key), self.problems, known))

    def required_table(self, key: str, known: Collection[str], read: Callable[[Fields], T]) -> T:
        if self._values is None:
            return cast("T", None)
        return read(Fields(self._values.get(key), self.path_of(key), self.problems, known))

    def tables(self, key: str, known: Collection[str], read: Callable[[Fields], T]) -> tuple[T, ...]:
        """What the objects of the list that this field holds mean; an absent list is empty."""
        values = enumerate(self.optional(key, read_list, _NOTHING))
        paths = ((f"{self.path_of(key)}[{index}]", value) for index, value in values)
        return tuple(read(Fields(value, path, self.problems, known)) for path, value in paths)

    def items(self, key: str, read: Callable[[object], T], *, required: bool = False) -> tuple[T, ...]:
        """What the items of the list that this field holds mean; `required` demands at least one."""
        if required:
            values = self.required(key, read_filled_list) or _NOTHING
        else:
            values = self.optional(key, read_list, _NOTHING)
        items = ((f"{key}[{index}]", value) for index, value in enumerate(values))
        return tuple(self._read(path, read, value, cast("T", None)) for path, value in items)

    def names(self) -> tuple[str, ...]:
        """The fields that are there, in the order in which they stand."""
        return tuple(self._values or ())

    def path_of(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def refuse(self, key: str, message: str) -> None:
        self.problems.append(Problem(self.path_of(key), message))

    def _read(self, key: str, read: Callable[[object], T], value: object, stand_in: T) -> T:
        try:
            return read(value)
        except ValueError as error:
            self.refuse(key, str(error))
            return stand_in

    def _refuse_unknown(self, values: Collection[object], known: Collection[str]) -> None:
        for key in values:
            if key not in known:
                hint = did_you_mean(key, known)
                self.refuse(str(key), f"is not known here{hint}; known are {', '.join(known)}")


def refuse_before(
    fields: Fields, key: str, time: Instant | None, start: str, starts_at: Instant | None
) -> None:
    """Refuses a time that lies before the one named `start`; what is absent or unreadable lies nowhere."""
    if time is not None and starts_at is not None and time < starts_at:
        fields.refuse(key, f"must not be before {start}, got {format_instant(time)}")


def did_you_mean(word: object, known: Collection[str]) -> str:
    """` (did you mean within?)` when something known is close, else nothing."""
    close = get_close_matches(word, known, n=1) if isinstance(word, str) else []
    return f" (did you mean {close[0]}?)" if close else ""


def read_list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(must_be("a list", value))
    return value


def read_filled_list(value: object) -> list[object]:
    if not isinstance(value, list) or not value:
        raise ValueError(must_be("a list that is not empty", value))
    return value


def read_mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError(must_be("an object", value))
    return value


def read_text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(must_be("a text that is not empty", value))
    return value


def read_instant(value: object) -> Instant:
    try:
        return parse_instant(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(must_be("an instant such as 2026-03-01T00:00:00Z", value)) from None


def whole(least: int, most: int | None = None) -> Callable[[object], int]:
    """A reader of a whole number within bounds."""
    allowed = f"a whole number, {least} or more" if most is None else f"a whole number from {least} to {most}"

    def read(value: object) -> int:
        if type(value) is not int or value < least or (most is not None and value > most):
            raise ValueError(must_be(allowed, value))
        return value

    return read


def one_of(allowed: Collection[str]) -> Callable[[object], str]:
    """A reader of one of these words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            words = f"one of {', '.join(allowed)}"
            raise ValueError(must_be(words, value) + did_you_mean(value, allowed))
        return value

    return read


def matching(pattern: str, allowed: str) -> Callable[[object], str]:
    """A reader of a text that matches the pattern as a whole."""

    def read(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(must_be(allowed, value))
        return value

    return read
