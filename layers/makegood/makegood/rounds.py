"""A scheduled function's round over the clients whose turn it is.

Who has waited longest comes first, and every look, also one that fails, puts the client behind the others. So
whatever the time of one run suffices for, nobody waits for ever: what one run leaves, the next begins with.
When they are more than one run should look at, it only shares them out to runs of its own function.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from makegood import aws
from makegood.rules.instants import Instant
from makegood.storage.attributes import OptionalIntegerAttribute
from makegood.storage.records import ClientEntry
from makegood.storage.turns import RawItem, clients_in_turn, name_of, next_turn

WORKERS = 8
PART = 500
"""So many clients one run looks at by itself."""
MOST_PARTS = 64
"""So many runs at once leave room for heartbeats among a thousand concurrent functions."""
RESERVE_MILLISECONDS = 20_000
MOST_NAMES = 10
TICK_SECONDS = 900
STARTS = 8

T = TypeVar("T")

logger = Logger(child=True)


@dataclass(frozen=True)
class Round:
    """What became of a round: how many clients were looked at, which of these failed, how many were left for
    the next run because time was up, and among how many runs they were shared out instead."""

    looked: int = 0
    failed: tuple[str, ...] = ()
    left: int = 0
    parts: int = 0

    def __add__(self, other: Round) -> Round:
        return Round(
            self.looked + other.looked,
            self.failed + other.failed,
            self.left + other.left,
            self.parts + other.parts,
        )

    @property
    def tally(self) -> dict[str, int]:
        return {"looked": self.looked, "failed": len(self.failed), "left": self.left, "parts": self.parts}

    @property
    def trouble(self) -> str:
        """What somebody should hear of; empty when all is well."""
        if not self.failed and not self.left:
            return ""
        names = f": {', '.join(self.failed[:MOST_NAMES])}" if self.failed else ""
        return f"{len(self.failed)} clients failed, {self.left} were not reached, see the log{names}"


def is_part(event: Mapping[str, Any]) -> bool:
    """Whether a run was given a part of the clients, rather than asked for by the schedule."""
    return "from" in event


def has_time(context: LambdaContext) -> bool:
    """Whether a run may begin something more."""
    return context.get_remaining_time_in_millis() >= RESERVE_MILLISECONDS


def go_round(
    turn: OptionalIntegerAttribute,
    look: Callable[[ClientEntry], Instant],
    event: Mapping[str, Any],
    context: LambdaContext,
    now: Instant,
    *,
    most_parts: int = MOST_PARTS,
) -> Round:
    """Looks at each client whose `turn` it is; `look` does what is due and answers when it is its turn again:
    `now`, while something still is.

    One client that fails stops no other; it comes again in the next run, behind the others.
    """
    rows = clients_in_turn(turn, now, event.get("from"), event.get("to"))
    if len(rows) > PART and not is_part(event):
        return Round(parts=_share_out(sorted(map(name_of, rows)), context, most_parts))

    def look_at(row: RawItem) -> None:
        entry = ClientEntry.from_raw_data(row)
        try:
            at = look(entry)
        except Exception:
            next_turn(entry, turn, now)
            raise
        next_turn(entry, turn, at)

    return for_each(rows, name_of, look_at, context)


def for_each(
    rows: Sequence[T], name: Callable[[T], str], do: Callable[[T], object], context: LambdaContext
) -> Round:
    """Does it for each, several at a time, as long as there is time."""
    failed: list[str] = []

    def one(row: T) -> bool:
        if not has_time(context):
            return False
        try:
            do(row)
        except Exception:
            logger.exception("a client could not be looked at", extra={"client": name(row)})
            failed.append(name(row))
        return True

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        looked = sum(pool.map(one, rows))
    left = len(rows) - looked
    if left:
        logger.error("clients were left for the next run", extra={"left": left})
    return Round(looked, tuple(sorted(failed)), left)


def in_rotation(names: Sequence[str], now: Instant) -> list[str]:
    """Each tick begins elsewhere: for what has no turn on record."""
    first = len(names) * (now // TICK_SECONDS % STARTS) // STARTS
    return [*names[first:], *names[:first]]


def _share_out(names: list[str], context: LambdaContext, most_parts: int) -> int:
    """Starts a run of this function for each part of the clients; answers how many."""
    parts = min(most_parts, ceil(len(names) / PART))
    for number in range(parts):
        part = names[len(names) * number // parts : len(names) * (number + 1) // parts]
        aws.functions().invoke(
            FunctionName=context.function_name,
            InvocationType="Event",
            Payload=json.dumps({"from": part[0], "to": part[-1]}),
        )
    return parts
