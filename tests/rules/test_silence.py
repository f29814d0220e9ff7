"""When a silence is an outage, a second before, at and after each edge."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from makegood.rules.intervals import Interval
from makegood.rules.silence import clock_of, outage_since

GRACE = 180
SEEN = 100_000
DUE = SEEN + GRACE  # 100_180


def since(
    now: int,
    *,
    maintenance: tuple[tuple[int, int], ...] = (),
    unmonitored: tuple[tuple[int, int], ...] = (),
    last_seen: int = SEEN,
) -> int | None:
    return outage_since(
        last_seen,
        GRACE,
        now,
        maintenance=[Interval(*window) for window in maintenance],
        unmonitored=[Interval(*gap) for gap in unmonitored],
    )


def test_a_silence_is_an_outage_when_it_is_longer_than_the_grace_and_began_when_last_seen() -> None:
    assert since(DUE) is None
    assert since(DUE + 1) == SEEN


def test_what_falls_due_while_nobody_can_be_heard_has_one_grace_after_it() -> None:
    gap = ((100_100, 100_700),)
    assert since(100_700, unmonitored=gap) is None
    assert since(100_880, unmonitored=gap) is None
    assert since(100_881, unmonitored=gap) == SEEN


def test_a_gap_that_begins_when_the_device_is_due_still_moves_it_and_a_second_later_it_does_not() -> None:
    assert since(DUE + 1, unmonitored=((DUE, DUE + 600),)) is None
    assert since(DUE + 600 + GRACE + 1, unmonitored=((DUE, DUE + 600),)) == SEEN
    assert since(DUE + 2, unmonitored=((DUE + 1, DUE + 600),)) == SEEN


def test_what_falls_due_less_than_a_grace_after_the_gap_waits_for_the_whole_of_it() -> None:
    # The gap ends at 100_001: its grace lasts to 100_181, one second longer than the device's own.
    assert since(100_181, unmonitored=((99_500, 100_001),)) is None
    assert since(100_182, unmonitored=((99_500, 100_001),)) == SEEN
    # It ends at 100_000: both fall together.
    assert since(100_181, unmonitored=((99_500, 100_000),)) == SEEN


def test_what_falls_due_inside_maintenance_counts_from_its_end() -> None:
    window = ((100_100, 107_300),)
    assert since(107_300, maintenance=window) is None
    assert since(107_480, maintenance=window) is None
    assert since(107_481, maintenance=window) == 107_300


def test_maintenance_holds_from_its_first_second_to_before_its_last() -> None:
    assert since(DUE + 1, maintenance=((DUE, DUE + 600),)) is None
    assert since(DUE + 1, maintenance=((DUE + 1, DUE + 600),)) == SEEN
    assert since(DUE + 1, maintenance=((DUE - 600, DUE + 1),)) is None
    assert since(DUE + 1, maintenance=((DUE - 600, DUE),)) == SEEN


def test_a_device_heard_inside_the_window_and_due_after_it_counts_from_when_it_was_heard() -> None:
    assert since(DUE + 1, maintenance=((SEEN - 600, SEEN + 60),)) == SEEN


def test_a_silence_overdue_when_maintenance_or_a_gap_begins_keeps_running() -> None:
    later = ((DUE + 1, DUE + 7_200),)
    assert since(DUE + 3_600, maintenance=later) == SEEN
    assert since(DUE + 3_600, unmonitored=later) == SEEN
    assert since(DUE + 20_000, maintenance=later, unmonitored=later) == SEEN


def test_a_gap_at_the_end_of_maintenance_moves_the_new_due_and_not_the_start() -> None:
    # Window to 100_700, so due at 100_880, inside the gap, so due at 101_180.
    window, gap = ((100_100, 100_700),), ((100_800, 101_000),)
    assert since(101_180, maintenance=window, unmonitored=gap) is None
    assert since(101_181, maintenance=window, unmonitored=gap) == 100_700


def test_maintenance_after_a_gap_takes_the_moved_due() -> None:
    # The gap moves the due to 100_880, where the window has begun: it counts from 102_000.
    gap, window = ((100_100, 100_700),), ((100_850, 102_000),)
    assert since(102_180, maintenance=window, unmonitored=gap) is None
    assert since(102_181, maintenance=window, unmonitored=gap) == 102_000


def test_windows_and_gaps_that_touch_or_overlap_are_one_in_any_order() -> None:
    windows = ((100_400, 100_700), (100_100, 100_400))
    assert since(100_880, maintenance=windows) is None
    assert since(100_881, maintenance=windows) == 100_700
    gaps = ((100_500, 100_700), (100_100, 100_600))
    assert since(100_880, unmonitored=gaps) is None
    assert since(100_881, unmonitored=gaps) == SEEN


def test_two_gaps_less_than_a_grace_apart_both_count() -> None:
    gaps = ((100_100, 100_300), (100_450, 100_600))
    assert since(100_780, unmonitored=gaps) is None
    assert since(100_781, unmonitored=gaps) == SEEN


spans = st.lists(
    st.tuples(st.integers(0, 3_000), st.integers(1, 900)).map(lambda s: Interval(s[0], s[0] + s[1])),
    max_size=4,
)


@given(st.integers(0, 2_000), st.integers(1, 400), spans, spans)
def test_windows_and_gaps_only_ever_give_more_time(
    last_seen: int, grace: int, maintenance: list[Interval], unmonitored: list[Interval]
) -> None:
    clock = clock_of(last_seen, grace, maintenance=maintenance, unmonitored=unmonitored)
    assert last_seen <= clock.start
    assert clock.due >= max(last_seen, clock.start) + grace
    assert not any(window.has(clock.due) for window in maintenance)
    assert not any(gap.start <= clock.due < gap.end + grace for gap in unmonitored)


@given(st.integers(0, 2_000), st.integers(1, 400), spans, spans, st.integers(0, 6_000))
def test_what_begins_after_an_outage_was_overdue_never_takes_it_back(
    last_seen: int, grace: int, maintenance: list[Interval], unmonitored: list[Interval], now: int
) -> None:
    known_windows = [window for window in maintenance if window.start < now]
    known_gaps = [gap for gap in unmonitored if gap.start < now]
    before = outage_since(last_seen, grace, now, maintenance=known_windows, unmonitored=known_gaps)
    if before is not None:
        assert outage_since(last_seen, grace, now, maintenance=maintenance, unmonitored=unmonitored) == before
