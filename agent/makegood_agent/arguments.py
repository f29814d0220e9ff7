"""Tells Makegood that this machine is alive, whom it can reach, and what was done on it today.

examples:
  makegood_agent.pyz --url https://guard.example --token-file /etc/makegood/token
  makegood_agent.pyz @/etc/makegood/agent.options
  MAKEGOOD_TOKEN=... makegood_agent.pyz --url https://guard.example --once \\
      --see modem=ping:192.168.1.1 --see nas=tcp:nas:445 --see web=https://intranet/health
  makegood_agent.pyz --collect "backup=restic:/srv/backup password-file=/etc/makegood/restic" --print

@FILE holds options as they stand here, one a line; empty lines and those that begin with # say nothing.

A neighbour is NAME=ping:HOST, NAME=tcp:HOST:PORT or NAME=http(s)://..., an IPv6 address in brackets. A web
neighbour is alive when it answers with a status below 500, whatever its certificate.

What to collect is PRACTICE[=SOURCE] [KEY=VALUE ...]: patching (apt, dnf, windows), antivirus and quarantine
(clamav, defender; config= log=), log_review (journal, windows), backup (restic:REPOSITORY, borg:REPOSITORY,
windows; password-file= host= within=) and restore_test (restic:REPOSITORY, borg:REPOSITORY; password-file=
host= file= sha256= root= at-most=); each also with every= and timeout=. It goes out with the next heartbeat.

The evidence file is a JSON list of {"device": ..., "practice": ..., "facts": {...}}. Each writing of it is
delivered once; one that is older than a day is not.

The environment's proxy is used for the server, not for neighbours or for a server on this machine.
The log has one line per change, in UTC. Exit status: 0 stopped or (--once) delivered, 1 not delivered or
(--print) not found out, 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from makegood_agent.beats import Options
from makegood_agent.collection import Collection
from makegood_agent.evidence import Evidence
from makegood_agent.logs import explain
from makegood_agent.neighbours import check_names, parse_neighbour
from makegood_agent.store import Store
from makegood_agent.wanted import check_practices, parse_wanted
from makegood_agent.web import parse_web

if TYPE_CHECKING:
    from collections.abc import Callable


NO_TEXT = "is not UTF-8 text (> of Windows PowerShell writes UTF-16: use Set-Content -Encoding ascii)"


class Parser(argparse.ArgumentParser):
    """Reads a file of options line by line: the option, then all the rest as its value."""

    def convert_arg_line_to_args(self, arg_line: str) -> list[str]:
        text = arg_line.lstrip("\ufeff").strip()
        return [] if text.startswith("#") else text.split(None, 1)


def parse_seconds(text: str, low: float, high: float) -> float:
    if not re.fullmatch("[0-9.]+", text) or not low <= float(text) <= high:
        raise ValueError(f"must be {low:g} to {high:g} seconds, not {text!r}")
    return float(text)


def read_token(text: str, file: str) -> str:
    if text and file:
        raise ValueError("and --token-file exclude each other")
    try:
        token = (Path(file).read_text("utf-8-sig") if file else text).strip()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} {NO_TEXT}") from error
    if not re.fullmatch("[!-~]{1,500}", token):
        raise ValueError(f"{file or '(or --token-file, or MAKEGOOD_TOKEN)'} must hold a token")
    return token


def device_of(token: str) -> str:
    """The device that a token is for: `<client>.<device>.<secret>`."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("the token does not say for which device it is")
    return parts[1]


def check_show(show: bool, collect: list[str]) -> None:
    if show and not collect:
        raise ValueError("needs --collect")


def check_folder(folder: Path | None) -> None:
    if folder is not None and not folder.is_dir():
        raise ValueError(f"must be a folder, and {folder} is none")


def argument_parser() -> argparse.ArgumentParser:
    summary, _, epilog = (__doc__ or "").partition("\n")
    plain = argparse.RawDescriptionHelpFormatter
    parser = Parser(
        description=summary,
        epilog=epilog,
        formatter_class=plain,
        allow_abbrev=False,
        fromfile_prefix_chars="@",
        usage="%(prog)s [@FILE] [options]",
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
    add(
        "--collect",
        default=[],
        action="append",
        metavar="PRACTICE",
        help="a practice to prove from this machine's own tools; once for each",
    )
    add("--print", dest="show", action="store_true", help="show what --collect finds, deliver nothing")
    add("--state", type=Path, metavar="DIR", help="where to keep what is not delivered yet, across restarts")
    add("--once", action="store_true", help="collect, deliver one heartbeat and exit, for cron")
    add("--timeout", default="30", metavar="SECONDS", help="how long --once may try (30)")
    return parser


def parse_options(arguments: list[str]) -> Options:
    """Ends the process with status 2 and a list of all problems when arguments are wrong."""
    parser = argument_parser()
    try:
        given = parser.parse_args(arguments)
    except UnicodeDecodeError:
        parser.error(f"the @FILE of options {NO_TEXT}")
    environment_token = os.environ.pop("MAKEGOOD_TOKEN", "")  # ping has no business with it
    token = given.token or ("" if given.token_file else environment_token)
    problems: list[str] = []

    def checked(flag: str, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (OSError, ValueError) as error:
            problems.append(f"\n  {flag} {explain(error)}")
            return None

    if not given.show:
        checked("--url", lambda: parse_web(given.url, query=False))
        checked("--token", lambda: read_token(token, given.token_file))
    every = checked("--every", lambda: parse_seconds(given.every, 1, 86400))
    neighbours = [checked(f"--see {text}:", partial(parse_neighbour, text)) for text in given.see]
    wanted = [checked(f"--collect {text}:", partial(parse_wanted, text)) for text in given.collect]
    probe_timeout = checked("--probe-timeout", lambda: parse_seconds(given.probe_timeout, 0.1, 5))
    timeout = checked("--timeout", lambda: parse_seconds(given.timeout, 1, 3600))
    checked("--see", lambda: check_names(list(filter(None, neighbours))))
    checked("--collect", lambda: check_practices(list(filter(None, wanted))))
    checked("--print", lambda: check_show(given.show, given.collect))
    checked("--state", lambda: check_folder(given.state))
    if problems:
        parser.error("".join(problems))
    token_now = partial(read_token, token, given.token_file)
    store = Store(given.state)
    return Options(
        url=given.url.rstrip("/"),
        read_token=token_now,
        neighbours=neighbours,
        evidence=Evidence(given.evidence),
        collection=Collection(wanted, store, lambda: device_of(token_now())),
        store=store,
        every=every,
        probe_timeout=min(probe_timeout, every / 2),
        timeout=timeout,
        once=given.once,
        show=given.show,
    )
