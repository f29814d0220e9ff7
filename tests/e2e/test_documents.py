"""Every command of the documents, typed as it is written, document by document, as one reader types them.

They are typed in a copy of the project, at the stack of `make run`, on which something has happened already.
What docs/deploy.md says is typed by test_deploy.py, in an empty account.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.newcomer import copy_of_the_project, shell_of_a_newcomer
from support.typed import ROOT, Typed, commands

from makegood_agent.arguments import argument_parser

TYPED_BY = {
    "tests/e2e/test_deploy.py": [("docs/deploy.md", "")],
    "tests/e2e/test_demo.py": [("README.md", "make demo")],
    "tests/e2e/test_tools.py": [
        ("docs/agents.md", "30 2 * * *  m=$("),
        ("docs/agents.md", "#!/bin/sh\nurl="),
    ],
}
"""What other tests type; "" are the blocks of a document that are marked `sh`."""

NOT_TYPED = {
    "it is what runs these tests": [("README.md", "make test")],
    "it changes the services of the machine, by systemd": [
        ("docs/agents.md", "sudo systemctl daemon-reload"),
        ("docs/agents.md", "sudo systemctl enable --now makegood-agent"),
        ("docs/agents.md", "journalctl -u makegood-agent"),
    ],
    "it needs Windows": [
        ("docs/agents.md", r"cd /d C:\ProgramData\Makegood"),
        ("docs/agents.md", "icacls . /inheritance:r"),
        ("docs/agents.md", "mkdir life evidence"),
        ("docs/agents.md", "icacls life /grant"),
        ("docs/agents.md", "icacls evidence /inheritance:r"),
        ("docs/agents.md", "schtasks /Create /TN Makegood /SC"),
        ("docs/agents.md", 'schtasks /Create /TN "Makegood evidence" /SC'),
    ],
    "it needs root, and a machine's borg repository; tests/e2e/test_device_day.py has one of its own": [
        ("docs/agents.md", 'sudo python3 build/makegood_agent.pyz --collect "backup=borg:'),
    ],
    "it needs runitor, a program of others": [("docs/agents.md", "runitor ")],
    "it needs AWS itself: certificates and names, a second stack in one account": [
        ("docs/deploy.md", "aws acm request-certificate"),
        ("docs/deploy.md", "aws apigatewayv2 create-domain-name"),
        ("docs/deploy.md", "aws apigatewayv2 create-api-mapping"),
        ("docs/deploy.md", "make build && sam deploy --config-env staging"),
        ("docs/deploy.md", "makegood --stack makegood-staging doctor"),
    ],
    "it builds everything for two processors; the workflow of infra/github/deploy.yml runs it": [
        ("docs/local.md", "make sam-check"),
    ],
    "it needs a Docker engine": [
        ("docs/local.md", "make sam-local"),
        ("docs/local.md", "sam local invoke HeartbeatFunction"),
        ("docs/local.md", "sam local start-api"),
    ],
    "it needs root, the network and half an hour; tests/infra/test_beside_healthchecks.py reads it": [
        ("docs/performance.md", "sudo apt-get install git"),
        ("docs/performance.md", "git clone --depth 1"),
        ("docs/performance.md", "python3 -m venv ../healthchecks/.venv"),
        ("docs/performance.md", "../healthchecks/.venv/bin/pip install"),
        ("docs/performance.md", "make HEALTHCHECKS=../healthchecks bench-healthchecks"),
    ],
}
"""What no test types, and why: how each command begins."""

REPLACED = {
    r"https://(?:guard\.example|…)": "$BASE_URL",
    # What the reader has, and where the documents have it installed.
    r"(--token-file |@)/etc/makegood/": r"\1etc/",
    r"(?<= )/(etc|usr/local/lib)/": r"root/\1/",
    r"modem-20260312T041500Z": "$INCIDENT",
    r"20260314T060000Z-1": "$(makegood maintenance list acme-dental | awk 'NR == 3 { print $1 }')",
    r"(?<= preview acme-dental )2026-11": "$(date +%Y-%m)",
    r"(?<=--on )2026-04-15": "$(date +%F)",
    # Who has left; acme-dental has not.
    r"^makegood forget acme-dental --delete": "echo harbor-law | makegood forget harbor-law --delete",
    # Two months instead of a thousand.
    r"SEEDS=1000": "SEEDS=2",
    # Cron takes the first five words.
    r"^(?:[0-9*/]+ +){5}": "",
    # An agent stays until Ctrl-C.
    r"(?s)^(python3 build/makegood_agent\.pyz (?!.*--once).*)": r"stopped_later \1",
}
"""What stands in the documents for something of the reader's own."""

STARTS = """set -euo pipefail
shopt -s expand_aliases
sudo() { "$@"; }
stopped_later() { timeout --signal INT 6 "$@" || [ $? = 124 ]; }
"""
SHOWN = {
    "README.md": ["Every promise held.", "heartbeat accepted by", "The client has been mailed.", "Genuine: "],
    "docs/agents.md": ["heartbeat accepted by", '"openapi":"3.1.0"'],
    "docs/operations.md": ["counted again and complete", "harbor-law is forgotten.", "Nothing found"],
    "docs/tutorial.md": ["tell the client within 15 minutes"],
    "docs/verify.md": ["Genuine: ", "Verified OK"],
}
"""What a reader of a document sees meanwhile."""

PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Reader:
    """Somebody in the project's folder."""

    folder: Path
    environment: dict[str, str]

    def types(self, script: str) -> str:
        """What is on the screen after it; every command has to succeed."""
        done = subprocess.run(
            ["bash", "-c", STARTS + script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert "Traceback" not in done.stdout, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("reader")
    copy = copy_of_the_project(folder / "makegood")
    # Where Acme Dental is: its month is the reader's.
    environment = {**shell_of_a_newcomer(copy, folder / "home"), "TZ": "America/New_York"}
    newcomer = Reader(copy, environment)
    try:
        newcomer.types("make tools run")
        newcomer.types(
            f"PYTHONPATH={shlex.quote(str(copy / 'tests'))}:$PYTHONPATH .venv/bin/python -m support.lived_in"
        )
        stack = json.loads((copy / ".local/stack.json").read_text())
        [incident] = json.loads(newcomer.types(".venv/bin/makegood --local incident list --json"))
        known = {
            "PATH": f"{copy}/.tools/aws/bin:{environment['PATH']}",
            "AWS_ENDPOINT_URL": stack["endpoint_url"],
            "AWS_DEFAULT_REGION": stack["region"],
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "BASE_URL": stack["url"],
            "URGENT": stack["outputs"]["UrgentTopicArn"],
            "INCIDENT": incident["incident"],
        }
        yield Reader(copy, environment | known)
    finally:
        newcomer.types("make stop")


def test_what_is_not_typed_here_is_one_command_of_a_document_and_has_one_reason() -> None:
    every = commands()
    entries = [(*entry, why) for why, known in {**TYPED_BY, **NOT_TYPED}.items() for entry in known]
    for document, begins, why in entries:
        found = [each for each in every if _is_meant(each, document, begins)]
        assert len(found) == 1 or (found and not begins), (document, begins, found)
        for each in found:
            others = [other for *entry, other in entries if _is_meant(each, *entry) and other != why]
            assert not others, (each, why, others)
    assert all((ROOT / test).is_file() for test in TYPED_BY)


def test_whatever_is_replaced_stands_in_a_document() -> None:
    written = [command for found in typed_here().values() for command in found]
    for pattern in REPLACED:
        assert [command for command in written if re.search(pattern, command)], pattern


def typed_here() -> dict[str, list[str]]:
    """By document, what the test below types."""
    known = [entry for entries in (*TYPED_BY.values(), *NOT_TYPED.values()) for entry in entries]
    found: dict[str, list[str]] = {}
    for each in commands():
        if not any(_is_meant(each, *entry) for entry in known):
            found.setdefault(each.document, []).append(each.command)
    return found


def _is_meant(typed: Typed, document: str, begins: str) -> bool:
    return (
        typed.document == document
        and typed.command.startswith(begins)
        and bool(begins or typed.language == "sh")
    )


needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(document, marks=[needs_jq] if any("jq " in line for line in lines) else [])
        for document, lines in typed_here().items()
    ],
)
def test_a_reader_can_type_what_a_document_says(reader: Reader, document: str) -> None:
    [alias] = re.findall(r"^`(alias makegood='[^']+')`", (ROOT / "README.md").read_text(), re.MULTILINE)
    typed = [alias]
    for command in typed_here()[document]:
        typed += [f"echo {shlex.quote(f'$ {command}')}", as_typed(command, reader)]
    said = reader.types("\n".join(typed))
    assert [shown for shown in SHOWN.get(document, ()) if shown not in said] == [], said


def test_the_service_starts_with_the_options_that_the_document_writes(reader: Reader) -> None:
    installed = reader.folder / "root/etc/systemd/system/makegood-agent.service"
    [line] = re.findall(r"^ExecStart=(.*)$", installed.read_text(), re.MULTILINE)
    words = [re.sub("(?<=@)/etc/", f"{installed.parents[2]}/", word) for word in line.split()]
    options = argument_parser().parse_args(words[words.index("--token-file") :])
    assert options.url == reader.environment["BASE_URL"]
    assert len(options.collect) == 6


@needs_jq
def test_the_digests_that_anybody_can_compute_are_those_that_were_signed(reader: Reader) -> None:
    computed = {
        command.rpartition("# .proof.sha256.")[2]: reader.types(command).split()[0]
        for command in typed_here()["docs/verify.md"]
        if "sha256sum" in command
    }
    proof = json.loads((reader.folder / "statement.json").read_text())["proof"]
    of_the_key = computed.pop("openssl pkey -pubin -in provider.pem -outform DER | sha256sum")
    assert (of_the_key, computed) == (proof["key"], proof["sha256"])


def as_typed(command: str, reader: Reader) -> str:
    for pattern, own in REPLACED.items():
        command = re.sub(pattern, own, command)
    for name in ("BASE_URL", "INCIDENT"):
        command = command.replace(f"${name}", reader.environment[name])
    return command
