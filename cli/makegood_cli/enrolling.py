"""`makegood device enroll --from`: many devices at once, each token kept as soon as it is there."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from makegood import clock
from makegood.rules.tokens import token_hash
from makegood.settings import settings
from makegood.storage.changes import Operator
from makegood.storage.devices import NEW, Device, find_device
from makegood.storage.enrolment import Enrolment, enroll, rotate
from makegood_cli.connection import connect, operator
from makegood_cli.enrolment_list import Row, agents_first, check_list, read_list
from makegood_cli.options import current_options
from makegood_cli.output import print_json, progress, say
from makegood_cli.reading import STDIN, UnreadableError, read_text

COLUMNS: Final = ("client", "device", "token", "install")


def enroll_list(file: str, client: str | None, tokens: Path | None) -> None:
    """Enrolls every device of the list that is not enrolled yet, or none when a row is wrong.

    A run that was cut off is gone on with by the same command.
    """
    kept = Tokens(tokens or _beside(file))
    try:
        listed = read_list(read_text(file), client)
    except UnreadableError as error:
        raise click.ClickException(f"{file} {error}") from error
    if not listed.rows and not listed.problems:
        raise click.ClickException(f"{file} lists no device: one a row, below the names of the columns.")
    connect()
    who = operator(clock.now())
    problems = [
        *listed.problems,
        *check_list(listed.rows, who.at, settings().detection_seconds, kept.is_ours),
    ]
    if problems:
        raise click.ClickException("\n".join([f"{file} is refused; nothing was enrolled:", *problems]))
    done = list(_enroll_each(listed.rows, who, kept))
    kept.tidy()
    if current_options().json:
        print_json([_as_json(each) for each in done])
        return
    say(f"{len(done)} devices are enrolled. Their tokens, with a line to install each agent: {kept.file}")
    say("It is the only place that has them: hand them on, then delete it.")


class Tokens:
    """The file that tokens go to. A device stands in it, without a token, before it is enrolled: a run that
    dies in between can tell its own devices, whose tokens nobody has seen, from those of others."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lines = self._read()

    def is_ours(self, row: Device) -> bool:
        """Whether an earlier run enrolled it from this list."""
        line = self._lines.get((row.client, row.device))
        return (line is not None and not line[0] and row.state == NEW) or self.of(row) is not None

    def of(self, row: Device) -> str | None:
        """Its token as it was kept, if it is still good."""
        token, _ = self._lines.get((row.client, row.device), ("", ""))
        return token if token and token_hash(token) == row.token_hash else None

    def keep(self, client: str, device: str, token: str = "", install: str = "") -> None:
        """Writes it through to the disk: the deployment itself has only the hash."""
        is_new = not self.file.exists()
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", newline="") as out:
            writer = csv.writer(out)
            if is_new:
                writer.writerow(COLUMNS)
            writer.writerow((client, device, token, install))
            out.flush()
            os.fsync(out.fileno())
        self._lines[client, device] = (token, install)

    def tidy(self) -> None:
        """Leaves one line for each device, with its token."""
        whole = self.file.with_name(f"{self.file.name}.whole")
        lines, self._lines = self._lines, {}
        file, self.file = self.file, whole
        whole.unlink(missing_ok=True)
        for (client, device), (token, install) in lines.items():
            if token:
                self.keep(client, device, token, install)
        self.file = file
        if whole.exists():
            whole.replace(file)

    def _read(self) -> dict[tuple[str, str], tuple[str, str]]:
        if not self.file.exists():
            return {}
        try:
            rows = csv.DictReader(io.StringIO(read_text(str(self.file)), newline=""))
        except UnreadableError as error:
            raise click.ClickException(f"{self.file} {error}") from error
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise click.ClickException(f"{self.file} holds no tokens: name another file with --tokens.")
        return {(row["client"], row["device"]): (row["token"] or "", row["install"] or "") for row in rows}


def install_line(wanted: Enrolment, token: str) -> str:
    """The line that starts its agent, or the option of the agent that vouches for it."""
    agent = f"MAKEGOOD_TOKEN={token} python3 makegood_agent.pyz --url {settings().base_url}"
    return agent if wanted.via is None else f"{wanted.via}'s agent: --see {wanted.device}=ping:ADDRESS"


def _enroll_each(rows: list[Row], who: Operator, kept: Tokens) -> Iterator[tuple[Enrolment, str]]:
    with progress(agents_first(rows), "enrolling", len(rows)) as shown:
        for row in shown:
            wanted = row.wanted
            there = find_device(wanted.client, wanted.device)
            token = None if there is None else kept.of(there)
            if token is None:
                kept.keep(wanted.client, wanted.device)
                token = _token(wanted, who, is_there=there is not None)
                kept.keep(wanted.client, wanted.device, token, install_line(wanted, token))
            yield wanted, token


def _token(wanted: Enrolment, who: Operator, *, is_there: bool) -> str:
    """A device of a run that died before its token was kept gets another; nobody has seen the first."""
    if is_there:
        return rotate(wanted.client, wanted.device, who, revoke=True)
    return enroll(wanted, who, settings().detection_seconds)


def _beside(file: str) -> Path:
    if file == STDIN:
        raise click.UsageError("A list from the standard input needs --tokens, the file that tokens go to.")
    path = Path(file)
    return path.parent / f"{path.stem}.tokens.csv"


def _as_json(enrolled: tuple[Enrolment, str]) -> dict[str, str]:
    wanted, token = enrolled
    install = install_line(wanted, token)
    return {"client": wanted.client, "device": wanted.device, "token": token, "install": install}
