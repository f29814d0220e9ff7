"""Reads a statement's JSON file as it came with its mail: the statement's fields, and its facts."""

from __future__ import annotations

from typing import Any

from makegood_cli.reading import UnreadableError, parse_json, read_text


def read_statement(file: str) -> dict[str, Any]:
    """The statement with its facts. Raises UnreadableError for what is none."""
    return parse_statement(read_text(file))


def parse_statement(text: str) -> dict[str, Any]:
    """The same of a file's text."""
    document = parse_json(text)
    if not isinstance(document, dict) or not isinstance(document.get("facts"), dict):
        raise UnreadableError("is no statement with its facts: take the JSON file that came with the mail")
    missing = [name for name in ("client", "period", "as_of") if not isinstance(document.get(name), str)]
    if missing or not isinstance(document["facts"].get("contract"), dict):
        raise UnreadableError(f"is no whole statement: {', '.join(missing) or 'facts.contract'} is missing")
    return document
