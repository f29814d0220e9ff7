"""Made-up months hold every kind of trouble, often enough: what is never made is never tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from support.random_months import (
    enrolled,
    instants_of,
    lines_of,
    months,
    terms_at,
    version_at,
    versions_of,
)

from makegood.rules.contracts import moment_of_issue, parse_contract
from makegood.rules.instants import Instant, local_date, period_bounds
from makegood_simulator.month_contract import PLACES
from makegood_simulator.month_hours import WEEKS
from makegood_simulator.month_silences import KINDS
from makegood_simulator.months import Month
from makegood_simulator.tape import (
    Announce,
    AnnounceWeekly,
    Answer,
    Approve,
    Ask,
    Beat,
    Bounce,
    Cancel,
    Contract,
    Decide,
    Dispute,
    Enroll,
    Evidence,
    Excuse,
    Fail,
    Issue,
    Line,
    Pause,
    Plan,
    Repair,
    Resume,
    Retire,
    Revoke,
    Take,
)

ENOUGH = 10
"""Of 500 months. What occurs less often has been lost on the way."""

LINES: tuple[type[Line], ...] = (
    Enroll,
    Beat,
    Evidence,
    Take,
    Plan,
    Repair,
    Pause,
    Resume,
    Excuse,
    Answer,
    Ask,
    Approve,
    Revoke,
    Dispute,
    Decide,
    Retire,
    Bounce,
    Contract,
    Issue,
    Fail,
)


@pytest.mark.parametrize("kind", LINES)
def test_every_kind_of_line(kind: type[Line]) -> None:
    assert sum(bool(lines_of(month, kind)) for month in months()) >= ENOUGH


@pytest.mark.parametrize("kind", [*KINDS, "out of order", "bounces", "other terms"])
def test_every_kind_of_trouble(kind: str) -> None:
    assert sum(mishap.kind == kind for month in months() for mishap in month.mishaps) >= ENOUGH


@pytest.mark.parametrize("landmark", ["midnight", "start", "end", "issue", "clock change", "anywhere"])
def test_trouble_stands_near_every_landmark(landmark: str) -> None:
    assert sum(mishap.near == landmark for month in months() for mishap in month.mishaps) >= 3 * ENOUGH


def test_most_months_have_two_to_eight_troubles() -> None:
    counts = Counter(len({(m.kind, m.at) for m in month.mishaps}) for month in months())
    assert sum(counts[number] for number in range(2, 9)) >= 450
    assert max(counts) <= 8
    assert len(counts) >= 6


@pytest.mark.parametrize("part", ["sweep", "evaluator", "mail", "api"])
def test_every_part_fails_at_times_for_as_long_as_it_may(part: str) -> None:
    longest = {"sweep": 1800, "evaluator": 1800, "mail": 1200, "api": 1200}[part]
    failures = [line for month in months() for line in lines_of(month, Fail) if line.part == part]
    assert sum(line.until - line.at == longest for line in failures) >= ENOUGH


@pytest.mark.parametrize("tick", [-1, 0, 1])
@pytest.mark.parametrize(("act", "stage"), [(Plan, "plan"), (Repair, "repair"), (Retire, "plan")])
def test_acts_come_a_second_before_at_and_after_a_limit(act: type[Line], stage: str, tick: int) -> None:
    found = sum(
        line.at == started + limit + tick
        for month in months()
        for line in lines_of(month, act)
        for started, limit in limits_of(month, stage)
    )
    assert found >= ENOUGH // 2


@pytest.mark.parametrize("tick", [-1, 0, 1])
def test_excuses_come_a_second_before_at_and_after_the_moment_of_issue(tick: int) -> None:
    assert sum(excuse.at - tick in issues_of(m) for m in months() for excuse in lines_of(m, Excuse)) >= 3


@pytest.mark.parametrize("tick", [-1, 0, 1])
def test_devices_are_first_heard_a_second_before_at_and_after_the_month_begins(tick: int) -> None:
    firsts = [(month, min(line.at for line in lines_of(month, Beat))) for month in months()]
    assert sum(first == starts_at(month) + tick for month, first in firsts) >= ENOUGH


@pytest.mark.parametrize("tick", [-1, 0, 1])
def test_evidence_comes_a_second_before_at_and_after_local_midnight(tick: int) -> None:
    found = 0
    for month in months():
        zone = versions_of(month)[0].zone
        pieces = [at for line in lines_of(month, Evidence) for at in instants_of(line)]
        found += any(local_date(at - tick, zone) != local_date(at - tick - 1, zone) for at in pieces)
    assert found >= ENOUGH


def test_evidence_is_good_bad_missing_and_doubled() -> None:
    pieces = [line for month in months() for line in lines_of(month, Evidence)]
    assert sum(line.every is not None for line in pieces) >= ENOUGH
    assert sum(line.facts.get("ok") is True for line in pieces) >= ENOUGH
    assert sum(line.facts.get("ok") is False for line in pieces) >= ENOUGH
    assert sum(bool(doubled_days(month)) for month in months()) >= ENOUGH


def test_every_place_and_currencies_with_no_two_three_and_four_decimals() -> None:
    assert {month.contract["timezone"] for month in months()} == {place.zone for place in PLACES}
    assert {"JPY", "USD", "KWD", "CLF"} <= {month.contract["currency"] for month in months()}


@pytest.mark.parametrize("day", ["first", "within", "before", "ends"])
def test_contracts_begin_and_end_when_they_like(day: str) -> None:
    def fits(month: Month) -> bool:
        start, first = str(month.contract["effective_from"]), f"{month.periods[0]}-01"
        return {
            "first": start == first,
            "within": start > first,
            "before": start < first,
            "ends": "effective_until" in month.contract,
        }[day]

    assert sum(map(fits, months())) >= ENOUGH


@pytest.mark.parametrize("stage", ["notify", "plan", "repair"])
def test_stages_are_missing_at_times_and_terms_take_many_shapes(stage: str) -> None:
    outages = [month.contract["outages"] for month in months() if "outages" in month.contract]
    stages = [terms[stage] for terms in outages if stage in terms]
    assert len(outages) - len(stages) >= ENOUGH
    assert sum("refund" not in terms for terms in stages) >= ENOUGH
    assert sum("then" in terms and "at_most" not in terms["then"] for terms in stages) >= ENOUGH
    assert sum("then" in terms and "at_most" in terms["then"] for terms in stages) >= ENOUGH
    assert sum(str(terms.get("refund")).endswith("%") for terms in stages) >= ENOUGH


def test_some_contracts_promise_nothing_of_outages_some_want_documents_some_cap() -> None:
    contracts = [parse_contract(month.contract) for month in months()]
    assert sum(contract.outages is None for contract in contracts) >= ENOUGH // 2
    wanted = [c for c in contracts if c.outages and c.outages.self_recovery == "document"]
    assert len(wanted) >= ENOUGH
    assert sum(contract.refund_cap_bps < 10_000 for contract in contracts) >= ENOUGH
    assert sum(bool(contract.practices) for contract in contracts) >= ENOUGH


def test_notice_is_at_times_promised_as_soon_as_it_can_be_kept() -> None:
    def is_least(month: Month) -> bool:
        notify = month.contract.get("outages", {}).get("notify", {})
        longest = max(line.grace_seconds for line in enrolled(month).values())
        return bool(notify.get("within") == f"{2 * (longest + 180) + 1}s")

    assert sum(map(is_least, months())) >= ENOUGH


def test_devices_are_vouched_for_join_late_and_beat_with_their_whole_grace() -> None:
    devices = [(month, line) for month in months() for line in enrolled(month).values()]
    assert sum(line.via is not None for _, line in devices) >= ENOUGH
    assert sum(line.at > starts_at(month) + 86_400 for month, line in devices) >= ENOUGH
    beats = [(month, line) for month in months() for line in lines_of(month, Beat)]
    assert sum(line.every == enrolled(month)[line.device].grace_seconds for month, line in beats) >= ENOUGH
    assert {len(enrolled(month)) for month in months()} == {1, 2, 3, 4}


def test_some_pauses_are_never_resumed_and_some_outages_never_repaired() -> None:
    assert sum(len(lines_of(m, Pause)) > len(lines_of(m, Resume)) for m in months()) >= ENOUGH
    assert sum(len(lines_of(m, Take)) > len(lines_of(m, Repair)) for m in months()) >= ENOUGH


def test_at_times_every_contact_bounces() -> None:
    def all_bounce(month: Month) -> bool:
        contacts = set(month.contract["contacts"]["outages"])
        return contacts <= {line.contact for line in lines_of(month, Bounce)}

    assert sum(map(all_bounce, months())) >= ENOUGH
    assert sum(bool(lines_of(m, Bounce)) and not all_bounce(m) for m in months()) >= ENOUGH


def test_some_play_two_months_some_with_other_terms_in_the_second() -> None:
    two = [month for month in months() if len(month.periods) == 2]
    assert len(two) >= ENOUGH
    assert sum(bool(lines_of(month, Contract)) for month in two) >= ENOUGH


def test_a_later_version_comes_at_times_in_the_last_second_of_the_month() -> None:
    ends = [(period_bounds(m.periods[0], versions_of(m)[0].zone)[1], m) for m in months()]
    assert sum(line.at == end - 1 for end, m in ends for line in lines_of(m, Contract)) >= ENOUGH


@pytest.mark.parametrize("week", WEEKS, ids=str)
def test_plan_and_repair_are_promised_in_every_kind_of_business_hours(week: dict[str, object]) -> None:
    assert sum(hours_of(month) == week for month in months()) >= ENOUGH


def test_pauses_and_days_off_meet_business_hours() -> None:
    in_hours = [month for month in months() if hours_of(month) is not None]
    assert sum(bool(month.contract["outages"].get("holidays")) for month in in_hours) >= 5 * ENOUGH
    assert sum(bool(lines_of(month, Pause)) for month in in_hours) >= ENOUGH


def hours_of(month: Month) -> object:
    terms = versions_of(month)[0].outages
    return month.contract["outages"].get("hours") if terms is not None and terms.hours is not None else None


def limits_of(month: Month, stage: str) -> Iterator[tuple[Instant, int]]:
    """When silences begin, with the limit of a stage."""
    for mishap in month.mishaps:
        terms = getattr(terms_at(month, mishap.at), stage) if mishap.kind in KINDS else None
        if terms is not None:
            yield mishap.at, terms.clock.after(mishap.at, terms.within) - mishap.at


def issues_of(month: Month) -> list[Instant]:
    return [moment_of_issue(version_at(month, period), period) for period in month.periods]


def starts_at(month: Month) -> Instant:
    return period_bounds(month.periods[0], versions_of(month)[0].zone)[0]


def doubled_days(month: Month) -> list[tuple[str, str, str]]:
    """The device, practice and local day of which there is more than one piece of evidence."""
    zone = versions_of(month)[0].zone
    days = Counter(
        (line.device, line.practice, local_date(at, zone).isoformat())
        for line in lines_of(month, Evidence)
        for at in instants_of(line)
    )
    return [day for day, pieces in days.items() if pieces > 1]


def test_maintenance_is_announced_once_and_weekly_in_time_and_too_late_and_cancelled_around_its_start() -> (
    None
):
    once = [line for month in months() for line in lines_of(month, Announce)]
    notices = Counter(line.starts - line.at - 72 * 3_600 for line in once)
    assert all(notices[tick] >= 3 for tick in (-1, 0, 1))
    assert sum(bool(lines_of(month, AnnounceWeekly)) for month in months()) >= ENOUGH
    reasons = {
        (id(month), line.reason): line.starts for month in months() for line in lines_of(month, Announce)
    }
    cancelled = Counter(
        line.at - reasons[id(month), line.reason] for month in months() for line in lines_of(month, Cancel)
    )
    assert all(cancelled[tick] for tick in (-1, 0, 1))
