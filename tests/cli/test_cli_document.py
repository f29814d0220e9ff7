"""What docs/cli.md says of every command, and what every command has in common."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from cli.conftest import Makegood
from click.shell_completion import BashComplete
from support.cli_document import PAGE, leaves, written

from makegood_cli.main import cli
from makegood_cli.options import Command

LEAVES = {" ".join(path): command for path, command in leaves()}

FOR_PROGRAMS_ANYWAY = {"statement compute", "statement csv", "contract schema"}
"""These print what programs read, with and without --json."""


def test_the_page_of_the_command_is_written_from_it() -> None:
    assert PAGE.read_text() == written(PAGE.read_text()), "make cli-document"


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_is_on_the_page(name: str) -> None:
    text = PAGE.read_text()
    shared = text.split("## Options of every command")[1].split("## Commands")[0]
    section = text.split(f"\n### makegood {name}\n")[1].split("\n### ")[0]
    for option in (each for each in LEAVES[name].params if isinstance(each, click.Option)):
        assert f"`{option.opts[0]}`" in section + shared


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_says_what_it_does_and_what_its_options_mean(name: str) -> None:
    command = LEAVES[name]
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option)), name


@pytest.mark.parametrize("name", sorted(set(LEAVES) - FOR_PROGRAMS_ANYWAY))
def test_every_command_prints_json_for_programs(name: str) -> None:
    command = LEAVES[name]
    assert isinstance(command, Command)
    source = inspect.getsource(sys.modules[inspect.unwrap(command.callback or _nothing).__module__])
    asks = "current_options().json" in source
    assert asks or _helper_asks(source), f"makegood {name} takes --json and does not look at it"


def _nothing() -> None: ...


def _helper_asks(source: str) -> bool:
    """Whether a module that it prints by looks at --json."""
    names = re.findall(r"from (makegood_cli[\w.]*) import", source)
    return any("current_options().json" in inspect.getsource(sys.modules[name]) for name in names)


def test_the_shell_completes_commands_and_options() -> None:
    complete = BashComplete(cli, {}, "makegood", "_MAKEGOOD_COMPLETE")
    assert [each.value for each in complete.get_completions([], "doc")] == ["doctor"]
    assert [each.value for each in complete.get_completions(["device"], "re")] == ["retire"]
    assert [each.value for each in complete.get_completions(["device", "enroll"], "--gr")] == ["--grace"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shells_of_the_page_have_a_script(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"_MAKEGOOD_COMPLETE={shell}_source makegood" in PAGE.read_text()
    makegood = Path(sys.executable).with_name("makegood")
    environment = {"_MAKEGOOD_COMPLETE": f"{shell}_source", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([makegood], env=environment, capture_output=True, text=True, check=True)
    assert f"_MAKEGOOD_COMPLETE={shell}_complete" in done.stdout


def test_the_command_says_its_version(makegood: Makegood) -> None:
    assert makegood.says("--version") == f"makegood, version {version('makegood')}\n"
