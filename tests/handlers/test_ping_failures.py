"""A device that says that it failed: down from that moment on, once, whatever overtakes or repeats it."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from botocore.exceptions import EndpointConnectionError
from support.cast import GRACE, HOUR, MINUTE, OWNER, START, TESS, an_up_device, enroll, sign_up
from support.deployment import Deployment
from support.hostile import HOSTILE, assert_harmless
from support.pinging import ping
from support.visits import a_link, get

import sweep
from makegood.advancing import advance
from makegood.storage.cases import load_case
from makegood.storage.devices import DOWN, UP, Device, find_device
from makegood.storage.incidents import find_incident, open_incidents
from makegood.storage.records import Incident, TimelineEntry
from makegood_simulator.events import Context, schedule_event

FAILED = START + MINUTE
NAME = "modem-20260312T040100Z"
STABLE_FOR = 10 * MINUTE


@pytest.fixture(autouse=True)
def acme(deployment: Deployment) -> None:
    sign_up()
    deployment.now = FAILED


def device() -> Device:
    row = find_device("acme-dental", "modem")
    assert row is not None
    return row


def incident(name: str = NAME) -> Incident:
    found = find_incident("acme-dental", name)
    assert found is not None
    return found


def told() -> list[tuple[int, str, str | None]]:
    entries = TimelineEntry.query("acme-dental", TimelineEntry.sk.startswith(f"incident#{NAME}#timeline"))
    return [(entry.at, entry.what, entry.said) for entry in entries]


def starts() -> list[int]:
    return sorted(found.started_at for found in open_incidents())


def fail(at: float = FAILED, body: bytes = b"disk full\n") -> None:
    ping("modem", "/fail", at=at, body=body)


def succeed(first: int, last: int) -> None:
    for at in range(first, last + 1, MINUTE):
        ping("modem", at=at)


@pytest.mark.parametrize("suffix", ["/fail", "/1", "/255"])
def test_a_failure_opens_an_incident_at_once_though_the_device_was_up(
    deployment: Deployment, suffix: str
) -> None:
    an_up_device("modem")
    ping("modem", suffix, at=FAILED + 0.7, body=b"disk full\n")
    found = incident()
    assert (found.started_at, found.opened_at, found.failure) == (FAILED, FAILED, "disk full")
    assert (found.timer, found.wake_at, found.terms["notify"]["within"]) == (1, FAILED, "15m")
    assert (device().state, device().incident, device().back_since) == (DOWN, NAME, None)
    assert deployment.executions() == ["acme-dental_modem_20260312T040100Z_1"]
    (entry,) = TimelineEntry.query("acme-dental", TimelineEntry.sk.startswith(f"incident#{NAME}#timeline"))
    assert (entry.what, entry.at, entry.who) == ("failed", FAILED, "modem")


def test_a_failure_that_is_sent_again_is_the_same_one(deployment: Deployment) -> None:
    an_up_device("modem")
    for at in (FAILED, FAILED, FAILED + 5, FAILED + HOUR):
        fail(at)
    assert starts() == [FAILED]
    assert deployment.executions() == ["acme-dental_modem_20260312T040100Z_1"]


def test_the_first_ping_of_a_device_may_be_a_failure() -> None:
    enroll("modem")
    fail()
    assert (device().state, device().enrolled_at, starts()) == (DOWN, FAILED, [FAILED])


def test_a_failure_after_a_silence_too_long_changes_nothing_of_its_outage() -> None:
    an_up_device("modem")
    fail(START + GRACE + 1)
    fail(START + HOUR)
    assert starts() == [START]
    assert incident("modem-20260312T040000Z").failure is None
    assert (device().state, device().back_since) == (DOWN, None)


@pytest.mark.parametrize(("silent_for", "failure"), [(GRACE, "disk full"), (GRACE + 1, None)])
def test_a_failure_at_the_end_of_the_grace_is_no_silence(silent_for: int, failure: str | None) -> None:
    an_up_device("modem")
    fail(START + silent_for)
    (found,) = open_incidents()
    assert found.failure == failure


def test_success_brings_the_device_back_when_it_lasts(deployment: Deployment) -> None:
    an_up_device("modem")
    fail()
    back = FAILED + 5 * MINUTE
    succeed(back, back + STABLE_FOR - MINUTE)
    advance("acme-dental", NAME, back + STABLE_FOR)
    assert incident().restored_at is None
    succeed(back + STABLE_FOR, back + STABLE_FOR)
    advance("acme-dental", NAME, back + STABLE_FOR)
    assert (incident().restored_at, device().state) == (back, UP)


def test_a_failure_while_it_is_coming_back_breaks_the_run() -> None:
    an_up_device("modem")
    fail()
    back = FAILED + 5 * MINUTE
    succeed(back, back + 5 * MINUTE)
    fail(back + 5 * MINUTE + 1)
    assert (device().state, device().back_since, device().incident) == (DOWN, None, NAME)
    again = back + 6 * MINUTE
    succeed(again, again)
    assert device().back_since == again
    entries = TimelineEntry.query("acme-dental", TimelineEntry.sk.startswith(f"incident#{NAME}#timeline"))
    assert [entry.what for entry in entries] == ["failed", "back", "failed", "back"]
    assert starts() == [FAILED]


def test_a_failure_while_it_is_down_stands_in_the_timeline_once_with_what_it_said() -> None:
    an_up_device("modem")
    fail()
    for _ in range(2):
        fail(FAILED + MINUTE, b"net down\n")
    assert told() == [(FAILED, "failed", "disk full"), (FAILED + MINUTE, "failed", "net down")]
    assert (incident().started_at, incident().failure) == (FAILED, "disk full")
    assert (device().last_seen, device().back_since) == (FAILED + MINUTE, None)


def test_what_a_failure_says_stands_in_the_timeline_whether_or_not_it_breaks_the_run() -> None:
    an_up_device("modem")
    fail(body=b"")
    ping("modem", at=FAILED + 10)
    fail(FAILED + 9, b"late")
    assert device().back_since == FAILED + 10
    fail(FAILED + 20, b"again")
    assert device().back_since is None
    assert told() == [
        (FAILED, "failed", None),
        (FAILED + 9, "failed", "late"),
        (FAILED + 10, "back", None),
        (FAILED + 20, "failed", "again"),
    ]


def test_the_desk_shows_what_each_failure_said_and_escapes_it() -> None:
    an_up_device("modem")
    fail()
    fail(FAILED + MINUTE, b"net <b>down</b>")
    page = get(a_link(incident=NAME), at=FAILED + 2 * MINUTE)["body"]
    happened = page.partition("What happened")[2]
    assert happened.index("net &lt;b&gt;down&lt;/b&gt;") < happened.index("disk full")
    assert "silent" not in happened


def test_a_failure_breaks_the_run_of_a_device_that_was_silent_too() -> None:
    an_up_device("modem")
    succeed(START + HOUR, START + HOUR)
    fail(START + HOUR + MINUTE)
    assert (starts(), device().back_since) == ([START], None)


@pytest.mark.parametrize(("ran_for", "incidents"), [(STABLE_FOR - MINUTE, 1), (STABLE_FOR, 2)])
def test_a_run_that_lasted_long_enough_has_ended_its_outage_whoever_notices_first(
    deployment: Deployment, ran_for: int, incidents: int
) -> None:
    an_up_device("modem")
    fail()
    back = FAILED + 5 * MINUTE
    succeed(back, back + ran_for)
    fail(back + ran_for + 1, b"again")
    assert starts() == [FAILED, back + ran_for + 1][:incidents]
    assert incident().restored_at == (back if incidents == 2 else None)
    newest = "modem-20260312T041601Z"
    assert device().incident == (newest if incidents == 2 else NAME)
    if incidents == 2:
        assert incident(newest).failure == "again"
        assert "acme-dental_modem_20260312T041601Z_1" in deployment.executions()


def test_a_success_that_the_failure_overtook_brings_nothing_back() -> None:
    an_up_device("modem")
    fail(FAILED)
    ping("modem", at=FAILED - 1)
    assert (device().state, device().back_since, device().last_seen) == (DOWN, None, FAILED)
    fail(FAILED + MINUTE)
    ping("modem", at=FAILED + MINUTE - 1)
    assert (device().back_since, device().last_seen) == (None, FAILED + MINUTE)


def test_a_failure_that_a_success_overtook_is_a_failure_all_the_same() -> None:
    an_up_device("modem")
    ping("modem", at=FAILED + 2)
    fail(FAILED)
    assert (starts(), device().state, device().last_seen) == ([FAILED], DOWN, FAILED + 2)
    ping("modem", at=FAILED + MINUTE)
    assert device().back_since == FAILED + MINUTE


def test_a_failure_from_before_the_run_does_not_break_it() -> None:
    an_up_device("modem")
    fail(FAILED)
    ping("modem", at=FAILED + 10)
    fail(FAILED + 9)
    assert device().back_since == FAILED + 10
    fail(FAILED + 10.5)
    assert device().back_since is None


def test_a_failure_in_the_second_in_which_the_run_began_breaks_it() -> None:
    an_up_device("modem")
    fail(FAILED)
    ping("modem", at=FAILED + 10.2)
    assert device().back_since == FAILED + 11
    fail(FAILED + 10.9)
    assert device().back_since is None


@pytest.mark.parametrize(("late", "opened"), [(STABLE_FOR - 1, 1), (STABLE_FOR, 0)])
def test_what_is_history_opens_nothing(late: int, opened: int) -> None:
    """An outage before this one may have ended as early as `stable_for` before the newest heartbeat."""
    an_up_device("modem", last_seen=FAILED + late)
    fail(FAILED)
    assert len(starts()) == opened


def test_a_failure_from_before_the_devices_life_is_none() -> None:
    enroll("modem")
    ping("modem", at=FAILED + 1)
    fail(FAILED)
    assert (starts(), device().state, device().enrolled_at) == ([], UP, FAILED + 1)


def test_a_timer_that_cannot_be_started_is_armed_by_the_sweep(deployment: Deployment) -> None:
    an_up_device("modem")
    with patch("slow_path.wake", side_effect=EndpointConnectionError(endpoint_url="https://states")):
        fail()
    assert deployment.executions() == []
    deployment.now = FAILED + sweep.OVERSLEPT_SECONDS + 1
    tally = sweep.handler(schedule_event(), Context())
    assert (tally["opened"], tally["rearmed"]) == (0, 1)
    assert deployment.executions() == ["acme-dental_modem_20260312T040100Z_2"]


def test_the_mails_say_that_it_failed_and_technicians_read_what_it_said(deployment: Deployment) -> None:
    an_up_device("modem", name="Front desk modem")
    fail(body="Disk full: <b>/var</b>\x1b[31m\u202e".encode())
    advance("acme-dental", NAME, FAILED)
    (notice,) = deployment.mails_to(OWNER)
    (alert,) = deployment.mails_to(TESS)
    assert "Front desk modem is failing since 12:01 AM EDT: we are on it" in str(notice["Subject"])
    assert str(alert["Subject"]).startswith(
        "[Acme Dental Group] Front desk modem is failing since 12:01 AM EDT: plan due"
    )
    told = notice.get_body(("plain",))
    assert told is not None
    text = told.get_content()
    assert "It reported a failure on March 12, 2026, 12:01 AM EDT" in text
    assert "starts when the device reported the failure" in text
    assert "silent" not in text
    assert "Disk full" not in text
    page = alert.get_body(("html",))
    assert page is not None
    assert "Disk full: &lt;b&gt;/var&lt;/b&gt;[31m" in page.get_content()


def test_the_outage_is_judged_from_the_failure_on() -> None:
    an_up_device("modem")
    fail()
    case = load_case("acme-dental", NAME, FAILED)
    assert case is not None
    assert (case.facts.started_at, case.facts.restored_at) == (FAILED, None)


def test_the_desk_shows_what_it_said_and_logged_and_none_of_it_is_more_than_text() -> None:
    an_up_device("modem")
    ping("modem", "/fail", at=FAILED, body=f"first {HOSTILE}".encode())
    ping("modem", "/fail", at=FAILED + 1, body=f"second {HOSTILE}".encode())
    ping("modem", "/log", at=FAILED + 2, body=f"third {HOSTILE}".encode())
    page = get(a_link(incident=NAME), at=FAILED + MINUTE)["body"]
    assert_harmless(page)
    places = [page.index(word) for word in ("What it reported", "first &lt;", "What it logged last", "third")]
    assert places == sorted(places)
    assert page.index("What happened") < page.index("second &lt;")


@pytest.mark.parametrize(("before", "is_shown"), [(24 * HOUR, True), (24 * HOUR + 1, False)])
def test_what_was_logged_long_before_the_outage_is_not_shown(before: int, is_shown: bool) -> None:
    an_up_device("modem")
    ping("modem", "/log", at=FAILED - before, body=b"all is well")
    fail()
    assert ("all is well" in get(a_link(incident=NAME), at=FAILED + MINUTE)["body"]) is is_shown
