"""`makegood init`: a first contract and the settings of the deployment, from a few answers."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Final

import click
from jinja2 import Environment, PackageLoader, StrictUndefined

from makegood.rules.contracts import ContractError, parse_contract
from makegood.rules.noticing import unkeepable
from makegood.storage.changes import RefusedError
from makegood_cli.contract_check import DETECTION_SECONDS
from makegood_cli.contract_file import parse_yaml
from makegood_cli.contract_schema import contract_schema
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, safe, say
from makegood_cli.questions import QUESTIONS, Answers, Question, split

SETTINGS: Final = "samconfig.toml"
SCHEMA: Final = "contract.schema.json"


def _options(command: click.Command) -> click.Command:
    """An option for each question."""
    for question in QUESTIONS:
        command.params.insert(-6, click.Option([question.option], help=f"{question.asks}."))
    return command


@_options
@click.command(cls=Command)
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--no-input", is_flag=True, help="Ask nothing: what is not given holds by default, or is refused."
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
def init(folder: Path, *, no_input: bool, force: bool, **given: str | None) -> None:
    """Write a contract with comments and samconfig.toml into FOLDER [the present one], from a few answers.

    Asks for what its options do not say. A file that is there already is left alone unless --force is given.
    """
    _refuse_to_overwrite([folder / SETTINGS], force)
    asks = not (no_input or current_options().json)
    if asks and sys.stdin is None:
        raise click.UsageError("The standard input is closed: answer by options, with --no-input.")
    answers = _ask_for(given) if asks else _take(given)
    files = _files(folder, answers)
    _refuse_to_overwrite([file for file, content in files.items() if not _holds(file, content)], force)
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        file.write_text(content)
    written = list(map(str, files))
    if current_options().json:
        print_json({"files": written})
        return
    say(f"Wrote {', '.join(written)}.\n")
    say(f"Next: read {written[0]}, then\n\n  makegood contract check {written[0]}")
    say("  make build && sam deploy")
    say(f"  makegood client apply {written[0]}")


def _ask_for(given: dict[str, str | None]) -> Answers:
    """The answers given, and those that a person gives; a wrong one is asked for again."""
    answers: Answers = {}
    for question in QUESTIONS:
        said = given[question.name]
        if said is not None and (wrong := question.problem(said, answers)):
            raise click.UsageError(f"{question.option} {wrong}")
        check = partial(_checked, question, answers)
        suggestion = question.suggestion(answers)
        answers[question.name] = said or click.prompt(
            question.asks, default=suggestion, value_proc=check, err=True
        )
    return answers


def _checked(question: Question, answers: Answers, text: str) -> str:
    if wrong := question.problem(text, answers):
        raise click.BadParameter(safe(wrong))
    return text


def _take(given: dict[str, str | None]) -> Answers:
    """The answers given and the defaults; UsageError with everything that is missing or wrong."""
    answers: Answers = {}
    problems = []
    for question in QUESTIONS:
        said = given[question.name] or question.suggestion(answers)
        wrong = "is missing" if said is None else question.problem(said, answers)
        if said is None or wrong:
            problems.append(f"{question.option} {wrong}")
        else:
            answers[question.name] = said
    if problems:
        raise click.UsageError("\n".join(problems))
    return answers


def _files(folder: Path, answers: Answers) -> dict[Path, str]:
    templates = Environment(  # noqa: S701 - YAML and TOML, quoted by their own filters
        loader=PackageLoader("makegood_cli"), undefined=StrictUndefined, keep_trailing_newline=True
    )
    templates.filters.update(text=_quoted, texts=_quoted_list)
    options = current_options()
    values = {**answers, "stack": options.stack_name, "region": options.region}
    contract = templates.get_template("contract.yaml.j2").render(values)
    _refuse_unkeepable(contract)
    values["technicians"] = ",".join(split(answers["technicians"]))
    return {
        folder / f"{answers['client']}.yaml": contract,
        folder / SCHEMA: json.dumps(contract_schema(), indent=2) + "\n",
        folder / SETTINGS: templates.get_template("samconfig.toml.j2").render(values),
    }


def _refuse_unkeepable(contract: str) -> None:
    """Each answer is right by itself; together they may still promise what cannot be kept."""
    problems = unkeepable(parse_contract(parse_yaml(contract)), 0, DETECTION_SECONDS)
    if problems:
        raise ContractError(problems)


def _refuse_to_overwrite(files: list[Path], force: bool) -> None:
    there = [str(file) for file in files if file.exists()]
    if there and not force:
        raise RefusedError(f"{', '.join(there)} is there already; --force writes over it.")


def _holds(file: Path, content: str) -> bool:
    return file.is_file() and file.read_text() == content


def _quoted(text: str) -> str:
    """A string of YAML and of TOML alike."""
    return json.dumps(text.strip())


def _quoted_list(text: str) -> str:
    return json.dumps(split(text))
