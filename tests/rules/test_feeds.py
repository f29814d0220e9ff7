"""Jobs of practice feeds: which still run, which never ended, what an end proves."""

from __future__ import annotations

from makegood.rules.evidence import shows_done
from makegood.rules.feeds import (
    FED,
    MOST_RUNS,
    Report,
    Run,
    end,
    evidence_facts,
    is_over,
    next_due,
    overdue,
    read,
    remembered,
    start,
    written,
)
from makegood.rules.practice_facts import problems_of

HOUR = 3_600
A, B = "run-a", "run-b"


def test_a_run_that_ends_is_no_run_any_more_and_took_its_time() -> None:
    runs = start({}, A, 100)
    assert runs == {A: Run(100, 100)}
    assert (end(runs, A, 160).runs, end(runs, A, 160).seconds) == ({}, 60)


def test_an_end_ends_the_run_it_names_and_without_a_name_all_of_them() -> None:
    runs = start(start(start({}, A, 100), B, 110), "", 120)
    assert end(runs, A, 130).runs.keys() == {B, ""}
    ended = end(runs, "", 130)
    assert (ended.runs, ended.seconds) == ({}, 10)
    unknown = end(runs, "run-c", 130)
    assert (unknown.runs, unknown.seconds) == (runs, None)


def test_an_end_whose_start_was_not_seen_has_no_length() -> None:
    assert end({}, A, 100).seconds is None


def test_a_job_that_starts_again_and_again_is_due_from_its_first_start() -> None:
    runs = start(start({}, "", 0), "", HOUR)
    assert runs == {"": Run(0, HOUR)}
    assert next_due(runs, 4 * HOUR) == 4 * HOUR
    assert end(runs, "", 2 * HOUR).seconds == HOUR


def test_what_started_after_an_end_that_it_overtook_goes_on() -> None:
    runs = start(start({}, "", 0), "", 100)
    ended = end(runs, "", 99)
    assert (ended.runs, ended.seconds) == ({"": Run(100, 100)}, None)


def test_a_start_is_over_when_its_own_end_is_later_or_one_that_named_no_run() -> None:
    assert [is_over({A: 100}, A, at) for at in (99, 100, 101)] == [True, False, False]
    assert not is_over({A: 100}, B, 99)
    assert [is_over({"": 100}, B, at) for at in (99, 100)] == [True, False]


def test_of_the_ends_the_newest_are_remembered() -> None:
    ends: dict[str, int] = {}
    for number in range(MOST_RUNS + 1):
        ends = remembered(ends, f"run-{number}", 100 + number)
    assert len(ends) == MOST_RUNS
    assert "run-0" not in ends
    assert remembered({A: 100}, A, 99) == {A: 100}


def test_a_run_is_overdue_a_second_after_its_grace() -> None:
    runs = start(start({}, A, 100), B, 150)
    assert overdue(runs, 60, 159) == {}
    assert overdue(runs, 60, 160) == {}
    assert overdue(runs, 60, 161) == {A: 160}
    assert overdue(runs, 60, 211) == {A: 160, B: 210}
    assert next_due({}, 60) is None


def test_runs_are_bounded_but_a_known_one_may_start_again() -> None:
    runs = {f"run-{number}": Run(0, 0) for number in range(MOST_RUNS)}
    assert start(runs, "one-more", 5) == runs
    assert start(runs, "run-3", 5)["run-3"] == Run(0, 5)


def test_what_is_stored_of_runs_is_read_again() -> None:
    runs = start(start({}, A, 100), "", 150)
    assert written(runs) == {A: [100, 100], "": [150, 150]}
    assert read(written(runs)) == runs
    assert written({}) is None
    assert read(None) == {}


def test_the_end_of_a_job_decides_its_practice_by_facts_that_agents_could_bring_too() -> None:
    for practice in FED:
        for succeeded in (True, False):
            facts = evidence_facts(practice, "nightly", Report(succeeded, "a line", 3, 60))
            assert shows_done(practice, facts, 7) is succeeded
            assert problems_of(practice, facts) == []


def test_the_facts_hold_one_line_of_the_end_of_the_record_and_nothing_unknown() -> None:
    facts = evidence_facts("backup", "nightly", Report(True, "x" * 300 + "\n  and the end"))
    assert facts == {"ok": True, "record": "x" * 188 + " and the end", "source": "feed nightly"}
    assert evidence_facts("log_review", "n", Report(False)) == {"reviewed": False, "source": "feed n"}
