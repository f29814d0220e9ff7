"""Practice feeds: by the pings of a job its practice is proven, failed, or failed for want of an end."""

from __future__ import annotations

import pytest
from support.cast import ACME, HOUR, MINUTE, START, a_token, an_up_device, enroll, sign_up
from support.deployment import Deployment
from support.pinging import ping, request
from support.pings import RID

import sweep
from makegood.rules.silence import OVERTAKE_SECONDS
from makegood.storage.devices import FEED, RETIRED, RUNNING, Device, find_device
from makegood.storage.facts import gather_facts
from makegood.storage.incidents import open_incidents
from makegood.storage.records import Evidence
from makegood_simulator.events import Context, schedule_event

GRACE = 4 * HOUR
NOON = START + 12 * HOUR
TODAY = "evidence#2026-03-12#srv#backup"
OTHER_RID = RID.replace("8", "9")


@pytest.fixture(autouse=True)
def acme(deployment: Deployment) -> None:
    practices = {name: {"max_age": "1d"} for name in ("backup", "restore_test", "log_review")}
    sign_up({**ACME, "practices": practices})
    an_up_device("srv", last_seen=NOON, practices={"backup", "restore_test", "log_review"})
    a_feed("nightly", "backup")


def a_feed(name: str, practice: str) -> None:
    enroll(name, state=FEED, feed_practice=practice, feed_device="srv", grace_seconds=GRACE)


def feed() -> Device:
    row = find_device("acme-dental", "nightly")
    assert row is not None
    return row


def evidence(key: str = TODAY) -> Evidence:
    return Evidence.get("acme-dental", key)


def kept() -> list[str]:
    found = Evidence.query("acme-dental", Evidence.sk.startswith("evidence#"))
    return [record.sk for record in found]


def run_sweep(deployment: Deployment, at: int) -> dict[str, int]:
    deployment.now = at
    tally: dict[str, int] = sweep.handler(schedule_event(), Context())
    return tally


@pytest.mark.parametrize(
    ("suffix", "ok"),
    [("", True), ("/0", True), ("/fail", False), ("/3", False), ("/00000000000000000003", False)],
)
def test_the_end_of_a_job_is_evidence_of_its_practice(suffix: str, ok: bool) -> None:
    ping("nightly", suffix, at=NOON, body=b"line 1\nline 2\n")
    status = {"exit_status": int(suffix[1:])} if suffix[1:].isdigit() else {}
    assert evidence().facts == {"ok": ok, **status, "record": "line 1 line 2", "source": "feed nightly"}
    assert (evidence().at, evidence().device, evidence().practice) == (NOON, "srv", "backup")
    assert evidence().record == "line 1\nline 2"
    assert (feed().state, feed().last_seen, feed().due_at) == (FEED, NOON, None)


@pytest.mark.parametrize(
    ("practice", "facts"),
    [("restore_test", {"ok": True, "hash_matches": True}), ("log_review", {"reviewed": True})],
)
def test_each_practice_is_proven_by_the_facts_that_it_needs(practice: str, facts: dict[str, bool]) -> None:
    a_feed("weekly", practice)
    ping("weekly", at=NOON)
    found = evidence(f"evidence#2026-03-12#srv#{practice}")
    assert found.facts == {**facts, "source": "feed weekly"}
    assert found.record is None


def test_a_push_says_it_in_its_query_and_its_body_is_ignored() -> None:
    path = f"/api/push/{a_token('nightly')}?status=down&msg=disk+full&ping=12"
    assert request("POST", path, at=NOON, body=b"ignored")["statusCode"] == 200
    assert evidence().facts == {"ok": False, "record": "disk full", "source": "feed nightly"}


def test_a_start_and_its_end_tell_how_long_it_took() -> None:
    ping("nightly", f"/start?rid={RID}", at=NOON)
    assert (feed().state, feed().due_at) == (RUNNING, NOON + GRACE)
    assert kept() == []
    ping("nightly", f"?rid={RID.upper()}", at=NOON + 90.5)
    assert evidence().facts["runtime_seconds"] == 90
    assert (feed().state, feed().due_at, feed().feed_runs) == (FEED, None, None)


def test_runs_that_overlap_are_told_apart() -> None:
    ping("nightly", f"/start?rid={RID}", at=NOON)
    ping("nightly", f"/start?rid={OTHER_RID}", at=NOON + MINUTE)
    ping("nightly", f"?rid={OTHER_RID}", at=NOON + 2 * MINUTE)
    assert evidence().facts["runtime_seconds"] == MINUTE
    assert (feed().state, feed().due_at) == (RUNNING, NOON + GRACE)


def test_a_start_without_an_end_is_a_failure_when_its_end_was_due(deployment: Deployment) -> None:
    ping("nightly", "/start", at=NOON)
    due = NOON + GRACE
    an_up_device("srv", last_seen=due, practices={"backup"})
    assert run_sweep(deployment, due + OVERTAKE_SECONDS)["unended"] == 0
    tally = run_sweep(deployment, due + OVERTAKE_SECONDS + 1)
    assert (tally["unended"], tally["opened"]) == (1, 0)
    assert evidence().facts == {
        "ok": False,
        "record": "started at 2026-03-12T16:00:00Z, and had not ended 14400 seconds later",
        "source": "feed nightly",
    }
    assert evidence().at == due
    assert (feed().state, feed().due_at) == (FEED, None)
    assert run_sweep(deployment, due + MINUTE)["unended"] == 0
    assert list(open_incidents()) == []


@pytest.mark.parametrize(("after", "is_late"), [(GRACE, False), (GRACE + 1, True)])
def test_an_end_that_is_late_comes_after_the_failure_whether_or_not_a_sweep_saw_it(
    after: int, is_late: bool
) -> None:
    """The job is due a second before midnight in New York; what ends later is tomorrow's."""
    started = START + 24 * HOUR - GRACE - 1
    ping("nightly", "/start", at=started)
    ping("nightly", at=started + after)
    assert kept() == [TODAY, *(["evidence#2026-03-13#srv#backup"] if is_late else [])]
    assert evidence().facts["ok"] is not is_late
    assert evidence().at == started + GRACE
    assert ("runtime_seconds" in evidence().facts) is not is_late
    if is_late:
        assert evidence("evidence#2026-03-13#srv#backup").facts == {"ok": True, "source": "feed nightly"}


def test_a_sweep_fails_only_the_jobs_that_cannot_have_ended_in_time(deployment: Deployment) -> None:
    ping("nightly", f"/start?rid={RID}", at=NOON)
    ping("nightly", f"/start?rid={OTHER_RID}", at=NOON + 3)
    assert run_sweep(deployment, NOON + GRACE + OVERTAKE_SECONDS + 1)["unended"] == 1
    assert (feed().state, feed().due_at, evidence().at) == (RUNNING, NOON + 3 + GRACE, NOON + GRACE)
    assert run_sweep(deployment, NOON + 3 + GRACE + OVERTAKE_SECONDS + 1)["unended"] == 1


def test_a_job_that_dies_and_starts_again_and_again_is_not_waited_for_for_ever(
    deployment: Deployment,
) -> None:
    for hours in range(4):
        ping("nightly", "/start", at=NOON + hours * HOUR)
    assert run_sweep(deployment, NOON + GRACE + MINUTE)["unended"] == 1
    assert evidence().at == NOON + GRACE


def test_a_failure_for_want_of_an_end_takes_nothing_newer_back(deployment: Deployment) -> None:
    ping("nightly", f"/start?rid={RID}", at=NOON)
    ping("nightly", f"?rid={OTHER_RID}", at=NOON + GRACE + 2)
    assert evidence().facts["ok"] is True
    assert (feed().state, feed().feed_runs) == (FEED, None)


def test_an_end_that_comes_late_from_the_network_takes_nothing_newer_back() -> None:
    ping("nightly", at=NOON + 1)
    ping("nightly", "/fail", at=NOON)
    assert (evidence().facts["ok"], evidence().at, feed().last_seen) == (True, NOON + 1, NOON + 1)


def test_a_start_that_its_own_end_overtook_is_not_waited_for() -> None:
    ping("nightly", at=NOON + 1)
    ping("nightly", "/start", at=NOON)
    assert (feed().state, feed().due_at) == (FEED, None)


def test_a_start_that_another_runs_end_overtook_is_waited_for(deployment: Deployment) -> None:
    ping("nightly", f"?rid={OTHER_RID}", at=NOON + 1)
    ping("nightly", f"/start?rid={RID}", at=NOON)
    assert (feed().state, feed().due_at, feed().last_seen) == (RUNNING, NOON + GRACE, NOON + 1)
    assert run_sweep(deployment, NOON + GRACE + OVERTAKE_SECONDS + 1)["unended"] == 1
    assert (evidence().at, evidence().facts["ok"]) == (NOON + GRACE, False)


@pytest.mark.parametrize("end", ["", f"?rid={RID}"])
def test_a_start_that_its_own_end_overtook_before_another_runs_is_not_waited_for(end: str) -> None:
    ping("nightly", end, at=NOON + 1)
    ping("nightly", f"?rid={OTHER_RID}", at=NOON + 2)
    ping("nightly", f"/start?rid={RID}", at=NOON)
    assert (feed().state, feed().due_at) == (FEED, None)


def test_the_same_ping_twice_is_one() -> None:
    for _ in range(2):
        ping("nightly", "/fail", at=NOON, body=b"disk full")
    assert kept() == [TODAY]
    assert evidence().facts["record"] == "disk full"


def test_of_a_success_and_a_failure_in_one_second_the_failure_counts() -> None:
    for suffix, ok in (("", True), ("/fail", False), ("", False)):
        ping("nightly", suffix, at=NOON)
        assert evidence().facts["ok"] is ok
    ping("nightly", at=NOON + 1)
    assert evidence().facts["ok"] is True


@pytest.mark.parametrize(
    ("body", "record"),
    [
        (b"x" * 10_000, "x" * 10_000),
        (b"beginning" + b"x" * 10_000, "x" * 10_000),
        ("ä".encode() * 5_000 + b"x", "ä" * 4_999 + "x"),
        (b"\xff\xfe\x00binary\x07", "\ufffd\ufffdbinary"),
        (b"  \r\n", None),
        ("as text, not base64", "as text, not base64"),
        (b"red \x1b[31malert\xe2\x80\xae", "red [31malert"),
    ],
)
def test_the_end_of_the_body_is_kept_harmless_beside_the_facts(body: bytes | str, record: str | None) -> None:
    ping("nightly", at=NOON, body=body)
    assert evidence().record == record
    assert len(evidence().facts.get("record", "")) <= 200
    facts = gather_facts("acme-dental", "2026-03", NOON)["evidence"]
    assert [entry["facts"] for entry in facts] == [evidence().facts]


def test_a_feed_is_no_device_of_the_statement_and_never_silent(deployment: Deployment) -> None:
    ping("nightly", at=NOON)
    an_up_device("srv", last_seen=NOON + 30 * HOUR)
    tally = run_sweep(deployment, NOON + 30 * HOUR)
    assert (tally["opened"], tally["unended"]) == (0, 0)
    devices = gather_facts("acme-dental", "2026-03", NOON + HOUR)["devices"]
    assert [device["device"] for device in devices] == ["srv"]


def test_a_feed_that_retires_while_its_job_runs_fails_nothing(deployment: Deployment) -> None:
    ping("nightly", "/start", at=NOON)
    feed().update([Device.state.set(RETIRED)])
    assert run_sweep(deployment, NOON + GRACE + MINUTE)["unended"] == 0
    assert kept() == []


def test_nobody_else_speaks_for_a_feed_and_no_agent_vouches_for_it() -> None:
    answer = request("GET", f"/ping/{a_token('nightly', secret=2)}", at=NOON)
    assert (answer["statusCode"], kept()) == (404, [])
