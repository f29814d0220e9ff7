"""`makegood doctor`: is this deployment able to keep what is promised?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any, Final

import boto3
import click

from makegood import clock
from makegood.rules.instants import Instant, format_instant
from makegood_cli.checks import mailing, promised, running, waiting
from makegood_cli.checks.looking import Check, Clinic, Finding, Note, Resource, Seen, Unchecked
from makegood_cli.connection import connect, stack_name, stack_resources, variable
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say

CHECKS: Final = (*running.CHECKS, *mailing.CHECKS, *waiting.CHECKS, *promised.CHECKS)
ILL: Final = 1
UNSURE: Final = 3


@click.command(cls=Command)
@click.option(
    "--strict", is_flag=True, help="Exit with 3 when nothing is found but something was not checked."
)
@click.pass_context
def doctor(context: click.Context, strict: bool) -> None:
    """Check a deployment: do mails leave, does everything run, do alarms reach people, can promises be kept?

    Each finding says where it is, what it means and what cures it. What this account does not let itself be
    asked is said as "could not be checked". Nothing is changed. Exit status: 0 nothing found, 1 findings.
    """
    clinic = _admit()
    is_json = current_options().json
    if not is_json:
        say(f"{clinic.stack} in {clinic.region}, {format_instant(clinic.now)} by AWS's clock\n")
    seen: dict[str, list[Seen]] = {}
    for check in CHECKS:
        seen[check.name] = check.see(clinic)
        if not is_json:
            say("\n".join(_lines(check, seen[check.name])))
    everything = [each for found in seen.values() for each in found]
    findings = [each for each in everything if isinstance(each, Finding)]
    unchecked = [each for each in everything if isinstance(each, Unchecked)]
    if is_json:
        print_json(_as_json(clinic, seen))
    else:
        say(f"\n{_sum(findings, unchecked)}")
    context.exit(ILL if findings else UNSURE if unchecked and strict else 0)


def _admit() -> Clinic:
    connect()
    sts = boto3.client("sts")
    answer = sts.get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
    here = clock.now()
    there = _date(answer.get("date"))
    region = str(sts.meta.region_name)
    stack = stack_name()
    names = ("AlarmTopicArn", "MailEventsTopicArn")
    outputs = {name: os.environ.get(variable(name), "") for name in names}
    resources = tuple(Resource(*each) for each in stack_resources(stack))
    skew = None if there is None else here - there
    return Clinic(stack, region, outputs, resources, here if there is None else there, skew)


def _date(header: str | None) -> Instant | None:
    return None if header is None else int(parsedate_to_datetime(header).timestamp())


def _lines(check: Check, seen: list[Seen]) -> Iterator[str]:
    """One line a check that is fine, with what was seen; a paragraph for each finding."""
    notes = "; ".join(each.said for each in seen if isinstance(each, Note))
    rest = [each for each in seen if not isinstance(each, Note)]
    if not rest:
        yield f"  ok       {check.name}" + (f": {notes}" if notes else "")
    for each in rest:
        if isinstance(each, Finding):
            yield f"  FAULT    {check.name}: {each.where}"
            yield f"             what  {each.what}"
            yield f"             cure  {each.cure}"
        elif isinstance(each, Unchecked):
            where = "" if each.where == check.name else f"{each.where}: "
            yield f"  unknown  {check.name}: {where}could not be checked: {each.why}"


def _sum(findings: list[Finding], unchecked: list[Unchecked]) -> str:
    faults = {0: "Nothing found", 1: "1 fault"}.get(len(findings), f"{len(findings)} faults")
    unknown = f"; {len(unchecked)} could not be checked" if unchecked else ""
    return f"{faults} in {len(CHECKS)} checks{unknown}."


def _as_json(clinic: Clinic, seen: dict[str, list[Seen]]) -> dict[str, Any]:
    return {
        "stack": clinic.stack,
        "region": clinic.region,
        "at": format_instant(clinic.now),
        "checks": [{"check": name, "state": _state(found)} for name, found in seen.items()],
        "findings": [
            {"check": name, "where": each.where, "what": each.what, "cure": each.cure}
            for name, found in seen.items()
            for each in found
            if isinstance(each, Finding)
        ],
        "unchecked": [
            {"check": name, "where": each.where, "why": each.why}
            for name, found in seen.items()
            for each in found
            if isinstance(each, Unchecked)
        ],
        "notes": [
            {"check": name, "said": each.said}
            for name, found in seen.items()
            for each in found
            if isinstance(each, Note)
        ],
    }


def _state(seen: list[Seen]) -> str:
    if any(isinstance(each, Finding) for each in seen):
        return "fault"
    return "unknown" if any(isinstance(each, Unchecked) for each in seen) else "ok"
