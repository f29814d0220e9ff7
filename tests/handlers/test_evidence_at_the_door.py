"""Evidence at the agents' door: what is kept, what waits for a person, what is refused and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.cast import HOUR, START, a_contract, a_token, an_up_device, sign_up
from support.deployment import Deployment

from heartbeat import handler
from makegood.storage.devices import RETIRED, Device, find_device
from makegood.storage.records import Evidence, Observation, Record
from makegood_simulator.events import Context, api_request


@pytest.fixture(autouse=True)
def _acme(deployment: Deployment) -> None:
    sign_up()


def bring(device: str, at: float, *evidence: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {a_token(device)}"}
    body = json.dumps({"evidence": evidence})
    answer = handler(api_request("POST", "/v1/heartbeat", at=at, body=body, headers=headers), Context())
    told: dict[str, Any] = json.loads(answer["body"])
    return told


def backup(device: str, **facts: Any) -> dict[str, Any]:
    return {"device": device, "practice": "backup", "facts": {"ok": True, **facts}}


def kept_keys() -> list[str]:
    found = Record.query("acme-dental", Record.sk.between("evidence#", "observation#~"))
    return [row.sk for row in found]


def logs(**facts: Any) -> dict[str, Any]:
    quiet = {"failed_units": 0, "failed_logons": 0, "disk_errors": 0}
    range_of_logs = {"since": "2026-03-11T04:00:00Z", "until": "2026-03-12T04:00:00Z"}
    return {"device": "srv", "practice": "log_review", "facts": {**quiet, **range_of_logs, **facts}}


def test_a_quiet_log_is_evidence_by_rule_and_any_other_is_for_a_person() -> None:
    an_up_device("srv", practices={"log_review"}, grace_seconds=24 * HOUR)
    assert bring("srv", START, logs())["refused"] == []
    assert kept_keys() == ["evidence#2026-03-12#srv#log_review"]
    bring("srv", START + 1, logs(failed_units=2))
    review, observation = Record.query("acme-dental", Record.sk.between("evidence#", "observation#~"))
    assert isinstance(review, Evidence)
    assert (review.sk, review.at) == ("evidence#2026-03-12#srv#log_review", START)
    assert (review.facts["reviewed"], review.facts["by"]) == (True, "rule: nothing found")
    assert isinstance(observation, Observation)
    assert (observation.at, observation.facts) == (START + 1, logs(failed_units=2)["facts"])


@pytest.mark.parametrize(
    "span",
    [
        {"since": "2026-03-12T04:00:00Z"},
        {"since": "2001-03-11T04:00:00Z", "until": "2001-03-12T04:00:00Z"},
    ],
)
def test_a_quiet_log_of_no_time_or_of_long_ago_is_for_a_person(span: dict[str, str]) -> None:
    an_up_device("srv", practices={"log_review"}, grace_seconds=24 * HOUR)
    bring("srv", START, logs(**span))
    assert kept_keys() == ["observation#2026-03-12#srv#log_review"]


def a_day_later(**facts: Any) -> dict[str, Any]:
    return logs(since="2026-03-12T04:00:00Z", until="2026-03-13T04:00:00Z", **facts)


def a_judgement(at: int, until: str, key: str = "#attested", **facts: Any) -> None:
    """Of 12 March, by a person unless the facts say otherwise."""
    counts = {"failed_units": 2, "failed_logons": 0, "disk_errors": 0}
    said = {"reviewed": True, **counts, "until": until, "by": "tess@provider.example", **facts}
    name = f"evidence#2026-03-12#srv#log_review{key}"
    Evidence("acme-dental", name, device="srv", practice="log_review", at=at, facts=said).save()


@pytest.mark.parametrize(
    ("judgement", "is_cleared"),
    [
        (None, False),
        ((START + HOUR, "2026-03-12T04:00:00Z"), True),
        ((START, "2026-03-11T03:59:59Z"), True),
        ((START - 1, "2026-03-11T03:59:59Z"), False),
        ((START - 1, "2026-03-11T04:00:00Z"), True),
        ((START + HOUR, "2026-03-12T04:00:00Z", "", {"by": "rule: nothing found"}), False),
    ],
)
def test_a_quiet_log_is_for_a_person_while_an_earlier_observation_waits(
    judgement: Any, is_cleared: bool
) -> None:
    an_up_device("srv", practices={"log_review"}, grace_seconds=48 * HOUR)
    bring("srv", START, logs(failed_units=2))
    if judgement is not None:
        at, until, *more = judgement
        a_judgement(at, until, *more[:1], **(more[1] if more[1:] else {}))
    bring("srv", START + 24 * HOUR, a_day_later())
    kind = "evidence" if is_cleared else "observation"
    assert [key for key in kept_keys() if "2026-03-13" in key] == [f"{kind}#2026-03-13#srv#log_review"]


@pytest.mark.parametrize(("days", "is_cleared"), [(7, False), (8, True)])
def test_what_nobody_has_judged_within_a_week_is_waited_for_no_longer(days: int, is_cleared: bool) -> None:
    an_up_device("srv", practices={"log_review"}, grace_seconds=24 * HOUR)
    day = f"2026-03-{12 - days:02}"
    facts = logs(failed_units=2)["facts"]
    for device in ("srv", "srv-2"):
        key = f"observation#{day if device == 'srv' else '2026-03-12'}#{device}#log_review"
        row = Observation("acme-dental", key, device=device, practice="log_review", at=START, facts=facts)
        row.save()
    bring("srv", START, logs())
    assert ("evidence#2026-03-12#srv#log_review" in kept_keys()) is is_cleared


def test_a_quiet_observation_takes_the_place_of_none_that_shows_something() -> None:
    an_up_device("srv", practices={"log_review"}, grace_seconds=24 * HOUR)
    bring("srv", START, logs(failed_units=2))
    bring("srv", START + 1, logs())
    bring("srv", START + 2, logs(since="2026-03-12T04:00:00Z"))
    (observation,) = Observation.query("acme-dental", Observation.sk.startswith("observation#"))
    assert (observation.at, observation.facts["failed_units"]) == (START, 2)
    assert kept_keys() == ["observation#2026-03-12#srv#log_review"]
    for wait in (0, 1):
        bring("srv", START + 24 * HOUR + wait, a_day_later())
    newest = list(Observation.query("acme-dental", Observation.sk.startswith("observation#")))[-1]
    assert (newest.sk, newest.at) == ("observation#2026-03-13#srv#log_review", START + 24 * HOUR + 1)


def test_what_an_agent_observes_takes_back_no_review() -> None:
    an_up_device("srv", practices={"log_review"}, grace_seconds=24 * HOUR)
    reviewed = {"device": "srv", "practice": "log_review", "facts": {"reviewed": True}}
    bring("srv", START, reviewed)
    bring("srv", START + 1, logs(disk_errors=1))
    review, observation = Record.query("acme-dental", Record.sk.between("evidence#", "observation#~"))
    assert isinstance(review, Evidence)
    assert (review.at, review.facts) == (START, {"reviewed": True})
    assert isinstance(observation, Observation)
    assert observation.at == START + 1


def test_of_the_observations_of_a_day_the_newest_is_kept() -> None:
    an_up_device("srv", practices={"log_review"}, grace_seconds=24 * HOUR)
    for at, failed in ((START + 1, 1), (START + 1, 3), (START, 2), (START - 1, 4)):
        bring("srv", at, logs(failed_units=failed))
    found = list(Observation.query("acme-dental", Observation.sk.startswith("observation#")))
    assert [(row.sk, row.facts["failed_units"]) for row in found] == [
        ("observation#2026-03-11#srv#log_review", 4),
        ("observation#2026-03-12#srv#log_review", 3),
    ]


def test_an_agent_observes_only_what_it_may_speak_for() -> None:
    an_up_device("agent")
    an_up_device("srv", practices={"log_review"})
    answer = bring("agent", START, logs(failed_units=1), logs())
    assert answer["refused"] == ["srv/log_review", "srv/log_review"]
    assert kept_keys() == []


def test_a_device_of_another_client_or_a_retired_one_is_spoken_for_by_nobody() -> None:
    sign_up(a_contract(client="other"))
    an_up_device("agent")
    an_up_device("nas", client="other", via="agent", practices={"backup"})
    an_up_device("old", via="agent", practices={"backup"})
    old = find_device("acme-dental", "old")
    assert old is not None
    old.update(actions=[Device.state.set(RETIRED)])
    answer = bring("agent", START, backup("nas"), backup("old"))
    assert answer["refused"] == ["nas/backup", "old/backup"]
    assert kept_keys() == []


def test_a_fact_that_is_refused_says_why_and_nothing_of_the_body_is_kept() -> None:
    an_up_device("srv", practices={"backup"})
    answer = bring("srv", START, backup("srv"), backup("srv", byts=7))
    (error,) = answer["errors"]
    assert error["message"].startswith("is not a fact of backup (did you mean bytes?); known are ok, bytes,")
    assert kept_keys() == []
