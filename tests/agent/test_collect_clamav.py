"""`antivirus` and `quarantine`, by the real ClamAV with one signature of our own."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from agent.asking import HOUR, answer_of, facts_of, is_done, needs

pytestmark = needs("clamscan")

SAMPLE = b"harmless, but known to our own signature"
CLEAN = {"detections": 0, "quarantined": 0, "names": ""}


class Machine:
    """Files to scan, a signature that knows one of them, and a daemon that answers to PING."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log, self.config = folder / "scan.log", folder / "clamd.conf"
        self.files, self.definitions, self.vault = (folder / each for each in ("files", "db", "vault"))
        for each in (self.files, self.definitions, self.vault):
            each.mkdir()
        digest = hashlib.md5(SAMPLE).hexdigest()
        self.own = self.definitions / "own.hdb"
        self.own.write_text(f"{digest}:{len(SAMPLE)}:Made.Up.Sample\n")
        self.socket = folder / "clamd.ctl"
        self.config.write_text(f"DatabaseDirectory {self.definitions}\nLocalSocket {self.socket}\n")
        (self.files / "letter.txt").write_text("Dear Acme Dental,")

    def infect(self) -> Path:
        sample = self.files / "sample.bin"
        sample.write_bytes(SAMPLE)
        return sample

    def scan(self, *options: str, place: str = "") -> None:
        command = ["clamscan", f"--database={self.definitions}", f"--log={self.log}", *options, "-r"]
        place = place or str(self.files)
        ended = subprocess.run([*command, place], cwd=self.files, capture_output=True, check=False)
        assert ended.returncode in {0, 1}, ended.stderr

    def facts(self, practice: str) -> dict[str, Any]:
        settings = {"config": self.config, "log": self.log}
        facts = facts_of(practice, "clamav", self.folder / "scratch", **settings)
        assert facts.pop("source") == "clamav"
        return facts


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@contextmanager
def clamd(path: Path, answer: bytes = b"PONG\0") -> Iterator[None]:
    """Stands in for the daemon, which takes a second to start: answers one PING."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(answer if connection.recv(64) == b"zPING\0" else b"?")

        threading.Thread(target=serve, daemon=True).start()
        yield


@pytest.fixture
def daemon(machine: Machine) -> Iterator[None]:
    with clamd(machine.socket):
        yield


@pytest.mark.usefixtures("daemon")
def test_a_machine_in_order_proves_its_protection(machine: Machine) -> None:
    machine.scan()
    facts = machine.facts("antivirus")
    assert is_done("antivirus", facts)
    assert facts.pop("version").startswith("ClamAV ")
    assert facts == {
        "installed": True,
        "running": True,
        "definitions_age_hours": 1,
        "scan_age_hours": facts["scan_age_hours"],
    }
    assert facts["scan_age_hours"] in {0, 1}


def test_without_its_daemon_it_does_not_run(machine: Machine) -> None:
    machine.scan()
    facts = machine.facts("antivirus")
    assert facts["running"] is False
    assert not is_done("antivirus", facts)


def test_a_daemon_that_answers_anything_but_pong_does_not_run(machine: Machine) -> None:
    with clamd(machine.socket, b"COMMAND READ TIMED OUT\0"):
        assert machine.facts("antivirus")["running"] is False


@needs("clamd")
def test_the_real_daemon_is_found_running(machine: Machine) -> None:
    with machine.config.open("a") as config:
        config.write(f"Foreground yes\nUser root\nLogFile {machine.folder}/clamd.log\n")
    daemon = subprocess.Popen(["clamd", f"--config-file={machine.config}"], stdout=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + 60
        while not machine.facts("antivirus")["running"]:
            assert time.monotonic() < give_up
            time.sleep(0.2)
    finally:
        daemon.kill()
        daemon.wait()
    assert machine.facts("antivirus")["running"] is False


@pytest.mark.usefixtures("daemon")
@pytest.mark.parametrize(("age", "hours", "done"), [(48 * HOUR - 60, 48, True), (48 * HOUR + 60, 49, False)])
def test_definitions_that_nobody_renews_are_missed(
    machine: Machine, age: int, hours: int, done: bool
) -> None:
    machine.scan()
    os.utime(machine.own, (time.time() - age, time.time() - age))
    facts = machine.facts("antivirus")
    assert facts["definitions_age_hours"] == hours
    assert is_done("antivirus", facts) is done


def test_clamavs_daily_definitions_count_and_not_a_newer_file_of_ones_own(machine: Machine) -> None:
    built = int(time.time()) - 100 * HOUR
    header = f"ClamAV-VDB:23 Nov 2026 03-00 +0000:27000:2000000:90:{'0' * 32}:X:builder:{built}"
    (machine.definitions / "daily.cld").write_bytes(header.ljust(512).encode() + b"a made-up container")
    assert machine.facts("antivirus")["definitions_age_hours"] == 101


def test_without_definitions_their_age_is_undetermined(machine: Machine) -> None:
    machine.own.unlink()
    facts = machine.facts("antivirus")
    assert facts["definitions_age_hours"] is None
    assert f"definitions_age_hours: there are none in {machine.definitions}" in facts["undetermined"]


def test_a_scan_that_never_ended_or_saw_no_file_is_none(machine: Machine) -> None:
    (machine.files / "letter.txt").unlink()
    machine.scan()
    with machine.log.open("a") as log:
        log.write("/srv/a: OK\n----------- SCAN SUMMARY -----------\nScanned files: 7\n")
    facts = machine.facts("antivirus")
    assert facts["scan_age_hours"] is None
    assert "scan_age_hours: no log tells of a finished scan of any file" in facts["undetermined"]


def test_the_age_of_the_last_scan_is_read_in_local_time(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        machine.log.write_text("Scanned files: 3\nEnd Date:   2026:03:01 07:00:00\n")
        monkeypatch.setattr("time.time", lambda: 1_772_380_800.0)  # 2026-03-01T16:00:00Z, eleven in New York
        assert machine.facts("antivirus")["scan_age_hours"] == 4
    finally:
        monkeypatch.undo()
        time.tzset()


def test_no_clamav_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    facts = facts_of("antivirus", "clamav", tmp_path / "scratch")
    assert (facts["installed"], facts["running"]) == (False, None)
    assert facts["undetermined"] == "all else: there is no ClamAV here"


def test_a_clean_machine_has_nothing_to_quarantine(machine: Machine) -> None:
    machine.scan()
    assert machine.facts("quarantine") == CLEAN


def test_a_detection_that_was_left_is_missed_and_named(machine: Machine) -> None:
    machine.infect()
    machine.scan()
    facts = machine.facts("quarantine")
    assert facts == {"detections": 1, "quarantined": 0, "names": "Made.Up.Sample.UNOFFICIAL"}
    assert not is_done("quarantine", facts)


@pytest.mark.parametrize("option", ["--move", "--remove"])
def test_a_detection_that_was_dealt_with_is_quarantined(machine: Machine, option: str) -> None:
    machine.infect()
    machine.scan("--remove" if option == "--remove" else f"--move={machine.vault}")
    facts = machine.facts("quarantine")
    assert facts == {"detections": 1, "quarantined": 1, "names": ""}
    assert is_done("quarantine", facts)


def test_a_detection_that_came_back_counts_again(machine: Machine) -> None:
    machine.infect()
    machine.scan(f"--move={machine.vault}")
    machine.infect()
    machine.scan()
    assert machine.facts("quarantine")["quarantined"] == 0


def test_a_detection_whose_file_somebody_removed_is_dealt_with(machine: Machine) -> None:
    sample = machine.infect()
    machine.scan()
    sample.unlink()
    assert machine.facts("quarantine")["quarantined"] == 1


def test_a_file_of_which_only_the_name_within_some_folder_is_known_is_not_taken_for_gone(
    machine: Machine,
) -> None:
    machine.log.write_text("./sample.bin: Made.Up.Sample FOUND\n")
    assert machine.facts("quarantine")["quarantined"] == 0


@pytest.mark.parametrize("option", ["--move", "--remove"])
def test_what_the_log_says_was_dealt_with_is_believed_though_nobody_knows_where_it_was(
    machine: Machine, option: str
) -> None:
    machine.infect()
    machine.scan(place=".")
    machine.log.rename(f"{machine.log}.1")
    assert machine.facts("quarantine")["quarantined"] == 0
    machine.scan("--remove" if option == "--remove" else f"--move={machine.vault}", place=".")
    assert machine.facts("quarantine")["quarantined"] == 1


def test_what_the_daemon_logs_with_a_time_is_read_too(machine: Machine) -> None:
    sample = machine.infect()
    machine.log.write_text(f"Mon Nov 23 06:41:06 2026 -> {sample}: Made.Up.Sample(0123:40) FOUND\n")
    assert machine.facts("quarantine")["names"] == "Made.Up.Sample(0123:40)"


STARTED = "Mon Nov 23 06:41:06 2026 -> "


def test_a_log_that_only_tells_of_the_daemons_start_says_nothing_of_detections(machine: Machine) -> None:
    machine.log.write_text(
        f"{STARTED}+++ Started at Mon Nov 23 06:41:06 2026\n{STARTED}Reading databases from /var/lib/clamav\n"
        f"{STARTED}SelfCheck: Database status OK.\n"
    )
    facts = machine.facts("quarantine")
    assert (facts["detections"], facts["quarantined"]) == (None, None)
    assert facts["undetermined"] == "all: no log tells of any scan"
    assert not is_done("quarantine", facts)


@pytest.mark.parametrize(
    "line",
    ["Scanned files: 3", "End Date:   2026:03:01 07:00:00", "----------- SCAN SUMMARY -----------"],
)
def test_each_line_of_a_summary_shows_that_there_was_a_scan(machine: Machine, line: str) -> None:
    machine.log.write_text(f"{STARTED}SelfCheck: Database status OK.\n{line}\n")
    assert machine.facts("quarantine") == CLEAN


@pytest.mark.parametrize("name", ["instream(127.0.0.1@5831)", "instream(local)", "fd[10]"])
def test_a_detection_in_a_stream_leaves_nothing_to_quarantine(machine: Machine, name: str) -> None:
    machine.log.write_text(f"{STARTED}{name}: Made.Up.Sample FOUND\n")
    facts = machine.facts("quarantine")
    assert facts == CLEAN
    assert is_done("quarantine", facts)


def test_a_file_whose_name_only_begins_like_a_stream_is_a_file(machine: Machine) -> None:
    sample = machine.infect()
    machine.log.write_text(f"{sample.parent}/instream(local): Made.Up.Sample FOUND\n")
    assert machine.facts("quarantine")["detections"] == 1


def test_a_rotated_log_is_read_before_the_present_one(machine: Machine) -> None:
    machine.infect()
    machine.scan()
    machine.log.rename(f"{machine.log}.1")
    machine.scan(f"--move={machine.vault}")
    facts = machine.facts("quarantine")
    assert (facts["detections"], facts["quarantined"]) == (1, 1)


def test_without_any_log_nothing_is_said_and_another_try_is_worth_it(machine: Machine) -> None:
    answer = answer_of("quarantine", "clamav", machine.folder / "scratch", log=machine.log)
    assert answer["failed"]
    assert answer["facts"]["undetermined"] == "all: no log tells of any scan"
