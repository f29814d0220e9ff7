"""When the agent beats and when it tries again, on a clock that the test turns."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from makegood_agent import timing
from makegood_agent.beats import Agent
from makegood_agent.server import HeartbeatError

AnAgent = Callable[..., Agent]

START = 1000.0


class Clock:
    """Moves only when somebody sleeps or a test says so."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds <= 1
        self.now += seconds


class EndOfTestError(BaseException):
    """Ends the endless loop."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timing, "clock", clock.read)
    monkeypatch.setattr("time.sleep", clock.sleep)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    return clock


@pytest.fixture
def beats_of(an_agent: AnAgent, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[float]]:
    """Seconds after the start at which an agent beats whose beats take this long."""

    def measure(every: int, *durations: float) -> list[float]:
        agent = an_agent("https://guard.example", "--every", str(every))
        beats: list[float] = []

        def beat(until: float) -> None:
            if len(beats) == len(durations):
                raise EndOfTestError
            beats.append(clock.now - START)
            clock.now += durations[len(beats) - 1]

        monkeypatch.setattr(agent, "beat", beat)
        with pytest.raises(EndOfTestError):
            agent.run()
        return beats

    return measure


def test_beats_keep_to_the_grid_however_long_they_take(beats_of: Callable[..., list[float]]) -> None:
    assert beats_of(60, 0.5, 30, 3, 59.9, 0) == [0, 60, 120, 180, 240]


def test_a_beat_that_is_a_little_late_does_not_move_the_next(beats_of: Callable[..., list[float]]) -> None:
    assert beats_of(60, 70, 0, 0) == [0, 70, 120]


def test_a_suspended_machine_beats_once_when_it_wakes(beats_of: Callable[..., list[float]]) -> None:
    assert beats_of(60, 0, 1000, 0, 0) == [0, 60, 1060, 1120]


def test_a_machine_suspended_in_its_sleep_notices_within_a_second(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep_and_suspend(seconds: float) -> None:
        clock.sleep(seconds)
        clock.now += 1000

    monkeypatch.setattr("time.sleep", sleep_and_suspend)
    timing.sleep_until(START + 60)
    assert clock.now == START + 1001


def attempts_of(
    agent: Agent, clock: Clock, failure: HeartbeatError, until: float, monkeypatch: pytest.MonkeyPatch
) -> list[float]:
    attempts: list[float] = []

    def attempt(until: float) -> HeartbeatError:
        attempts.append(clock.now - START)
        return failure

    monkeypatch.setattr(agent, "attempt", attempt)
    assert agent.beat(START + until) is failure
    return attempts


@pytest.mark.parametrize(
    ("failure", "attempts"),
    [
        (HeartbeatError("lost"), [0, 1, 3, 7, 15, 31, 63, 123, 183]),
        (HeartbeatError("busy", 503), [0, 1, 3, 7, 15, 31, 63, 123, 183]),
        (HeartbeatError("busy", 503, 50), [0, 50, 100, 150, 200]),
        (HeartbeatError("busy", 429, 239), [0, 239]),
        (HeartbeatError("busy", 429, 240), [0]),
        (HeartbeatError("unknown", 401), [0]),
        (HeartbeatError("wrong", 400, 1), [0]),
        (HeartbeatError("elsewhere", 302), [0]),
    ],
)
def test_retries_back_off_respect_the_server_and_end_when_the_next_beat_is_due(
    an_agent: AnAgent,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    failure: HeartbeatError,
    attempts: list[float],
) -> None:
    agent = an_agent("https://guard.example")
    assert attempts_of(agent, clock, failure, 240, monkeypatch) == attempts


def test_jitter_is_full(an_agent: AnAgent, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    ranges: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        ranges.append((low, high))
        return 0.25

    monkeypatch.setattr("random.uniform", uniform)
    attempts_of(an_agent("https://guard.example"), clock, HeartbeatError("lost"), 1, monkeypatch)
    assert ranges == [(0, 1), (0, 2), (0, 4), (0, 8)]


def test_a_longer_interval_never_makes_retries_rarer_than_a_minute(
    an_agent: AnAgent, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = attempts_of(
        an_agent("https://guard.example"), clock, HeartbeatError("lost"), 86_400, monkeypatch
    )
    assert max(later - earlier for earlier, later in pairwise(attempts)) == 60
