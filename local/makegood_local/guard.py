"""Runs a command until its own standard input closes, so that no crash of the parent leaves it behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 20


def main() -> int:
    """Starts the command in a process group of its own; ends the group when the parent closes our input.

    Prints the command's process id; what the command prints goes to our standard error.
    """
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr, process_group=0)
    print(process.pid, flush=True)
    threading.Thread(target=_end_with_parent, args=(process,), daemon=True).start()
    code = process.wait()
    _signal_group(process, signal.SIGKILL)
    return code


def _end_with_parent(process: subprocess.Popen[bytes]) -> None:
    # Not sys.stdin, whose lock would be held when we end first.
    while os.read(0, 1024):
        pass
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
