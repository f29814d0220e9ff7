"""Made-up months are the same for a seed, and can be played: valid terms, a tape in order, acts in time."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise

import pytest
from support.random_months import (
    SEEDS,
    Silence,
    enrolled,
    instants_of,
    lines_of,
    months,
    next_heard,
    outages_of,
    terms_at,
    version_at,
    versions_of,
)

from makegood.rules.contracts import covered, moment_of_issue, parse_contract
from makegood.rules.instants import Instant
from makegood.rules.noticing import unkeepable
from makegood.rules.versions import Change, judge_version, period_of_start
from makegood_simulator.months import Month, describe, random_month
from makegood_simulator.tape import Beat, Evidence, Excuse, Fail, Pause, Plan, Repair, Resume, Retire, Take
from makegood_simulator.tape import Contract as Version
from makegood_simulator.tape_file import parse_tape, write_tape

MINUTE, HOUR = 60, 3_600
LONGEST_GRACE = 20 * MINUTE
DETECTION_SECONDS = 180
LONGEST_FAILURE = {"sweep": 30 * MINUTE, "evaluator": 30 * MINUTE, "mail": 20 * MINUTE, "api": 20 * MINUTE}
READ_CLOSELY = range(30)

Act = Take | Plan | Repair | Pause

PRINT_TAPE = """
from makegood_simulator.months import random_month
from makegood_simulator.tape_file import write_tape
print([(random_month(seed).contract, write_tape(random_month(seed).lines)) for seed in range(20)])
"""


def test_the_same_seed_makes_the_same_month_in_every_process() -> None:
    tapes = {
        subprocess.run(
            [sys.executable, "-c", PRINT_TAPE],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(tapes) == 1


def test_another_seed_makes_another_month() -> None:
    assert len({write_tape(month.lines) for month in months()}) == len(SEEDS)


def test_every_tape_can_be_written_and_read() -> None:
    for month in months():
        assert parse_tape(write_tape(month.lines)) == list(month.lines)


def test_lines_are_in_order_and_numbered() -> None:
    for month in months():
        assert all(line.at <= later.at for line, later in pairwise(month.lines))
        assert [line.number for line in month.lines] == list(range(1, len(month.lines) + 1))


def test_every_version_can_be_kept_with_all_devices() -> None:
    for month in months():
        longest = max(device.grace_seconds for device in enrolled(month).values())
        for version in versions_of(month):
            assert unkeepable(version, longest, DETECTION_SECONDS) == []


def test_the_contract_can_be_applied_when_its_tape_begins() -> None:
    for month in months():
        contract = parse_contract(month.contract)
        begins_at = month.lines[0].at
        assert judge_version(contract, [], None, begins_at) is Change.CREATED
        assert covered(contract)[0] <= begins_at


def test_a_later_version_can_be_applied_when_its_line_comes() -> None:
    for month in months():
        contract = parse_contract(month.contract)
        for line in lines_of(month, Version):
            change = judge_version(parse_contract(line.terms), [contract], period_of_start(contract), line.at)
            assert change is Change.ADDED


def test_every_device_can_be_enrolled_when_its_line_comes() -> None:
    for month in months():
        contract = parse_contract(month.contract)
        start, end = covered(contract)
        promised = {terms.practice for terms in contract.practices}
        assert 1 <= len(enrolled(month)) <= 4
        for device in enrolled(month).values():
            assert start <= device.at
            assert end is None or device.at < end
            assert promised.issuperset(device.practices)
            assert device.via is None or device.at >= enrolled(month)[device.via].at + 15 * MINUTE


def test_evidence_is_of_a_practice_that_the_device_lists() -> None:
    for month in months():
        for line in lines_of(month, Evidence):
            assert line.practice in enrolled(month)[line.device].practices


def test_regular_heartbeats_stand_in_one_line() -> None:
    for month in months():
        assert len(lines_of(month, Beat)) <= 120
        for device in enrolled(month).values():
            if device.via is None and device.device not in retired(month):
                longest = max(len(instants_of(line)) for line in lines_of(month, Beat))
                assert longest >= 100


def test_a_month_is_small_enough_to_be_played_quickly() -> None:
    for month in months():
        assert len(month.lines) <= 200
        assert sum(len(instants_of(line)) for line in lines_of(month, Evidence)) <= 40


def test_the_tape_goes_on_for_hours_after_the_last_moment_of_issue() -> None:
    for month in months():
        issued_at = moment_of_issue(version_at(month, month.periods[-1]), month.periods[-1])
        assert end_of(month) >= issued_at + 3 * HOUR - LONGEST_GRACE


def test_every_device_that_is_not_retired_beats_regularly_at_the_end() -> None:
    for month in months():
        for device in enrolled(month).values():
            if device.device not in retired(month):
                at = end_of(month) - 90 * MINUTE
                while at is not None and at < end_of(month) - device.grace_seconds:
                    following = next_heard(month, device.device, at)
                    assert following is not None
                    assert following - at <= device.grace_seconds
                    at = following


def test_nothing_is_heard_of_a_device_after_it_was_retired() -> None:
    for month in months():
        for device, at in retired(month).items():
            assert next_heard(month, device, at) is None


def test_nothing_but_the_end_of_beats_comes_in_the_last_hours() -> None:
    for month in months():
        others = [line.at for line in month.lines if not isinstance(line, Beat)]
        if len(retired(month)) < len(enrolled(month)):
            assert max(others) <= end_of(month) - 2 * HOUR + LONGEST_GRACE


@pytest.mark.parametrize("seed", READ_CLOSELY)
def test_every_act_comes_when_its_incident_is_open(seed: int) -> None:
    month = random_month(seed)
    for device, enrolment in enrolled(month).items():
        acts = [line for line in acts_of(month) if line.device == device]
        outages = outages_of(month, device) if acts else []
        for act in acts:
            outage = max((o for o in outages if o.started_at < act.at), key=lambda o: o.started_at)
            assert act.at >= outage.started_at + enrolment.grace_seconds + 5 * MINUTE
            before = [line for line in acts if outage.started_at < line.at and line.number < act.number]
            assert is_open(outage, before, act.at), f"line {act.number}"


def test_only_a_pause_is_resumed() -> None:
    for month in months():
        for resume in lines_of(month, Resume):
            waits = [line for line in month.lines if isinstance(line, Pause | Resume)]
            earlier = [w for w in waits if w.device == resume.device and w.number < resume.number]
            assert isinstance(earlier[-1], Pause)


def test_an_excuse_is_of_a_stage_that_is_promised_and_missed_by_then() -> None:
    for month in months():
        for excuse in lines_of(month, Excuse):
            begins = [m.at for m in month.mishaps if m.what in voices(month, excuse.device)]
            promises = [(at, terms_at(month, at).promised().get(excuse.stage)) for at in begins]
            assert any(promise and excuse.at > at + promise.within for at, promise in promises)


def test_nothing_is_out_of_order_for_longer_than_people_wait() -> None:
    for month in months():
        failures = sorted(lines_of(month, Fail), key=lambda line: line.at)
        for failure in failures:
            assert 0 < failure.until - failure.at <= LONGEST_FAILURE[failure.part]
        for failure, later in pairwise(failures):
            assert later.at > failure.until + 3 * HOUR


def test_a_silence_is_heard_as_it_was_meant() -> None:
    for month in months():
        for mishap in month.mishaps:
            if mishap.kind in ("silent for its grace", "a second more"):
                grace = enrolled(month)[mishap.what].grace_seconds
                following = next_heard(month, mishap.what, mishap.at)
                assert next_heard(month, mishap.what, mishap.at - 1) == mishap.at
                assert following == mishap.at + grace + (mishap.kind == "a second more")


def test_a_month_is_described_in_one_line() -> None:
    line = describe(random_month(0))
    assert "\n" not in line
    assert all(mishap.kind in line for mishap in random_month(0).mishaps)


def is_open(outage: Silence, before: list[Act], at: Instant) -> bool:
    """Whether an incident can still be worked on at an instant, by the acts before it."""
    if outage.stable_at is None or at < outage.stable_at:
        return True
    decisive = outage.terms.plan or outage.terms.repair
    is_late = decisive is not None and outage.stable_at > outage.started_at + decisive.within
    is_taken = any(line.at < outage.stable_at for line in before)
    stays = outage.terms.self_recovery == "document" or is_late or is_taken
    return stays and not any(isinstance(line, Repair) for line in before)


def acts_of(month: Month) -> list[Act]:
    return [line for line in month.lines if isinstance(line, Take | Plan | Repair | Pause)]


def voices(month: Month, device: str) -> tuple[str, str | None]:
    """The devices whose silence is its own."""
    return device, enrolled(month)[device].via


def retired(month: Month) -> dict[str, Instant]:
    return {line.device: line.at for line in lines_of(month, Retire)}


def end_of(month: Month) -> Instant:
    """When the last line has come to its end."""
    return max(instants_of(line)[-1] if isinstance(line, Beat) else line.at for line in month.lines)
