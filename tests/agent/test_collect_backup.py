"""`backup` and `restore_test`, by the real restic and the real borg."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from agent.asking import HOUR, answer_of, is_done, needs

from makegood_agent.collectors.times import seconds_of

LETTER = b"Dear Acme Dental,\n"
UNKNOWN = "exit_status: no snapshot tells whether the run could read all files"
TOOLS = [pytest.param("restic", marks=needs("restic")), pytest.param("borg", marks=needs("borg"))]


class Repository:
    """A repository of one of the tools, and the files that were backed up into it."""

    def __init__(self, tool: str, folder: Path, made: Path) -> None:
        self.tool, self.folder = tool, folder
        self.place, self.password = made / "repository", made / "password"
        self.data = made / "data"
        self.letter = self.data / "letter [1].txt"
        self.name = "/" + str(self.letter.relative_to(folder))

    def answer(self, practice: str, **settings: Any) -> dict[str, Any]:
        settings = {"password_file": self.password, **settings}
        if practice == "restore_test":
            settings.setdefault("root", self.folder)
        return answer_of(practice, f"{self.tool}:{self.place}", self.folder / "scratch", **settings)

    def facts(self, practice: str, **settings: Any) -> dict[str, Any]:
        facts: dict[str, Any] = self.answer(practice, **settings)["facts"]
        return facts


def make(tool: str, folder: Path) -> Path:
    """Backs up one letter with a tool."""
    (folder / "data").mkdir()
    (folder / "data" / "letter [1].txt").write_bytes(LETTER)
    (folder / "password").write_text("correct horse\n")
    environment = {
        **os.environ,
        "HOME": str(folder),
        "RESTIC_REPOSITORY": str(folder / "repository"),
        "RESTIC_PASSWORD_FILE": str(folder / "password"),
        "BORG_REPO": str(folder / "repository"),
        "BORG_PASSPHRASE": "correct horse",
    }
    init = ["init"] if tool == "restic" else ["init", "--encryption=repokey"]
    backup = ["backup"] if tool == "restic" else ["create", "::today"]
    for words in (init, [*backup, str(folder / "data")]):
        subprocess.run([tool, *words], env=environment, check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Made once, because restic takes its time to derive a key."""
    return cache(lambda tool: make(tool, tmp_path_factory.mktemp(tool)))


@pytest.fixture(params=TOOLS)
def repository(
    request: pytest.FixtureRequest,
    made: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Repository:
    """A copy: what was /data is under the test's own folder now, which therefore is the root."""
    monkeypatch.setenv("HOME", str(tmp_path))
    original = made(request.param)
    copy = tmp_path / str(original).lstrip("/")
    shutil.copytree(original, copy)
    return Repository(request.param, tmp_path, copy)


only_borg = pytest.mark.parametrize("repository", TOOLS[1:], indirect=True)
"""Where the tools make no difference: restic takes its time."""


def contents(folder: Path) -> dict[Path, bytes | int]:
    """Every file, and when something last came or went in each folder, were it only a lock."""
    found = [folder, *folder.rglob("*")]
    return {path: path.stat().st_mtime_ns if path.is_dir() else path.read_bytes() for path in found}


def test_the_newest_snapshot_is_proven_and_reading_changes_nothing_and_locks_nobody_out(
    repository: Repository,
) -> None:
    before = contents(repository.place), contents(repository.data)
    facts = repository.facts("backup")
    assert is_done("backup", facts)
    assert facts["bytes"] == len(LETTER)
    assert facts["source"] == repository.tool
    assert (contents(repository.place), contents(repository.data)) == before
    if repository.tool == "borg":
        assert facts["finished_at"] is not None
        assert facts["undetermined"] == UNKNOWN
    elif facts["finished_at"] is None:
        assert facts["undetermined"].startswith("finished_at, runtime_seconds: this version of restic")


@only_borg
def test_a_run_that_left_files_out_looks_like_any_other_so_its_status_is_named_as_unknown(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BORG_PASSPHRASE", "correct horse")
    monkeypatch.setenv("BORG_RELOCATED_REPO_ACCESS_IS_OK", "yes")
    words = [f"{repository.place}::partly", str(repository.data), f"{repository.data}/gone"]
    assert subprocess.run(["borg", "create", *words], capture_output=True, check=False).returncode == 1
    facts = repository.facts("backup")
    assert (facts["ok"], facts["snapshot"].split()[0]) == (True, "partly")
    assert facts["undetermined"] == UNKNOWN
    assert "exit_status" not in facts


@only_borg
def test_of_two_archives_of_one_second_the_later_one_is_the_newest(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BORG_PASSPHRASE", "correct horse")
    monkeypatch.setenv("BORG_RELOCATED_REPO_ACCESS_IS_OK", "yes")
    second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 2))
    for name in ("earlier", "later"):
        words = ["--timestamp", second, f"{repository.place}::{name}", str(repository.data)]
        subprocess.run(["borg", "create", *words], capture_output=True, check=True)
    assert repository.facts("backup")["snapshot"].split()[0] == "later"


def test_without_a_snapshot_there_is_no_run_whose_status_could_be_known(repository: Repository) -> None:
    assert "undetermined" not in repository.facts("backup", host="elsewhere")


def began(facts: dict[str, Any]) -> int:
    return seconds_of(facts["snapshot"].rpartition(" of ")[2])


@only_borg
def test_a_snapshot_older_than_a_day_and_two_hours_proves_nothing_today(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = began(repository.facts("backup"))
    for age, ok in ((26 * HOUR, True), (26 * HOUR + 1, False)):
        monkeypatch.setattr("time.time", lambda age=age: at + age)
        assert repository.facts("backup")["ok"] is ok
    assert repository.facts("backup", within="27h")["ok"] is True


@only_borg
def test_a_snapshot_from_the_future_is_not_believed(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = began(repository.facts("backup"))
    monkeypatch.setattr("time.time", lambda: at - 300)
    assert repository.facts("backup")["ok"] is True
    monkeypatch.setattr("time.time", lambda: at - 301)
    facts = repository.facts("backup")
    assert facts["ok"] is None
    assert "is dated in the future" in facts["undetermined"]


def test_another_hosts_snapshot_is_not_this_machines(repository: Repository) -> None:
    facts = repository.facts("backup", host="elsewhere")
    assert (facts["ok"], facts["snapshot"]) == (False, "none of host elsewhere")
    assert repository.facts("backup", host="*")["ok"] is True


@pytest.mark.parametrize("practice", ["backup", "restore_test"])
def test_a_repository_that_is_gone_proves_nothing_and_is_worth_another_try(
    repository: Repository, practice: str
) -> None:
    repository.place.rename(repository.folder / "gone")
    answer = repository.answer(practice)
    assert answer["failed"]
    assert not is_done(practice, answer["facts"])
    assert f"{repository.tool} ended with " in answer["facts"]["undetermined"]


@only_borg
def test_a_missing_password_file_is_named(repository: Repository) -> None:
    facts = repository.facts("backup", password_file=repository.folder / "none")
    assert facts["ok"] is None
    assert "none: No such file or directory" in facts["undetermined"]


def test_a_file_drawn_at_random_is_really_restored(repository: Repository) -> None:
    facts = repository.facts("restore_test")
    assert is_done("restore_test", facts)
    assert facts["file"].endswith("/data/letter [1].txt")
    assert facts["sha256"] == digest(LETTER)
    assert list((repository.folder / "scratch").glob("restored*")) == []


def test_an_original_that_rotted_without_a_trace_does_not_match(repository: Repository) -> None:
    times = repository.letter.stat()
    repository.letter.write_bytes(LETTER.upper())
    os.utime(repository.letter, ns=(times.st_atime_ns, times.st_mtime_ns))
    facts = repository.facts("restore_test", file=repository.name)
    assert (facts["ok"], facts["hash_matches"]) == (True, False)
    assert not is_done("restore_test", facts)


def test_an_original_that_was_changed_since_is_no_proof(repository: Repository) -> None:
    repository.letter.write_bytes(b"Dear Harbor Law,\n")
    named = repository.facts("restore_test", file=repository.name)
    assert (named["ok"], named["hash_matches"]) == (True, None)
    assert named["undetermined"] == "hash_matches: the original has changed since, or is gone"
    drawn = repository.facts("restore_test")
    assert drawn["ok"] is None
    assert f"none of 1 files of the snapshot is unchanged under {repository.folder}" in drawn["undetermined"]


@pytest.mark.parametrize(("content", "matches"), [(LETTER, True), (LETTER.upper(), False)])
def test_a_recorded_hash_stands_in_for_the_original(
    repository: Repository, content: bytes, matches: bool
) -> None:
    repository.letter.unlink()
    facts = repository.facts("restore_test", file=repository.name, sha256=digest(content))
    assert (facts["ok"], facts["hash_matches"]) == (True, matches)


def test_a_damaged_repository_fails_the_test(repository: Repository) -> None:
    damage(repository)
    facts = repository.facts("restore_test")
    assert not is_done("restore_test", facts)
    assert facts["hash_matches"] is None
    assert facts["undetermined"]


@only_borg
def test_a_file_that_the_snapshot_does_not_hold_is_named(repository: Repository) -> None:
    facts = repository.facts("restore_test", file="/etc/none")
    assert facts["undetermined"] == "all: the newest snapshot does not hold /etc/none"


@only_borg
def test_larger_files_than_allowed_are_not_drawn(repository: Repository) -> None:
    assert repository.facts("restore_test", at_most=len(LETTER))["ok"] is True
    assert repository.facts("restore_test", at_most=len(LETTER) - 1)["ok"] is None


def digest(content: bytes) -> str:
    said = subprocess.run(["sha256sum"], input=content, capture_output=True, check=True).stdout
    return said.decode().split()[0]


def damage(repository: Repository) -> None:
    """Turns every byte of the files in which the tools keep data, but for what makes them known as such."""
    folder = repository.place / "data"
    for path in [each for each in folder.rglob("*") if each.is_file() and each.stat().st_size > 40]:
        path.chmod(0o600)
        content = path.read_bytes()
        path.write_bytes(content[:8] + bytes(255 - each for each in content[8:]))
