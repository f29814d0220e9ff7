"""Reads the files people name, and JSON in which no key stands twice."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any, NoReturn

STDIN = "-"


class UnreadableError(Exception):
    """A file that cannot be read or understood; the text says what is wrong and where."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_text(file: str) -> str:
    """The text of a file, or of the standard input for `-`."""
    if file == STDIN and sys.stdin is None:
        raise UnreadableError("is closed")
    try:
        raw = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"is not UTF-8 text, at byte {error.start}") from error
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}") from error
    except ValueError as error:  # a name that no file can have
        raise UnreadableError(f"cannot be read: {error}") from error


def parse_json(text: str) -> Any:
    """The value of a JSON text. Raises UnreadableError also for a key said twice, and for what is no number
    or greater than any, such as NaN and 1e999."""
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnreadableError(f"is not JSON: {where}: {error.msg}") from error
    except ValueError as error:
        raise UnreadableError(f"is not JSON: {error}") from error
    except RecursionError as error:
        raise UnreadableError("has too many brackets inside each other") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key!r} is there twice in one object")
        found[key] = value
    return found


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_constant(text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")
