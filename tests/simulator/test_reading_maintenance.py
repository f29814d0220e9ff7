"""Announced maintenance as it is read: its windows, which of them count, who was told, to the second."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.witnessed import (
    CONTRACT,
    DESK,
    GRACE,
    HOUR,
    LAST_SEEN,
    OWNER,
    a_beat,
    a_witness,
    quiet,
)

from makegood.rules.instants import format_instant, parse_instant
from makegood_simulator.reading import outages
from makegood_simulator.reading_contracts import read_versions
from makegood_simulator.reading_maintenance import (
    TRIED_AGAIN_SECONDS,
    counting,
    maintenance_rows,
    untold,
    windows_of,
)
from makegood_simulator.witness import Accepted, Announced, WallTimes, Witness

NEW_YORK = ZoneInfo("America/New_York")
DUE = LAST_SEEN + GRACE
NOTICE = 72 * HOUR
LATER = LAST_SEEN + 24 * HOUR


def said(start: int, end: int, **changes: Any) -> Announced:
    """A window of the modem, announced on the second of the notice."""
    usual = {"reason": "firmware", "at": start - NOTICE, "recorded_at": (start - NOTICE) * 1000}
    return Announced(**{"devices": ("modem",), "when": (start, end), **usual, **changes})


def starts(*announced: Announced, now: int = LATER, back: int | None = None) -> list[int]:
    """When outages began, in seconds since the modem's last beat."""
    heard = quiet(LAST_SEEN - HOUR, LAST_SEEN) + ([] if back is None else [a_beat(back)])
    witness = a_witness(*heard, announced=list(announced))
    return [outage.started_at - LAST_SEEN for outage in outages(witness, "modem", now)]


@pytest.mark.parametrize(
    ("window", "started"),
    [
        ((DUE, DUE + HOUR), GRACE + HOUR),
        ((DUE + 1, DUE + HOUR), 0),
        ((DUE - HOUR, DUE), 0),
        ((DUE - HOUR, DUE + 1), GRACE + 1),
    ],
)
def test_a_silence_that_is_due_inside_a_window_counts_from_its_end(
    window: tuple[int, int], started: int
) -> None:
    assert starts(said(*window)) == [started]


@pytest.mark.parametrize(("after_its_end", "found"), [(GRACE, []), (GRACE + 1, [GRACE + HOUR])])
def test_a_beat_within_a_grace_of_its_end_is_in_time(after_its_end: int, found: list[int]) -> None:
    back = DUE + HOUR + after_its_end
    assert starts(said(DUE, DUE + HOUR), now=back, back=back) == found
    assert starts(said(DUE, DUE + HOUR), now=back) == found


@pytest.mark.parametrize(("at", "found"), [(DUE - NOTICE, GRACE + HOUR), (DUE - NOTICE + 1, 0)])
def test_what_was_announced_too_late_hides_nothing(at: int, found: int) -> None:
    assert starts(said(DUE, DUE + HOUR, at=at)) == [found]


def test_windows_that_touch_hide_as_one_and_other_devices_have_none() -> None:
    assert starts(said(DUE, DUE + 60), said(DUE + 60, DUE + HOUR)) == [GRACE + HOUR]
    assert starts(said(DUE, DUE + HOUR, devices=("srv",))) == [0]
    assert starts(said(DUE, DUE + HOUR, devices=("*",))) == [GRACE + HOUR]


def test_while_an_outage_is_open_no_window_moves_anything() -> None:
    """The modem is down from its last beat on; a run of a minute breaks inside the window."""
    relapse = LAST_SEEN + HOUR
    heard = [*quiet(LAST_SEEN - HOUR, LAST_SEEN), a_beat(relapse), a_beat(relapse + 60)]
    witness = a_witness(*heard, announced=[said(relapse, relapse + 5 * HOUR)])
    (outage,) = outages(witness, "modem", LATER)
    assert (outage.started_at, outage.restored_at) == (LAST_SEEN, None)


@pytest.mark.parametrize(("cancelled_at", "found"), [(DUE - 1, 0), (DUE, GRACE + HOUR)])
def test_what_had_begun_was_not_cancelled(cancelled_at: int, found: int) -> None:
    assert starts(said(DUE, DUE + HOUR, cancelled_at=cancelled_at)) == [found]


def weekly(**changes: Any) -> list[str]:
    rule = {"days": ("sun",), "starts": "02:00", "ends": "04:00", "first": "2026-03-01", "last": "2026-03-15"}
    found = windows_of(said(0, 0, when=WallTimes(**{**rule, **changes})), NEW_YORK)
    return [f"{format_instant(start)[5:16]} {format_instant(end)[5:16]}" for start, end in found]


def test_weekly_windows_are_read_by_the_wall_clock() -> None:
    assert weekly() == ["03-01T07:00 03-01T09:00", "03-08T07:00 03-08T08:00", "03-15T06:00 03-15T08:00"]
    assert weekly(starts="02:15", ends="02:45") == ["03-01T07:15 03-01T07:45", "03-15T06:15 03-15T06:45"]
    assert weekly(starts="23:00", ends="01:00", last="2026-03-07") == ["03-02T04:00 03-02T06:00"]
    autumn = weekly(starts="00:30", first="2026-11-01", last="2026-11-01")
    assert autumn == ["11-01T04:30 11-01T09:00"]


def test_each_version_of_the_contract_speaks_for_its_own_time() -> None:
    april = parse_instant("2026-04-01T04:00:00Z")
    longer = {**CONTRACT, "effective_from": "2026-04-01", "maintenance_notice": "30d"}
    witness = a_witness(contracts=[CONTRACT, longer], announced=[said(april - HOUR, april + HOUR)])
    assert counting(witness, "modem") == [(april - HOUR, april)]


def test_the_facts_of_a_month_hold_what_reaches_into_it_of_devices_that_were_seen() -> None:
    april = parse_instant("2026-04-01T04:00:00Z")
    announced = [
        said(april - HOUR, april),
        said(april - HOUR, april + 1, devices=("modem", "ghost")),
        said(april, april + HOUR, devices=("ghost",)),
    ]
    witness = a_witness(announced=announced)
    rows = {
        period: maintenance_rows(witness, read_versions(witness.contracts), period, {"modem"})
        for period in ("2026-03", "2026-04")
    }
    assert [len(found) for found in rows.values()] == [2, 1]
    assert rows["2026-04"][0]["devices"] == ["modem"]


def told(*mails: tuple[str, int], **changes: Any) -> list[str]:
    window = said(DUE, DUE + HOUR, **changes)
    accepted = [
        Accepted(f"maintenance_20260312T040300Z-1_announced_{number}", to, window.recorded_at + 1000 * late)
        for number, (to, late) in enumerate(mails)
    ]
    witness: Witness = a_witness(announced=[window], accepted=accepted)
    return list(untold(witness, LATER * 1000, 60))


def test_every_contact_is_told_in_time() -> None:
    latest = 60 + TRIED_AGAIN_SECONDS
    assert told((OWNER, 0), (DESK, latest)) == []
    assert len(told((OWNER, 0), (DESK, latest + 1))) == 1
    assert sorted(told()) == [
        f"{to} was not told of the maintenance announced at 2026-03-09T04:03:00Z" for to in (DESK, OWNER)
    ]
