"""Reads a contract file: YAML in which no key stands twice, its mistakes named by line."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

from makegood_cli.reading import UnreadableError


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader would let the last of two equal keys win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"{name} is there twice", problem_mark=key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def parse_yaml(text: str) -> Any:
    """The value of a YAML text, its dates as `2026-03-01`. Raises UnreadableError with line and column."""
    try:
        return _as_json(yaml.load(text, _Loader))  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        raise UnreadableError(_explain(error)) from error
    except (yaml.YAMLError, ValueError) as error:
        raise UnreadableError(" ".join(str(error).split())) from error
    except RecursionError as error:
        raise UnreadableError("has too many brackets inside each other, or an alias inside itself") from error


def _explain(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{place}{error.problem or error.context}"


def _as_json(value: Any) -> Any:
    """Dates as text; what else JSON does not know stays as it is, to be refused with its path."""
    if isinstance(value, dict):
        return {key: _as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return list(map(_as_json, value))
    return value.isoformat() if hasattr(value, "isoformat") else value
