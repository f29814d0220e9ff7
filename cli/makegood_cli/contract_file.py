"""Reads a contract file: YAML in which no key stands twice, its mistakes named by line."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from makegood.rules.contracts import Problem
from makegood_cli.reading import UnreadableError

MOST_VALUES: Final = 100_000
"""Aliases of aliases can make billions of a few lines."""


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


Construct = Callable[[Any, yaml.ScalarNode], Any]


def _or_as_written(construct: Construct) -> Construct:
    """A day that does not exist, or a number of thousands of digits, stays text: refused by its path."""

    def read(loader: _Loader, node: yaml.ScalarNode) -> Any:
        try:
            return construct(loader, node)
        except ValueError:
            return node.value

    return read


for _kind in ("timestamp", "int"):
    _construct = getattr(yaml.SafeLoader, f"construct_yaml_{_kind}")
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _or_as_written(_construct))


@dataclass(frozen=True)
class ContractFile:
    """A contract as it was written, and where each of its fields stands."""

    written: Any
    root: yaml.Node | None

    def line_of(self, path: str) -> int:
        """The line of a field such as `outages.notify.within`; of what is missing, that of what lacks it."""
        return 1 if self.root is None else _line_of(self.root, path, 1)

    def by_line(self, problems: Iterable[Problem]) -> list[tuple[int, Problem]]:
        """The problems with their lines, in the order of the file."""
        return sorted(
            ((self.line_of(problem.path), problem) for problem in problems), key=lambda found: found[0]
        )


def read_contract_file(text: str) -> ContractFile:
    """A YAML text, its dates as `2026-03-01`. Raises UnreadableError with line and column."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        if root is not None and _count(root, {}) > MOST_VALUES:
            raise UnreadableError(f"has more than {MOST_VALUES:,} values")
        written = _as_json(yaml.load(text, _Loader))  # noqa: S506 - a safe loader
        return ContractFile(written, root)
    except yaml.MarkedYAMLError as error:
        raise UnreadableError(_explain(error), _line(error)) from error
    except (yaml.YAMLError, ValueError) as error:
        raise UnreadableError(" ".join(str(error).split())) from error
    except RecursionError as error:
        raise UnreadableError("has too many brackets inside each other, or an alias inside itself") from error


def parse_yaml(text: str) -> Any:
    """The value of a YAML text alone."""
    return read_contract_file(text).written


def _line_of(node: yaml.Node, path: str, line: int) -> int:
    """The line of what `path` names in this node, which itself stands on `line`."""
    for name, at, value in _fields(node):
        if path == name:
            return at
        rest = path.removeprefix(name)
        if rest != path and rest[0] in ".[":
            return _line_of(value, rest.removeprefix("."), at)
    return line


def _fields(node: yaml.Node) -> Iterator[tuple[str, int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield f"[{index}]", value.start_mark.line + 1, value


def _count(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values there are with every alias written out."""
    if id(node) not in known:
        known[id(node)] = 1 + sum(_count(value, known) for _, _, value in _fields(node))
    return known[id(node)]


def _line(error: yaml.MarkedYAMLError) -> int | None:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else None


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
