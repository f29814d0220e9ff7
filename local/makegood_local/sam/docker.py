"""Whether a Docker engine answers, and how its containers reach the local stack."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from makegood_local.emulator import LocalError

USUAL_BRIDGE = "172.17.0.1"
CHUNK = 65_536


def why_no_engine() -> str | None:
    """Why containers cannot be run here; None when an engine answers."""
    if shutil.which("docker") is None:
        return "there is no docker command"
    done = subprocess.run(
        ["docker", "info", "--format", "{{.ServerVersion}}"], capture_output=True, text=True, check=False
    )
    if done.returncode == 0 and done.stdout.strip():
        return None
    return "no Docker engine answers"


def bridge_address() -> str:
    """This machine's address on Docker's own network: what containers reach and nobody else does."""
    wanted = "{{(index .IPAM.Config 0).Gateway}}"
    asked = ["docker", "network", "inspect", "bridge", "--format", wanted]
    with suppress(OSError):
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip():
            return done.stdout.strip()
    return USUAL_BRIDGE


@contextmanager
def reachable(address: str, ports: Iterable[int]) -> Iterator[None]:
    """Passes connections to these ports of an address on to the same ports of 127.0.0.1."""
    with ExitStack() as opened:
        for port in ports:
            try:
                listening = socket.create_server((address, port))
            except OSError as error:
                raise LocalError(f"cannot listen on {address}:{port} for containers: {error}") from error
            opened.callback(_end, listening)
            threading.Thread(target=_accept, args=(listening, port), daemon=True).start()
        yield


def _end(listening: socket.socket) -> None:
    with suppress(OSError), listening:
        listening.shutdown(socket.SHUT_RDWR)  # closing alone wakes no thread that waits for a connection


def _accept(listening: socket.socket, port: int) -> None:
    with suppress(OSError):
        while True:
            came, _ = listening.accept()
            threading.Thread(target=_join, args=(came, port), daemon=True).start()


def _join(came: socket.socket, port: int) -> None:
    with suppress(OSError), came, socket.create_connection(("127.0.0.1", port)) as onwards:
        back = threading.Thread(target=_copy, args=(onwards, came), daemon=True)
        back.start()
        _copy(came, onwards)
        back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
