"""What technicians announce and cancel on the desk: by name, as of its receipt, and told to the client."""

from __future__ import annotations

import pytest
from support.cast import DESK, HOUR, OWNER, START, TESS, TOM, an_up_device, sign_up
from support.deployment import Deployment
from support.hostile import HOSTILE, assert_harmless
from support.stored import valid_windows
from support.visits import a_home_link, a_link, everything_stored, get, post

from makegood.rules.instants import parse_instant
from makegood.storage.maintenance import find_maintenance, maintenance_of
from makegood.storage.records import AuditEntry

FROM, TO = parse_instant("2026-03-16T06:00:00Z"), parse_instant("2026-03-16T08:00:00Z")
NAME = "20260316T060000Z-1"
PLAN = {
    "devices": "modem, nas",
    "from": "2026-03-16T02:00",
    "to": "2026-03-16T04:00",
    "reason": "New firmware",
    "notice": "enough",
}


@pytest.fixture(autouse=True)
def acme(deployment: Deployment) -> None:
    sign_up()
    an_up_device("modem", name="Front desk modem")
    an_up_device("nas")
    deployment.now = START


def link(person: str = TESS, **changes: str) -> str:
    return a_link(person, incident="", purpose="maintenance", **changes)


def test_it_is_announced_by_name_as_of_its_receipt_and_the_client_is_mailed(deployment: Deployment) -> None:
    answer = post(link(), "announce", PLAN, at=START + 0.2)
    assert answer["statusCode"] == 303
    assert answer["headers"]["Location"].endswith(f"#{NAME}")
    record = find_maintenance("acme-dental", NAME)
    assert record is not None
    assert (record.announced_by, record.announced_at, record.devices) == (TESS, START + 1, ["modem", "nas"])
    assert valid_windows("acme-dental", "nas", FROM, TO) == ((FROM, TO),)
    assert [mail["To"] for mail in deployment.mails] == [DESK, OWNER]
    (entry,) = AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#"))
    assert (entry.who, entry.what) == (TESS, f"maintenance {NAME} of modem, nas announced: New firmware")


def test_the_form_sent_twice_announces_once(deployment: Deployment) -> None:
    post(link(), "announce", PLAN, at=START)
    assert post(link(TOM), "announce", PLAN, at=START + 5)["statusCode"] == 303
    assert len(maintenance_of("acme-dental")) == 1
    assert len(deployment.mails) == 2


def test_looking_changes_nothing_and_shows_what_lies_ahead() -> None:
    post(link(), "announce", PLAN, at=START)
    before = everything_stored()
    body = get(link(), at=START)["body"]
    assert everything_stored() == before
    for words in (
        "Front desk modem, nas",
        "From March 16, 2026, 2:00 AM EDT (6:00 AM UTC) to March 16, 2026, 4:00 AM EDT (8:00 AM UTC), 2 h",
        "New firmware",
        f"Announced by {TESS}, March 12, 2026, 12:00 AM EDT (4:00 AM UTC).",
        "announced 72 h before",
        ">counts<",
    ):
        assert words in body
    assert "has not left yet" not in body
    assert "Nothing is announced." in get(link(), at=TO)["body"]


def test_what_comes_too_late_is_refused_with_the_earliest_time_and_what_was_typed() -> None:
    late = FROM - 72 * HOUR + 1
    answer = post(link(), "announce", PLAN, at=late)
    assert answer["statusCode"] == 409
    assert "The contract asks for 72 h of notice" in answer["body"]
    assert "2026-03-16 02:00:01 EDT" in answer["body"]
    assert 'value="New firmware"' in answer["body"]
    assert maintenance_of("acme-dental") == []
    assert post(link(), "announce", {**PLAN, "notice": "short"}, at=late)["statusCode"] == 303
    assert "announced too late, does not count" in get(link(), at=late)["body"]
    assert valid_windows("acme-dental", "nas", FROM, TO) == ()


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"from": "soon"}, 400, "Please give a date and a time"),
        ({"reason": ""}, 400, "Please fill this in."),
        ({"notice": "none"}, 400, "Please choose one of these."),
        ({"devices": " , "}, 409, "Name the devices, or * for all of them."),
        ({"devices": "modm"}, 409, "There is no device modm to work on (did you mean modem?)."),
        ({"to": "2026-03-16T01:00"}, 409, "Maintenance must end after it begins"),
        ({"from": "2026-03-11T02:00"}, 409, "It would begin in the past"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_recorded(changes: dict[str, str], status: int, said: str) -> None:
    answer = post(link(), "announce", {**PLAN, **changes}, at=START)
    assert answer["statusCode"] == status
    assert said in answer["body"]
    assert "Nothing was recorded" in answer["body"]
    assert maintenance_of("acme-dental") == []


def test_a_comma_at_the_end_is_no_device() -> None:
    assert post(link(), "announce", {**PLAN, "devices": "modem,, nas, "}, at=START)["statusCode"] == 303
    (record,) = maintenance_of("acme-dental")
    assert record.devices == ["modem", "nas"]


def test_what_has_not_begun_can_be_cancelled_by_name(deployment: Deployment) -> None:
    post(link(), "announce", PLAN, at=START)
    assert f'value="{NAME}"' in get(link(), at=FROM - 1)["body"]
    assert post(link(TOM), "cancel", {"maintenance": NAME}, at=FROM - 1)["statusCode"] == 303
    record = find_maintenance("acme-dental", NAME)
    assert record is not None
    assert (record.cancelled_by, record.cancelled_at) == (TOM, FROM - 1)
    assert len(deployment.mails) == 4
    assert "Nothing is announced." in get(link(), at=FROM - 1)["body"]


def test_what_has_begun_cannot_be_cancelled() -> None:
    post(link(), "announce", PLAN, at=START)
    assert f'value="{NAME}"' not in get(link(), at=FROM)["body"]
    answer = post(link(), "cancel", {"maintenance": NAME}, at=FROM)
    assert answer["statusCode"] == 409
    assert "has begun, and what has begun cannot be cancelled" in answer["body"]


def test_while_ses_is_down_it_is_recorded_and_the_page_says_that_nobody_was_told(
    deployment: Deployment,
) -> None:
    deployment.ses_is_down = True
    assert post(link(), "announce", PLAN, at=START)["statusCode"] == 303
    assert "The mail to the client has not left yet; it is tried again." in get(link(), at=START)["body"]


def test_the_home_page_leads_to_each_clients_maintenance() -> None:
    body = get(a_home_link(), at=START)["body"]
    assert "Announced maintenance" in body
    addresses = [part.split('"')[0] for part in body.split('href="https://makegood.provider.example/desk/')]
    pages = [get(address, at=START)["body"] for address in addresses[1:]]
    assert sum("Announce it to the client" in page for page in pages) == 1


@pytest.mark.parametrize("action", ["plan", "else"])
def test_other_actions_are_none_of_this_page(action: str) -> None:
    assert post(link(), action, PLAN, at=START)["statusCode"] == 404


def test_a_link_for_something_else_announces_nothing() -> None:
    practices = a_link(TESS, incident="", purpose="practices")
    assert post(practices, "announce", PLAN, at=START)["statusCode"] == 403
    assert post(link("mallory@evil.example"), "announce", PLAN, at=START)["statusCode"] == 403
    assert get(link(client="nobody"), at=START)["statusCode"] == 404
    assert maintenance_of("acme-dental") == []


def test_hostile_text_is_harmless() -> None:
    answer = post(link(), "announce", {**PLAN, "devices": HOSTILE, "reason": HOSTILE}, at=START)
    assert_harmless(answer["body"])
