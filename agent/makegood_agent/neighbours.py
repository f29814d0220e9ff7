"""Neighbours: a probe returns when the neighbour is alive and raises when it is not."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import subprocess
import sys
from concurrent.futures import Future, wait
from functools import partial
from typing import TYPE_CHECKING
from urllib.error import HTTPError

from makegood_agent.logs import explain, log
from makegood_agent.timing import in_background
from makegood_agent.web import opener, parse_web

if TYPE_CHECKING:
    from collections.abc import Callable

NEIGHBOURS_AT_MOST = 50


def probe_tcp(host: str, port: int, seconds: float) -> None:
    socket.create_connection((host, port), seconds).close()


def probe_web(url: str, seconds: float) -> None:
    # A neighbour often made its certificate itself; the probe tells it nothing and believes it nothing.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        opener(context, direct=True).open(url, timeout=seconds).close()
    except HTTPError as error:
        error.close()
        if error.code >= 500:
            raise OSError(f"it answered {error.code}") from None


def ping_command(host: str, platform: str = sys.platform) -> list[str]:
    if platform == "win32":
        return ["ping", "-n", "1", host] if ":" in host else ["ping", "-4", "-n", "1", host]
    command = "ping6" if platform == "darwin" and ":" in host else "ping"
    return [command, "-n", "-c", "1", host]


def probe_ping(host: str, seconds: float) -> None:
    try:
        answer = subprocess.run(
            ping_command(host),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError("no answer in time") from None
    # Windows' ping is content when a router answers "unreachable"; over IPv4 only an echo shows a TTL.
    is_router = sys.platform == "win32" and ":" not in host and b"TTL=" not in answer.stdout
    if answer.returncode or is_router:
        raise OSError("no echo")


class Neighbour:
    """A device that this machine vouches for while its probe succeeds."""

    def __init__(self, name: str, probe: Callable[[float], None]) -> None:
        self.name = name
        self.probe = probe
        self.seen = True
        self.probing: Future[None] = Future()
        self.probing.set_result(None)

    def start(self, seconds: float) -> Future[None]:
        """A probe that still hangs is waited for again, so that they do not pile up."""
        if self.probing.done():
            self.probing = in_background(partial(self.probe, seconds))
        return self.probing

    def conclude(self) -> bool:
        error = self.probing.exception() if self.probing.done() else TimeoutError("no answer in time")
        if self.seen and error:
            log.info("neighbour %s not seen: %s", self.name, explain(error))
        elif not self.seen and not error:
            log.info("neighbour %s seen again", self.name)
        self.seen = error is None
        return self.seen


def look_at(neighbours: list[Neighbour], seconds: float) -> list[str]:
    """Names of those that answer; all are asked at once and none is waited for longer than that."""
    wait([neighbour.start(seconds) for neighbour in neighbours], seconds)
    return [neighbour.name for neighbour in neighbours if neighbour.conclude()]


def parse_host(text: str) -> str:
    if re.fullmatch(r"\[[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?\]", text):
        ipaddress.IPv6Address(text[1:-1].partition("%")[0])
        return text[1:-1]
    if not re.fullmatch("[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}", text):
        raise ValueError(f"{text!r} is not a host name or address (IPv6 goes in brackets)")
    return text


def parse_tcp(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError("must be HOST:PORT with a port from 1 to 65535")
    return parse_host(host), int(port)


def parse_neighbour(text: str) -> Neighbour:
    name, _, target = text.partition("=")
    kind, _, place = target.partition(":")
    if not re.fullmatch("[a-z0-9-]{1,32}", name):
        raise ValueError(f"the name {name!r} must be 1 to 32 of a-z, 0-9 and -")
    if kind == "ping":
        return Neighbour(name, partial(probe_ping, parse_host(place)))
    if kind == "tcp":
        return Neighbour(name, partial(probe_tcp, *parse_tcp(place)))
    if kind in {"http", "https"}:
        return Neighbour(name, partial(probe_web, parse_web(target)))
    raise ValueError("must be NAME=ping:HOST, NAME=tcp:HOST:PORT or NAME=http(s)://...")


def check_names(neighbours: list[Neighbour]) -> None:
    names = [each.name for each in neighbours]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated or len(names) > NEIGHBOURS_AT_MOST:
        raise ValueError(
            f"at most {NEIGHBOURS_AT_MOST} different names; repeated: {', '.join(repeated) or 'none'}"
        )
