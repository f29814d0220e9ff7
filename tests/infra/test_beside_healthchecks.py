"""The recipe of docs/performance.md that measures Makegood beside Healthchecks, without Healthchecks."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "docs/performance.md").read_text().partition("## Beside Healthchecks")[2]
BURNS = "import time\nwhile time.process_time() < 0.2: pass"


@pytest.fixture(autouse=True)
def _as_the_bench_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "bench")


def recipe() -> list[list[str]]:
    """The words of each line that is to be typed."""
    block = re.search(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    assert block is not None
    lines = block[1].replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line]


def test_what_the_recipe_makes_is_what_its_last_line_looks_for() -> None:
    (checkout,) = [words[-1] for words in recipe() if words[:2] == ["git", "clone"]]
    (venv,) = [words[-1] for words in recipe() if words[:3] == ["python3", "-m", "venv"]]
    (install,) = [words for words in recipe() if words[1:2] == ["install"]]
    make = recipe()[-1]
    assert venv == f"{checkout}/.venv"
    assert install[0] == f"{venv}/bin/pip"
    assert install[-2:] == ["-r", f"{checkout}/requirements.txt"]
    assert make == ["make", f"HEALTHCHECKS={checkout}", "bench-healthchecks"]


def test_who_has_not_followed_the_recipe_is_told_of_it(tmp_path: Path) -> None:
    options = ["--dry-run", "--no-print-directory"]
    asked = ["make", *options, f"HEALTHCHECKS={tmp_path}", "ONLY=passes", "bench-healthchecks"]
    command = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()[
        -1
    ]
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"{tmp_path}/manage.py is not there; docs/performance.md" in done.stderr


def test_cpu_of_a_process_tree_holds_children_that_ended_and_children_that_run() -> None:
    from healthchecks.trees import cpu_of  # noqa: PLC0415 - the bench is no package of ours

    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURNS!r}])\n"
    told = "subprocess.Popen([sys.executable, '-c', 'import time\\nwhile True: time.sleep(9)'])\n"
    script = f"{child}{told}print('ready', flush=True)\nsys.stdin.read()\n"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        spent = cpu_of([parent.pid])
        os.killpg(parent.pid, signal.SIGKILL)
    assert spent.total > 0.2
    assert spent.user + spent.system == pytest.approx(spent.total, abs=0.1)
