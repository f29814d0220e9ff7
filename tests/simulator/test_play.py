"""A play is the same for the same seed, and the short way of playing it comes to the same as the long way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from support.played import contract_of, lines_of, play_quietly

from makegood.rules.instants import parse_instant
from makegood_simulator.bystander import Bystander
from makegood_simulator.play import ContractRefusedError, Play
from makegood_simulator.promises import Promises
from makegood_simulator.summary import fingerprint, told
from makegood_simulator.tables import Tables
from makegood_simulator.tape import Beat, Bounce, Enroll, Evidence, Line

TESTS = Path(__file__).parents[1]
DAY = "a-day-of-everything"

Rows = dict[tuple[str, str], dict[str, Any]]


def play_day(seed: int | None = None, *, quick: bool = True) -> Play:
    return play_quietly(contract_of(DAY), lines_of(DAY), seed=seed, quick=quick)


played_day = cache(play_day)


# --- seeds ---

SEED = 11
OTHER = 12


@pytest.mark.parametrize("seed", [SEED, OTHER])
def test_whatever_goes_wrong_the_promises_hold(seed: int) -> None:
    result = played_day(seed)
    assert (result.broken, list(result.statements)) == ([], ["2026-03"])
    assert sum(result.faults.values()) > 0


def test_the_same_seed_plays_the_same_and_another_seed_another_day() -> None:
    first, again = played_day(SEED), play_day(SEED)
    assert (first.log, first.files, first.mails) == (again.log, again.files, again.mails)
    assert (first.statements, first.broken, first.calls) == (again.statements, again.broken, again.calls)
    assert fingerprint(first) != fingerprint(played_day(OTHER))


def test_another_process_in_which_sets_have_another_order_plays_the_same() -> None:
    run = (
        f"import sys; sys.path.insert(0, {str(TESTS)!r})\n"
        "from makegood_simulator.cloud import use_environment; use_environment()\n"
        "from makegood_simulator.summary import fingerprint\n"
        "from support.played import contract_of, lines_of, play_quietly\n"
        f"print(fingerprint(play_quietly(contract_of({DAY!r}), lines_of({DAY!r}), seed={SEED})))"
    )
    other_order = {**os.environ, "PYTHONHASHSEED": "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"}
    answer = subprocess.run(
        [sys.executable, "-c", run], env=other_order, capture_output=True, text=True, check=True
    )
    assert answer.stdout.split()[-1] == fingerprint(played_day(SEED))


# --- every beat and tick, or only those that matter ---


@pytest.fixture(scope="module")
def both_ways() -> tuple[list[Play], list[Rows]]:
    """The day played the short way and the long way, and the rows that were left."""
    with _kept_rows() as rows:
        return [play_day(), play_day(quick=False)], rows


def test_a_day_played_both_ways_comes_to_the_same(both_ways: tuple[list[Play], list[Rows]]) -> None:
    """The long way plays each of 500 beats and a sweep every minute, and takes about three times as long."""
    (short, long), rows = both_ways
    print(f"\nthe short way {short.seconds:.1f} s, the long way {long.seconds:.1f} s", end="")
    assert (short.statements, short.files, short.mails) == (long.statements, long.files, long.mails)
    assert rows[0] == rows[1]
    assert (short.broken, long.broken) == ([], [])
    # 26 and a half hours from 00:00; after the end of the tape nobody sweeps.
    assert (long.invocations["SweepFunction"], long.invocations["CloseFunction"]) == (1_590, 107)
    assert short.invocations["SweepFunction"] < 150


def test_that_day_has_everything_in_it(both_ways: tuple[list[Play], list[Rows]]) -> None:
    short = both_ways[0][0]
    (statement,) = short.statements.values()
    verdicts = {stage["verdict"] for stage in statement["stages"]}
    assert verdicts == {"kept", "broken", "excused", "not_required"}
    assert short.incidents == 5
    assert [practice["done"] for practice in statement["practices"]] == [1]


@contextmanager
def _kept_rows() -> Iterator[list[Rows]]:
    """The rows of both tables at the end of each play."""
    kept: list[Rows] = []
    check_end = Promises.check_end

    def keep(promises: Promises, bystander: Bystander) -> None:
        kept.append(
            {
                (partition, key): {
                    name: value.to_json() for name, value in row.items() if name not in _untold(key)
                }
                for partition, key, row in Tables().everything()
            }
        )
        check_end(promises, bystander)

    with patch.object(Promises, "check_end", keep):
        yield kept


def _untold(key: str) -> tuple[str, ...]:
    """What marks an event that the next sweep tells, and when a client is next looked at: the short way may
    have left that run out."""
    return ("open_shard", "wake_at") if key.startswith("event#") else ("closes_at", "checks_at")


# --- a quiet month ---


def _quiet_month(devices: int) -> list[Line]:
    start, end = parse_instant("2026-03-01T00:00:00Z"), parse_instant("2026-04-03T09:00:00Z")
    names = [f"device-{number}" for number in range(devices)]
    return [
        *(Enroll(at=start, device=name, kind="server", grace_seconds=180) for name in names),
        *(Beat(at=start, device=name, every=60, until=end) for name in names),
    ]


def test_a_quiet_month_of_20_devices_at_a_beat_a_minute_takes_less_than_a_minute() -> None:
    result = play_quietly(contract_of("plain"), _quiet_month(20))
    print(f"\na quiet month of 20 devices: {result.seconds:.1f} s", end="")
    assert result.seconds < 60
    assert (result.broken, result.in_vain, result.incidents) == ([], [], 0)
    statement = result.statements["2026-03"]
    assert [row["availability_bps"] for row in statement["availability"]] == [10_000] * 20
    assert (statement["due_cents"], statement["healthy"]) == (240_000, True)


# --- what a tape asks for in vain ---


def test_the_client_of_a_tape_is_not_the_one_that_only_looks_on() -> None:
    contract = {**contract_of("plain"), "client": "bystander"}
    with pytest.raises(ContractRefusedError, match="client: bystander is the other client of every play"):
        play_quietly(contract, _quiet_month(1))


def test_what_bounces_without_being_anybodys_address_and_what_is_refused_is_told() -> None:
    start, *others = _quiet_month(1)
    evidence = Evidence(at=start.at + 120, device="device-0", practice="backup", facts={"ok": True})
    lines = [start, Bounce(at=start.at, contact="nobody@acme.example"), *others, evidence]
    result = play_quietly(contract_of("plain"), lines)
    assert [told(in_vain) for in_vain in result.in_vain] == [
        "the contract: nobody has the address nobody@acme.example yet"
    ]
    assert [entry["reason"] for entry in result.log if entry["what"] == "refused"] == [
        "device-0 may not speak for device-0/backup"
    ]
