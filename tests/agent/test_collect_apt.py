"""`patching`, by the real apt with archives of our own."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from agent.asking import DAY, HOUR, answer_of, is_done, needs, shim

from makegood_agent.collectors import apt

pytestmark = needs("apt-get", "dpkg")

INSTALLED = """Package: {name}
Status: install ok installed
Maintainer: Nobody <nobody@example.org>
Architecture: all
Version: 1.0
Description: made up

"""


class Machine:
    """An apt that knows only this folder: packages `a` and `b` in version 1.0, and two archives."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        for each in ("lists/partial", "cache/archives/partial", "security", "stable", "boot", "etc"):
            (folder / each).mkdir(parents=True)
        (folder / "status").write_text("".join(INSTALLED.format(name=name) for name in "ab"))
        self.sources("stable", "security")
        settings = {
            "Dir::State": folder,
            "Dir::State::status": folder / "status",
            "Dir::State::lists": folder / "lists",
            "Dir::Cache": folder / "cache",
            "Dir::Etc::sourcelist": folder / "sources.list",
            "Dir::Etc::sourceparts": folder / "etc",
            "Dir::Etc::preferencesparts": folder / "etc",
            "APT::Architecture": "amd64",
            "APT::Sandbox::User": "root",
        }
        (folder / "apt.conf").write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))
        monkeypatch.setenv("APT_CONFIG", str(folder / "apt.conf"))
        monkeypatch.setattr(apt, "REBOOT", (str(folder / "reboot-required"),))
        monkeypatch.setattr(apt, "KERNELS", str(folder / "boot"))
        monkeypatch.setattr(apt, "CONTAINER", (str(folder / "container"),))
        monkeypatch.setattr("platform.release", lambda: "6.1.0-25-amd64")
        self.kernels("6.1.0-25-amd64")

    def kernels(self, *releases: str) -> None:
        """These lie in /boot, and no others."""
        for each in (self.folder / "boot").iterdir():
            each.unlink()
        for release in releases:
            (self.folder / "boot" / f"vmlinuz-{release}").touch()

    def sources(self, *archives: str) -> None:
        lines = (f"deb [trusted=yes] file:{self.folder}/{each} ./\n" for each in archives)
        (self.folder / "sources.list").write_text("".join(lines))

    def offer(self, archive: str, *, depends: str = "", **versions: str) -> None:
        more = f"Depends: {depends}\n" if depends else ""
        packages = "".join(
            f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Nobody\n{more}"
            f"Filename: ./{name}.deb\nSize: 1\nSHA256: {'0' * 64}\nDescription: made up\n\n"
            for name, version in versions.items()
        )
        folder = self.folder / archive
        (folder / "Packages").write_text(packages)
        digest = hashlib.sha256(packages.encode()).hexdigest()
        (folder / "Release").write_text(
            f"Origin: Debian\nLabel: Debian-{archive.title()}\nSuite: {archive}\nVersion: 12\n"
            f"Date: Sun, 01 Mar 2026 00:00:00 UTC\nSHA256:\n {digest} {len(packages)} Packages\n"
        )

    def update(self) -> None:
        subprocess.run(["apt-get", "update"], check=True, capture_output=True)

    def answer(self, **more: Any) -> dict[str, Any]:
        return answer_of("patching", "apt", self.folder / "scratch", **more)

    def facts(self, **more: Any) -> dict[str, Any]:
        facts: dict[str, Any] = self.answer(**more)["facts"]
        return facts


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path, monkeypatch)
    machine.offer("stable", a="1.0", b="1.0")
    machine.offer("security")
    machine.update()
    return machine


def test_a_machine_without_pending_updates_proves_it(machine: Machine) -> None:
    facts = machine.facts()
    assert facts == {
        "critical_pending": 0,
        "oldest_critical_days": 0,
        "reboot_pending": False,
        "pending": 0,
        "source": "apt",
    }
    assert is_done("patching", facts)


def test_only_an_update_from_an_archive_of_security_updates_is_critical(machine: Machine) -> None:
    machine.offer("stable", a="1.1", b="1.0")
    machine.offer("security", b="1.0+deb12u1")
    machine.update()
    facts = machine.facts(latest={})
    assert (facts["critical_pending"], facts["pending"]) == (1, 2)


def test_a_package_on_hold_is_pending_all_the_same(machine: Machine) -> None:
    status = (machine.folder / "status").read_text()
    (machine.folder / "status").write_text(status.replace("install ok", "hold ok"))
    machine.offer("security", b="1.0+deb12u1")
    machine.update()
    assert machine.facts(latest={})["critical_pending"] == 1


def test_the_age_of_an_update_counts_from_when_the_agent_first_saw_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.offer("security", b="1.0+deb12u1")
    machine.update()
    now = int(time.time())
    first = machine.answer()
    assert first["facts"]["oldest_critical_days"] is None
    assert first["facts"]["undetermined"].startswith("oldest_critical_days: apt does not say")
    assert first["memory"] == {"b": pytest.approx(now, abs=60)}
    monkeypatch.setattr(apt, "OLDEST_LISTS_HOURS", 10_000)
    for days, done in ((7, True), (8, False)):
        monkeypatch.setattr("time.time", lambda days=days: now + days * DAY + HOUR)
        facts = machine.facts(latest=first["memory"])
        assert facts["oldest_critical_days"] == days
        assert is_done("patching", facts) is done


def test_an_update_that_was_installed_is_forgotten(machine: Machine) -> None:
    answer = machine.answer(latest={"b": 1})
    assert (answer["memory"], answer["facts"]["oldest_critical_days"]) == ({}, 0)


def test_a_newer_version_of_an_update_does_not_start_its_age_anew(machine: Machine) -> None:
    eight_days_ago = int(time.time()) - 8 * DAY
    machine.offer("security", b="1.0+deb12u2")
    machine.update()
    answer = machine.answer(latest={"b": eight_days_ago})
    assert (answer["memory"], answer["facts"]["oldest_critical_days"]) == ({"b": eight_days_ago}, 8)
    assert not is_done("patching", answer["facts"])


def test_updates_that_break_each_other_on_the_way_are_pending_like_any(machine: Machine) -> None:
    machine.offer("security", a="1.1", b="1.1", depends="a (>= 1.1), b (>= 1.1)")
    machine.update()
    simulated = subprocess.run(
        ["apt-get", "--simulate", "dist-upgrade"], check=True, capture_output=True, text=True
    ).stdout
    assert re.search(r"^Inst .*\) \[.*\]\s*$", simulated, re.MULTILINE)
    answer = machine.answer(latest={"a": 1, "b": 1})
    assert (answer["facts"]["critical_pending"], answer["memory"]) == (2, {"a": 1, "b": 1})


@pytest.mark.parametrize("broken", ["", " []", " [c:amd64 ]", " [c:amd64 on a:amd64] [c:amd64 ]"])
def test_what_a_step_leaves_broken_changes_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    simulates(machine, monkeypatch, f"Inst b [1.0] (1.1 Debian-Security:12/stable-security [amd64]){broken}")
    answer = machine.answer(latest={"b": 1})
    assert (answer["facts"]["critical_pending"], answer["memory"]) == (1, {"b": 1})


@pytest.mark.parametrize(
    "line", ["Inst b [1.0]", "Inst b [1.0] (1.1 Debian-Security:12 [all]) and more", "Inst b [1.0] <1.1>"]
)
def test_a_line_on_an_upgrade_that_nobody_understands_leaves_the_facts_undetermined(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    simulates(machine, monkeypatch, line)
    answer = machine.answer(latest={"b": 1})
    assert (answer["facts"]["critical_pending"], answer["facts"]["pending"]) == (None, None)
    assert f"apt says what this agent does not understand: {line}" in answer["facts"]["undetermined"]
    assert answer["memory"] == {"b": 1}
    assert not is_done("patching", answer["facts"])


def test_a_package_that_is_only_added_is_no_upgrade(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulates(machine, monkeypatch, "Inst c (1.1 Debian-Security:12/stable-security [amd64]) []")
    assert machine.facts(latest={})["pending"] == 0


def simulates(machine: Machine, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """apt-get says this line; apt's other programs are the real ones."""
    shim(machine.folder / "bin", "apt-get", f"echo '{line}'")
    monkeypatch.setenv("PATH", f"{machine.folder}/bin:{os.environ['PATH']}")


def test_a_mistake_in_a_collector_forgets_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> None:
        raise RuntimeError("made up")

    monkeypatch.setattr(apt, "check_lists", breaks)
    answer = machine.answer(latest={"b": 1})
    assert answer["facts"]["undetermined"] == "all: RuntimeError: made up"
    assert answer["memory"] == {"b": 1}


def test_lists_that_nobody_refreshes_prove_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 48 * HOUR - 60)
    assert machine.facts()["critical_pending"] == 0
    monkeypatch.setattr("time.time", lambda: now + 48 * HOUR + 60)
    facts = machine.facts()
    assert facts["critical_pending"] is None
    assert "apt's lists of security updates are 49 hours old: apt-get update" in facts["undetermined"]


def test_lists_are_fresh_when_the_server_was_asked_however_old_they_are_there(machine: Machine) -> None:
    for each in (machine.folder / "lists").glob("*Release"):
        os.utime(each, (1, 1))
    assert machine.facts()["critical_pending"] == 0


def test_a_machine_without_an_archive_of_security_updates_proves_nothing(machine: Machine) -> None:
    machine.sources("stable")
    machine.update()
    facts = machine.facts()
    assert facts["critical_pending"] is None
    assert "no archive of security updates is among apt's lists" in facts["undetermined"]
    assert not is_done("patching", facts)


def test_an_update_can_ask_for_a_reboot(machine: Machine) -> None:
    (machine.folder / "reboot-required").touch()
    facts = machine.facts()
    assert facts["reboot_pending"] is True
    assert not is_done("patching", facts)


@pytest.mark.parametrize(
    ("kernels", "pending"),
    [
        (["6.1.0-25-amd64"], False),
        (["6.1.0-25-amd64", "6.1.0-9-amd64"], False),
        (["6.1.0-25-amd64", "6.1.0-26-amd64"], True),
        (["6.1.0-25-amd64", "6.1.0-26-cloud-amd64"], False),
        (["6.1.0-26-amd64"], None),
    ],
)
def test_a_newer_kernel_of_the_same_kind_waits_for_a_reboot(
    machine: Machine, kernels: list[str], pending: bool | None
) -> None:
    machine.kernels(*kernels)
    assert machine.facts()["reboot_pending"] is pending


@pytest.mark.parametrize(
    ("running", "newer", "pending"),
    [
        ("6.12.43+deb13-amd64", "6.12.48+deb13-amd64", True),
        ("6.12.43+deb13-amd64", "6.12.48+deb13-cloud-amd64", False),
        ("6.9.7+bpo-amd64", "6.12.43+deb13-amd64", True),
        ("6.12.43+deb13-amd64", "6.9.7+bpo-amd64", False),
        ("6.1.0-25-amd64", "6.12.43+deb12-amd64", True),
        ("6.1.0-0.deb11.25-amd64", "6.1.0-0.deb11.26-amd64", True),
        ("5.10.0-0.bpo.15-rt-amd64", "5.10.0-0.bpo.16-rt-amd64", True),
        ("5.10.0-0.bpo.15-rt-amd64", "5.10.0-0.bpo.16-amd64", False),
    ],
)
def test_the_name_of_a_debian_release_makes_no_other_kind_of_kernel(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, running: str, newer: str, pending: bool
) -> None:
    monkeypatch.setattr("platform.release", lambda: running)
    machine.kernels(running, newer)
    assert machine.facts()["reboot_pending"] is pending


def test_without_any_kernel_only_a_container_knows_that_none_waits(machine: Machine) -> None:
    machine.kernels()
    facts = machine.facts()
    assert facts["reboot_pending"] is None
    assert "reboot_pending: there is no kernel in " in facts["undetermined"]
    assert not is_done("patching", facts)
    (machine.folder / "container").touch()
    assert machine.facts()["reboot_pending"] is False


def test_versions_that_dpkg_cannot_compare_leave_the_reboot_undetermined(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.kernels("6.1.0-25-amd64", "6.1.0-26-amd64")
    shim(machine.folder / "bin", "dpkg", '[ "$1" = --compare-versions ] && exit 2; exec /usr/bin/dpkg "$@"')
    monkeypatch.setenv("PATH", f"{machine.folder}/bin:{os.environ['PATH']}")
    facts = machine.facts()
    assert facts["reboot_pending"] is None
    assert "dpkg ended with 2 when it compared" in facts["undetermined"]


def test_asking_needs_no_rights_and_changes_nothing(machine: Machine) -> None:
    before = {path: path.stat().st_mtime_ns for path in machine.folder.rglob("*") if path.is_file()}
    machine.facts()
    kept = {path: os.stat(path).st_mtime_ns for path in before if path.name != "pkgcache.bin"}
    assert kept == {path: at for path, at in before.items() if path.name != "pkgcache.bin"}
