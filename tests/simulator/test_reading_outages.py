"""Outages read from heartbeats: a second before, at and after each limit."""

from __future__ import annotations

import pytest
from support.witnessed import (
    BACK,
    CONTRACT,
    GRACE,
    HOUR,
    LAST_SEEN,
    MINUTE,
    STABLE,
    TERMS,
    a_beat,
    a_witness,
    quiet,
)

from makegood.rules.instants import parse_instant
from makegood_simulator.reading import Outage, outages
from makegood_simulator.witness import Heard, Witness

LATER = LAST_SEEN + 24 * HOUR


def a_run(first: int, last: int) -> list[Heard]:
    """One beat a minute, up to `last` and with a beat there."""
    return [a_beat(at) for at in [*range(first, last, MINUTE), last]]


def read(witness: Witness, now: int = LATER) -> list[tuple[int, int | None]]:
    """The outages in seconds since the last beat before the first of them."""
    found = outages(witness, "modem", now)
    return [
        (one.started_at - LAST_SEEN, None if one.restored_at is None else one.restored_at - LAST_SEEN)
        for one in found
    ]


def test_a_device_that_was_never_heard_has_no_outage() -> None:
    assert outages(a_witness(), "modem", LATER) == []


@pytest.mark.parametrize(("gap", "found"), [(179, []), (180, []), (181, [(0, 181)])])
def test_a_silence_is_an_outage_when_it_is_longer_than_the_grace(gap: int, found: list[object]) -> None:
    witness = a_witness(a_beat(LAST_SEEN), *quiet(LAST_SEEN + gap, LATER))
    assert read(witness) == found


@pytest.mark.parametrize(("silence", "found"), [(179, []), (180, []), (181, [(0, None)])])
def test_a_silence_that_goes_on_is_an_outage_as_soon(silence: int, found: list[object]) -> None:
    assert read(a_witness(a_beat(LAST_SEEN)), LAST_SEEN + silence) == found


def test_an_outage_says_all_that_is_known_of_it() -> None:
    witness = a_witness(a_beat(LAST_SEEN), *a_run(BACK, STABLE + MINUTE))
    assert outages(witness, "modem", STABLE + MINUTE) == [
        Outage(
            "modem", LAST_SEEN, LAST_SEEN + 181, answered_at=BACK, restored_at=BACK, stable_known_at=STABLE
        )
    ]
    assert outages(witness, "modem", STABLE + MINUTE)[0].incident == "modem-20260312T040000Z"


@pytest.mark.parametrize(("tick", "restored"), [(-1, None), (0, 1_800), (1, 1_800)])
def test_a_run_is_stable_once_a_beat_comes_when_it_has_lasted(tick: int, restored: int | None) -> None:
    witness = a_witness(a_beat(LAST_SEEN), *a_run(BACK, STABLE + tick))
    assert read(witness, STABLE + tick) == [(0, restored)]


def test_the_run_begins_when_its_first_beat_had_surely_arrived() -> None:
    first = Heard("modem", BACK, BACK + 1)
    witness = a_witness(a_beat(LAST_SEEN), first, *a_run(BACK + MINUTE, STABLE))
    assert read(witness, STABLE) == [(0, None)]
    witness.heard.append(a_beat(STABLE + 1))
    assert read(witness, STABLE + 1) == [(0, 1_801)]


@pytest.mark.parametrize(("gap", "restored"), [(180, 1_800), (181, 1_800 + 9 * MINUTE + 181)])
def test_a_run_that_breaks_before_it_is_stable_is_as_if_it_never_was(gap: int, restored: int) -> None:
    relapse = BACK + 9 * MINUTE
    witness = a_witness(a_beat(LAST_SEEN), *a_run(BACK, relapse), *quiet(relapse + gap, LATER))
    assert read(witness) == [(0, restored)]


def test_a_gap_after_a_stable_run_is_the_next_outage() -> None:
    witness = a_witness(a_beat(LAST_SEEN), *a_run(BACK, STABLE), *quiet(STABLE + 181, LATER))
    assert read(witness) == [(0, 1_800), (2_400, 2_581)]


def test_a_beat_that_is_older_than_the_newest_tells_nothing() -> None:
    witness = a_witness(a_beat(LAST_SEEN), *quiet(BACK, LATER), a_beat(LAST_SEEN + 170))
    assert read(witness) == [(0, 1_800)]
    overtaken = a_witness(
        a_beat(LAST_SEEN), a_beat(LAST_SEEN - 1), a_beat(LAST_SEEN), *quiet(LAST_SEEN + 180, LATER)
    )
    assert read(overtaken) == []


def test_with_no_time_to_be_stable_the_first_beat_ends_the_outage() -> None:
    witness = a_witness(a_beat(LAST_SEEN), a_beat(BACK), terms={"stable_for": "0s"})
    assert read(witness, BACK) == [(0, 1_800)]


def test_the_version_in_force_at_the_start_says_how_long_a_run_has_to_last() -> None:
    starts_at = parse_instant("2026-04-01T04:00:00Z")
    april = {**CONTRACT, "effective_from": "2026-04-01", "outages": {"stable_for": "1h"}}
    march = {**CONTRACT, "outages": {"stable_for": "10m"}}
    for started_at, restored_at in [(starts_at - 1, starts_at + 999), (starts_at, None)]:
        back = started_at + 1000
        witness = a_witness(a_beat(started_at), *a_run(back, back + 3599), contracts=[april, march])
        assert outages(witness, "modem", back + 3599)[0].restored_at == restored_at


def test_after_a_contracts_end_nothing_opens_and_before_the_first_begins_that_one_counts() -> None:
    early = {**CONTRACT, "effective_until": "2026-02-01", "outages": {"stable_for": "20m"}}
    late = {**CONTRACT, "effective_from": "2026-04-01", "outages": {"stable_for": "10m"}}
    beats = [a_beat(LAST_SEEN), *a_run(BACK, BACK + 15 * MINUTE)]
    assert read(a_witness(*beats, contracts=[early, late]), BACK + 15 * MINUTE) == []
    later = {**CONTRACT, "effective_from": "2026-05-01", "outages": {"stable_for": "20m"}}
    assert read(a_witness(*beats, contracts=[later, late]), BACK + 15 * MINUTE) == [(0, 1_800)]


def test_retiring_a_device_ends_its_outage_without_restoring_it() -> None:
    retired_at = BACK + MINUTE
    witness = a_witness(a_beat(LAST_SEEN), *a_run(BACK, LATER), retired={"modem": retired_at})
    assert outages(witness, "modem", LATER) == [
        Outage("modem", LAST_SEEN, LAST_SEEN + 181, answered_at=BACK, retired_at=retired_at)
    ]
    assert outages(witness, "modem", retired_at - 1)[0].retired_at is None
    silent = a_witness(a_beat(LAST_SEEN), retired={"modem": retired_at})
    assert outages(silent, "modem", LATER)[0].retired_at == retired_at


@pytest.mark.parametrize(("after", "found"), [(180, []), (181, [(0, None)])])
def test_a_retired_device_may_be_silent(after: int, found: list[object]) -> None:
    assert read(a_witness(a_beat(LAST_SEEN), retired={"modem": LAST_SEEN + after})) == found


def test_a_quiet_stretch_is_heard_throughout() -> None:
    start = LAST_SEEN - 24 * HOUR
    assert read(a_witness(*quiet(start, LAST_SEEN), *quiet(LAST_SEEN + 181, LATER))) == [(0, 181)]
    assert read(a_witness(*quiet(start, LATER))) == []


def test_a_run_that_a_quiet_stretch_proves_was_known_within_a_grace() -> None:
    witness = a_witness(a_beat(LAST_SEEN), *quiet(BACK, LATER))
    assert outages(witness, "modem", LATER)[0].stable_known_at == STABLE + GRACE


def test_a_quiet_stretch_without_its_first_beat_is_refused() -> None:
    for heard in ([a_beat(LAST_SEEN)], []):
        witness = a_witness(*heard, a_beat(LATER, quiet_since=BACK))
        with pytest.raises(ValueError, match="first beat is not on record"):
            outages(witness, "modem", LATER)


def test_other_devices_are_not_listened_to() -> None:
    witness = a_witness(a_beat(LAST_SEEN), *quiet(LAST_SEEN, LATER, device="srv"))
    assert read(witness) == [(0, None)]


def test_what_comes_later_is_not_known_yet() -> None:
    witness = a_witness(a_beat(LAST_SEEN), *a_run(BACK, LATER), terms=TERMS)
    assert read(witness, BACK - 1) == [(0, None)]
    assert outages(witness, "modem", BACK - 1)[0].answered_at is None
    assert outages(witness, "modem", BACK)[0].answered_at == BACK
