"""`make sam-check`: the template, what `sam build` makes of it, and its answers to `events/`."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping

from makegood_local.emulator import LocalError, tail
from makegood_local.sam.build import (
    ARM,
    BUILD,
    MOST_BYTES,
    Built,
    build,
    built_functions,
    compiled_for,
    own_architecture,
    too_large,
    validate,
    without_bytecode,
)
from makegood_local.sam.cast import introduce
from makegood_local.sam.client import install_client, running
from makegood_local.sam.containers import check_containers
from makegood_local.sam.docker import why_no_engine
from makegood_local.sam.events import files_by_function
from makegood_local.sam.place import Place
from makegood_local.sam.report import Report, in_short, wrong_with
from makegood_local.stack import LocalStack

STACK = BUILD / "stack"
LOGS = BUILD / "logs"


def main() -> int:
    """Exit status 0 when everything that could run was right; what could not run is named."""
    report = Report()
    try:
        _check(report)
    except LocalError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"\n{report.seconds:.0f} seconds in all")
    return 1 if report.wrong else 0


def _check(report: Report) -> None:
    validate()
    report.say("sam validate --lint", "right")
    own = own_architecture()
    folders = {architecture: build(architecture) for architecture in dict.fromkeys((ARM, own))}
    for architecture, folder in folders.items():
        _look_at_build(report, architecture, built_functions(folder))
    functions = {each.name: each for each in built_functions(folders[own])}
    with LocalStack(STACK) as stack:
        place = Place.of(stack.description())
        introduce(place)
        report.say("the local stack", stack.url)
        _invoke_all(report, functions, place)
        missing = why_no_engine()
        if missing:
            for form in ("sam local invoke", "sam local start-api"):
                report.say(form, f"did not run: {missing}")
        else:
            check_containers(report, folders[own], functions, place)


def _look_at_build(report: Report, architecture: str, functions: list[Built]) -> None:
    largest = max(functions, key=lambda each: each.bytes)
    compiled = {found for each in functions for layer in each.layers for found in compiled_for(layer)}
    problems = too_large(functions)
    if not compiled <= {architecture}:
        problems.append(f"compiled parts are for {', '.join(sorted(compiled))}")
    uncompiled = {
        file for each in functions for part in (each.folder, *each.layers) for file in without_bytecode(part)
    }
    if uncompiled:
        problems.append(f"{len(uncompiled)} modules have no bytecode, such as {min(uncompiled)}")
    share = f"{largest.bytes / 1e6:.0f} MB of {MOST_BYTES / 1e6:.0f}"
    report.judge(
        f"sam build for {architecture}", problems, f"{len(functions)} functions; {largest.name} has {share}"
    )


def _invoke_all(report: Report, functions: Mapping[str, Built], place: Place) -> None:
    interpreter = install_client()
    environments = place.environments(list(functions.values()))
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    for name, files in files_by_function().items():
        log = LOGS / f"{name}.log"
        environment = {**environments[name], **place.credentials}
        with running(functions[name], environment, interpreter, log) as function:
            for file in files:
                answer = function.invoke(json.loads(file.read_text()))
                problem = wrong_with(answer)
                more = [f"{problem}; its log is {log}:", *tail(log).splitlines()] if problem else []
                report.judge(f"{name} {file.stem}", more, in_short(answer))


if __name__ == "__main__":
    sys.exit(main())
