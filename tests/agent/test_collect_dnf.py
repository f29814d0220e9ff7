"""`patching`, by the real dnf with packages and advisories of our own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agent.asking import DAY, facts_of, is_done, needs, shim

from makegood_agent.collectors import dnf

pytestmark = needs("dnf", "rpmbuild", "createrepo_c", "modifyrepo_c")

SPEC = """Name: made-up
Version: {version}
Release: 1
Summary: Made up
License: None
BuildArch: noarch
%description
Made up.
%files
"""
ADVISORY = """<?xml version="1.0" encoding="UTF-8"?>
<updates><update from="nobody@example.org" status="final" type="security" version="1">
<id>MU-2026:0001</id><title>made-up security update</title><severity>{severity}</severity>
<issued date="2026-03-01 00:00:00"/><updated date="2026-03-01 00:00:00"/>
<description>Made up.</description>
<pkglist><collection short="m"><name>m</name>
<package name="made-up" version="1.1" release="1" arch="noarch" epoch="0" src="made-up-1.1-1.src.rpm">
<filename>made-up-1.1-1.noarch.rpm</filename></package></collection></pkglist></update></updates>
"""
PUBLISHED = 1_772_323_200


def sh(*command: object) -> None:
    subprocess.run([str(each) for each in command], check=True, capture_output=True, timeout=300)


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rpm")
    for version in ("1.0", "1.1"):
        spec = folder / f"made-up-{version}.spec"
        spec.write_text(SPEC.format(version=version))
        sh("rpmbuild", "-bb", "--define", f"_topdir {folder}/build", "--define", f"_rpmdir {folder}", spec)
    return folder / "noarch"


Machine = Callable[..., dict[str, Any]]


@pytest.fixture
def machine(packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The facts of a machine with made-up 1.0, whose repository offers what the test says."""

    def facts(*versions: str, severity: str | None = "Critical", restart: str = "") -> dict[str, Any]:
        repository, root = tmp_path / "repository", tmp_path / "root"
        repository.mkdir()
        for version in versions:
            os.link(packages / f"made-up-{version}-1.noarch.rpm", repository / f"made-up-{version}.rpm")
        sh("createrepo_c", repository)
        if severity is not None:
            (tmp_path / "updateinfo.xml").write_text(ADVISORY.format(severity=severity))
            sh("modifyrepo_c", tmp_path / "updateinfo.xml", repository / "repodata")
        sh("rpm", "--root", root, "--initdb")
        sh("rpm", "--root", root, "--nodeps", "-i", packages / "made-up-1.0-1.noarch.rpm")
        config = tmp_path / "dnf.conf"
        config.write_text(
            f"[main]\nreposdir={tmp_path}\ncachedir={tmp_path}/cache\nlogdir={tmp_path}\npersistdir={tmp_path}\n"
            f"[made-up]\nname=made-up\nbaseurl=file://{repository}\ngpgcheck=0\n"
        )
        options = f"--config={config} --installroot={root} --releasever=1"
        real = f'exec /usr/bin/dnf {options} "$@"'
        shim(tmp_path / "bin", "dnf", f'case "$2" in needs-restarting) {restart or real};; *) {real};; esac')
        monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
        return facts_of("patching", "dnf", tmp_path / "scratch")

    return facts


def test_a_security_update_is_critical_and_as_old_as_its_advisory(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: PUBLISHED + 8 * DAY - 1)
    facts = machine("1.0", "1.1", restart="echo 'Reboot should not be necessary.'")
    assert facts == {
        "critical_pending": 1,
        "oldest_critical_days": 7,
        "reboot_pending": False,
        "pending": 1,
        "source": "dnf",
    }
    assert is_done("patching", facts)


@pytest.mark.parametrize(("severity", "critical"), [("Important", 1), ("", 1), ("Moderate", 0), ("Low", 0)])
def test_what_its_vendor_calls_moderate_is_not_critical(
    machine: Machine, severity: str, critical: int
) -> None:
    facts = machine("1.0", "1.1", severity=severity)
    assert (facts["critical_pending"], facts["pending"]) == (critical, 1)


def test_an_advisory_that_is_installed_is_not_pending(machine: Machine) -> None:
    facts = machine("1.0")
    assert (facts["critical_pending"], facts["oldest_critical_days"], facts["pending"]) == (0, 0, 0)


def test_repositories_without_advisories_say_nothing_of_critical_updates(machine: Machine) -> None:
    facts = machine("1.0", "1.1", severity=None)
    assert (facts["critical_pending"], facts["pending"]) == (None, 1)
    assert "the repositories have no advisories" in facts["undetermined"]
    assert not is_done("patching", facts)


def test_a_required_reboot_is_told(machine: Machine) -> None:
    facts = machine("1.0", restart="echo 'Reboot is required to fully utilize these updates.'; exit 1")
    assert facts["reboot_pending"] is True


def test_without_the_plugin_a_reboot_is_undetermined(machine: Machine) -> None:
    facts = machine("1.0", restart="echo 'No such command: needs-restarting.' >&2; exit 1")
    assert facts["reboot_pending"] is None
    assert "reboot_pending: dnf has no needs-restarting here" in facts["undetermined"]


def test_the_advisories_of_dnf5_are_read_too() -> None:
    """Made from its documentation; dnf5 itself was not tried."""
    said = "Name      : MU-1\nSeverity  : Important\nType      : security\nIssued    : 2026-03-01 00:00:00\n"
    assert dnf.advisories_in(said) == [{"severity": "Important", "updated": "2026-03-01 00:00:00"}]
