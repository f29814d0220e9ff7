"""A soak: months of many seeds in worker processes, and what fails can be played again."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from support import spoiled

from makegood_cli.main import cli
from makegood_simulator import promises, soak
from makegood_simulator.soak import Soak


def test_months_are_played_and_added_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Soak(range(2), workers=2, folder=tmp_path)
    run.run()
    assert sorted(run.reports) == [0, 1]
    assert run.failures == {}
    said = capsys.readouterr().out
    assert "2 months in " in said
    assert f"{sum(report.incidents for report in run.reports.values())} incidents" in said
    assert f"{sum(report.calls for report in run.reports.values()):,} calls to AWS" in said
    assert list(tmp_path.iterdir()) == []


def test_what_fails_is_told_with_the_command_that_plays_it_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Soak(range(1, 2), workers=1, folder=tmp_path / "soak")
    run.run(spoiled.with_another_rule)
    assert list(run.failures) == [1]
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("seed 1 failed: ")
    assert said[1].endswith("/statement.json is not what its facts come to")
    (again,) = [line.partition("play it again: ")[2] for line in said if "play it again: " in line]
    program, *arguments = shlex.split(again)
    assert program == ".venv/bin/makegood"
    with patch.object(promises, "compute", lambda _: {}):
        result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [f"broken: {sentence}" for sentence in run.failures[1]]
    summary = json.loads((tmp_path / "soak/1/out/summary.json").read_text())
    assert summary["fingerprint"] == run.reports[1].fingerprint


def test_a_crash_of_the_simulator_is_a_failure_with_its_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Soak(range(2), workers=2, folder=tmp_path)
    run.run(spoiled.crash)
    said = capsys.readouterr().out
    for seed in (0, 1):
        assert f"ZeroDivisionError: in the month of seed {seed}" in said
        assert (tmp_path / str(seed) / "tape.jsonl").exists()
    assert "2 months in " in said
    assert "2 of them failed" in said


def test_a_process_that_dies_or_hangs_costs_only_its_month(tmp_path: Path) -> None:
    run = Soak(range(6), workers=2, folder=tmp_path)
    run.run(spoiled.die_or_hang, limit_seconds=8)
    assert sorted(run.reports) == [0, 3, 4, 5]
    assert run.failures == {
        1: ("its process died with exit status 7",),
        2: ("it took longer than 8 s",),
    }


@pytest.mark.parametrize(("failures", "status"), [({}, 0), ({3: ("a promise",)}, 1)])
def test_the_exit_status_says_whether_any_failed(
    monkeypatch: pytest.MonkeyPatch, failures: dict[int, tuple[str, ...]], status: int
) -> None:
    played: list[Soak] = []

    def run(self: Soak) -> None:
        self.failures = failures
        played.append(self)

    monkeypatch.setattr(Soak, "run", run)
    monkeypatch.setattr(sys, "argv", ["soak", "--seeds", "3", "--first", "17", "--workers", "1"])
    assert soak.main() == status
    assert [(list(one.seeds), one.workers) for one in played] == [([17, 18, 19], 1)]
