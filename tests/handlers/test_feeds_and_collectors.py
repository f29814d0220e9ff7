"""A feed's failure against what a collector finds of the same run: the same, whoever speaks first."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from support.cast import ACME, HOUR, MINUTE, START, a_token, an_up_device, enroll, sign_up
from support.crashes import calls
from support.deployment import Deployment
from support.pinging import ping
from support.pings import RID

import sweep
from heartbeat import handler
from makegood.rules.instants import format_instant
from makegood.rules.statements import compute
from makegood.storage.devices import FEED, find_device
from makegood.storage.facts import gather_facts
from makegood.storage.records import Evidence, Record
from makegood.storage.transactions import write_together
from makegood_simulator.events import Context, api_request, schedule_event

TODAY = "evidence#2026-03-12#srv#backup"
TOMORROW = "evidence#2026-03-13#srv#backup"
BEGAN = START + 2 * HOUR
FAILED = BEGAN + 20 * MINUTE
AHEAD = 5 * MINUTE


@pytest.fixture(autouse=True)
def acme(deployment: Deployment) -> None:
    practices = {name: {"max_age": "1d"} for name in ("backup", "restore_test")}
    sign_up({**ACME, "practices": practices})
    for device in ("srv", "nas"):
        an_up_device(device, grace_seconds=48 * HOUR, practices={"backup", "restore_test"})
    enroll("nightly", state=FEED, feed_practice="backup", feed_device="srv", grace_seconds=4 * HOUR)


def collect(at: int, practice: str = "backup", device: str = "srv", **facts: Any) -> None:
    entry = {"device": device, "practice": practice, "facts": {"ok": True, "source": "restic", **facts}}
    headers = {"Authorization": f"Bearer {a_token(device)}"}
    body = json.dumps({"evidence": [entry]})
    answer = handler(api_request("POST", "/v1/heartbeat", at=at, body=body, headers=headers), Context())
    assert (answer["statusCode"], json.loads(answer["body"])["refused"]) == (200, [])


def snapshot(began: int, at: int = FAILED + HOUR) -> None:
    collect(at, started_at=format_instant(began))


def newest(key: str = TODAY) -> tuple[int, bool, str]:
    found = Evidence.get("acme-dental", key)
    return found.at, found.facts["ok"], found.facts["source"]


def keys() -> list[str]:
    return [row.sk for row in Evidence.query("acme-dental", Evidence.sk.startswith("evidence#"))]


@pytest.mark.parametrize(
    ("began", "counts"), [(BEGAN, False), (FAILED + AHEAD, False), (FAILED + AHEAD + 1, True)]
)
def test_a_snapshot_outweighs_a_failure_only_when_it_is_of_a_later_run(began: int, counts: bool) -> None:
    ping("nightly", "/fail", at=FAILED)
    snapshot(began)
    assert newest() == ((FAILED + HOUR, True, "restic") if counts else (FAILED, False, "feed nightly"))


def test_whoever_speaks_first_the_failed_run_has_failed() -> None:
    said: list[Callable[[], None]] = [
        lambda: ping("nightly", "/fail", at=FAILED),
        lambda: snapshot(BEGAN, FAILED + 1),
        lambda: snapshot(BEGAN, FAILED + 6 * HOUR),
    ]
    for order in itertools.permutations(said):
        for row in Record.query("acme-dental", Record.sk.between("ends#", "evidence#~")):
            row.delete()
        for say in order:
            say()
        assert newest() == (FAILED, False, "feed nightly")


def test_the_days_after_know_of_it_until_a_run_succeeds() -> None:
    ping("nightly", "/fail", at=FAILED)
    snapshot(BEGAN, START + 25 * HOUR)
    assert keys() == [TODAY]
    ping("nightly", at=START + 26 * HOUR)
    snapshot(BEGAN, START + 27 * HOUR)
    assert newest(TOMORROW) == (START + 27 * HOUR, True, "restic")


def test_a_success_in_the_minute_after_ends_it_also_for_its_own_snapshot() -> None:
    ping("nightly", "/fail", at=FAILED)
    ping("nightly", at=FAILED + 2 * MINUTE)
    snapshot(FAILED + MINUTE)
    assert newest() == (FAILED + HOUR, True, "restic")


@pytest.mark.parametrize(
    ("facts", "counts"),
    [
        ({}, False),
        ({"started_at": None}, False),
        ({"finished_at": format_instant(FAILED)}, False),
        ({"finished_at": format_instant(FAILED + AHEAD + 1)}, True),
        ({"started_at": format_instant(BEGAN), "finished_at": format_instant(FAILED + HOUR)}, False),
    ],
)
def test_whoever_does_not_tell_when_a_run_began_shows_no_later_one(
    facts: dict[str, Any], counts: bool
) -> None:
    ping("nightly", "/fail", at=FAILED)
    collect(FAILED + 2 * HOUR, **facts)
    assert newest()[1] is counts


@pytest.mark.parametrize(("after", "counts"), [(0, False), (1, True)])
def test_what_tells_no_time_counts_again_after_a_week(after: int, counts: bool) -> None:
    an_up_device("srv", grace_seconds=240 * HOUR, practices={"backup"})
    ping("nightly", "/fail", at=FAILED)
    collect(FAILED + 7 * 24 * HOUR + after)
    assert ("evidence#2026-03-19#srv#backup" in keys()) is counts


@pytest.mark.parametrize("ok", [False, None])
def test_what_shows_no_backup_is_kept_all_the_same(ok: bool | None) -> None:
    ping("nightly", "/fail", at=FAILED)
    collect(FAILED + HOUR, ok=ok)
    assert newest()[::2] == (FAILED + HOUR, "restic")


def test_a_failure_that_comes_late_takes_back_no_later_success_of_a_job() -> None:
    ping("nightly", at=FAILED + 1)
    ping("nightly", "/fail", at=FAILED)
    assert newest() == (FAILED + 1, True, "feed nightly")
    snapshot(BEGAN)
    assert newest() == (FAILED + HOUR, True, "restic")


def test_a_failure_concerns_its_own_device_and_practice() -> None:
    ping("nightly", "/fail", at=FAILED)
    collect(FAILED + HOUR, device="nas", started_at=format_instant(BEGAN))
    assert Evidence.get("acme-dental", "evidence#2026-03-12#nas#backup").facts["ok"] is True
    collect(FAILED + HOUR, practice="restore_test", hash_matches=True)
    assert Evidence.get("acme-dental", "evidence#2026-03-12#srv#restore_test").facts["ok"] is True


@pytest.mark.parametrize("late", [0, HOUR])
def test_a_job_that_never_ends_outdoes_it_however_late_a_sweep_finds_it(
    deployment: Deployment, late: int
) -> None:
    """It is due a minute before midnight in New York; its snapshot is found a minute after."""
    due = START + 24 * HOUR - MINUTE
    ping("nightly", f"/start?rid={RID}", at=due - 4 * HOUR)
    if late:
        snapshot(due - 4 * HOUR, due + 2 * MINUTE)
    deployment.now = due + 10 + late
    sweep.handler(schedule_event(), Context())
    snapshot(due - 4 * HOUR, due + 2 * HOUR)
    assert newest() == (due, False, "feed nightly")
    assert all(newest(key) == (due, False, "feed nightly") for key in keys())
    statement: Any = compute(gather_facts("acme-dental", "2026-03", START + 48 * HOUR))
    backup = statement["practices"][0]
    assert backup["done"] == 0


def test_a_failure_between_the_look_and_the_write_is_seen() -> None:
    struck: list[bool] = []

    def meanwhile(*writes: Any) -> None:
        if not struck:
            struck.append(True)
            ping("nightly", "/fail", at=FAILED)
        write_together(*writes)

    with patch("makegood.storage.job_ends.write_together", meanwhile):
        snapshot(BEGAN)
    assert newest() == (FAILED, False, "feed nightly")


def test_who_has_no_feed_pays_two_reads_and_no_more() -> None:
    with calls() as seen:
        snapshot(BEGAN)
    assert seen.made == ["UpdateItem", "GetItem", "GetItem", "TransactWriteItems"]
    row = find_device("acme-dental", "nightly")
    assert row is not None
    assert row.last_seen is None
