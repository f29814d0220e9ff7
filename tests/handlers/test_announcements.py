"""Clients are told of maintenance once, whoever sends the mail and whatever fails meanwhile."""

from __future__ import annotations

import pytest
from support.cast import DESK, HOUR, OWNER, START, a_contract, an_up_device, sign_up
from support.deployment import Deployment

import announcements
from makegood import announcing
from makegood.announcing import tell
from makegood.mail.maintenance_letter import maintenance_message
from makegood.mail.maintenance_words import Announcement
from makegood.mail.outbox import UnreachableError
from makegood.rules.announcing import Plan
from makegood.rules.intervals import Interval
from makegood.storage.changes import Operator
from makegood.storage.events import untold_events
from makegood.storage.maintenance import announce, cancel, find_maintenance
from makegood.storage.records import CLIENTS, ClientEntry, ContractVersion, MailRecord
from makegood_simulator.events import Context, schedule_event

FROM = START + 100 * HOUR


@pytest.fixture(autouse=True)
def acme(deployment: Deployment) -> None:
    sign_up()
    an_up_device("modem")
    deployment.now = START


def announced(client: str = "acme-dental") -> str:
    plan = Plan(("modem",), Interval(FROM, FROM + HOUR), "new firmware")
    record, _ = announce(client, plan, Operator("tess", START))
    return record.maintenance


def tick() -> dict[str, int]:
    answer: dict[str, int] = announcements.handler(schedule_event(), Context())
    return answer


def told(deployment: Deployment) -> list[tuple[str, str]]:
    return [(mail["To"], mail["Subject"].split("] ")[1].split(":")[0]) for mail in deployment.mails]


BOTH = [(DESK, "Announced maintenance"), (OWNER, "Announced maintenance")]


def test_every_contact_for_outages_is_told_at_once_and_only_once(deployment: Deployment) -> None:
    name = announced()
    assert tell("acme-dental", name)
    assert told(deployment) == BOTH
    assert tell("acme-dental", name)
    assert tick() == {}
    assert told(deployment) == BOTH
    (mail, _) = MailRecord.query("acme-dental", MailRecord.sk.startswith(f"maintenance#{name}#mail#"))
    assert (mail.about, mail.kind, mail.sent_at) == (f"maintenance#{name}", "announced", START)


def test_nothing_waits_when_nothing_is_announced(deployment: Deployment) -> None:
    assert tick() == {}


def test_what_was_recorded_and_never_sent_goes_out_with_the_next_tick(deployment: Deployment) -> None:
    announced()
    assert tick() == {"told": 1, "failed": 0, "left": 0}
    assert told(deployment) == BOTH


def test_a_contact_that_ses_refuses_is_tried_again_and_no_other_twice(deployment: Deployment) -> None:
    name = announced()
    deployment.refuse_mail = {OWNER}
    assert not tell("acme-dental", name)
    with pytest.raises(announcements.TellError):
        tick()
    deployment.refuse_mail = set()
    assert tick() == {"told": 1, "failed": 0, "left": 0}
    assert told(deployment) == BOTH


def test_while_ses_is_down_nothing_is_lost(deployment: Deployment) -> None:
    name = announced()
    deployment.ses_is_down = True
    with pytest.raises(UnreachableError):
        tell("acme-dental", name)
    with pytest.raises(announcements.TellError):
        tick()
    deployment.ses_is_down = False
    tick()
    assert told(deployment) == BOTH


def test_a_crash_between_claim_and_send_frees_the_mail_after_two_minutes(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr("makegood.mail.outbox._send", die)
        with pytest.raises(KeyboardInterrupt):
            tick()
    with pytest.raises(announcements.TellError):
        tick()
    deployment.now += 121
    tick()
    assert sorted(told(deployment)) == sorted(BOTH)


def test_a_cancellation_is_told_even_when_the_announcement_never_was(deployment: Deployment) -> None:
    name = announced()
    tell("acme-dental", name)
    cancel("acme-dental", name, Operator("tess", START + 60))
    tick()
    assert told(deployment)[2:] == [(DESK, "Cancelled"), (OWNER, "Cancelled")]
    again = announced()
    cancel("acme-dental", again, Operator("tess", START + 60))
    tick()
    assert [what for _, what in told(deployment)[4:]] == ["Cancelled", "Cancelled"]


def test_what_is_cancelled_while_it_is_told_is_told_again(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = announced()
    known = maintenance_message
    done: list[object] = []

    def rival(told: Announcement, page: str) -> object:
        if not done:
            done.append(cancel("acme-dental", name, Operator("tess", START + 60)))
        return known(told, page)

    monkeypatch.setattr(announcing, "maintenance_message", rival)
    assert not tell("acme-dental", name)
    assert tell("acme-dental", name)
    assert told(deployment) == [*BOTH, (DESK, "Cancelled"), (OWNER, "Cancelled")]


def test_mails_go_to_the_contacts_of_the_contract_when_they_leave(deployment: Deployment) -> None:
    announced()
    new = a_contract(contacts={"outages": ["new@acme.example"], "statements": [OWNER]})
    ContractVersion("acme-dental", "contract#2026-01-01", terms=new, applied_at=1, applied_by="t").save()
    tick()
    assert [to for to, _ in told(deployment)] == ["new@acme.example"]


def test_a_client_without_contacts_for_outages_is_told_where_its_statements_go(
    deployment: Deployment,
) -> None:
    new = a_contract(client="zoo", contacts={"statements": [OWNER]})
    del new["outages"]
    sign_up(new)
    an_up_device("modem", client="zoo")
    announced("zoo")
    tick()
    assert [to for to, _ in told(deployment)] == [OWNER]


def test_one_client_that_cannot_be_told_stops_no_other(deployment: Deployment) -> None:
    sign_up(a_contract(client="acme"))
    an_up_device("modem", client="acme")
    announced("acme")
    ContractVersion("acme", "contract#2026-01-01").delete()
    ClientEntry(CLIENTS, "acme").delete()
    announced()
    with pytest.raises(announcements.TellError, match="1 failed and 0 were not told"):
        tick()
    assert told(deployment) == BOTH


def test_others_can_listen_to_it(deployment: Deployment) -> None:
    name = announced()
    cancel("acme-dental", name, Operator("tess", START + 60))
    events = [event for event in untold_events(START + 60, 10) if hasattr(event, "kind")]
    assert [event.kind for event in events] == ["maintenance.announced", "maintenance.cancelled"]
    assert find_maintenance("acme-dental", name) is not None
