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
    answer = bring("srv", START, logs(failed_units=2))
    assert answer["refused"] == []
    assert kept_keys() == ["observation#2026-03-12#srv#log_review"]
    bring("srv", START + 1, logs())
    review, observation = Record.query("acme-dental", Record.sk.between("evidence#", "observation#~"))
    assert isinstance(review, Evidence)
    assert (review.sk, review.at) == ("evidence#2026-03-12#srv#log_review", START + 1)
    assert (review.facts["reviewed"], review.facts["by"]) == (True, "rule: nothing found")
    assert isinstance(observation, Observation)
    assert (observation.at, observation.facts) == (START, logs(failed_units=2)["facts"])


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
