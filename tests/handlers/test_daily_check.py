"""The daily check: who is warned of a day about to be missed, when, of what, and only once."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from support.cast import HOUR, MINUTE, START, TESS, TOM, a_contract, an_up_device, sign_up
from support.deployment import Deployment
from support.letters import flat
from support.visits import everything_stored

import deliveries
import practices
from makegood.mail.outbox import post
from makegood.rules.instants import parse_instant
from makegood.rules.mails import mail_key, order
from makegood.storage.devices import DOWN, Device
from makegood.storage.records import Evidence, Incident, MailRecord
from makegood_simulator.events import Context, schedule_event, ses_notification, sqs_event

# Acme's 12 March 2026 in New York: from START, 04:00 UTC, for 24 hours.
WINDOW = START + 22 * HOUR
MIDNIGHT = START + 24 * HOUR


@pytest.fixture(autouse=True)
def _acme(deployment: Deployment) -> None:
    sign_up(a_contract(effective_from="2026-03-01"))
    an_up_device("srv", last_seen=WINDOW, practices={"backup"})
    deployment.now = WINDOW


def check(deployment: Deployment, at: int | None = None) -> dict[str, int]:
    deployment.now = deployment.now if at is None else at
    answer: dict[str, int] = practices.handler(schedule_event(), Context())
    return answer


def bring(at: int, facts: dict[str, Any], device: str = "srv", practice: str = "backup") -> None:
    key = f"evidence#2026-03-12#{device}#{practice}"
    Evidence("acme-dental", key, device=device, practice=practice, at=at, facts=facts).save()


@pytest.mark.parametrize(
    ("at", "mails"), [(START, 0), (WINDOW - 1, 0), (WINDOW, 2), (MIDNIGHT - 1, 2), (MIDNIGHT, 0)]
)
def test_a_day_is_looked_at_in_its_last_two_hours(deployment: Deployment, at: int, mails: int) -> None:
    assert check(deployment, at)["warned"] == mails
    assert len(deployment.mails) == mails


def test_every_technician_is_warned_once_whatever_happens_later_that_day(deployment: Deployment) -> None:
    for at in range(WINDOW, MIDNIGHT, 15 * MINUTE):
        check(deployment, at)
    bring(MIDNIGHT - 2, {"ok": False})
    check(deployment, MIDNIGHT - 1)
    assert [mail["To"] for mail in deployment.mails] == [TESS, TOM]
    found = list(MailRecord.query("acme-dental", MailRecord.sk.startswith("practices#")))
    names = [mail_key(order("practices#2026-03-12", "warning", to).mail) for to in (TESS, TOM)]
    assert [mail.sk for mail in found] == sorted(names)


def test_the_next_day_is_warned_of_by_itself(deployment: Deployment) -> None:
    check(deployment, WINDOW)
    check(deployment, WINDOW + 24 * HOUR)
    assert len(deployment.mails_to(TESS)) == 2


def test_a_day_that_is_done_warns_nobody_and_one_that_fails_late_still_does(deployment: Deployment) -> None:
    bring(START, {"ok": True})
    assert check(deployment, WINDOW)["warned"] == 0
    bring(WINDOW + HOUR, {"ok": False, "exit_status": 2})
    assert check(deployment, WINDOW + HOUR)["warned"] == 2
    (mail,) = deployment.mails_to(TESS)
    assert "exit status: 2" in flat(str(mail.get_body(("plain",))))


def test_the_check_leaves_nothing_behind_but_mails_a_note_and_what_it_told_of_yesterday(
    deployment: Deployment,
) -> None:
    devices, before = everything_stored()
    check(deployment)
    devices_after, after = everything_stored()
    assert devices_after == devices
    noted = [item["sk"] for item in after if item["pk"] == "WAITING"]
    assert noted == ["missing#acme-dental"]
    new = [item["sk"] for item in after if item not in before and item["pk"] != "WAITING"]
    new = [sk for sk in new if sk != "acme-dental" and not sk.startswith("event#")]
    assert len(new) == 2
    assert all(sk.startswith("practices#2026-03-12#mail#warning_") for sk in new)


def test_a_device_that_is_out_all_day_is_not_asked_for(deployment: Deployment) -> None:
    Device("acme-dental", "srv").update([Device.state.set(DOWN), Device.incident.set("srv-1")])
    name = "srv-20260312T035900Z"
    Incident(
        "acme-dental",
        f"incident#{name}",
        client="acme-dental",
        device="srv",
        incident=name,
        started_at=START - MINUTE,
        opened_at=START,
        terms={},
        timer=1,
        wake_at=START,
    ).save()
    assert check(deployment)["warned"] == 0


def test_a_client_without_practices_or_out_of_contract_is_left_alone(deployment: Deployment) -> None:
    bring(START, {"ok": True})
    sign_up(a_contract(client="bare", practices={}))
    an_up_device("srv", client="bare", practices={"backup"})
    sign_up(a_contract(client="gone", effective_until="2026-03-12"))
    an_up_device("srv", client="gone", practices={"backup"})
    assert check(deployment)["warned"] == 0


@pytest.mark.parametrize(
    ("at", "mails"),
    [
        # Berlin's 29 March 2026 is an hour short: it ends at 22:00 UTC.
        ("2026-03-29T19:59:59Z", 0),
        ("2026-03-29T20:00:00Z", 2),
        ("2026-03-29T21:59:59Z", 2),
        # Its 25 October is an hour longer and ends at 23:00 UTC.
        ("2026-10-25T20:59:59Z", 0),
        ("2026-10-25T21:00:00Z", 2),
        ("2026-10-25T22:59:59Z", 2),
    ],
)
def test_the_last_two_hours_are_hours_also_when_the_clocks_change(
    deployment: Deployment, at: str, mails: int
) -> None:
    sign_up(a_contract(client="berg", timezone="Europe/Berlin", effective_from=f"{at[:7]}-01"))
    an_up_device("server", client="berg", practices={"backup"}, zone="Europe/Berlin")
    check(deployment, parse_instant(at))
    subjects = [mail for mail in deployment.mails if "berg" in str(mail["X-Tags"])]
    assert len(subjects) == mails


def test_a_mail_that_did_not_leave_is_tried_again_and_the_failure_is_heard_of(deployment: Deployment) -> None:
    deployment.refuse_mail = {TOM}
    with pytest.raises(practices.CheckError, match="1 clients failed"):
        check(deployment, WINDOW)
    assert [mail["To"] for mail in deployment.mails] == [TESS]
    deployment.refuse_mail = set()
    assert check(deployment, WINDOW + 15 * MINUTE)["warned"] == 1
    assert [mail["To"] for mail in deployment.mails] == [TESS, TOM]


def test_a_client_that_cannot_be_read_hides_no_other(deployment: Deployment) -> None:
    sign_up(a_contract(client="a-broken", timezone="Moon/Crater"))
    with pytest.raises(practices.CheckError, match="1 clients failed, 0 were not reached"):
        check(deployment)
    assert len(deployment.mails) == 2


def test_what_its_time_does_not_suffice_for_is_said_and_done_by_the_next_run(deployment: Deployment) -> None:
    context = Context()
    context.milliseconds_left = 19_999
    with pytest.raises(practices.CheckError, match="0 clients failed, 1 were not reached"):
        practices.handler(schedule_event(), context)
    assert check(deployment, WINDOW + MINUTE)["warned"] == 2


def test_two_checks_at_once_send_one_mail_each(deployment: Deployment) -> None:
    def meanwhile(*arguments: Any) -> bool:
        with patch("practices.post", post):
            check(deployment)
        return post(*arguments)

    with patch("practices.post", meanwhile):
        check(deployment)
    assert [mail["To"] for mail in deployment.mails] == [TESS, TOM]


def test_what_became_of_the_mail_is_recorded(deployment: Deployment) -> None:
    check(deployment)
    (mail,) = deployment.mails_to(TESS)
    event = ses_notification("Bounce", json.loads(mail["X-Tags"]), "2026-03-13T02:00:05.000Z")
    deliveries.handler(sqs_event(event), Context())
    found = MailRecord.query("acme-dental", MailRecord.sk.startswith("practices#"))
    assert sorted(record.status for record in found) == ["bounced", "sent"]
