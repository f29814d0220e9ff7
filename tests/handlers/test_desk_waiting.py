"""The desk's home says whose practices wait for a person, by notes that one query reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.cast import HOUR, MINUTE, START, TESS, a_contract, a_token, an_up_device, sign_up
from support.crashes import calls
from support.deployment import Deployment
from support.visits import a_home_link, a_link, get, post

import desk_matter
import practices
from heartbeat import handler
from makegood.storage.attestations import LOOK_BACK_DAYS
from makegood_simulator.events import Context, api_request, schedule_event

# Acme's 12 March 2026 in New York: from START, 04:00 UTC, for 24 hours.
WINDOW = START + 22 * HOUR
MIDNIGHT = START + 24 * HOUR
LOOK = ["a log to look at"]
MISSED = "1 device-day about to be missed at 02:00 UTC"


@pytest.fixture(autouse=True)
def _srv(deployment: Deployment) -> None:
    sign_up(a_contract(practices={"log_review": {"max_age": "1d"}}))
    sign_up(a_contract(client="zoo", practices={"log_review": {"max_age": "1d"}}))
    an_up_device("srv", practices={"log_review"}, grace_seconds=240 * HOUR)


def report(at: int, **facts: Any) -> None:
    logs = {"failed_units": 1, "failed_logons": 0, "disk_errors": 0}
    span = {"since": "2026-03-11T04:00:00Z", "until": "2026-03-12T04:00:00Z"}
    entry = {"device": "srv", "practice": "log_review", "facts": {**logs, **span, **facts}}
    headers = {"Authorization": f"Bearer {a_token('srv')}"}
    body = json.dumps({"evidence": [entry]})
    assert handler(api_request("POST", "/v1/heartbeat", at=at, body=body, headers=headers), Context())


def home(at: int) -> dict[str, list[str]]:
    """What waits of each client, in the order of the page."""
    page = get(a_home_link(), at=at)["body"].partition("Announced maintenance")[0]
    rows = re.findall(
        r'<li><a [^>]*>[^<]+</a> <small class="soft">([a-z-]+)</small>(.*?)</li>', page, re.DOTALL
    )
    return {client: re.findall(r">([^<]+)</span>", rest) for client, rest in rows}


def check(deployment: Deployment, at: int) -> None:
    deployment.now = at
    practices.handler(schedule_event(), Context())


def sign(at: int, until: str = "2026-03-12T00:00") -> None:
    link = a_link(TESS, incident="", purpose="practices", expires_at=at + HOUR)
    seen = re.search(r'name="seen" value="([^"]+)"', get(f"{link}/srv/log_review", at=at)["body"])
    assert seen
    times = {"since": "2026-03-10T00:00", "until": until}
    words = {"findings": "1", "remarks": "restarted it", "seen": seen[1]}
    assert post(link, "srv/log_review", {**times, **words}, at=at)["statusCode"] == 303


def test_where_nothing_waits_the_clients_stand_by_name() -> None:
    assert home(START + HOUR) == {"acme-dental": [], "zoo": []}


def test_what_an_agent_observed_waits_until_it_is_signed() -> None:
    an_up_device("srv", client="zoo", practices={"log_review"})
    report(START)
    assert home(START) == {"acme-dental": LOOK, "zoo": []}
    sign(START + HOUR)
    assert home(START + HOUR) == {"acme-dental": [], "zoo": []}
    report(START + 2 * HOUR)  # what was looked at, told again
    assert home(START + 2 * HOUR)["acme-dental"] == []
    report(START + 3 * HOUR, failed_units=2)
    assert home(START + 3 * HOUR)["acme-dental"] == LOOK


def test_a_log_that_a_rule_reviews_waits_for_nobody() -> None:
    report(START, failed_units=0)
    assert home(START)["acme-dental"] == []


@pytest.mark.parametrize(("after", "waits"), [(-1, LOOK), (0, [])])
def test_what_nobody_looks_at_is_forgotten_after_a_week(after: int, waits: list[str]) -> None:
    report(START)
    assert home(START + LOOK_BACK_DAYS * 24 * HOUR + after)["acme-dental"] == waits


def test_a_day_about_to_be_missed_stands_first_until_it_is_not_or_ends(deployment: Deployment) -> None:
    sign_up(a_contract(client="bare", practices={}))
    check(deployment, WINDOW - 1)
    assert home(WINDOW - 1) == {"acme-dental": [], "bare": [], "zoo": []}
    an_up_device("srv", client="zoo", practices={"log_review"})
    an_up_device("nas", client="zoo", practices={"log_review"})
    check(deployment, WINDOW)
    missed = MISSED.replace("1 device-day", "2 device-days")
    assert home(WINDOW) == {"zoo": [missed], "acme-dental": [MISSED], "bare": []}
    assert list(home(WINDOW)) == ["zoo", "acme-dental", "bare"]
    report(WINDOW + MINUTE, reviewed=True)
    check(deployment, WINDOW + 15 * MINUTE)
    assert home(WINDOW + 15 * MINUTE)["acme-dental"] == []
    assert home(MIDNIGHT - 1)["zoo"] == [missed.replace("02:00", "02:15")]
    assert home(MIDNIGHT)["zoo"] == []


def test_signing_counts_at_once(deployment: Deployment) -> None:
    report(WINDOW, until="2026-03-13T02:00:00Z")
    check(deployment, WINDOW)
    assert home(WINDOW)["acme-dental"] == [MISSED, *LOOK]
    sign(WINDOW + MINUTE, until="2026-03-12T22:00")
    assert home(WINDOW + MINUTE)["acme-dental"] == []


def test_the_check_ends_a_note_that_other_evidence_has_made_void(deployment: Deployment) -> None:
    report(START)
    report(START + HOUR, reviewed=True, until="2026-03-12T05:00:00Z")
    assert home(START + HOUR)["acme-dental"] == LOOK
    check(deployment, WINDOW)
    assert home(WINDOW)["acme-dental"] == []


def test_what_was_signed_stands_though_the_home_could_not_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "PutItem")

    report(START)
    told: Callable[..., None] = refused
    monkeypatch.setattr(desk_matter, "note_day", told)
    sign(START + HOUR)
    link = a_link(TESS, incident="", purpose="practices", expires_at=START + 2 * HOUR)
    assert "nothing waits" in get(f"{link}/srv/log_review", at=START + HOUR)["body"]


def test_the_home_reads_no_more_of_a_hundred_clients_than_of_two() -> None:
    home(START)  # the keys of links are read once
    with calls() as few:
        home(START)
    for number in range(100):
        sign_up(a_contract(client=f"client-{number}"))
    with calls() as many:
        home(START)
    assert len(many.made) == len(few.made)
