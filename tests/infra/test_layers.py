"""Who has the layer of the formats: what imports it, and nothing else, for layers make starts slower."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def test_what_writes_to_people_has_the_formats(functions: dict[str, Any]) -> None:
    layer = {"Ref": "FormatsLayer"}
    having = {name for name, function in functions.items() if layer in function.get("Layers", [])}
    assert having == {name for name, function in functions.items() if "babel" in _imported(function)}


def test_what_answers_devices_writes_to_nobody(functions: dict[str, Any]) -> None:
    assert "Layers" not in functions["HeartbeatFunction"]


def _imported(function: dict[str, Any]) -> set[str]:
    """Everything that the handler's module imports, and what that imports, down to packages of others."""
    folders = (ROOT / "infra" / function["CodeUri"], ROOT / "layers/makegood")
    found: set[str] = set()
    waiting = [function["Handler"].split(".")[0]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [each for file in _files(name, folders) for each in _imports(file)]
    return found


def _files(name: str, folders: tuple[Path, ...]) -> list[Path]:
    path = name.replace(".", "/")
    candidates = [folder / f"{path}{end}" for folder in folders for end in (".py", "/__init__.py")]
    return [file for file in candidates if file.exists()]


def _imports(file: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names
