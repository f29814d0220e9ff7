"""The runbook has one heading for each alarm: what it means, what clients see, what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from makegood_cli.main import cli

ROOT = Path(__file__).parents[2]

Json = dict[str, Any]
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
PARTS = dict(part.split("\n", 1) for part in re.split(r"^### ", RUNBOOK, flags=re.MULTILINE)[1:])


def test_every_alarm_has_its_heading_and_there_is_no_heading_without_an_alarm(resources: Json) -> None:
    alarms = [name for name, each in resources.items() if each["Type"] == "AWS::CloudWatch::Alarm"]
    assert sorted(re.findall(r"^### (\w+)$", RUNBOOK, flags=re.MULTILINE)) == sorted(alarms)


def test_each_says_what_it_means_what_clients_see_and_what_to_do() -> None:
    for name, text in PARTS.items():
        assert re.findall(r"^- \*\*(.+?):\*\*", text, flags=re.MULTILINE) == ["Means", "Clients see", "Do"], (
            name
        )


def test_what_the_doctor_sees_too_is_asked_of_it() -> None:
    assert "`makegood doctor`" in RUNBOOK.partition("\n## ")[0]
    for name in (
        "SweepMissing",
        "CanaryMissing",
        "FunctionsThrottled",
        "TimersFailed",
        "MailEventsLate",
        "MailsBounce",
    ):
        assert "`makegood doctor`" in PARTS[name], name


def test_every_log_it_quotes_is_one_that_the_code_writes() -> None:
    code = "".join(
        file.read_text() for folder in ("functions", "layers") for file in (ROOT / folder).rglob("*.py")
    )
    quoted = re.findall(r"the line `([^`]+)`", RUNBOOK)
    assert quoted
    for words in quoted:
        assert f'"{words}"' in code, words


def test_every_command_it_names_exists() -> None:
    named = re.findall(r"`makegood ([a-z]+(?: [a-z]+)*)", RUNBOOK)
    assert named
    for words in named:
        command: click.Command = cli
        for word in words.split():
            assert isinstance(command, click.Group), words
            found = command.get_command(click.Context(command), word)
            assert found is not None, words
            command = found


def test_one_query_reads_the_logs_of_all_functions(resources: Json) -> None:
    query = resources["OneIncident"]["Properties"]
    logs = {
        each["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        for each in resources.values()
        if each["Type"] == "AWS::Serverless::Function"
    }
    assert {group["Ref"] for group in query["LogGroupNames"]} == logs
