"""Nothing is left behind, however its parent ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

CHILD = "import sys, time, pathlib; pathlib.Path(sys.argv[1]).write_text('up'); time.sleep(60)"
PARENT = """
import subprocess, sys, time
guard = subprocess.Popen([sys.executable, "-m", "makegood_local.guard", *sys.argv[1:]], stdin=subprocess.PIPE)
print(guard.pid, flush=True)
time.sleep(60)
"""


def test_a_killed_parent_takes_the_guarded_process_with_it(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, sys.executable, "-c", CHILD, str(sign)],
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        guard = int(parent.stdout.readline())
        wait_until(sign.exists)
        os.kill(parent.pid, signal.SIGKILL)
        wait_until(lambda: not alive(guard))
    assert not any(str(sign) in command for command in commands())


def test_the_guard_ends_with_the_status_of_what_it_guards() -> None:
    guarded = [sys.executable, "-c", "raise SystemExit(3)"]
    with subprocess.Popen(
        [sys.executable, "-m", "makegood_local.guard", *guarded], stdin=subprocess.PIPE
    ) as guard:
        assert guard.wait(10) == 3


def wait_until(true: object, seconds: float = 10) -> None:
    assert callable(true)
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def commands() -> list[str]:
    """The command lines of every process."""
    return subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
