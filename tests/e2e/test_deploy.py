"""docs/deploy.md, each command as written: from an empty account to the first statement."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.newcomer import copy_of_the_project, shell_of_a_newcomer

from makegood_local.emulator import LocalError
from makegood_local.sam.build import runtime, runtime_python

PATIENCE_SECONDS = 180


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copy_of_the_project(tmp_path / "makegood")


@pytest.fixture
def newcomer(copy: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has Python 3.13 besides."""
    try:
        python = runtime_python()
    except LocalError as error:
        pytest.skip(str(error).partition("\n")[0])
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / runtime()).symlink_to(python)  # alone: its folder may hold another `python3` too
    shell = shell_of_a_newcomer(copy, tmp_path / "home")
    return {**shell, "PATH": os.pathsep.join([str(binaries), shell["PATH"]])}


@pytest.fixture
def rehearsal(copy: Path, newcomer: dict[str, str]) -> Iterator[str]:
    """`make rehearsal` in a terminal of its own; what it says to type in the other."""
    log = copy / "rehearsal.log"
    with log.open("w") as written:
        terminal = subprocess.Popen(
            ["make", "rehearsal"],
            cwd=copy,
            env=newcomer,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (said := re.search(r"^  (\. [^\n]+)$.*^Ctrl-C", log.read_text(), re.MULTILINE | re.DOTALL)):
            assert terminal.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield said[1]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(terminal.pid, signal.SIGINT)
        terminal.wait(PATIENCE_SECONDS)


def test_whoever_follows_the_document_gets_to_a_first_statement(
    copy: Path, newcomer: dict[str, str], rehearsal: str
) -> None:
    blocks = re.findall(
        r"^```sh\n(.*?)^```$", (copy / "docs/deploy.md").read_text(), re.MULTILINE | re.DOTALL
    )
    marked = [f"echo '--- block {number}'\n{block}" for number, block in enumerate(blocks, 1)]
    script = copy / "typed.sh"
    script.write_text("\n".join([rehearsal, "set -eu", *marked]))
    seen = copy / "seen.log"
    with seen.open("w") as screen:
        status = subprocess.run(
            ["bash", str(script)],
            cwd=copy,
            env=newcomer,
            input=b"y\n",  # to `sam deploy`, which asks whether it may
            stdout=screen,
            stderr=screen,
            check=False,
        ).returncode
    said = seen.read_text()
    assert status == 0, said
    assert "Nothing found in" in said
    assert "makegood-restored-Records" in said
    assert re.search(r"^Statement of acme-dental for \d{4}-\d\d, as of", said, re.MULTILINE)
    page = re.search(r"^http://127\.0\.0\.1:\d+/live/\S+$", said, re.MULTILINE)
    assert page
    with urllib.request.urlopen(page[0]) as shown:
        assert "Acme Dental Group" in shown.read().decode()
    assert not list(Path(newcomer["HOME"]).glob(".aws")), "it is no business of a rehearsal"
