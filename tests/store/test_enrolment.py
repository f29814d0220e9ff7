"""Devices come and go: enrolled, rotated and retired, each of it twice and two at once."""

from __future__ import annotations

from typing import Any

import pytest
from pynamodb.expressions.update import Action
from support.cast import a_contract, an_up_device, enroll, sign_up
from support.deployment import Deployment
from support.rivals import first_does

from makegood.rules.contracts import ContractError
from makegood.rules.instants import parse_instant
from makegood.rules.tokens import parse_token, token_hash
from makegood.storage.changes import Operator, RefusedError
from makegood.storage.clients import apply_contract
from makegood.storage.contracts import versions_of
from makegood.storage.devices import FEED, NEW, RETIRED, UP, Device, devices_of, find_device
from makegood.storage.enrolment import Enrolment, retire, rotate
from makegood.storage.enrolment import enroll as enroll_device
from makegood.storage.feeds import note_start
from makegood.storage.incidents import find_incident, open_incident
from makegood.storage.records import AuditEntry, Evidence, Incident

NOW = parse_instant("2026-03-12T12:00:00Z")
DAY = 86_400
TESS = Operator("arn:aws:iam::123456789012:user/tess (tess)", NOW)
DETECTION = 180
CLIENT = "acme-dental"

pytestmark = pytest.mark.usefixtures("deployment")


@pytest.fixture(autouse=True)
def client(deployment: Deployment) -> str:
    return sign_up()


def wanted(device: str = "srv", **changes: Any) -> Enrolment:
    known: dict[str, Any] = {"kind": "server", "name": "Server", "grace_seconds": 180}
    return Enrolment(CLIENT, device, **{**known, **changes})


def enroll_now(device: str = "srv", **changes: Any) -> str:
    return enroll_device(wanted(device, **changes), TESS, DETECTION)


def reasons(device: str = "srv", **changes: Any) -> list[str]:
    with pytest.raises(RefusedError) as refused:
        enroll_now(device, **changes)
    return str(refused.value).split("\n")


def a_row(device: str = "srv") -> Device:
    row = find_device(CLIENT, device)
    assert row is not None
    return row


def audit() -> list[str]:
    return [entry.what for entry in AuditEntry.query(CLIENT, AuditEntry.sk.startswith("audit#"))]


def test_a_device_begins_new_and_only_the_hash_of_its_token_is_kept() -> None:
    token = enroll_now(practices=("backup",))
    row = a_row()
    said = parse_token(token)
    assert said is not None
    assert (said.client, said.device, said.hash) == (CLIENT, "srv", row.token_hash)
    assert (row.state, row.zone, row.practices) == (NEW, "America/New_York", {"backup"})
    assert (row.enrolled_at, row.last_seen, row.due_at) == (None, None, None)
    assert audit() == ["device srv enrolled"]


def test_no_two_tokens_are_alike() -> None:
    assert enroll_now("srv")[-38:] != enroll_now("nas")[-38:]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    enroll("nas")
    assert reasons("NAS", kind="", name="\x1b", grace_seconds=270, via="nass", practices=("backups",)) == [
        "The device must be 1 to 32 of a-z, 0-9 and -, got 'NAS'.",
        "--kind must be 1 to 32 of a-z, 0-9 and - such as router, got ''.",
        "--name must be 1 to 200 characters in one line, none of them invisible, got '\\x1b'.",
        "--via must be an enrolled device, got nass (did you mean nas?).",
        "--practice backups is not in the contract (did you mean backup?); promised are: backup.",
        "--grace must be at most 269s, got 270s: by the contract of 2026-01-01, grace and 180s to detect end "
        "before each limit, and before half of notify.within.",
    ]


def test_the_longest_grace_is_a_second_under_the_limit() -> None:
    enroll_now(grace_seconds=269)
    assert a_row().grace_seconds == 269


def test_the_grace_fits_the_contracts_to_come_too() -> None:
    coming = a_contract(effective_from="2026-04-01", outages={"notify": {"within": "10m"}})
    apply_contract(coming, TESS, DETECTION)
    assert reasons(grace_seconds=120) == [
        "--grace must be at most 119s, got 120s: by the contract of 2026-04-01, grace and 180s to detect end "
        "before each limit, and before half of notify.within."
    ]


def test_without_a_contract_in_force_nothing_is_enrolled() -> None:
    sign_up(a_contract(client="early", effective_from="2026-03-13"))
    sign_up(a_contract(client="late", effective_until="2026-03-12"))
    for client in ("early", "late"):
        with pytest.raises(RefusedError, match="is in force, so nothing can be enrolled"):
            enroll_device(Enrolment(client, "srv", "server", "Server", 180), TESS, DETECTION)
        assert devices_of(client) == []


def test_an_unknown_client_has_no_devices() -> None:
    with pytest.raises(RefusedError, match="There is no client nobody"):
        enroll_device(Enrolment("nobody", "srv", "server", "Server", 180), TESS, DETECTION)


def test_a_name_is_taken_for_ever() -> None:
    enroll("nas")
    enroll("old", state=RETIRED)
    assert reasons("nas") == ["nas is enrolled already."]
    assert reasons("old") == ["old is enrolled already and retired; its name stays taken."]


def test_a_retired_agent_vouches_for_nothing() -> None:
    enroll("old", state=RETIRED)
    assert reasons("modem", via="old") == ["--via old is retired and cannot vouch for anything."]


def test_of_two_who_enroll_the_same_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens: list[str] = []
    first_does(monkeypatch, lambda: tokens.append(enroll_now()))
    assert reasons() == ["srv is enrolled already."]
    assert a_row().token_hash == token_hash(tokens[0])


def test_two_different_devices_at_once_are_both_enrolled(monkeypatch: pytest.MonkeyPatch) -> None:
    first_does(monkeypatch, lambda: enroll_now("nas"))
    enroll_now("srv")
    assert [row.device for row in devices_of(CLIENT)] == ["nas", "srv"]
    assert sorted(audit()) == ["device nas enrolled", "device srv enrolled"]


def test_a_stricter_contract_at_the_same_moment_is_minded(monkeypatch: pytest.MonkeyPatch) -> None:
    stricter = a_contract(effective_from="2026-04-01", outages={"notify": {"within": "10m"}})
    first_does(monkeypatch, lambda: apply_contract(stricter, TESS, DETECTION))
    assert "2026-04-01" in reasons(grace_seconds=180)[0]


def test_a_stricter_contract_minds_a_device_of_the_same_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stricter = a_contract(effective_from="2026-04-01", outages={"notify": {"within": "10m"}})
    first_does(monkeypatch, lambda: enroll_now(grace_seconds=180))
    with pytest.raises(ContractError, match="longest grace"):
        apply_contract(stricter, TESS, DETECTION)
    assert len(versions_of(CLIENT)) == 1


def test_the_old_token_is_good_for_a_day_after_a_rotation() -> None:
    old = enroll_now()
    new = rotate(CLIENT, "srv", TESS, revoke=False)
    row = a_row()
    assert (row.token_hash, row.next_token_hash) == (token_hash(old), token_hash(new))
    assert row.token_expires_at == NOW + DAY
    assert audit()[1] == "device srv got a new token"


def test_rotating_again_does_not_prolong_the_old_token() -> None:
    old = enroll_now()
    rotate(CLIENT, "srv", TESS, revoke=False)
    newest = rotate(CLIENT, "srv", Operator("tom", NOW + 3_600), revoke=False)
    row = a_row()
    assert (row.token_hash, row.next_token_hash) == (token_hash(old), token_hash(newest))
    assert row.token_expires_at == NOW + DAY


def test_revoking_ends_the_old_token_at_once() -> None:
    enroll_now()
    rotate(CLIENT, "srv", TESS, revoke=False)
    newest = rotate(CLIENT, "srv", TESS, revoke=True)
    row = a_row()
    assert (row.token_hash, row.next_token_hash, row.token_expires_at) == (token_hash(newest), None, None)
    assert audit()[2] == "device srv got a new token, the old one is revoked"


def test_of_two_who_rotate_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    enroll_now()
    tokens: list[str] = []
    first_does(monkeypatch, lambda: tokens.append(rotate(CLIENT, "srv", TESS, revoke=False)))
    with pytest.raises(RefusedError, match="changed at this moment"):
        rotate(CLIENT, "srv", TESS, revoke=False)
    assert a_row().next_token_hash == token_hash(tokens[0])


def test_a_first_use_at_the_same_moment_is_not_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    enroll_now()
    new = rotate(CLIENT, "srv", TESS, revoke=False)

    def use_the_new_token() -> None:
        used: list[Action] = [
            Device.token_hash.set(token_hash(new)),
            Device.next_token_hash.remove(),
            Device.token_expires_at.remove(),
        ]
        a_row().update(actions=used)

    first_does(monkeypatch, use_the_new_token)
    with pytest.raises(RefusedError, match="changed at this moment"):
        rotate(CLIENT, "srv", TESS, revoke=False)
    assert (a_row().token_hash, a_row().next_token_hash) == (token_hash(new), None)


def test_a_retired_device_gets_no_token() -> None:
    enroll("old", state=RETIRED)
    with pytest.raises(RefusedError, match="old is retired"):
        rotate(CLIENT, "old", TESS, revoke=False)


def test_a_device_that_is_not_there_is_not_rotated() -> None:
    enroll("nas")
    with pytest.raises(RefusedError, match=r"There is no device nass of acme-dental \(did you mean nas\?\)"):
        rotate(CLIENT, "nass", TESS, revoke=False)


def test_a_device_that_is_up_retires_without_an_incident() -> None:
    an_up_device("srv", last_seen=NOW)
    assert retire(CLIENT, "srv", TESS) == []
    assert (a_row().state, a_row().retired_at) == (RETIRED, NOW)
    assert audit() == ["device srv retired"]


def a_silent_device(device: str) -> Incident:
    row = an_up_device(device, last_seen=NOW - 1_000)
    incident = open_incident(row, NOW, versions_of(CLIENT))
    assert incident is not None
    return incident


def a_row_is_up_again() -> None:
    seen = [Device.last_seen.set(NOW), Device.due_at.set(NOW + 180)]
    a_row().update(actions=[Device.state.set(UP), Device.incident.remove(), *seen])


def test_a_retirement_wakes_the_incident_of_a_device_that_is_down() -> None:
    incident = a_silent_device("srv")
    assert [ended.incident for ended in retire(CLIENT, "srv", TESS)] == [incident.incident]
    woken = find_incident(CLIENT, incident.incident)
    assert woken is not None
    assert (woken.timer, woken.wake_at) == (2, NOW)
    assert (a_row().state, a_row().incident, a_row().back_since) == (RETIRED, None, None)


def test_a_retirement_wakes_an_incident_that_only_wants_its_documentation() -> None:
    incident = a_silent_device("srv")
    a_row_is_up_again()
    incident.update(actions=[Incident.restored_at.set(NOW - 100)])
    assert [ended.incident for ended in retire(CLIENT, "srv", TESS)] == [incident.incident]


def test_a_retirement_leaves_the_incidents_of_others_alone() -> None:
    a_silent_device("srv-2")
    an_up_device("srv", last_seen=NOW)
    assert retire(CLIENT, "srv", TESS) == []


def test_a_retirement_leaves_closed_incidents_alone() -> None:
    incident = a_silent_device("srv")
    a_row_is_up_again()
    incident.update(actions=[Incident.closed_at.set(NOW), Incident.open_shard.remove()])
    assert retire(CLIENT, "srv", TESS) == []
    assert a_row().state == RETIRED


def test_retiring_twice_is_retiring_once() -> None:
    incident = a_silent_device("srv")
    retire(CLIENT, "srv", TESS)
    again = retire(CLIENT, "srv", Operator("tom", NOW + 60))
    assert [ended.incident for ended in again] == [incident.incident]
    assert a_row().retired_at == NOW
    assert audit() == ["device srv retired"]


def test_an_outage_that_opens_while_its_device_retires_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    row = an_up_device("srv", last_seen=NOW - 1_000)
    first_does(monkeypatch, lambda: open_incident(row, NOW, versions_of(CLIENT)))
    (incident,) = retire(CLIENT, "srv", TESS)
    assert (incident.timer, a_row().state) == (2, RETIRED)


def test_a_silence_that_no_sweep_saw_has_its_incident_when_its_device_retires() -> None:
    an_up_device("srv", last_seen=NOW - 181)
    (incident,) = retire(CLIENT, "srv", TESS)
    assert (incident.started_at, incident.timer) == (NOW - 181, 2)
    assert (a_row().state, a_row().retired_at, a_row().incident) == (RETIRED, NOW, None)


def test_a_silence_as_long_as_its_grace_is_none_when_its_device_retires() -> None:
    an_up_device("srv", last_seen=NOW - 180)
    assert retire(CLIENT, "srv", TESS) == []


def test_a_slow_retirement_does_not_come_before_an_outage_noticed_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = an_up_device("srv", last_seen=NOW - 180)
    first_does(monkeypatch, lambda: open_incident(row, NOW + 6, versions_of(CLIENT)))
    assert len(retire(CLIENT, "srv", TESS)) == 1
    assert a_row().retired_at == NOW + 6


def a_feed_whose_job_started(at: int) -> None:
    enroll("nightly", state=FEED, feed_practice="backup", feed_device="srv")
    assert note_start(a_row("nightly"), "", at)


def failures() -> list[tuple[int, object]]:
    found = Evidence.query(CLIENT, Evidence.sk.startswith("evidence#"))
    return [(each.at, each.facts["ok"]) for each in found]


@pytest.mark.parametrize(("ago", "failed"), [(180, []), (181, [(NOW - 1, False)])])
def test_a_job_that_never_ended_has_failed_when_its_feed_retires(
    ago: int, failed: list[tuple[int, object]]
) -> None:
    a_feed_whose_job_started(NOW - ago)
    assert retire(CLIENT, "nightly", TESS) == []
    assert (failures(), a_row("nightly").state) == (failed, RETIRED)


def test_a_job_that_is_noted_while_its_feed_retires_fails_too(monkeypatch: pytest.MonkeyPatch) -> None:
    a_feed_whose_job_started(NOW - 180)
    first_does(monkeypatch, lambda: a_row("nightly").update([Device.feed_runs.set({"": [NOW - 181] * 2})]))
    retire(CLIENT, "nightly", TESS)
    assert (failures(), a_row("nightly").state) == ([(NOW - 1, False)], RETIRED)
