"""Reads a list of devices to enroll (CSV), and says of each row what is wrong with it."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from makegood.rules.instants import Instant
from makegood.rules.shapes import did_you_mean
from makegood.rules.values import parse_positive_duration
from makegood.storage.changes import RefusedError, find_client
from makegood.storage.contracts import Version, versions_of
from makegood.storage.devices import Device, rows_of
from makegood.storage.enrolment import Enrolment, new_row, problems_of_enrolment
from makegood_cli.reading import UnreadableError

REQUIRED: Final = ("client", "device", "kind", "grace")
OPTIONAL: Final = ("via", "practices", "name")
COLUMNS: Final = (*REQUIRED, *OPTIONAL)


@dataclass(frozen=True)
class Row:
    """One line of the list; `number` is that of the file, the first being the columns' names."""

    number: int
    wanted: Enrolment


@dataclass(frozen=True)
class Listed:
    """The rows to enroll, those vouched for after the others, and everything that is wrong."""

    rows: list[Row]
    problems: list[str]


def read_list(text: str, client: str | None) -> Listed:
    """The list, whose rows may leave the client out when it is given. UnreadableError when it is none."""
    head = text.partition("\n")[0]
    divider = ";" if ";" in head and "," not in head else ","  # as Excel writes it where commas are decimal
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=divider)
    try:
        columns = [str(name).strip() for name in reader.fieldnames or ()]
        _refuse_columns(columns, client)
        reader.fieldnames = columns
        rows, problems = [], []
        for values in reader:
            number = reader.line_num
            wrong = list(_problems_of_shape(values, client))
            problems += [f"row {number}: {problem}" for problem in wrong]
            if not wrong:
                rows.append(Row(number, _enrolment(values, client)))
    except csv.Error as error:
        raise UnreadableError(f"is no CSV: line {reader.line_num}: {error}", reader.line_num) from error
    return Listed(rows, problems)


def check_list(
    rows: list[Row], now: Instant, detection_seconds: int, is_ours: Callable[[Device], bool]
) -> Iterator[str]:
    """What the deployment refuses, row by row, as if the others were enrolled already.

    `is_ours` tells a device that an earlier run has enrolled from this list.
    """
    known: dict[str, dict[str, Device]] = {}
    versions: dict[str, list[Version]] = {}
    first: dict[tuple[str, str], int] = {}
    planned: defaultdict[str, dict[str, Device]] = defaultdict(dict)
    for row in rows:
        planned[row.wanted.client].setdefault(row.wanted.device, new_row(row.wanted, "", "UTC"))
    for row in rows:
        client, device = row.wanted.client, row.wanted.device
        if client not in known:
            versions[client] = versions_of(client) if find_client(client) else []
            known[client] = {each.device: each for each in rows_of(client)}
        earlier = first.setdefault((client, device), row.number)
        if earlier != row.number:
            yield f"row {row.number}: {device} of {client} stands in row {earlier} already"
            continue
        there = known[client].get(device)
        if there is not None and is_ours(there):
            continue
        others = {**planned[client], **known[client]}
        if there is None:
            others.pop(device)
        for problem in _problems(row.wanted, versions[client], others, now, detection_seconds):
            yield f"row {row.number}: {problem}"


def agents_first(rows: list[Row]) -> list[Row]:
    """Who vouches is enrolled before whom it vouches for."""
    left, ordered = list(rows), list[Row]()
    names = {(row.wanted.client, row.wanted.device) for row in rows}
    while left:
        done = {(row.wanted.client, row.wanted.device) for row in ordered}
        ready = [row for row in left if (row.wanted.client, row.wanted.via) not in names - done] or left
        ordered += ready
        left = [row for row in left if row not in ready]
    return ordered


def _refuse_columns(columns: list[str], client: str | None) -> None:
    needed = [name for name in REQUIRED if name != "client" or client is None]
    problems = [f"the column {name} is missing" for name in needed if name not in columns]
    problems += [
        f"the column {name or 'without a name'} is not known{did_you_mean(name, COLUMNS)}"
        for name in columns
        if name not in COLUMNS
    ]
    problems += [f"the column {name} is there twice" for name in COLUMNS if columns.count(name) > 1]
    if problems:
        raise UnreadableError(
            f"has not the columns of a list: {'; '.join(problems)}; known are {', '.join(COLUMNS)}", 1
        )


def _problems_of_shape(values: Mapping[str, str], client: str | None) -> Iterator[str]:
    if None in values or None in values.values():
        yield "has more or fewer cells than there are columns"
        return
    try:
        parse_positive_duration(_cell(values, "grace"))
    except ValueError as error:
        yield f"grace {error}"
    own = _cell(values, "client")
    if client is None and not own:
        yield "the client is missing"
    elif client is not None and own not in ("", client):
        yield f"the client is {own}, but the command says {client}"


def _enrolment(values: Mapping[str, str], client: str | None) -> Enrolment:
    device = _cell(values, "device")
    return Enrolment(
        client or _cell(values, "client"),
        device,
        _cell(values, "kind"),
        _cell(values, "name") or device,
        parse_positive_duration(_cell(values, "grace")),
        _cell(values, "via") or None,
        tuple(_cell(values, "practices").replace(";", " ").split()),
    )


def _problems(
    wanted: Enrolment,
    versions: list[Version],
    known: Mapping[str, Device],
    now: Instant,
    detection_seconds: int,
) -> Iterator[str]:
    if not versions:
        yield f"There is no client {wanted.client}; it begins with its first contract."
        return
    try:
        for problem in problems_of_enrolment(wanted, versions, known, now, detection_seconds):
            yield problem.replace("--practice ", "practice ").removeprefix("--")
    except RefusedError as error:
        yield str(error)


def _cell(values: Mapping[str, str], name: str) -> str:
    return str(values.get(name) or "").strip()
