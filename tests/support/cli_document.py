"""Writes the commands of docs/cli.md from the code: `make cli-document`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from makegood_cli.main import cli
from makegood_cli.options import Command

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"

BEGIN, END = "<!-- written by tests/support/cli_document.py -->\n", "<!-- to here -->\n"

Leaf = tuple[tuple[str, ...], click.Command]


def leaves(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Every command that does something, with its name, in the order in which help lists them."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


def written(page: str) -> str:
    """The page with its commands written anew, between the marks; what people wrote stays."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}{_commands()}{END}{after}"


def _commands() -> str:
    found = sorted(leaves(), key=lambda leaf: leaf[0])
    lines = ["", "## Options of every command", "", *_table(_shared()), "", "## Commands", ""]
    for path, command in found:
        name = f"makegood {' '.join(path)}"
        lines.append(f"- [`{name}`](#{name.replace(' ', '-')}): {command.get_short_help_str(limit=110)}")
    for path, command in found:
        lines += ["", *_section(path, command)]
    return "\n".join(lines) + "\n\n"


def _section(path: tuple[str, ...], command: click.Command) -> Iterator[str]:
    name = f"makegood {' '.join(path)}"
    with click.Context(command, info_name=name) as context:
        usage = " ".join(command.collect_usage_pieces(context))
    yield f"### {name}"
    yield ""
    yield f"```text\n{name} {usage}\n```"
    yield ""
    yield _words(command)
    shared = {option.name for option in _shared()}
    own = [each for each in command.params if isinstance(each, click.Option) and each.name not in shared]
    if own:
        yield ""
        yield from _table(own)


def _words(command: click.Command) -> str:
    """The help as paragraphs of Markdown; a name in angle brackets or with a star stays what it is."""
    text = inspect.cleandoc(command.help or "").replace("<", "\\<").replace("*", "\\*")
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text))


def _table(options: list[click.Option]) -> list[str]:
    return ["| option | |", "|---|---|", *map(_row, options)]


def _row(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    takes = "" if option.is_flag or option.count else f" {_metavar(option)}"
    needed = " Required." if option.required else ""
    default = f" [{option.default}]" if option.show_default and not option.is_flag else ""
    words = f"{option.help or ''}{default}{needed}".replace("|", "\\|").replace("<", "\\<")
    return f"| {names}{takes} | {words} |"


def _metavar(option: click.Option) -> str:
    return (option.metavar or option.type.name.upper()).replace("|", "\\|").replace("<", "\\<")


def _shared() -> list[click.Option]:
    return [each for each in Command("any").params if isinstance(each, click.Option)]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
