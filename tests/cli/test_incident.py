"""`makegood incident`: what happened, its clocks and its mails."""

from __future__ import annotations

from typing import Any

import pytest
from cli.conftest import Makegood
from support.cast import ACME, MINUTE, START, an_up_device, sign_up

from makegood.rules.instants import format_instant
from makegood.storage.contracts import versions_of
from makegood.storage.devices import Device, find_device
from makegood.storage.incidents import open_failure, open_incident, reported
from makegood.storage.records import Call, Excuse, Incident, MailRecord, Pause
from makegood.storage.transactions import write_together

NAME = "srv-20260312T040000Z"
OPENED = START + 4 * MINUTE


@pytest.fixture(autouse=True)
def acme(makegood: Makegood) -> None:
    makegood.deployment.now = START + 70 * MINUTE
    sign_up()


def an_incident(device: str = "srv", client: str = "acme-dental", last_seen: int = START) -> Incident:
    row = an_up_device(device, client=client, last_seen=last_seen)
    incident = open_incident(row, OPENED, versions_of(client))
    assert incident is not None
    return incident


def a_notice(incident: Incident) -> None:
    MailRecord(
        incident.client,
        f"{incident.sk}#mail#notice_0123456789ab",
        client=incident.client,
        mail=f"incident_{incident.incident}_notice_0123456789ab",
        about=incident.sk,
        kind="notice",
        to="owner@acme.example",
        subject="srv is silent",
        status="delivered",
        rank=3,
        claimed_until=0,
        attempts=1,
        sent_at=OPENED + 1,
        delivered_at=OPENED + 2,
    ).save()


def test_open_incidents_are_listed_the_oldest_first(makegood: Makegood) -> None:
    sign_up({**ACME, "client": "zoo"})
    an_incident()
    an_incident("cam", client="zoo", last_seen=START - 100)
    listed = makegood.json("incident", "list")
    assert [(row["client"], row["device"]) for row in listed] == [("zoo", "cam"), ("acme-dental", "srv")]
    assert listed[1] == {
        "client": "acme-dental",
        "incident": NAME,
        "device": "srv",
        "state": "silent",
        "started_at": format_instant(START),
        "restored_at": None,
        "documented_at": None,
        "closed_at": None,
    }
    assert [row["client"] for row in makegood.json("incident", "list", "zoo")] == ["zoo"]


def test_closed_incidents_are_listed_when_asked_for(makegood: Makegood) -> None:
    incident = an_incident()
    closed = [Incident.closed_at.set(OPENED), Incident.open_shard.remove()]
    incident.update(actions=[*closed])
    assert makegood.json("incident", "list") == []
    assert makegood.json("incident", "list", "acme-dental") == []
    assert [row["state"] for row in makegood.json("incident", "list", "--all")] == ["closed"]
    assert [row["state"] for row in makegood.json("incident", "list", "acme-dental", "--all")] == ["closed"]


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ([], "silent"),
        ([Incident.acknowledged.set({"by": "tess"})], "silent, somebody works on it"),
        ([Incident.plan.set({"by": "tess"})], "silent, somebody works on it"),
        ([Incident.repair.set({"by": "tess"})], "silent, somebody works on it"),
        ([Incident.restored_at.set(OPENED)], "back, to be documented"),
        ([Incident.restored_at.set(OPENED), Incident.documented_at.set(OPENED)], "repaired"),
    ],
)
def test_the_state_says_what_is_missing(makegood: Makegood, facts: list[object], state: str) -> None:
    incident = an_incident()
    if facts:
        incident.update(actions=facts)  # type: ignore[arg-type]  # actions of several kinds
    assert makegood.json("incident", "list")[0]["state"] == state


def test_a_device_that_answers_again_is_not_called_silent(makegood: Makegood) -> None:
    an_incident()
    row = find_device("acme-dental", "srv")
    assert row is not None
    row.update(actions=[Device.back_since.set(OPENED)])
    assert makegood.json("incident", "list")[0]["state"] == "answers again, not stable yet"
    assert makegood.json("incident", "show", "acme-dental", NAME)["state"] == "answers again, not stable yet"
    row.update(actions=[Device.incident.set("srv-20260312T050000Z")])
    assert makegood.json("incident", "list")[0]["state"] == "silent"


def test_what_people_wrote_is_dated_as_text(makegood: Makegood) -> None:
    entry = {"by": "tess", "at": OPENED}
    an_incident().update(
        actions=[Incident.acknowledged.set(entry), Incident.plan.set(entry), Incident.repair.set(entry)]
    )
    shown = makegood.json("incident", "show", "acme-dental", NAME)
    told = {"by": "tess", "at": "2026-03-12T04:04:00Z"}
    assert [shown[part] for part in ("acknowledged", "plan", "repair")] == [told, told, told]
    assert makegood.says("incident", "show", "acme-dental", NAME).count("at  2026-03-12T04:04:00Z\n") == 3


def test_only_what_is_late_has_a_lateness_in_the_table(makegood: Makegood) -> None:
    a_notice(an_incident())
    said = makegood.says("incident", "show", "acme-dental", NAME)
    rows = {line.split()[0]: line.rstrip() for line in said.splitlines() if " 2026-03-12T0" in line}
    assert rows["plan"].endswith("broken    10 minutes")
    assert rows["repair"].endswith("pending")


def test_an_incident_shows_its_clocks_timeline_and_mails(makegood: Makegood) -> None:
    incident = an_incident()
    a_notice(incident)
    shown = makegood.json("incident", "show", "acme-dental", NAME)
    assert [(stage["stage"], stage["verdict"], stage["late_seconds"]) for stage in shown["stages"]] == [
        ("notify", "kept", 0),
        ("plan", "broken", 600),
        ("repair", "pending", 0),
    ]
    assert shown["by_itself"] is False
    assert shown["stages"][1]["deadline"] == format_instant(START + 60 * MINUTE)
    assert shown["timeline"] == [
        {"at": format_instant(OPENED), "what": "opened", "who": "the monitoring", "said": None}
    ]
    assert shown["mails"] == [
        {
            "kind": "notice",
            "to": "owner@acme.example",
            "status": "delivered",
            "sent_at": format_instant(OPENED + 1),
            "delivered_at": format_instant(OPENED + 2),
            "attempts": 1,
            "last_error": None,
            "note": None,
        }
    ]


def test_what_happened_to_a_mail_on_its_way_and_who_was_called_is_shown(makegood: Makegood) -> None:
    incident = an_incident()
    a_notice(incident)
    mail = next(iter(MailRecord.query("acme-dental", MailRecord.sk.startswith(f"{incident.sk}#mail#"))))
    mail.update(
        actions=[
            MailRecord.status.set("sent"),
            MailRecord.refused_since.set(OPENED),
            MailRecord.delayed_at.set(OPENED + 60),
            MailRecord.complained_at.set(OPENED + 90),
        ]
    )
    said = {"by": "tess@provider.example", "reached": "Dana Reyes", "number": "+1 212 555 0100"}
    call: dict[str, Any] = {"incident": NAME, "at": OPENED, "recorded_at": OPENED + 60, **said}
    Call("acme-dental", f"{incident.sk}#call#1", **call).save()
    makegood.deployment.now = OPENED + 3_601
    shown = makegood.json("incident", "show", "acme-dental", NAME)
    assert shown["mails"][0]["note"] == (
        f"handed over, not confirmed; could not leave at {format_instant(OPENED)}; "
        f"delayed at {format_instant(OPENED + 60)}; called unwanted at {format_instant(OPENED + 90)}"
    )
    assert shown["calls"] == [
        {"at": format_instant(OPENED), "recorded_at": format_instant(OPENED + 60), **said}
    ]
    assert "Dana Reyes" in makegood.says("incident", "show", "acme-dental", NAME)


def test_pauses_excuses_and_what_people_wrote_are_shown(makegood: Makegood) -> None:
    incident = an_incident()
    Pause(
        "acme-dental",
        f"{incident.sk}#pause#{START}",
        incident=NAME,
        start=START,
        reason="awaiting_client",
    ).save()
    Excuse(
        "acme-dental",
        f"{incident.sk}#excuse#plan",
        incident=NAME,
        stage="plan",
        reason="client_caused",
        approved_by="owner@acme.example",
        approved_at=OPENED,
    ).save()
    incident.update(
        actions=[
            Incident.plan.set(
                {"at": OPENED, "cause": "A cable\x1b[2J", "steps": "[red]Replace[/red] it\nnow"}
            )
        ]
    )
    shown = makegood.json("incident", "show", "acme-dental", NAME)
    assert shown["pauses"] == [{"from": format_instant(START), "to": None, "reason": "awaiting_client"}]
    assert shown["excuses"][0]["approved_by"] == "owner@acme.example"
    said = makegood.says("incident", "show", "acme-dental", NAME)
    assert "Excuses" in said
    assert "cause  A cable\n" in said
    assert "steps  [red]Replace[/red] it now\n" in said
    assert "\x1b" not in said


def test_how_each_limit_came_about_is_told_in_the_clients_time(makegood: Makegood) -> None:
    """Silent at midnight in New York, six hours before the office opens."""
    terms = {**ACME["outages"], "hours": {"mon-fri": "06:00-18:00"}}
    sign_up({**ACME, "outages": terms})
    an_incident()
    said = makegood.says("incident", "show", "acme-dental", NAME)
    assert (
        "How the limit of repair came about (America/New_York)\n"
        "Thu, Mar 12, 12:00 AM: last heard from\n"
        "Thu, Mar 12, 12:00 AM to 6:00 AM: stands still, outside of business hours\n"
        "Thu, Mar 12, 6:00 AM to 10:00 AM: runs for 4 h\n"
        "Thu, Mar 12, 10:00 AM: the limit, after 4 h\n"
    ) in said
    assert "How the limit of notify came about (America/New_York)\nThu, Mar 12, 12:00 AM: last heard" in said


def test_an_unknown_incident_is_refused_with_the_way_to_find_it(makegood: Makegood) -> None:
    assert makegood.refuses("incident", "show", "acme-dental", "srv-x") == (
        "Error: There is no incident srv-x; `makegood incident list acme-dental --all` names them.\n"
    )


@pytest.mark.parametrize("name", ["srv", "srv-20260312T0400", f"{NAME}#timeline"])
def test_a_part_of_a_name_is_no_incident(makegood: Makegood, name: str) -> None:
    an_incident()
    assert f"There is no incident {name};" in makegood.refuses("incident", "show", "acme-dental", name)


def test_incidents_of_an_unknown_client_are_refused(makegood: Makegood) -> None:
    assert "There is no client acme" in makegood.refuses("incident", "list", "acme")


def test_what_a_failing_device_said_is_shown_and_steers_no_terminal(makegood: Makegood) -> None:
    versions = versions_of("acme-dental")
    incident = open_failure(an_up_device("srv"), START, versions, "raid \x1b[31mdegraded\u202e")
    assert incident is not None
    for minutes in range(1, 8):
        write_together(reported(incident, START + minutes * MINUTE, f"disk {minutes}\nis \x1b]0;gone\x07"))
    said = makegood.says("incident", "show", "acme-dental", NAME)
    assert "It reported: raid degraded\n" in said
    assert said.count("degraded") == 1
    assert "Reported at 2026-03-12T04:07:00Z\n\n  disk 7\n  is \n" in said
    assert "disk 3\n" in said
    assert "disk 2\n" not in said
    assert "\x1b" not in said
    timeline = makegood.json("incident", "show", "acme-dental", NAME)["timeline"]
    assert [entry["said"][:6] for entry in timeline] == [
        "raid \x1b",
        *(f"disk {each}" for each in range(1, 8)),
    ]
