"""What the player is built of: an agenda, a pool of threads that is none, functions in their environments."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from makegood_simulator.clockwork import Agenda
from makegood_simulator.functions import functions
from makegood_simulator.threads import OneThread
from makegood_simulator.wire import Killed

# --- the agenda ---

NOON = 1_772_366_400_000


def test_what_falls_on_one_instant_happens_in_the_order_it_was_planned() -> None:
    agenda, happened = Agenda(NOON), list[str]()
    agenda.plan(NOON + 2, lambda: happened.append("last"))
    agenda.plan(NOON + 1, lambda: happened.append("first"))
    agenda.plan(NOON + 1, lambda: happened.append("second"))
    agenda.play(NOON + 2)
    assert happened == ["first", "second", "last"]


def test_what_is_planned_for_a_time_that_has_passed_happens_at_once() -> None:
    agenda, times = Agenda(NOON), list[int]()
    agenda.plan(NOON - 1, lambda: times.append(agenda.now))
    agenda.play(NOON)
    assert times == [NOON]


def test_what_a_happening_plans_for_the_same_instant_still_happens() -> None:
    agenda, times = Agenda(NOON), list[int]()
    agenda.plan(NOON + 5, lambda: agenda.plan(NOON, lambda: times.append(agenda.now)))
    agenda.play(NOON + 5)
    assert times == [NOON + 5]


@pytest.mark.parametrize(("until", "happens"), [(4, False), (5, True), (6, True)])
def test_the_end_itself_is_played_and_the_clock_stops_there(until: int, happens: bool) -> None:
    agenda, times = Agenda(NOON), list[int]()
    agenda.plan(NOON + 5, lambda: times.append(agenda.now))
    agenda.play(NOON + until)
    assert (bool(times), agenda.now) == (happens, NOON + until)


def test_a_happening_during_another_leaves_the_clock_where_time_has_passed_to() -> None:
    agenda, times = Agenda(NOON), list[int]()

    def work() -> None:
        agenda.play(agenda.now + 10)
        times.append(agenda.now)

    agenda.plan(NOON, work)
    agenda.plan(NOON + 3, lambda: times.append(agenda.now))
    agenda.play(NOON + 4)
    assert (times, agenda.now) == ([NOON + 3, NOON + 10], NOON + 10)


# --- threads ---


@pytest.fixture(params=[ThreadPoolExecutor, OneThread])
def pool_class(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_results_come_in_the_order_of_the_pieces(pool_class: Any) -> None:
    with pool_class(max_workers=3) as pool:
        assert list(pool.map(lambda number, factor: number * factor, [1, 2, 3], [10, 20, 30])) == [10, 40, 90]


def test_all_of_it_is_done_though_nobody_looks_at_the_results(pool_class: Any) -> None:
    done: list[int] = []
    with pool_class(max_workers=2) as pool:
        pool.map(done.append, [1, 2, 3])
    assert sorted(done) == [1, 2, 3]


def test_what_a_piece_raises_is_raised_with_its_result_and_stops_no_other(pool_class: Any) -> None:
    done: list[int] = []

    def work(number: int) -> int:
        if number == 2:
            raise ValueError(number)
        done.append(number)
        return number

    with pool_class(max_workers=2) as pool:
        results = pool.map(work, [1, 2, 3])
    assert (next(results), sorted(done)) == (1, [1, 3])
    with pytest.raises(ValueError, match="2"):
        next(results)


def test_the_pieces_are_done_in_the_order_that_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OneThread, "arrange", staticmethod(list.reverse))
    done: list[str] = []
    with OneThread() as pool:
        results = pool.map(lambda piece: done.append(piece) or piece, "abc")  # type: ignore[func-returns-value]  # append returns nothing
    assert (done, list(results)) == (["c", "b", "a"], ["a", "b", "c"])


def test_the_death_of_the_process_is_no_result_of_a_piece() -> None:
    done: list[int] = []

    def work(number: int) -> None:
        if number == 2:
            raise Killed("UpdateItem")
        done.append(number)

    with pytest.raises(Killed), OneThread() as pool:
        pool.map(work, [1, 2, 3])
    assert done == [1]


# --- functions ---


def sweep() -> Any:
    """The module as the present environment sees it."""
    return importlib.import_module("sweep")


@pytest.fixture
def sweeps() -> Iterator[Any]:
    """The sweep, with no environment yet."""
    before = dict(sys.modules)
    yield replace(functions()["SweepFunction"], _idle=[])
    assert sys.modules.get("sweep") is before.get("sweep")


def test_two_runs_at_the_same_time_do_not_share_a_modules_state(sweeps: Any) -> None:
    with sweeps.running() as outer:
        sweep().WORKERS = 99
        with sweeps.running() as inner:
            assert inner is not outer
            assert sweep().WORKERS == 16
        assert sweep().WORKERS == 99


def test_a_run_after_another_finds_what_that_left(sweeps: Any) -> None:
    with sweeps.running() as first:
        sweep().WORKERS = 99
    with sweeps.running() as second:
        assert second is first
        assert sweep().WORKERS == 99


def test_a_run_that_dies_leaves_its_environment_and_no_module(sweeps: Any) -> None:
    with pytest.raises(Killed), sweeps.running():
        raise Killed("Scan")
    assert len(sweeps._idle) == 1
    assert "silence" not in sys.modules


def test_every_function_of_the_template_can_be_loaded() -> None:
    assert functions().keys() >= {"HeartbeatFunction", "SweepFunction", "AdvanceFunction", "DeskFunction"}
    for function in functions().values():
        with replace(function, _idle=[]).running() as handler:
            assert callable(handler)
