"""Announced maintenance: when its windows are, which of them count, and what cannot be announced."""

from __future__ import annotations

from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.cast import a_contract

from makegood.rules.announcing import Plan
from makegood.rules.contracts import Contract, parse_contract
from makegood.rules.instants import FOREVER, format_instant, parse_instant
from makegood.rules.intervals import Interval
from makegood.rules.maintenance import Weekly, Work, notices, valid_windows

NEW_YORK = ZoneInfo("America/New_York")
HOUR = 3_600
# A Saturday, 02:00 to 04:00 in New York, and three days before it to the second.
FROM, TO = parse_instant("2026-03-14T06:00:00Z"), parse_instant("2026-03-14T08:00:00Z")
IN_TIME = parse_instant("2026-03-11T06:00:00Z")
ALWAYS = (0, FOREVER)
CONTRACT = parse_contract(a_contract())


def a_version(start: str, **changes: Any) -> Contract:
    return parse_contract(a_contract(effective_from=start, **changes))


def weekly(**changes: Any) -> Weekly:
    rule: dict[str, Any] = {
        "weekdays": (6,),
        "starts": time(2),
        "ends": time(4),
        "first": date(2026, 3, 1),
        "last": date(2026, 3, 15),
        "zone": NEW_YORK,
    }
    return Weekly(**{**rule, **changes})


def a_work(**changes: Any) -> Work:
    return Work(**{"devices": ("modem",), "when": Interval(FROM, TO), "announced_at": IN_TIME, **changes})


def valid(
    *works: Work, versions: tuple[Contract, ...] = (CONTRACT,), device: str = "modem", **between: int
) -> list[tuple[str, str]]:
    since, until = between.get("since", 0), between.get("until", FOREVER)
    windows = valid_windows(works, notices(versions), device, since, until)
    return [(format_instant(start)[5:16], format_instant(end)[5:16]) for start, end in windows]


def written(rule: Weekly) -> list[tuple[str, str]]:
    return [(format_instant(w.start)[5:16], format_instant(w.end)[5:16]) for w in rule.windows(*ALWAYS)]


@pytest.mark.parametrize(("announced_at", "counts"), [(IN_TIME - 1, 1), (IN_TIME, 1), (IN_TIME + 1, 0)])
def test_a_window_counts_when_it_was_announced_with_the_contracts_notice(
    announced_at: int, counts: int
) -> None:
    assert len(valid(a_work(announced_at=announced_at))) == counts


def test_a_window_counts_for_the_devices_it_names_or_for_every_one() -> None:
    assert valid(a_work()) == [("03-14T06:00", "03-14T08:00")]
    assert valid(a_work(), device="server") == []
    assert valid(a_work(devices=("*",)), device="server") == [("03-14T06:00", "03-14T08:00")]


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (TO, TO + 9, 1),
        (TO + 1, TO + 9, 0),
        (FROM - 9, FROM, 1),
        (FROM - 9, FROM - 1, 0),
        (FROM + 5, FROM + 6, 1),
    ],
)
def test_those_that_share_an_instant_with_the_time_asked_for_are_found_whole(
    since: int, until: int, found: int
) -> None:
    assert valid(a_work(), since=since, until=until) == [("03-14T06:00", "03-14T08:00")] * found


def test_windows_that_touch_are_one() -> None:
    later = a_work(when=Interval(TO, TO + HOUR))
    assert valid(later, a_work()) == [("03-14T06:00", "03-14T09:00")]


@pytest.mark.parametrize(("cancelled_at", "counts"), [(FROM - 1, 0), (FROM, 1), (FROM + 1, 1)])
def test_only_what_had_not_begun_was_cancelled(cancelled_at: int, counts: int) -> None:
    assert len(valid(a_work(cancelled_at=cancelled_at))) == counts


def test_of_weekly_windows_those_that_had_begun_stay() -> None:
    early = a_work(when=weekly(), announced_at=0, cancelled_at=parse_instant("2026-03-08T07:00:00Z"))
    assert valid(early) == [("03-01T07:00", "03-01T09:00"), ("03-08T07:00", "03-08T08:00")]


def test_weekly_windows_keep_their_wall_time_over_a_change_of_the_clocks() -> None:
    """On 8 March the clocks go from 02:00 to 03:00, on 1 November from 02:00 back to 01:00."""
    assert written(weekly()) == [
        ("03-01T07:00", "03-01T09:00"),
        ("03-08T07:00", "03-08T08:00"),
        ("03-15T06:00", "03-15T08:00"),
    ]
    autumn = weekly(starts=time(0, 30), first=date(2026, 10, 25), last=date(2026, 11, 8))
    assert written(autumn) == [
        ("10-25T04:30", "10-25T08:00"),
        ("11-01T04:30", "11-01T09:00"),
        ("11-08T05:30", "11-08T09:00"),
    ]


def test_a_window_that_the_clocks_skip_is_none() -> None:
    skipped = a_work(when=weekly(starts=time(2, 15), ends=time(2, 45)), announced_at=0)
    assert valid(skipped) == [("03-01T07:15", "03-01T07:45"), ("03-15T06:15", "03-15T06:45")]


def test_a_window_past_midnight_belongs_to_the_day_it_begins_on() -> None:
    night = weekly(weekdays=(4, 5), starts=time(23), ends=time(1), last=date(2026, 3, 7))
    assert written(night) == [("03-07T04:00", "03-07T06:00"), ("03-08T04:00", "03-08T06:00")]
    after_midnight = parse_instant("2026-03-08T05:30:00Z")
    found = valid(a_work(when=night, announced_at=0), since=after_midnight, until=after_midnight)
    assert found == [("03-08T04:00", "03-08T06:00")]


def test_of_weekly_windows_those_announced_in_time_count() -> None:
    """The 8th's is less than three days away."""
    assert valid(a_work(when=weekly(), announced_at=parse_instant("2026-03-06T00:00:00Z"))) == [
        ("03-15T06:00", "03-15T08:00")
    ]


def test_each_part_of_a_window_counts_by_the_contract_of_its_own_month() -> None:
    longer = a_version("2026-04-01", maintenance_notice="96h")
    over_midnight = Interval(parse_instant("2026-04-01T02:00:00Z"), parse_instant("2026-04-01T06:00:00Z"))
    work = a_work(when=over_midnight, announced_at=over_midnight.start - 73 * HOUR)
    assert valid(work) == [("04-01T02:00", "04-01T06:00")]
    assert valid(work, versions=(CONTRACT, longer)) == [("04-01T02:00", "04-01T04:00")]
    shorter = a_version("2026-04-01", maintenance_notice="0s")
    late = a_work(when=over_midnight, announced_at=over_midnight.start)
    assert valid(late, versions=(CONTRACT, shorter)) == [("04-01T04:00", "04-01T06:00")]


def test_nothing_counts_while_no_contract_is_in_force() -> None:
    ending = a_version("2026-01-01", effective_until="2026-03-14")
    assert valid(a_work(), versions=(ending,)) == []


def problems(
    *, now: int = IN_TIME, versions: tuple[Contract, ...] = (CONTRACT,), short: bool = False, **changes: Any
) -> list[str]:
    plan: dict[str, Any] = {"devices": ("modem",), "when": Interval(FROM, TO), "reason": "new firmware"}
    return Plan(**{**plan, **changes}).problems(versions, ["modem", "server"], now, short_notice=short)


def test_what_is_announced_in_time_is_fine() -> None:
    assert problems() == []
    assert problems(devices=("*",)) == []
    assert problems(when=weekly(first=date(2026, 3, 15))) == []


def test_an_announcement_that_is_too_short_names_the_earliest_time() -> None:
    assert problems(now=IN_TIME + 60) == [
        "The contract asks for 72 h of notice: announced now, maintenance counts when it begins on "
        "2026-03-14 02:01 EDT (2026-03-14T06:01:00Z) or later."
    ]
    assert problems(now=IN_TIME + 60, short=True) == []


def test_a_coming_version_may_make_it_count_sooner() -> None:
    shorter = a_version("2026-04-01", maintenance_notice="0s")
    evening = parse_instant("2026-03-31T20:00:00Z")
    found = problems(
        now=evening, when=Interval(evening + HOUR, evening + 2 * HOUR), versions=(CONTRACT, shorter)
    )
    assert found[0].endswith("on 2026-04-01 00:00 EDT (2026-04-01T04:00:00Z) or later.")


def test_nothing_is_retroactive_also_at_short_notice() -> None:
    assert problems(now=FROM, short=True) == []
    assert problems(now=FROM + 1, short=True) == [
        "It would begin in the past, on 2026-03-14 02:00 EDT (2026-03-14T06:00:00Z): maintenance is "
        "announced before, and what was missed can only be excused."
    ]


def test_every_mistake_is_named() -> None:
    assert problems(devices=("modm", "modem", "modem", "*"), reason="", when=Interval(TO, FROM)) == [
        "Name each device once, at most 500 of them.",
        "There is no device modm to work on (did you mean modem?).",
        "* is every device; name no other beside it.",
        "The reason must be 1 to 200 characters in one line, none of them invisible, got ''.",
        "Maintenance must end after it begins, within 31 days.",
    ]
    assert problems(devices=()) == ["Name the devices, or * for all of them."]


@pytest.mark.parametrize(
    ("seconds", "fine"), [(0, False), (1, True), (31 * 86_400, True), (31 * 86_400 + 1, False)]
)
def test_a_window_has_a_length(seconds: int, fine: bool) -> None:
    assert (problems(when=Interval(FROM, FROM + seconds)) == []) is fine


def test_weekly_maintenance_has_a_first_and_a_last_date_with_a_window_between() -> None:
    of_sunday: dict[str, Any] = {"now": parse_instant("2026-02-01T00:00:00Z")}
    assert problems(when=weekly(last=date(2026, 2, 28)), **of_sunday) == [
        "The last date must be the first or later, within 732 days."
    ]
    assert problems(when=weekly(last=date(2028, 3, 1)), **of_sunday) == []
    assert len(problems(when=weekly(last=date(2028, 3, 2)), **of_sunday)) == 1
    tuesday = weekly(weekdays=(1,), last=date(2026, 3, 2))
    assert problems(when=tuesday, **of_sunday) == [
        "There is no such day between the first and the last date."
    ]


def test_what_no_contract_covers_cannot_be_announced() -> None:
    ending = a_version("2026-01-01", effective_until="2026-03-14")
    assert problems(versions=(ending,)) == [
        "No contract is in force on 2026-03-14 02:00 EDT (2026-03-14T06:00:00Z)."
    ]


def test_equal_times_are_a_whole_day() -> None:
    night = weekly(starts=time(22), ends=time(22), last=date(2026, 3, 1))
    assert written(night) == [("03-02T03:00", "03-03T03:00")]
