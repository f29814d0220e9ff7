"""The second reading of silences: gaps as known at an instant, and what is not monitored."""

from __future__ import annotations

from makegood_simulator.reading_silence import deaf_spans, judged, newest_proof, unmonitored
from makegood_simulator.witness import Proof

HEARD = [Proof(1_000, 1_600), Proof(2_260, 2_260), Proof(2_320, 9_040)]
"""A beat each minute from 1000 to 1600, then none up to 2260."""


def test_the_newest_proof_is_the_last_beat_up_to_an_instant() -> None:
    assert newest_proof(HEARD, 999) is None
    assert newest_proof(HEARD, 1_059) == 1_000
    assert newest_proof(HEARD, 1_060) == 1_060
    assert newest_proof(HEARD, 2_000) == 1_600


def test_a_gap_is_known_once_it_is_too_long_and_ends_with_the_next_proof() -> None:
    assert deaf_spans(HEARD, 1_750) == []
    assert deaf_spans(HEARD, 1_751) == [(1_600, 1_751)]
    assert deaf_spans(HEARD, 2_259) == [(1_600, 2_259)]
    assert deaf_spans(HEARD, 5_000) == [(1_600, 2_260)]


def test_what_was_put_on_record_after_a_beat_was_not_known_to_it() -> None:
    later = [Proof(1_000, 1_600), Proof(1_700, 1_700, heard_before=8)]
    assert deaf_spans(later, 1_760, heard=7) == [(1_600, 1_760)]
    assert deaf_spans(later, 1_760, heard=8) == []


def test_time_is_not_monitored_from_when_the_next_beat_was_awaited() -> None:
    assert unmonitored(HEARD, 5_000, 0, 10_000) == [(1_660, 2_260)]
    assert unmonitored(HEARD, 5_000, 2_261, 10_000) == []
    assert unmonitored(HEARD, 5_000, 0, 1_660) == []


def test_gaps_move_the_due_and_windows_the_beginning_too() -> None:
    assert judged(1_500, 180, []) == (1_500, 1_680)
    assert judged(1_500, 180, [(1_600, 2_260)]) == (1_500, 2_440)
    assert judged(1_500, 180, [(1_681, 2_260)]) == (1_500, 1_680)
    assert judged(1_500, 180, [(1_600, 2_260)], [(2_440, 3_000)]) == (3_000, 3_180)
