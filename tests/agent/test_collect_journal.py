"""`log_review`, by the real journalctl on a journal of our own; the list of failed units is made up."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from agent.asking import DAY, HOUR, answer_of, needs, shim

from makegood.rules.log_review import reviewed
from makegood_agent.collectors import journal
from makegood_agent.collectors.times import instant, seconds_of

REMOTE = "/lib/systemd/systemd-journal-remote"
UNIT_FAILED = "d9b373ed55a64feb8242e02dbe79a49c"

pytestmark = [
    needs("journalctl"),
    pytest.mark.skipif(not Path(REMOTE).exists(), reason="not installed: systemd-journal-remote"),
]


class Machine:
    """A journal in a folder; what is written carries its time in seconds before now."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.now = int(time.time())
        self.entries: list[str] = []
        (folder / "journal").mkdir()
        shim(folder / "bin", "journalctl", f'exec /usr/bin/journalctl --directory={folder}/journal "$@"')
        self.failing()
        monkeypatch.setenv("PATH", f"{folder}/bin:/usr/bin:/bin")
        monkeypatch.setattr(journal, "FILES", (f"{folder}/journal/*.journal",))

    def failing(self, *units: str) -> None:
        said = "\n".join(f"echo '{unit} loaded failed failed Made up'" for unit in units)
        shim(self.folder / "bin", "systemctl", said or "true")

    def say(self, message: str, ago: int = HOUR, **fields: str) -> None:
        at = (self.now - ago) * 1_000_000 + len(self.entries)
        written = {
            "__REALTIME_TIMESTAMP": at,
            "__MONOTONIC_TIMESTAMP": at,
            "_BOOT_ID": "ab" * 16,
            "MESSAGE": message,
            "PRIORITY": "6",
            **fields,
        }
        self.entries.append("".join(f"{key}={value}\n" for key, value in written.items()) + "\n")

    def sshd(self, message: str, ago: int = HOUR) -> None:
        self.say(message, ago, SYSLOG_FACILITY="4", SYSLOG_IDENTIFIER="sshd", _TRANSPORT="syslog")

    def kernel(self, message: str, priority: str = "3") -> None:
        self.say(message, PRIORITY=priority, _TRANSPORT="kernel", SYSLOG_FACILITY="0")

    def unit_failed(self, unit: str, ago: int = HOUR) -> None:
        self.say(f"{unit}: Failed with result 'exit-code'.", ago, MESSAGE_ID=UNIT_FAILED, UNIT=unit)

    def write(self) -> None:
        self.entries.sort(key=lambda entry: entry.splitlines()[0])
        file = str(self.folder / "journal" / "system.journal")
        subprocess.run(
            [REMOTE, "-o", file, "-"],
            input="".join(self.entries).encode(),
            check=True,
            capture_output=True,
        )

    def answer(self, **more: Any) -> dict[str, Any]:
        self.write()
        return answer_of("log_review", "journal", self.folder / "scratch", **more)

    def facts(self, **more: Any) -> dict[str, Any]:
        facts: dict[str, Any] = self.answer(**more)["facts"]
        return facts

    def counts(self, **more: Any) -> tuple[Any, Any, Any]:
        facts = self.facts(**more)
        return facts["failed_units"], facts["failed_logons"], facts["disk_errors"]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """It has been logging for ten days, and nothing bad."""
    machine = Machine(tmp_path, monkeypatch)
    machine.say("Started made up.", 10 * DAY)
    machine.say("Started made up.")
    return machine


def test_a_quiet_day_is_observed_whole_and_the_servers_rule_accepts_it(machine: Machine) -> None:
    facts = machine.facts()
    assert facts == {
        "failed_units": 0,
        "failed_logons": 0,
        "disk_errors": 0,
        "since": instant(machine_until(facts) - DAY),
        "until": facts["until"],
        "source": "journal",
    }
    accepted = reviewed(facts, machine_until(facts), lambda: False)
    assert accepted is not None
    assert accepted["reviewed"] is True


def machine_until(facts: dict[str, Any]) -> int:
    return seconds_of(facts["until"])


def test_a_unit_that_failed_counts_once_and_also_when_it_runs_again(machine: Machine) -> None:
    machine.unit_failed("backup.service")
    machine.unit_failed("backup.service")
    machine.unit_failed("old.service", ago=25 * HOUR)
    machine.failing("backup.service", "stuck.service")
    facts = machine.facts()
    assert facts["failed_units"] == 2
    assert reviewed(facts, machine_until(facts), lambda: False) is None


def test_failed_logons_are_counted_once_each(machine: Machine) -> None:
    machine.sshd("Failed password for root from 192.0.2.1 port 4711 ssh2")
    machine.sshd("Invalid user admin from 192.0.2.1 port 4712")
    machine.sshd("Failed password for invalid user admin from 192.0.2.1 port 4712 ssh2")
    machine.sshd("pam_unix(sshd:auth): authentication failure; logname= uid=0 rhost=192.0.2.1")
    machine.sshd("pam_unix(login:auth): authentication failure; logname=LOGIN uid=0 tty=tty1")
    machine.sshd("Accepted publickey for tina from 192.0.2.2 port 4713 ssh2")
    machine.sshd("Failed password for root from 192.0.2.1 port 4711 ssh2", ago=25 * HOUR)
    machine.say("Failed password for root, says a program that is no log-on")
    assert machine.counts() == (0, 3, 0)


@pytest.mark.parametrize(
    "message",
    [
        "I/O error, dev sda, sector 2048 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2",
        "Buffer I/O error on dev sdb1, logical block 0, async page read",
        "EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0",
        "ata1.00: failed command: READ FPDMA QUEUED",
        "critical medium error, dev nvme0n1, sector 99",
        "md/raid1:md0: Disk failure on sdb1, disabling device.",
        "XFS (dm-0): Metadata corruption detected at xfs_agi_verify",
    ],
)
def test_disk_errors_are_known_by_what_the_kernel_says(machine: Machine, message: str) -> None:
    machine.kernel(message)
    machine.kernel("usb 1-1: device descriptor read/64, error -71")
    machine.say(message)
    assert machine.counts() == (0, 0, 1)


def test_the_report_reaches_back_to_the_last_one_that_was_delivered(machine: Machine) -> None:
    machine.unit_failed("weekend.service", ago=3 * DAY)
    assert machine.counts()[0] == 0
    assert machine.counts(delivered=machine.now - 4 * DAY)[0] == 1


def test_it_looks_back_a_day_even_when_the_last_report_was_an_hour_ago(machine: Machine) -> None:
    machine.unit_failed("night.service", ago=23 * HOUR)
    assert machine.counts(delivered=machine.now - HOUR)[0] == 1


def test_it_never_looks_back_more_than_a_week_and_names_what_no_report_tells_of(machine: Machine) -> None:
    delivered = machine.now - 9 * DAY
    facts = machine.facts(delivered=delivered)
    assert facts["since"] == instant(machine_until(facts) - 7 * DAY)
    assert facts["undetermined"] == (
        f"{instant(delivered)} to {facts['since']}: a report looks back for 7 days at most"
    )


@pytest.mark.parametrize(("ago", "named"), [(7 * DAY, False), (7 * DAY + 1, True)])
def test_a_report_a_week_after_the_last_one_leaves_no_time_out(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, ago: int, named: bool
) -> None:
    monkeypatch.setattr("time.time", lambda: machine.now)
    assert ("undetermined" in machine.facts(delivered=machine.now - ago)) is named


def test_a_journal_that_begins_later_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path, monkeypatch)
    machine.say("Started made up.", ago=2 * HOUR)
    facts = machine.facts()
    assert facts["since"] == instant(machine.now - 2 * HOUR)
    assert facts["undetermined"].endswith("the journal does not reach further back")


def test_an_empty_journal_is_not_a_quiet_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path, monkeypatch)
    machine.say("Started made up.", ago=2 * DAY)
    answer = machine.answer()
    assert answer["failed"]
    assert answer["facts"]["undetermined"] == "all: the journal holds nothing of this time"


def test_a_journal_that_may_not_be_read_is_not_a_quiet_one(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    facts = machine.facts()
    assert facts["failed_units"] is None
    assert "join the group systemd-journal" in facts["undetermined"]


def test_without_the_list_of_failed_units_their_number_is_not_guessed(machine: Machine) -> None:
    shim(machine.folder / "bin", "systemctl", "echo 'System has not been booted with systemd' >&2; exit 1")
    facts = machine.facts()
    assert (facts["failed_units"], facts["failed_logons"]) == (None, 0)
    assert facts["undetermined"] == (
        "failed_units: systemctl ended with 1: System has not been booted with systemd"
    )


def test_what_it_remembers_is_where_it_ended(machine: Machine) -> None:
    answer = machine.answer()
    assert instant(answer["memory"]) == answer["facts"]["until"]
