"""Runs one collector in a process group of its own, which ends with its time and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import wait
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from makegood_agent.main import COLLECTOR
from makegood_agent.timing import in_background

if TYPE_CHECKING:
    from makegood_agent.wanted import Wanted

PROGRAM = Path(__file__).absolute().parents[1]
"""The packed file or, in a checkout, the folder: Python runs both."""

SCRATCH = "makegood-scratch-"
SCRATCH_SECONDS = 24 * 3600
LAST_WORD_SECONDS = 5.0


def collect(wanted: Wanted, memories: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    """What the collector found, as `facts`, and what it wants to remember, as `memory`; or else why not."""
    place = Path(tempfile.gettempdir()) if folder is None else folder
    sweep(place)
    scratch = tempfile.mkdtemp(prefix=SCRATCH, dir=str(place))
    order = {**wanted._asdict(), **memories, "scratch": scratch}
    try:
        answer = json.loads(ask(order, wanted.seconds))
        if isinstance(answer, dict) and isinstance(answer.get("facts"), dict):
            return answer
        reason = "its answer makes no sense"
    except TimeoutError:
        reason = f"no answer within {wanted.seconds} seconds"
    except ValueError:
        reason = "it ended without an answer"
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return {"facts": {"undetermined": f"all: {reason}"}, "memory": memories["latest"], "failed": True}


def ask(order: dict[str, Any], seconds: float) -> bytes:
    process = subprocess.Popen(
        [sys.executable, "-I", str(PROGRAM), COLLECTOR],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=order["scratch"],
        env={**os.environ, "TMPDIR": order["scratch"], "TEMP": order["scratch"], "TMP": order["scratch"]},
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    # Its input stays open: when that closes, whoever asked is gone, and the collector ends itself.
    answer = in_background(process.stdout.read)
    try:
        with suppress(OSError):
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        if not wait([answer], seconds).done:
            raise TimeoutError
        return bytes(answer.result())
    finally:
        end_group(process.pid)
        process.wait()
        with suppress(OSError):
            process.stdin.close()
        if wait([answer], LAST_WORD_SECONDS).done:
            process.stdout.close()


def end_group(process: int) -> None:
    """Ends a process that nobody has waited for yet, and all it started."""
    if sys.platform == "win32":
        command = ["taskkill", "/T", "/F", "/PID", str(process)]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)


def sweep(place: Path) -> None:
    """Removes what a power cut left of earlier runs."""
    for each in place.glob(f"{SCRATCH}*"):
        with suppress(OSError):
            if time.time() - each.lstat().st_mtime > SCRATCH_SECONDS:
                shutil.rmtree(str(each), ignore_errors=True)
