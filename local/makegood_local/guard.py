"""Runs a command for as long as its own standard input stays open, so that no crash of the parent leaves it behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 20


def main() -> int:
    """Starts the command in a process group of its own; when the parent closes our input or dies, ends the group."""
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, process_group=0)
    threading.Thread(target=_end_with_parent, args=(process,), daemon=True).start()
    code = process.wait()
    _signal_group(process, signal.SIGKILL)
    return code


def _end_with_parent(process: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    # Asked politely first: the embedded AWS saves its state on SIGTERM.
    process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _signal_group(process, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    # Whoever interrupts the parent at the terminal ends us by the closed input, not by the signal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(main())
