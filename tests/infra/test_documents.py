"""The documents say what there is: pages written from the code, commands that exist, targets that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from support.reference_documents import pages
from support.typed import BLOCK, DOCUMENTS, ROOT, TYPED_BY_NOBODY, blocks, commands
from support.typed import COMMANDS as LANGUAGES

from makegood_agent.arguments import argument_parser
from makegood_cli.main import cli

COMMAND = re.compile(r"(?:^|; |&& )(?:\.venv/bin/)?makegood ([^|>;&)]+)")
SUBSTITUTED = re.compile(r"\$\([^)]*\)|…")
MAKE = re.compile(r"^make ((?:[A-Z]+=\S+ )*)([a-z][a-z-]*)")
AGENT = re.compile(r"python3 \S*makegood_agent\.pyz (.+?)&?$")


LINES = [
    (typed.document, SUBSTITUTED.sub("x", line.strip()))
    for typed in commands()
    for line in typed.command.replace("\\\n", " ").splitlines()
]
COMMANDS = [(name, found) for name, line in LINES for found in COMMAND.findall(line)]
TARGETS = [(name, found[2]) for name, line in LINES if (found := MAKE.match(line))]
SPANS = [
    (document.name, " ".join(span.split()))
    for document in DOCUMENTS
    if document.name != "CHANGELOG.md"
    for span in re.findall(r"`((?:makegood|make) [a-z-][^`]*)`", BLOCK.sub("", document.read_text()))
]
"""What a sentence mentions; but for the changelog, which tells of options that are gone, too."""
COMMANDS += [(name, span.removeprefix("makegood ")) for name, span in SPANS if span.startswith("makegood ")]
TARGETS += [(name, found[2]) for name, span in SPANS if (found := MAKE.match(span))]
AGENTS = [(name, found[1]) for name, line in LINES if (found := AGENT.match(line))]


@pytest.mark.parametrize("page", list(pages()), ids=lambda page: page.name)
def test_a_page_of_the_reference_is_written_from_the_code(page: Path) -> None:
    assert page.read_text() == pages()[page], "make reference"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: str(each.relative_to(ROOT)))
def test_a_block_of_code_says_what_it_holds(document: Path) -> None:
    """By what it holds, tests know what is to be typed."""
    assert document.read_text().count("```") == 2 * len(list(blocks(document)))
    assert {language for language, _ in blocks(document)} <= LANGUAGES | TYPED_BY_NOBODY


def test_the_documents_hold_commands_of_each_kind() -> None:
    assert len(COMMANDS) > 40
    assert len(TARGETS) > 10
    assert AGENTS


@pytest.mark.parametrize(("document", "arguments"), COMMANDS)
def test_a_command_in_a_document_exists_with_its_options(document: str, arguments: str) -> None:
    words = shlex.split(arguments, comments=True)
    command: click.Command = cli
    context = click.Context(cli, info_name="makegood")
    while isinstance(command, click.Group) and words:
        context.allow_interspersed_args = False  # what follows the name of a command is its own
        _, (name, *words), _ = command.make_parser(context).parse_args(words)
        found = command.get_command(context, name)
        assert found is not None, name
        command, context = found, click.Context(found, parent=context)
    command.make_parser(context).parse_args(words)


@pytest.mark.parametrize(("document", "target"), TARGETS)
def test_a_target_of_make_in_a_document_exists(document: str, target: str) -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    rules = [found[1] for line in lines if (found := re.match(r"([a-z][a-z -]*):(?!=)", line))]
    assert target in " ".join(rules).split()


@pytest.mark.parametrize(("document", "arguments"), AGENTS)
def test_a_line_that_starts_an_agent_is_one_that_it_takes(document: str, arguments: str) -> None:
    words = shlex.split(arguments, comments=True)
    argument_parser().parse_args([word for word in words if not word.startswith("@")])  # a file elsewhere
