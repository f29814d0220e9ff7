#!/usr/bin/env python3
"""Tells Makegood that this machine is alive, and which of its neighbours it can reach.

examples:
  makegood_agent.py --url https://guard.example --token-file /etc/makegood/token
  makegood_agent.py --url https://guard.example --token-file /etc/makegood/token --every 60 \\
      --see modem=ping:192.168.1.1 --see nas=tcp:nas:445 --see web=https://intranet/health
  MAKEGOOD_TOKEN=... makegood_agent.py --url https://guard.example --evidence today.json --once

A neighbour is NAME=ping:HOST, NAME=tcp:HOST:PORT or NAME=http(s)://..., an IPv6 address in brackets. A web
neighbour is alive when it answers with a status below 500, whatever its certificate.

The evidence file is a JSON list of {"device": ..., "practice": ..., "facts": {...}}. Each writing of it is
delivered once; one that is older than a day is not.

The environment's proxy is used for the server, not for neighbours or for a server on this machine.
The log has one line per change, in UTC. Exit status: 0 stopped or (--once) delivered, 1 not delivered,
2 wrong arguments.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import logging
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, wait
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from urllib import request as web
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER_SECONDS = 10.0
BACKOFF_SECONDS_AT_MOST = 60.0
EVIDENCE_SECONDS = 24 * 3600
BODY_BYTES = 64 * 1024
NEIGHBOURS_AT_MOST = 50
REASONS_AT_MOST = 20

log = logging.getLogger("makegood")


class OneLine(logging.Formatter):
    """A record as one printable line, in UTC; whatever it quotes, the token is not in it."""

    converter = staticmethod(time.gmtime)
    secret = ""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if self.secret:
            text = text.replace(self.secret, "<token>")
        return "".join(each if each.isprintable() else "?" for each in text)[:1000]


line = OneLine("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")


def clock() -> float:
    """Seconds that the wall clock never moves, and that go on while the machine is suspended."""
    clock_id = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    return time.monotonic() if clock_id is None else time.clock_gettime(clock_id)


def sleep_until(instant: float) -> None:
    # In short steps, because a sleep does not count the time for which the machine was suspended.
    while (left := instant - clock()) > 0:
        time.sleep(min(left, 1.0))


def in_background(work: Callable[[], Any]) -> Future[Any]:
    """Start work in a thread that can be left behind: it never keeps the process from ending."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def explain(error: BaseException) -> str:
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        return explain(error.reason)
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    filename = getattr(error, "filename", None)
    return f"{filename}: {text}" if filename else str(text)


def opener(context: ssl.SSLContext, *, direct: bool) -> web.OpenerDirector:
    """HTTP without redirects: to follow one would show the token to another server."""
    director = web.OpenerDirector()
    director.add_handler(web.ProxyHandler({} if direct else None))
    director.add_handler(web.HTTPHandler())
    director.add_handler(web.HTTPSHandler(context=context))
    director.add_handler(web.HTTPErrorProcessor())
    director.add_handler(web.HTTPDefaultErrorHandler())
    return director


# --- Neighbours: a probe returns when the neighbour is alive and raises when it is not


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
    answer = subprocess.run(
        ping_command(host),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=seconds,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        check=True,
    )
    # Windows' ping is content when a router answers "unreachable"; over IPv4 only an echo shows a TTL.
    if sys.platform == "win32" and ":" not in host and b"TTL=" not in answer.stdout:
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


# --- Evidence


def parse_evidence(content: bytes) -> list[Any]:
    if len(content) > BODY_BYTES:
        raise ValueError(f"larger than {BODY_BYTES} bytes")
    entries = json.loads(content.decode("utf-8-sig"))
    if not isinstance(entries, list):
        raise ValueError(f"must be a list, not {type(entries).__name__}")
    for index, entry in enumerate(entries):
        for key, kind in (("device", str), ("practice", str), ("facts", dict)):
            if not isinstance(entry, dict) or not isinstance(entry.get(key), kind):
                raise ValueError(f"[{index}].{key} must be {'an object' if kind is dict else 'a text'}")
    json.dumps(entries, allow_nan=False)
    return entries


class Evidence:
    """What others collected in a file: pending from each writing of it until the server has judged it."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.current: tuple[float, bytes] | None = None
        self.settled: tuple[float, bytes] | None = None

    def pending(self) -> list[Any]:
        if self.path is None:
            return []
        with self.path.open("rb") as file:
            self.current = (os.fstat(file.fileno()).st_mtime, file.read(BODY_BYTES + 1))
        if self.current == self.settled:
            return []
        # The server dates evidence by its arrival: an old file would prove what nobody looked at today.
        if time.time() - self.current[0] > EVIDENCE_SECONDS:
            raise ValueError("written more than a day ago")
        return parse_evidence(self.current[1])

    def settle(self) -> None:
        self.settled = self.current


# --- The server


class HeartbeatError(Exception):
    """Why a heartbeat was not accepted, and when another attempt makes sense."""

    def __init__(self, message: str, status: int = 0, retry_after_seconds: float = 0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_soon = status in {0, 408, 425, 429} or status >= 500
        self.retry_after_seconds = retry_after_seconds


def json_object(text: bytes) -> dict[str, Any]:
    """The object in a JSON text; garbage holds none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {}


def problem_text(error: HTTPError) -> str:
    """What the members of a problem document say, or else the status line."""
    text = b""
    with suppress(Exception):  # the status is known and decides, even when the rest never comes
        text = error.read(BODY_BYTES)
    said = {key: value for key, value in json_object(text).items() if key not in {"type", "status"}}
    members = (f"{key}: {each if isinstance(each, str) else json.dumps(each)}" for key, each in said.items())
    return "; ".join(members) or str(error.reason)


def refusal(error: HTTPError) -> HeartbeatError:
    message = f"the server answered {error.code}: {problem_text(error)}"
    if error.code == 401:
        message = (
            "the server does not accept the token (401): give this agent the device's current one, or a new "
        )
        message += "one from: makegood device rotate CLIENT DEVICE"
    elif 300 <= error.code < 400:
        target = error.headers.get("Location", "nowhere")
        message = f"the server redirects ({error.code}) to {target}, which is not followed: correct --url"
    seconds = re.fullmatch("[0-9]{1,9}", error.headers.get("Retry-After", ""))
    return HeartbeatError(message, error.code, float(seconds.group()) if seconds else 0)


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def post(url: str, token: str, body: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The answer to one heartbeat. A refusal is a HeartbeatError; a fault on the way can be any exception."""
    request = web.Request(f"{url}/v1/heartbeat", json.dumps(body).encode())  # noqa: S310 - parse_web checked it
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    request.add_header("User-Agent", "makegood-agent")
    server = opener(ssl.create_default_context(), direct=is_loopback(url))
    try:
        with server.open(request, timeout=seconds) as response:
            answer = json_object(response.read(BODY_BYTES))
    except HTTPError as error:
        with error:
            raise refusal(error) from None
    if "received_at" not in answer:
        raise HeartbeatError("the answer is not Makegood's: is --url right, or did something else answer?")
    return answer


def refused_names(answer: dict[str, Any]) -> list[str]:
    refused = answer.get("refused")
    entries = refused if isinstance(refused, list) else []
    return sorted(
        " ".join(map(str, each.values())) if isinstance(each, dict) else str(each) for each in entries
    )


# --- The agent


class Options(NamedTuple):
    url: str
    read_token: Callable[[], str]
    neighbours: list[Neighbour]
    evidence: Evidence
    every: float
    probe_timeout: float
    timeout: float
    once: bool


class Agent:
    """Delivers heartbeats and tells the log what changes."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.ok: bool | None = None
        self.failing_since = 0.0
        self.reasons: set[str] = set()
        self.problems = {"evidence": "", "refused": ""}

    def run(self) -> NoReturn:
        """A beat on each tick of a steady grid; the ticks that a suspend swallowed are one beat, not many."""
        tick = clock()
        while True:
            sleep_until(tick)
            if clock() - tick > self.options.every:
                tick = clock()
            tick += self.options.every
            self.beat(max(tick, clock() + ANSWER_SECONDS))

    def once(self) -> int:
        failure = self.beat(clock() + self.options.timeout)
        if failure:
            log.error("heartbeat not delivered: %s", failure)
        return 1 if failure or self.problems["evidence"] else 0

    def beat(self, until: float) -> HeartbeatError | None:
        """Try, with backoff and full jitter, until a heartbeat is accepted or the time is up."""
        backoff = 1.0
        while True:
            failure = self.attempt(until)
            if failure is None or not failure.retry_soon:
                return failure
            jitter = random.uniform(0, backoff)  # noqa: S311 - guards no secret
            retry_at = clock() + max(jitter, failure.retry_after_seconds)
            if retry_at >= until:
                return failure
            sleep_until(retry_at)
            backoff = min(2 * backoff, BACKOFF_SECONDS_AT_MOST)

    def attempt(self, until: float) -> HeartbeatError | None:
        try:
            answer = self.deliver(until)
        except Exception as error:  # whatever went wrong here, the next attempt must be made
            failure = error if isinstance(error, HeartbeatError) else HeartbeatError(explain(error))
            self.note_failure(failure)
            return failure
        self.note_success(answer)
        return None

    def deliver(self, until: float) -> dict[str, Any]:
        """Send one heartbeat, and if the server cannot take its evidence, once more without it."""
        seen = look_at(self.options.neighbours, self.options.probe_timeout)
        evidence = self.pending_evidence()
        try:
            answer = self.send(seen, evidence, until)
        except HeartbeatError as refused:
            if not evidence or refused.status not in {400, 413, 500}:
                raise
            answer = self.send(seen, [], until)
            self.note_problem("evidence", f"evidence not taken: {refused}")
            # The server's own fault may pass; what it calls wrong stays so until the file is written again.
            if refused.status != 500:
                self.options.evidence.settle()
            return answer
        if evidence:
            self.note_problem("evidence", "")
            self.options.evidence.settle()
        return answer

    def pending_evidence(self) -> list[Any]:
        try:
            return self.options.evidence.pending()
        except (OSError, ValueError, RecursionError) as error:
            place = "" if isinstance(error, OSError) else f"{self.options.evidence.path}: "
            self.note_problem("evidence", f"evidence not sent: {place}{explain(error)}")
            return []

    def send(self, seen: list[str], evidence: list[Any], until: float) -> dict[str, Any]:
        token = line.secret = self.options.read_token()
        body = {key: value for key, value in (("seen", seen), ("evidence", evidence)) if value}
        seconds = max(1.0, min(ANSWER_SECONDS, until - clock()))
        # The sockets' own, longer time-outs only clean up after an attempt that was given up here.
        answer: Future[dict[str, Any]] = in_background(
            partial(post, self.options.url, token, body, 2 * seconds)
        )
        if not wait([answer], seconds).done:
            raise HeartbeatError("no answer in time")
        return answer.result()

    def note_failure(self, failure: HeartbeatError) -> None:
        if self.ok is not False:
            self.failing_since = clock()
        self.ok = False
        if str(failure) not in self.reasons and len(self.reasons) < REASONS_AT_MOST:
            self.reasons.add(str(failure))
            log.info("heartbeat failing: %s", failure)

    def note_success(self, answer: dict[str, Any]) -> None:
        if self.ok is False:
            log.info(
                "heartbeat ok after failing for %s", timedelta(seconds=round(clock() - self.failing_since))
            )
        elif self.ok is None:
            log.info("heartbeat accepted by %s", self.options.url)
        self.ok = True
        self.reasons.clear()
        names = refused_names(answer)
        self.note_problem("refused", f"refused by the server: {'; '.join(names)}" if names else "")

    def note_problem(self, topic: str, problem: str) -> None:
        if problem != self.problems[topic]:
            log.warning("%s", problem or f"{topic}: no problem any more")
        self.problems[topic] = problem


# --- The command line


def parse_web(text: str, *, query: bool = True) -> str:
    parts = urlsplit(text)
    if not re.fullmatch("[!-~]+", text) or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address like https://host")
    if "@" in parts.netloc or (not query and re.search("[?#]", text)):
        raise ValueError("must not contain a user name" + ("" if query else ", a query or a fragment"))
    if parts.port == 0:
        raise ValueError("must not have port 0")
    return text


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


def parse_seconds(text: str, low: float, high: float) -> float:
    if not re.fullmatch("[0-9.]+", text) or not low <= float(text) <= high:
        raise ValueError(f"must be {low:g} to {high:g} seconds, not {text!r}")
    return float(text)


def read_token(text: str, file: str) -> str:
    if text and file:
        raise ValueError("and --token-file exclude each other")
    token = (Path(file).read_text("utf-8-sig") if file else text).strip()
    if not re.fullmatch("[!-~]{1,500}", token):
        raise ValueError(f"{file or '(or --token-file, or MAKEGOOD_TOKEN)'} must hold a token")
    return token


def argument_parser() -> argparse.ArgumentParser:
    summary, _, epilog = (__doc__ or "").partition("\n")
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        description=summary, epilog=epilog, formatter_class=plain, allow_abbrev=False
    )
    add = parser.add_argument
    add("--url", default="", help="where Makegood answers, without /v1/heartbeat")
    add(
        "--token",
        default="",
        help="this device's token; every user of this machine can read it here, so rather:",
    )
    add(
        "--token-file",
        default="",
        metavar="FILE",
        help="holds it, read anew for each beat (or: MAKEGOOD_TOKEN)",
    )
    add("--every", default="60", metavar="SECONDS", help="from one beat to the next (60)")
    add(
        "--see",
        default=[],
        action="append",
        metavar="NAME=PROBE",
        help="a neighbour to vouch for; up to 50 times",
    )
    add(
        "--probe-timeout",
        default="3",
        metavar="SECONDS",
        help="how long to wait for neighbours (3; at most 5)",
    )
    add("--evidence", type=Path, metavar="FILE", help="deliver the evidence in this JSON file")
    add("--once", action="store_true", help="deliver one heartbeat and exit, for cron")
    add("--timeout", default="30", metavar="SECONDS", help="how long --once may try (30)")
    return parser


def parse_options(arguments: list[str]) -> Options:
    """Ends the process with status 2 and a list of all problems when arguments are wrong."""
    parser = argument_parser()
    given = parser.parse_args(arguments)
    environment_token = os.environ.pop("MAKEGOOD_TOKEN", "")  # ping has no business with it
    token = given.token or ("" if given.token_file else environment_token)
    problems: list[str] = []

    def checked(flag: str, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (OSError, ValueError) as error:
            problems.append(f"\n  {flag} {explain(error)}")
            return None

    url = checked("--url", lambda: parse_web(given.url, query=False).rstrip("/"))
    checked("--token", lambda: read_token(token, given.token_file))
    every = checked("--every", lambda: parse_seconds(given.every, 1, 86400))
    neighbours = [checked(f"--see {text}:", partial(parse_neighbour, text)) for text in given.see]
    probe_timeout = checked("--probe-timeout", lambda: parse_seconds(given.probe_timeout, 0.1, 5))
    timeout = checked("--timeout", lambda: parse_seconds(given.timeout, 1, 3600))
    checked("--see", lambda: check_names(list(filter(None, neighbours))))
    if problems:
        parser.error("".join(problems))
    return Options(
        url=url,
        read_token=partial(read_token, token, given.token_file),
        neighbours=neighbours,
        evidence=Evidence(given.evidence),
        every=every,
        probe_timeout=min(probe_timeout, every / 2),
        timeout=timeout,
        once=given.once,
    )


def main() -> int:
    options = parse_options(sys.argv[1:])
    handler = logging.StreamHandler()
    handler.setFormatter(line)
    logging.raiseExceptions = False
    logging.basicConfig(handlers=[handler], level=logging.WARNING if options.once else logging.INFO)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        if urlsplit(options.url).scheme == "http" and not is_loopback(options.url):
            log.warning("--url is plain http: whoever is on the way can read the token; use https")
        return Agent(options).once() if options.once else Agent(options).run()
    except KeyboardInterrupt:
        log.info("stopped")
        return 1 if options.once else 0


if __name__ == "__main__":
    sys.exit(main())
