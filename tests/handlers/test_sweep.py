"""The sweep: silent devices become incidents, each once, whatever goes wrong with one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from support.cast import GRACE, HOUR, START, a_contract, an_up_device, sign_up
from support.deployment import Deployment

import sweep
from makegood import aws
from makegood.rules.silence import OVERTAKE_SECONDS
from makegood.storage.devices import DOWN, UP, Device, find_device
from makegood.storage.incidents import find_incident, open_incidents
from makegood.storage.records import ContractVersion, Incident, Maintenance, Record, TimelineEntry
from makegood_simulator.events import Context, schedule_event
from silence import silent_devices

SILENT_AT = START + GRACE + OVERTAKE_SECONDS + 1


@pytest.fixture(autouse=True)
def _acme(deployment: Deployment) -> None:
    sign_up()
    deployment.now = SILENT_AT


def run_sweep(context: Context | None = None) -> dict[str, int]:
    answer: dict[str, int] = sweep.handler(schedule_event(), context or Context())
    return answer


def a_fleet() -> None:
    """Enough devices that are not due, so that two silent ones are no mass silence."""
    for number in range(7):
        an_up_device(f"pc{number}", grace_seconds=10**6)


@contextmanager
def read(kind: type[Record]) -> Iterator[list[Any]]:
    """What is asked for among records of this kind meanwhile."""
    asked: list[Any] = []
    query = kind.query

    def asking(*key: Any, **options: Any) -> Any:
        asked.append(key)
        return query(*key, **options)

    with patch.object(kind, "query", asking):
        yield asked


def test_a_silent_device_has_one_incident_started_when_it_was_last_seen(deployment: Deployment) -> None:
    an_up_device("modem")
    assert run_sweep()["opened"] == 1
    assert run_sweep()["opened"] == 0
    incident = find_incident("acme-dental", "modem-20260312T040000Z")
    assert incident is not None
    assert (incident.started_at, incident.opened_at) == (START, SILENT_AT)
    assert incident.terms["notify"] == {"within": "15m", "refund": "5%"}
    device = find_device("acme-dental", "modem")
    assert device is not None
    assert (device.state, device.incident) == (DOWN, "modem-20260312T040000Z")
    assert deployment.executions() == ["acme-dental_modem_20260312T040000Z_1"]


@pytest.mark.parametrize("silent", [1, 5])
def test_what_is_agreed_with_a_client_is_read_once_however_many_of_its_devices_are_silent(
    silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "WORKERS", 1)  # several may ask for it at once
    for number in range(silent):
        an_up_device(f"modem{number}")
    with read(ContractVersion) as contracts, read(Maintenance) as maintenance:
        assert run_sweep()["opened"] == silent
    assert (len(contracts), len(maintenance)) == (1, 1)


def test_a_beat_in_time_cannot_be_overtaken_while_the_heartbeat_function_works(
    deployment: Deployment,
) -> None:
    an_up_device("modem")
    deployment.now = SILENT_AT - 1
    assert run_sweep()["opened"] == 0


@pytest.mark.parametrize("state", ["new", "down", "retired"])
def test_only_devices_that_are_up_can_fall_silent(state: str) -> None:
    an_up_device("modem").update([Device.state.set(state)])
    assert run_sweep()["opened"] == 0


def test_a_device_that_beat_since_the_scan_loses_nothing(deployment: Deployment) -> None:
    an_up_device("modem")
    stale = silent_devices(SILENT_AT, SILENT_AT)
    an_up_device("modem", last_seen=START + GRACE)
    with patch.object(sweep, "silent_devices", return_value=stale):
        assert run_sweep()["opened"] == 0
    device = find_device("acme-dental", "modem")
    assert device is not None
    assert device.state == UP
    assert list(open_incidents()) == []


def test_one_bad_row_never_stops_the_rest_and_is_not_kept_silent() -> None:
    a_fleet()
    an_up_device("modem")
    an_up_device("orphan", client="no-such-client")
    aws.dynamodb().put_item(
        TableName="Devices",
        Item={
            "client": {"S": "acme-dental"},
            "device": {"S": "broken"},
            "state": {"S": "up"},
            "due_at": {"N": "1"},
            "last_seen": {"S": "yesterday"},
        },
    )
    with pytest.raises(sweep.SweepError, match="2 rows failed"):
        run_sweep()
    assert [incident.device for incident in open_incidents()] == ["modem"]


def test_what_the_time_of_one_sweep_does_not_suffice_for_the_next_one_does() -> None:
    an_up_device("modem")
    assert run_sweep(Context(milliseconds_left=5_000)) == {
        "opened": 0,
        "unended": 0,
        "rearmed": 0,
        "failed": 0,
        "left": 1,
    }
    assert run_sweep()["opened"] == 1


def test_ten_silent_devices_among_ten_thousand_give_ten_incidents_and_then_none() -> None:
    with Device.batch_write() as batch:
        for number in range(10_000):
            last_seen = START if number % 1_000 == 0 else SILENT_AT
            batch.save(
                Device(
                    "acme-dental",
                    f"d{number}",
                    kind="pc",
                    name=f"d{number}",
                    zone="America/New_York",
                    grace_seconds=GRACE,
                    token_hash="",
                    state=UP,
                    enrolled_at=START,
                    last_seen=last_seen,
                    due_at=last_seen + GRACE,
                )
            )
    assert run_sweep()["opened"] == 10
    assert run_sweep()["opened"] == 0
    assert len(list(open_incidents())) == 10


def test_two_clients_whose_device_of_one_name_falls_silent_in_one_second_get_two_incidents() -> None:
    a_fleet()
    sign_up(a_contract(client="other"))
    an_up_device("modem")
    an_up_device("modem", client="other")
    assert run_sweep()["opened"] == 2
    assert {incident.client for incident in open_incidents()} == {"acme-dental", "other"}


@pytest.mark.parametrize(
    ("overslept", "rearmed"), [(sweep.OVERSLEPT_SECONDS, 0), (sweep.OVERSLEPT_SECONDS + 1, 1)]
)
def test_a_timer_that_should_have_woken_is_armed_again(
    deployment: Deployment, overslept: int, rearmed: int
) -> None:
    an_up_device("modem")
    run_sweep()
    deployment.now = SILENT_AT + overslept
    assert run_sweep()["rearmed"] == rearmed
    assert len(deployment.executions()) == 1 + rearmed


def test_an_incident_whose_timer_could_not_be_started_is_armed_by_a_later_sweep(
    deployment: Deployment,
) -> None:
    an_up_device("modem")
    refusal = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "StartExecution")
    with (
        patch.object(aws.stepfunctions(), "start_execution", side_effect=refusal),
        pytest.raises(sweep.SweepError),
    ):
        run_sweep()
    assert deployment.executions() == []
    deployment.now += sweep.OVERSLEPT_SECONDS + 1
    assert run_sweep()["rearmed"] == 1
    assert deployment.executions() == ["acme-dental_modem_20260312T040000Z_2"]


def test_an_incident_keeps_the_terms_in_force_when_it_started(deployment: Deployment) -> None:
    an_up_device("modem")
    later = a_contract(effective_from="2026-04-01", outages={"notify": {"within": "5m"}})
    ContractVersion(
        "acme-dental", "contract#2026-04-01", terms=later, applied_at=START, applied_by="tests"
    ).save()
    deployment.now = START + 30 * 24 * HOUR
    run_sweep()
    incident = find_incident("acme-dental", "modem-20260312T040000Z")
    assert incident is not None
    assert incident.terms["notify"]["within"] == "15m"


def test_the_timeline_says_when_the_silence_was_noticed() -> None:
    an_up_device("modem")
    run_sweep()
    entries = TimelineEntry.query("acme-dental", TimelineEntry.sk.startswith("incident#modem"))
    assert [(entry.what, entry.at) for entry in entries] == [("opened", SILENT_AT)]


def test_a_client_without_promised_stages_still_has_its_outages_seen() -> None:
    bare = {key: value for key, value in a_contract(client="bare").items() if key != "outages"}
    sign_up(bare)
    an_up_device("modem", client="bare")
    assert run_sweep()["opened"] == 1
    incident = Incident.get("bare", "incident#modem-20260312T040000Z")
    assert incident.terms == {}
