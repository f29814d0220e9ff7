"""The agents' door, by requests as API Gateway sends them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import EndpointConnectionError
from support.cast import (
    GRACE,
    HOUR,
    MINUTE,
    START,
    a_contract,
    a_token,
    an_up_device,
    enroll,
    sign_up,
)
from support.crashes import calls, throttled
from support.deployment import Deployment
from support.logs import logged

from heartbeat import handler
from makegood.rules.instants import format_instant
from makegood.rules.tokens import token_hash
from makegood.storage.devices import DOWN, NEW, RETIRED, UP, Device, find_device
from makegood.storage.incidents import find_incident, open_incidents
from makegood.storage.records import Evidence
from makegood_simulator.events import Context, api_request
from presence import Arrival, Proof, Unproven
from slow_path import settle_beat


@pytest.fixture(autouse=True)
def _acme(deployment: Deployment) -> None:
    sign_up()


def beat(device: str = "modem", at: float = START, body: Any = None, **how: Any) -> dict[str, Any]:
    token = how.pop("token", None) or a_token(device)
    text = json.dumps(body) if isinstance(body, dict | list) else body
    headers = {"Authorization": f"Bearer {token}"}
    request = api_request("POST", "/v1/heartbeat", at=at, body=text, headers=headers, **how)
    answer = handler(request, Context())
    return {**answer, "json": json.loads(answer["body"])}


def device(name: str = "modem", client: str = "acme-dental") -> Device:
    row = find_device(client, name)
    assert row is not None
    return row


def test_a_beat_of_a_device_that_is_up_is_one_write_and_no_read() -> None:
    an_up_device("modem")
    with calls() as seen:
        answer = beat(at=START + MINUTE)
    assert seen.made == ["UpdateItem"]
    assert answer["statusCode"] == 200
    assert answer["json"] == {
        "received_at": "2026-03-12T04:01:00Z",
        "due_at": "2026-03-12T04:04:00Z",
        "refused": [],
    }
    assert (device().last_seen, device().due_at) == (START + MINUTE, START + MINUTE + GRACE)


def test_the_first_beat_enrolls_the_device() -> None:
    enroll("modem")
    assert beat(at=START)["statusCode"] == 200
    row = device()
    assert (row.state, row.enrolled_at, row.last_seen, row.due_at) == (UP, START, START, START + GRACE)


@pytest.mark.parametrize(
    "token",
    ["", "nonsense", "acme-dental.modem.nonsense", a_token("modem", secret=2), a_token("no-such-device")],
)
def test_a_token_that_is_missing_malformed_wrong_or_unknown_is_answered_alike(token: str) -> None:
    an_up_device("modem")
    request = api_request("POST", "/v1/heartbeat", at=START, headers={"Authorization": f"Bearer {token}"})
    missing = handler(api_request("POST", "/v1/heartbeat", at=START), Context())
    answer = handler(request, Context())
    assert answer == missing
    assert answer["statusCode"] == 401
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert json.loads(answer["body"])["status"] == 401
    assert device().last_seen == START


def test_a_malformed_token_is_refused_before_any_call() -> None:
    with calls() as seen:
        beat(token="acme-dental.modem.0000000000000000000000")
    assert seen.made == []


def test_a_retired_device_is_nobody() -> None:
    an_up_device("modem").update([Device.state.set(RETIRED)])
    assert beat(at=START + MINUTE)["statusCode"] == 401


@pytest.mark.parametrize(("after", "is_outage"), [(GRACE - 1, False), (GRACE, False), (GRACE + 1, True)])
def test_a_silence_longer_than_its_grace_is_an_outage_even_if_no_sweep_saw_it(
    after: int, is_outage: bool
) -> None:
    an_up_device("modem")
    assert beat(at=START + after)["statusCode"] == 200
    row = device()
    assert row.last_seen == START + after
    assert row.state == (DOWN if is_outage else UP)
    incidents = list(open_incidents())
    assert [incident.started_at for incident in incidents] == ([START] if is_outage else [])
    assert row.back_since == (START + after if is_outage else None)


def test_an_outage_opened_on_return_has_a_running_timer(deployment: Deployment) -> None:
    an_up_device("modem")
    beat(at=START + HOUR)
    assert deployment.executions() == [
        "acme-dental_modem_20260312T040000Z_1",
        "acme-dental_modem_20260312T040000Z_2",
    ]


def test_a_beat_of_a_fraction_of_a_second_ends_an_outage_no_earlier_than_it_came() -> None:
    an_up_device("modem")
    beat(at=START + HOUR + 0.2)
    assert (device().last_seen, device().back_since) == (START + HOUR, START + HOUR + 1)


def test_beats_while_down_extend_the_run_and_a_gap_begins_it_anew() -> None:
    an_up_device("modem")
    beat(at=START + HOUR)
    beat(at=START + HOUR + GRACE)
    assert device().back_since == START + HOUR
    beat(at=START + HOUR + GRACE + GRACE + 1)
    assert device().back_since == START + HOUR + GRACE + GRACE + 1


@pytest.mark.parametrize(("ran_for", "incidents"), [(10 * MINUTE - 1, 1), (10 * MINUTE, 2)])
def test_a_run_that_was_stable_before_a_new_gap_has_ended_its_outage(ran_for: int, incidents: int) -> None:
    an_up_device("modem", grace_seconds=HOUR)
    back = START + 2 * HOUR
    beat(at=back)
    beat(at=back + ran_for)
    beat(at=back + ran_for + HOUR + 1)
    starts = sorted(incident.started_at for incident in open_incidents())
    assert starts == [START, back + ran_for][:incidents]
    first = find_incident("acme-dental", "modem-20260312T040000Z")
    assert first is not None
    assert first.restored_at == (back if incidents == 2 else None)
    assert device().back_since == back + ran_for + HOUR + 1


def test_an_outage_that_a_beat_ends_after_the_next_gap_is_told_of_at_once(deployment: Deployment) -> None:
    an_up_device("modem", grace_seconds=HOUR)
    back = START + 2 * HOUR
    beat(at=back)
    beat(at=back + 10 * MINUTE)
    before = find_incident("acme-dental", "modem-20260312T040000Z")
    beat(at=back + 10 * MINUTE + HOUR + 1)
    after = find_incident("acme-dental", "modem-20260312T040000Z")
    assert before is not None
    assert after is not None
    assert (after.timer, after.wake_at) == (before.timer + 1, back + 10 * MINUTE + HOUR + 1)
    assert f"acme-dental_modem_20260312T040000Z_{after.timer}" in deployment.executions()


def test_a_beat_that_is_overtaken_by_a_newer_one_takes_nothing_back() -> None:
    an_up_device("modem", last_seen=START + MINUTE)
    assert beat(at=START)["statusCode"] == 200
    assert device().last_seen == START + MINUTE


def test_a_timer_that_cannot_be_started_does_not_lose_the_beat() -> None:
    an_up_device("modem")
    failure = EndpointConnectionError(endpoint_url="https://states")
    with patch("slow_path.wake", side_effect=failure):
        assert beat(at=START + HOUR)["statusCode"] == 200
    assert [incident.wake_at for incident in open_incidents()] == [START + HOUR]


def test_a_rotated_token_stays_valid_until_the_new_one_is_used() -> None:
    new = a_token("modem", secret=2)
    an_up_device("modem", next_token_hash=token_hash(new), token_expires_at=START + 24 * HOUR)
    assert beat(at=START + MINUTE)["statusCode"] == 200
    assert beat(at=START + 2 * MINUTE, token=new)["statusCode"] == 200
    assert beat(at=START + 3 * MINUTE)["statusCode"] == 401
    assert beat(at=START + 3 * MINUTE, token=new)["statusCode"] == 200


@pytest.mark.parametrize(("after", "status"), [(24 * HOUR, 200), (24 * HOUR + 1, 401)])
def test_a_rotated_token_is_valid_for_a_day_at_most(after: int, status: int) -> None:
    new = a_token("modem", secret=2)
    an_up_device(
        "modem",
        next_token_hash=token_hash(new),
        token_expires_at=START + 24 * HOUR,
        grace_seconds=3 * 24 * HOUR,
    )
    assert beat(at=START + after)["statusCode"] == status
    assert beat(at=START + after, token=new)["statusCode"] == 200


def test_an_agent_vouches_for_its_own_neighbours_only() -> None:
    sign_up(a_contract(client="other"))
    an_up_device("agent")
    an_up_device("modem", via="agent")
    an_up_device("nas", via="another-agent")
    an_up_device("printer")
    an_up_device("modem", client="other", via="agent")
    seen = ["modem", "nas", "printer", "agent", "no-such-device"]
    answer = beat("agent", at=START + MINUTE, body={"seen": seen})
    assert answer["json"]["refused"] == ["nas", "printer", "agent", "no-such-device"]
    assert device("modem").last_seen == START + MINUTE
    assert device("nas").last_seen == START
    assert device("printer").last_seen == START
    assert device("modem", "other").last_seen == START


def test_a_neighbour_is_enrolled_and_returns_like_any_other() -> None:
    an_up_device("agent", grace_seconds=2 * HOUR)
    enroll("nas", via="agent")
    an_up_device("modem", via="agent")
    beat("agent", at=START + HOUR, body={"seen": ["modem", "nas"]})
    assert (device("nas").state, device("nas").enrolled_at) == (UP, START + HOUR)
    assert (device("modem").state, device("modem").back_since) == (DOWN, START + HOUR)


def test_the_slow_path_checks_the_proof_again_because_the_row_may_have_changed() -> None:
    an_up_device("modem", via="agent")
    arrival = Arrival(at=START + HOUR, at_up=START + HOUR)
    for proof in (Proof("another-agent", by_token=False), Proof(token_hash("other"), by_token=True)):
        assert settle_beat("acme-dental", "modem", proof, arrival) == Unproven()
    assert device("modem").last_seen == START


def test_a_wrong_token_vouches_for_nobody() -> None:
    an_up_device("agent")
    an_up_device("modem", via="agent")
    answer = beat("agent", at=START + MINUTE, token=a_token("agent", secret=2), body={"seen": ["modem"]})
    assert answer["statusCode"] == 401
    assert device("modem").last_seen == START


def backup(device_name: str, **facts: Any) -> dict[str, Any]:
    return {"device": device_name, "practice": "backup", "facts": {"ok": True, **facts}}


def test_evidence_is_kept_per_local_day_the_newest_of_each() -> None:
    an_up_device("srv", practices={"backup"}, grace_seconds=24 * HOUR)
    # 04:00 UTC is midnight in New York on 12 March 2026: a second before is still the 11th there.
    beat("srv", at=START + 0, body={"evidence": [backup("srv", bytes=1)]})
    beat("srv", at=START + 2, body={"evidence": [backup("srv", bytes=2)]})
    beat("srv", at=START + 1, body={"evidence": [backup("srv", bytes=3)]})
    kept = list(Evidence.query("acme-dental", Evidence.sk.startswith("evidence#")))
    assert [(row.sk, row.at, row.facts["bytes"]) for row in kept] == [
        ("evidence#2026-03-12#srv#backup", START + 2, 2)
    ]


@pytest.mark.parametrize("written", ["7", "7.0", "0.7e1", "70.0e-1"])
def test_a_whole_number_is_one_however_json_writes_it(written: str) -> None:
    an_up_device("srv", practices={"backup"})
    text = json.dumps({"evidence": [backup("srv", bytes=0)]}).replace('"bytes": 0', f'"bytes": {written}')
    assert beat("srv", at=START, body=text)["json"]["refused"] == []
    (kept,) = Evidence.query("acme-dental", Evidence.sk.startswith("evidence#"))
    assert (kept.facts["bytes"], type(kept.facts["bytes"])) == (7, int)


@pytest.mark.parametrize("written", ["7.5", "1e19", "1e400", "-1e400", "NaN", "Infinity"])
def test_a_number_that_is_none_of_its_fact_is_refused(written: str) -> None:
    an_up_device("srv", practices={"backup"})
    text = json.dumps({"evidence": [backup("srv", bytes=0)]}).replace('"bytes": 0', f'"bytes": {written}')
    answer = beat("srv", at=START, body=text)
    assert [error["field"] for error in answer["json"]["errors"]] == ["evidence[0].facts.bytes"]


def test_evidence_before_local_midnight_belongs_to_the_day_before() -> None:
    an_up_device("srv", last_seen=START - 10, practices={"backup"})
    beat("srv", at=START - 1, body={"evidence": [backup("srv")]})
    assert [row.sk for row in Evidence.query("acme-dental", Evidence.sk.startswith("evidence#"))] == [
        "evidence#2026-03-11#srv#backup"
    ]


def test_an_agent_brings_evidence_only_of_what_it_may_speak_for() -> None:
    an_up_device("agent")
    an_up_device("srv", via="agent", practices={"backup"})
    an_up_device("nas", practices={"backup"})
    patching = {"device": "srv", "practice": "patching", "facts": {}}
    entries = [backup("srv"), backup("nas"), backup("agent"), patching]
    answer = beat("agent", at=START + MINUTE, body={"seen": ["srv"], "evidence": entries})
    assert answer["json"]["refused"] == ["nas/backup", "agent/backup", "srv/patching"]
    unseen = beat("agent", at=START + 2 * MINUTE, body={"evidence": [backup("srv")]})
    assert unseen["json"]["refused"] == []
    kept = [row.device for row in Evidence.query("acme-dental", Evidence.sk.startswith("evidence#"))]
    assert kept == ["srv"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ("{", [""]),
        ("[]", [""]),
        ('{"seen": "modem"}', ["seen"]),
        ('{"seen": ["Modem", "ok", 7]}', ["seen[0]", "seen[2]"]),
        ('{"sean": []}', ["sean"]),
        ({"seen": ["m"] * 51}, ["seen"]),
        ({"evidence": [{"device": "srv"}]}, ["evidence[0].practice", "evidence[0].facts"]),
        ({"evidence": [{**backup("srv"), "at": 1}]}, ["evidence[0].at"]),
        ({"evidence": [backup("srv", share=0.5)]}, ["evidence[0].facts.share"]),
        ({"evidence": [backup("srv", record="x" * 201)]}, ["evidence[0].facts.record"]),
        ({"evidence": [{**backup("srv"), "facts": {"x" * 201: 1}}]}, ["evidence[0].facts"]),
        ({"evidence": [{**backup("srv"), "practice": ["backup"]}]}, ["evidence[0].practice"]),
        (
            {"evidence": [backup("srv"), backup("srv", byts=1, by="tess"), backup("srv", bytes=-1)]},
            ["evidence[1].facts.byts", "evidence[1].facts.by", "evidence[2].facts.bytes"],
        ),
    ],
)
def test_a_bad_body_is_refused_naming_each_field_and_the_beat_counts(body: Any, fields: list[str]) -> None:
    an_up_device("modem")
    answer = beat(at=START + MINUTE, body=body)
    assert answer["statusCode"] == 400
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer["json"]["errors"]] == fields
    assert device().last_seen == START + MINUTE


@pytest.mark.parametrize(("size", "status"), [(64 * 1024, 200), (64 * 1024 + 1, 413)])
def test_a_body_above_64_kilobytes_is_refused(size: int, status: int) -> None:
    an_up_device("modem")
    assert beat(at=START, body="{}".ljust(size))["statusCode"] == status


def test_a_body_may_come_in_base64() -> None:
    an_up_device("agent")
    an_up_device("modem", via="agent")
    body = b64encode(b'{"seen": ["modem"]}').decode()
    assert beat("agent", at=START + MINUTE, body=body, base64=True)["json"]["refused"] == []
    assert device("modem").last_seen == START + MINUTE


def test_when_aws_fails_the_agent_is_told_to_try_again() -> None:
    an_up_device("modem")
    failure = EndpointConnectionError(endpoint_url="https://dynamodb")
    with patch("botocore.client.BaseClient._make_api_call", side_effect=failure):
        answer = beat()
    assert answer["statusCode"] == 503
    assert int(answer["headers"]["Retry-After"]) > 0
    assert "EndpointConnectionError" not in answer["body"]


def test_the_token_is_in_no_log() -> None:
    an_up_device("modem")
    tokens = a_token("modem"), a_token("modem", secret=2)
    with logged() as log:
        for token in tokens:
            beat(at=START + HOUR, token=token)
            with calls(1, throttled):
                beat(at=START + HOUR, token=token)
    assert "could not be recorded" in log.getvalue()
    for token in tokens:
        assert token.split(".")[2] not in log.getvalue()
        assert token_hash(token) not in log.getvalue()


def test_two_clients_with_a_device_of_one_name_have_two_incidents() -> None:
    sign_up(a_contract(client="other"))
    for client in ("acme-dental", "other"):
        an_up_device("modem", client=client)
        beat(at=START + HOUR, token=a_token("modem", client))
    opened = {(incident.client, incident.incident) for incident in open_incidents()}
    assert opened == {
        ("acme-dental", f"modem-{format_instant(START).replace('-', '').replace(':', '')}"),
        ("other", "modem-20260312T040000Z"),
    }


def test_a_device_that_was_never_seen_is_not_new_twice() -> None:
    enroll("modem")
    assert device().state == NEW
    beat(at=START)
    beat(at=START + MINUTE)
    assert device().enrolled_at == START
