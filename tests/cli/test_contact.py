"""`makegood contact list`, `check` and `restore`: what they say, and what they ask of SES."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import botocore.client
import pytest
from cli.conftest import Makegood
from support.cast import DESK, MINUTE, OWNER, START, sign_up

from makegood import aws
from makegood.keys import verify_link
from makegood.rules.instants import format_instant
from makegood.storage.contacts import are_links_revoked, confirm, flag_bounce, flag_complaint, unreachable_of
from makegood.storage.records import AuditEntry

LIST = ("contact", "list", "acme-dental")
CHECK = ("contact", "check", "acme-dental")


@pytest.fixture(autouse=True)
def held_back(makegood: Makegood, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """SES's list of addresses that it sends nothing to, with its two calls; moto has neither."""
    sign_up()
    makegood.deployment.now = START
    ses, held = aws.ses(), dict[str, str]()

    def missing(operation: str) -> Exception:
        error: Any = {"Error": {"Code": "NotFoundException", "Message": "not on the list"}}
        return ses.exceptions.NotFoundException(error, operation)

    def get(EmailAddress: str) -> Any:  # noqa: N803 - the name that SES gives it
        if EmailAddress not in held:
            raise missing("GetSuppressedDestination")
        since = datetime.fromtimestamp(START - MINUTE, UTC)
        return {"SuppressedDestination": {"Reason": held[EmailAddress], "LastUpdateTime": since}}

    def delete(EmailAddress: str) -> Any:  # noqa: N803 - the same
        if held.pop(EmailAddress, None) is None:
            raise missing("DeleteSuppressedDestination")
        return {}

    monkeypatch.setattr(ses, "get_suppressed_destination", get)
    monkeypatch.setattr(ses, "delete_suppressed_destination", delete)
    return held


@pytest.fixture(autouse=True)
def aws_clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The clock that AWS dates its answers by, at START."""
    now, call = [START], botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way to AWS

    def dated(self: object, operation: str, parameters: object) -> Any:
        answer = call(self, operation, parameters)
        answer["ResponseMetadata"]["HTTPHeaders"]["date"] = formatdate(now[0], usegmt=True)
        return answer

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", dated)
    return now


def test_a_list_says_of_each_contact_whether_mails_reach_it_and_when_one_last_did(makegood: Makegood) -> None:
    confirm("acme-dental", DESK, START - MINUTE)
    flag_bounce("acme-dental", OWNER, START)
    assert makegood.json(*LIST) == [
        {
            "contact": DESK,
            "gets": "outages",
            "state": "reached",
            "since": None,
            "confirmed_at": format_instant(START - MINUTE),
        },
        {
            "contact": OWNER,
            "gets": "outages and statements",
            "state": "mails come back",
            "since": format_instant(START),
            "confirmed_at": None,
        },
    ]
    assert "mails come back" in makegood.says(*LIST)


def test_a_contact_that_no_mail_went_to_yet_is_not_called_reached(makegood: Makegood) -> None:
    assert {row["state"] for row in makegood.json(*LIST)} == {"no mail arrived yet"}


def test_a_check_asks_ses_what_it_holds_back(makegood: Makegood, held_back: dict[str, str]) -> None:
    held_back[OWNER] = "BOUNCE"
    found = {row["contact"]: row["suppressed"] for row in makegood.json(*CHECK)}
    assert found == {DESK: None, OWNER: f"bounce, since {format_instant(START - MINUTE)}"}
    assert "makegood contact restore acme-dental ADDRESS" in makegood.says(*CHECK)
    held_back.clear()
    assert "restore" not in makegood.says(*CHECK)


@pytest.mark.parametrize("flag", [flag_bounce, flag_complaint])
def test_a_restored_contact_is_off_the_list_and_off_the_flags_until_it_bounces_again(
    makegood: Makegood, held_back: dict[str, str], flag: Any
) -> None:
    held_back[OWNER] = "COMPLAINT"
    flag("acme-dental", OWNER, START - MINUTE)
    said = makegood.says("contact", "restore", "acme-dental", OWNER)
    assert said == f"{OWNER} is restored: SES sends to it again. The next mail shows whether it arrives.\n"
    assert held_back == {}
    assert makegood.json(*LIST)[1]["state"] == "restored, not confirmed yet"
    flag("acme-dental", OWNER, START - 1)  # what SES reports late of before
    assert unreachable_of("acme-dental", [OWNER]) == ()
    flag("acme-dental", OWNER, START + MINUTE)
    assert len(unreachable_of("acme-dental", [OWNER])) == 1
    [entry] = AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#"))
    assert entry.what == f"contact {OWNER} restored"


def test_restoring_twice_does_no_harm(makegood: Makegood) -> None:
    for _ in range(2):
        said = makegood.says("contact", "restore", "acme-dental", OWNER)
        assert "SES had not held it back" in said


def test_only_contacts_of_the_client_can_be_restored(makegood: Makegood) -> None:
    refused = makegood.refuses("contact", "restore", "acme-dental", "stranger@acme.example")
    assert "stranger@acme.example is no contact of acme-dental" in refused
    assert "no client nobody" in makegood.refuses("contact", "list", "nobody")


# Links to the client's page.


def test_a_link_is_printed_for_a_contact_and_opens_the_page(makegood: Makegood) -> None:
    url = makegood.says("contact", "link", "acme-dental", OWNER).strip()
    assert verify_link(url.rpartition("/live/")[2], START).person == OWNER
    assert makegood.json("contact", "link", "acme-dental", OWNER)["link"] == url


def test_revoking_ends_what_was_made_until_then_and_is_on_record(makegood: Makegood) -> None:
    said = makegood.says("contact", "revoke-links", "acme-dental", OWNER)
    assert f"No link that was mailed to {OWNER} until now opens anything" in said
    assert are_links_revoked("acme-dental", OWNER, START)
    assert not are_links_revoked("acme-dental", OWNER, START + 1)
    assert not are_links_revoked("acme-dental", DESK, START)
    assert [entry.what for entry in AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#"))] == [
        f"links of {OWNER} revoked"
    ]
    answer = makegood.json("contact", "revoke-links", "acme-dental", OWNER)
    assert answer == {"client": "acme-dental", "contact": OWNER, "revoked_at": format_instant(START)}


@pytest.mark.parametrize("wrong", [-5 * MINUTE, 5 * MINUTE])
def test_a_wrong_clock_of_the_operator_neither_spares_links_nor_ends_later_ones(
    makegood: Makegood, aws_clock: list[int], wrong: int
) -> None:
    """A link that this machine itself made is ended too."""
    makegood.deployment.now = START + wrong
    url = makegood.says("contact", "link", "acme-dental", OWNER).strip()
    assert verify_link(url.rpartition("/live/")[2], START).issued_at == START
    aws_clock[0] = START + 1
    makegood.says("contact", "revoke-links", "acme-dental", OWNER)
    assert are_links_revoked("acme-dental", OWNER, START + 1)
    assert not are_links_revoked("acme-dental", OWNER, START + 2)


@pytest.mark.parametrize("command", ["link", "revoke-links"])
def test_who_is_no_contact_has_no_links(makegood: Makegood, command: str) -> None:
    said = makegood.refuses("contact", command, "acme-dental", "gone@acme.example")
    assert "gone@acme.example is no contact of acme-dental" in said
