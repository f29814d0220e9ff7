"""Imports point one way: from all that is built on it to storage and mail, and from there to the rules."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/makegood"
RULES = PACKAGE / "makegood/rules"
FUNCTIONS = ROOT / "functions"

# The standard library, without what reaches for the outside world.
OUTSIDE = {
    "asyncio",
    "ftplib",
    "http",
    "os",
    "secrets",
    "smtplib",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "time",
}
INSIDE = (sys.stdlib_module_names - OUTSIDE) | {"makegood"}
CLOCKS = {"now", "today", "utcnow", "environ", "getenv", "monotonic", "perf_counter"}

BASE = {"aws", "clock", "gateway", "keys", "messages", "secret_texts", "settings", "signing", "texts"}

FUNCTION_MODULES = {path.stem: path.parent for path in FUNCTIONS.glob("*/*.py")}
BESIDE_FUNCTIONS = {"makegood_cli", "makegood_local", "makegood_simulator", "makegood_agent"}
OUTER = {*BESIDE_FUNCTIONS, *FUNCTION_MODULES}


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The full name of every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sources(RULES), ids=label)
def test_rules_import_only_rules_and_what_needs_no_outside(path: Path) -> None:
    for name in imports(path):
        assert name.split(".")[0] in INSIDE, f"{label(path)} imports {name}"
        assert not name.startswith("makegood") or name.startswith("makegood.rules."), name
        assert not name.startswith("urllib.request")


@pytest.mark.parametrize("path", sources(RULES), ids=label)
def test_rules_read_no_clock_and_no_environment_and_count_no_fractions(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        assert not (isinstance(node, ast.Attribute) and node.attr in CLOCKS), f"{label(path)}: {node.attr}"
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), (
            f"{label(path)}: {node.value}"
        )
        assert not (isinstance(node, ast.Name) and node.id in {"float", "open"}), f"{label(path)}: {node.id}"
        assert not isinstance(node, ast.Div), f"{label(path)} divides with /"


@pytest.mark.parametrize("path", sources(PACKAGE), ids=label)
def test_the_package_imports_nothing_that_is_built_on_it(path: Path) -> None:
    for name in imports(path):
        assert name.split(".")[0] not in OUTER, f"{label(path)} imports {name}"


def own_parts(path: Path) -> set[str]:
    """The parts of the package that a file imports: `rules`, `storage`, `mail`, or a module beside them."""
    names = (name.split(".") for name in imports(path) if name.startswith("makegood"))
    return {name[1] for name in names}


@pytest.mark.parametrize("path", [PACKAGE / f"makegood/{name}.py" for name in sorted(BASE)], ids=label)
def test_the_basic_modules_are_built_on_each_other_and_the_rules(path: Path) -> None:
    assert own_parts(path) <= BASE | {"rules"}


@pytest.mark.parametrize("path", sources(PACKAGE / "makegood/storage"), ids=label)
def test_storage_is_built_on_the_rules_and_the_basic_modules(path: Path) -> None:
    assert own_parts(path) <= BASE | {"rules", "storage"}


@pytest.mark.parametrize("path", sources(PACKAGE / "makegood/mail"), ids=label)
def test_mail_is_built_on_storage(path: Path) -> None:
    assert own_parts(path) <= BASE | {"rules", "storage", "mail"}


@pytest.mark.parametrize("path", sources(FUNCTIONS), ids=label)
def test_a_function_imports_no_other_function(path: Path) -> None:
    for name in imports(path):
        module = name.split(".")[0]
        assert FUNCTION_MODULES.get(module, path.parent) == path.parent, f"{label(path)} imports {name}"
        assert module not in BESIDE_FUNCTIONS, f"{label(path)} imports {name}"


@pytest.mark.parametrize("path", sources(ROOT / "simulator"), ids=label)
def test_the_simulator_imports_no_function_by_name_and_nothing_of_the_command(path: Path) -> None:
    """It loads functions from their folders, as often as they run at the same time."""
    for name in imports(path):
        assert name.split(".")[0] not in {"makegood_cli", "makegood_agent", *FUNCTION_MODULES}, (
            f"{label(path)} imports {name}"
        )


@pytest.mark.parametrize("path", sources(ROOT / "local"), ids=label)
def test_the_local_stack_does_not_need_the_simulator(path: Path) -> None:
    for name in imports(path):
        assert name.split(".")[0] != "makegood_simulator", f"{label(path)} imports {name}"


@pytest.mark.parametrize("path", sources(ROOT / "agent"), ids=label)
def test_the_agent_imports_the_standard_library_only(path: Path) -> None:
    for name in imports(path):
        assert name.split(".")[0] in {*sys.stdlib_module_names, "makegood_agent"}, (
            f"{label(path)} imports {name}"
        )


def test_the_package_of_the_rules_imports_nothing() -> None:
    assert not list(imports(RULES / "__init__.py"))


def test_a_turned_arrow_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "turned.py"
    path.write_text(
        "def late() -> None:\n    from makegood.storage import devices\n    import boto3.session\n"
    )
    assert list(imports(path)) == ["makegood.storage.devices", "boto3.session"]
