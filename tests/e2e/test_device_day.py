"""The packed agent with real tools on the real template: a day of all six practices, none of it typed."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from agent import test_collect_apt, test_collect_backup, test_collect_clamav, test_collect_journal
from agent.asking import DAY, needs
from support.late import where_it_is_late

from makegood.rules.evidence import PRACTICES
from makegood_local.stack import LocalStack
from makegood_local.story import run_command

ROOT = Path(__file__).parents[2]
CLIENT = "whole-day"
IN_A_CONTAINER = any(
    Path(each).exists() for each in ("/run/systemd/container", "/run/.containerenv", "/.dockerenv")
)

pytestmark = [
    needs("apt-get", "clamscan", "clamd", "restic", "borg", "journalctl"),
    *test_collect_journal.pytestmark[1:],
    pytest.mark.skipif(
        not IN_A_CONTAINER and not Path(f"/boot/vmlinuz-{platform.release()}").exists(),
        reason="whether this machine waits for a reboot cannot be determined",
    ),
]


class Server:
    """A server in order, and the agent that is installed on it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        for each in ("apt", "clamav", "journal", "restic", "borg", "state"):
            (folder / each).mkdir()
        apt = test_collect_apt.Machine(folder / "apt", monkeypatch)
        apt.offer("stable", a="1.0", b="1.0")
        apt.offer("security")
        apt.update()
        self.clamav = test_collect_clamav.Machine(folder / "clamav")
        self.clamav.scan()
        journal = test_collect_journal.Machine(folder / "journal", monkeypatch)
        journal.say("Started made up.", 2 * DAY)
        journal.say("Started made up.")
        journal.write()
        monkeypatch.setenv("PATH", f"{os.environ['PATH']}:/usr/sbin:/usr/local/bin")
        for tool in ("restic", "borg"):
            test_collect_backup.make(tool, folder / tool)
        self.agent = folder / "makegood_agent.pyz"
        subprocess.run(
            [sys.executable, "-c", f"import pack, pathlib; pack.pack(pathlib.Path({str(self.agent)!r}))"],
            cwd=ROOT / "agent",
            check=True,
        )

    def install(self, url: str, token: str) -> None:
        """As docs/agents.md tells: a token and a file of options."""
        clamav = f"=clamav config={self.clamav.config} log={self.clamav.log}"
        (self.folder / "token").write_text(f"{token}\n")
        options = [
            f"--url {url}",
            f"--token-file {self.folder}/token",
            f"--state {self.folder}/state",
            "--collect patching",
            f"--collect antivirus{clamav}",
            f"--collect quarantine{clamav}",
            "--collect log_review",
            f"--collect {self.repository('backup', 'restic')}",
            f"--collect {self.repository('restore_test', 'borg')}",
        ]
        (self.folder / "agent.options").write_text("\n".join(options) + "\n")

    def repository(self, practice: str, tool: str) -> str:
        place = self.folder / tool
        return f"{practice}={tool}:{place}/repository password-file={place}/password"

    def report(self) -> None:
        """What its line in cron does."""
        command = [sys.executable, str(self.agent), f"@{self.folder}/agent.options", "--once"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@contextmanager
def clamd(machine: test_collect_clamav.Machine) -> Iterator[None]:
    """The real daemon, with one signature of our own."""
    with machine.config.open("a") as config:
        config.write(f"Foreground yes\nUser root\nLogFile {machine.folder}/clamd.log\n")
    daemon = subprocess.Popen(["clamd", f"--config-file={machine.config}"], stdout=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + 60
        while not machine.socket.exists():
            assert daemon.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.1)
        yield
    finally:
        daemon.kill()
        daemon.wait()


def test_a_packed_agent_fills_a_day_of_six_practices_and_a_lost_repository_breaks_one(
    stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = _sign_up(stack, tmp_path)
    server = Server(tmp_path, monkeypatch)
    server.install(stack.url, token)
    with clamd(server.clamav):
        server.report()
        _was_there_yesterday(stack)
        assert _verdicts(stack) == dict.fromkeys(PRACTICES, "done")
        stack.invoke("PracticesFunction", {})
        assert _warnings(stack) == []

        (tmp_path / "restic" / "repository").rename(tmp_path / "gone")
        server.report()
    assert _verdicts(stack) == {**dict.fromkeys(PRACTICES, "done"), "backup": "missed"}
    stack.invoke("PracticesFunction", {})
    assert _warnings(stack) == ["[Whole Day] 1 device-day about to be missed: Backup"]
    run_command(stack, "device", "retire", CLIENT, "srv")


def _sign_up(stack: LocalStack, folder: Path) -> str:
    zone = where_it_is_late()
    contract = {
        "client": CLIENT,
        "name": "Whole Day",
        "timezone": zone,
        "currency": "USD",
        "monthly_fee": "100.00",
        "effective_from": datetime.now(ZoneInfo(zone)).strftime("%Y-%m-01"),
        "contacts": {"outages": [], "statements": ["owner@whole.example"]},
        "practices": {practice: {"max_age": "1d"} for practice in PRACTICES},
    }
    file = folder / "contract.yaml"
    file.write_text(yaml.safe_dump(contract, sort_keys=False))
    run_command(stack, "client", "apply", str(file))
    practices = [word for practice in PRACTICES for word in ("--practice", practice)]
    wanted = ("--kind", "server", "--grace", "1d", *practices)
    enrolled = json.loads(run_command(stack, "device", "enroll", CLIENT, "srv", *wanted, "--json"))
    return str(enrolled["token"])


def _was_there_yesterday(stack: LocalStack) -> None:
    """A day counts that the device was there for from its midnight on."""
    stack.client("dynamodb").update_item(
        TableName=stack.outputs["DevicesTable"],
        Key={"client": {"S": CLIENT}, "device": {"S": "srv"}},
        UpdateExpression="SET enrolled_at = :before",
        ExpressionAttributeValues={":before": {"N": str(int(time.time()) - 2 * DAY)}},
    )


def _verdicts(stack: LocalStack) -> dict[str, str]:
    rows: list[dict[str, Any]] = json.loads(run_command(stack, "evidence", "list", CLIENT, "--json"))
    return {row["practice"]: row["verdict"] for row in rows}


def _warnings(stack: LocalStack) -> list[str]:
    mails = [mail for mail in stack.inbox() if mail.tags.get("client") == CLIENT]
    return [mail.subject for mail in mails if mail.to == ("tina@provider.example",)]
