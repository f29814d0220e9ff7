"""What the documents tell their readers to type: every command of every block of code, as it is written."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from operator import ne
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "docs/pictures/README.md",
    ROOT / "CHANGELOG.md",
]

BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\S*)\n(?P<content>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
COMMANDS = {"sh", "bat", "console"}
"""Languages of blocks that people type; `console` shows after a `$ ` what is typed, or has only commands."""
TYPED_BY_NOBODY = {"text", "json", "yaml", "python", "{toctree}"}

HERE_DOCUMENT = re.compile(r"<< '(\w+)'$")


@dataclass(frozen=True)
class Typed:
    """A command: the lines that are one for a shell."""

    document: str
    language: str
    command: str


def blocks(document: Path) -> Iterator[tuple[str, str]]:
    """(language, content) of each block of code."""
    return blocks_of(document.read_text())


def blocks_of(text: str) -> Iterator[tuple[str, str]]:
    for found in BLOCK.finditer(text):
        yield found["language"], textwrap.dedent(found["content"])


def commands() -> list[Typed]:
    """All of them, in the order of the documents."""
    return [
        Typed(document.relative_to(ROOT).as_posix(), language, command)
        for document in DOCUMENTS
        for language, content in blocks(document)
        if language in COMMANDS
        for command in _commands(language, content)
    ]


def _commands(language: str, content: str) -> Iterator[str]:
    if content.startswith("#!"):
        yield content.rstrip("\n")
        return
    lines = iter(_whole_lines(content))
    if language == "console" and "$ " in content:
        lines = iter([line.removeprefix("$ ") for line in lines if line.startswith("$ ")])
    for line in filter(str.strip, lines):
        here = HERE_DOCUMENT.search(line)
        rest = [*takewhile(partial(ne, here[1]), lines), here[1]] if here else []
        yield "\n".join([line, *rest])


def _whole_lines(content: str) -> list[str]:
    """Lines, one that ends with a backslash together with the next."""
    return [line.replace("\0", "\\\n") for line in content.replace("\\\n", "\0").splitlines()]
