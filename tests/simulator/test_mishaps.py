"""Everything that is said to go wrong does go wrong, and nothing any more once it has to be calm."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest
from support.played import contract_of, lines_of, play_quietly

from makegood_simulator.faults import MINUTE, Fate, Faults
from makegood_simulator.platform import Platform
from makegood_simulator.play import Play

BEGINS, CALM_FROM = 1_000_000, 9_000_000
SEEDS = range(30)


def test_each_fate_of_a_call_comes_up() -> None:
    drawn = Counter(Faults(seed, BEGINS, CALM_FROM).fate(BEGINS + 1) for seed in range(3_000))
    assert drawn.keys() == set(Fate)
    assert drawn[Fate.WELL] > 2_500


@pytest.mark.parametrize(
    ("now", "watches"), [(BEGINS, False), (BEGINS + 1, True), (CALM_FROM - 1, True), (CALM_FROM, False)]
)
def test_it_is_calm_until_the_beginning_and_from_the_end_on(now: int, watches: bool) -> None:
    fates, strikes = set(), set()
    for seed in SEEDS:
        faults = Faults(seed, BEGINS, CALM_FROM)
        fates |= {faults.fate(now) for _ in range(300)}
        strikes |= {faults.strikes(now) for _ in range(300)}
    assert (fates == {Fate.WELL}) is not watches
    assert (True in strikes) is watches


def test_without_a_seed_nothing_ever_goes_wrong() -> None:
    faults = Faults(None, BEGINS, CALM_FROM)
    assert {faults.fate(now) for now in range(BEGINS, BEGINS + 1_000)} == {Fate.WELL}
    assert not any(faults.strikes(now, 5) for now in range(BEGINS, BEGINS + 1_000))


def test_ticks_are_lost_for_half_an_hour_at_most() -> None:
    failures = 0
    for seed in SEEDS:
        faults = Faults(seed, 0, 10**12)
        for now in range(MINUTE, 2_000 * 60 * MINUTE, 60 * MINUTE):
            if faults.ticks_are_lost(now):
                failures += 1
                assert now < faults.lost_ticks_until <= now + 30 * MINUTE
    assert failures > 0


# --- what befalls events, as seen where functions are called ---


@dataclass
class Seen:
    """The calls of functions in one play: (function, when, event), and by how much each timer woke wrong."""

    calls: list[tuple[str, int, str]] = field(default_factory=list)
    skews: list[int] = field(default_factory=list)
    ticks: list[bool] = field(default_factory=list)
    played: Play = field(default_factory=Play)

    def events(self, function: str) -> list[tuple[int, str]]:
        return [(at, event) for name, at, event in self.calls if name == function]


@pytest.fixture(scope="module")
def plays() -> list[Seen]:
    """An hour of trouble, in which four of ten events go wrong: four times as many as in any month."""
    found = []
    for seed in range(5):
        with _watched() as seen, patch.object(Faults, "strikes", _strikes_often):
            tape = lines_of("an-hour-of-trouble")
            seen.played = play_quietly(contract_of("plain"), tape, seed=seed, quick=False)
        assert seen.played.broken == []
        found.append(seen)
    return found


def _strikes_often(faults: Faults, now: int, times: float = 1) -> bool:
    return faults.watch(now) and faults.chance.random() < min(0.4 * times, 0.6)


@contextmanager
def _watched() -> Iterator[Seen]:
    seen = Seen()
    invoke, skew, ticks = Platform.invoke, Platform._skew, Faults.ticks_are_lost

    def watched_invoke(platform: Platform, function: str, event: Any, *watchers: Any) -> Any:
        seen.calls.append((function, platform.agenda.now, json.dumps(event)))
        return invoke(platform, function, event, *watchers)

    def watched_skew(platform: Platform, now: int) -> int:
        seen.skews.append(skew(platform, now))
        return seen.skews[-1]

    def watched_ticks(faults: Faults, now: int) -> bool:
        seen.ticks.append(ticks(faults, now))
        return seen.ticks[-1]

    with ExitStack() as stack:
        stack.enter_context(patch.object(Platform, "invoke", watched_invoke))
        stack.enter_context(patch.object(Platform, "_skew", watched_skew))
        stack.enter_context(patch.object(Faults, "ticks_are_lost", watched_ticks))
        yield seen


def test_ticks_of_a_schedule_are_doubled_held_up_and_lost(plays: list[Seen]) -> None:
    minutes = [Counter(at // MINUTE for at, _ in seen.events("SweepFunction")) for seen in plays]
    assert any(2 in times.values() for times in minutes)
    seconds = [Counter(at % MINUTE for at, _ in seen.events("SweepFunction")) for seen in plays]
    assert any(len(times) > 1 for times in seconds)
    assert any(True in seen.ticks for seen in plays)


def test_timers_wake_early_and_late_and_are_lost(plays: list[Seen]) -> None:
    skews = [skew for seen in plays for skew in seen.skews]
    assert -1_000 < min(skews) < 0
    assert 60_000 < max(skews) <= 5 * MINUTE
    assert 0 in skews
    assert any(line["what"] == "timer lost" for seen in plays for line in seen.played.log)


def test_functions_are_called_twice(plays: list[Seen]) -> None:
    for function in ("AdvanceFunction", "DeliveriesFunction"):
        repeated = [_repeated([event for _, event in seen.events(function)]) for seen in plays]
        assert sum(repeated) > 0, function


def test_heartbeats_are_doubled_and_held_up(plays: list[Seen]) -> None:
    times = [[at for at, _ in seen.events("HeartbeatFunction")] for seen in plays]
    assert any(at % MINUTE for each in times for at in each)
    regular = (10 + 1) + (120 + 1)  # each minute from 00:00 to 00:10, and from 00:30 to 02:30
    assert any(len(each) > regular for each in times)


def test_mails_bounce_that_nobody_asked_to_bounce(plays: list[Seen]) -> None:
    bodies = [event for seen in plays for _, event in seen.events("DeliveriesFunction")]
    for told in ("Delivery", "Permanent", "Transient"):
        assert any(told in body for body in bodies), told


def _repeated(events: list[str]) -> int:
    return len(events) - len(set(events))
