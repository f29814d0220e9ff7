"""`makegood maintenance`: what operators announce, how they are told, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from cli.conftest import Makegood
from support.cast import HOUR, an_up_device, sign_up
from support.stored import valid_windows

from makegood.rules.instants import parse_instant
from makegood.storage.maintenance import maintenance_of, work_of

NAME = "20260314T060000Z-1"
FROM = parse_instant("2026-03-14T06:00:00Z")
WINDOW = ("--from", "2026-03-14 02:00", "--to", "2026-03-14 04:00", "--reason", "New firmware")
ONE = ("maintenance", "announce", "acme-dental", "--devices", "modem", *WINDOW)
WEEKLY = (
    *("maintenance", "announce", "acme-dental", "--devices", "*", "--reason", "Updates"),
    *("--weekly", "sat,sun", "--from", "23:00", "--to", "01:00"),
    *("--first", "2026-03-21", "--last", "2026-03-31"),
)
CANCEL = ("maintenance", "cancel", "acme-dental", NAME)


@pytest.fixture(autouse=True)
def acme(makegood: Makegood) -> None:
    sign_up()
    an_up_device("modem", name="Front desk modem")
    makegood.deployment.now = FROM - 72 * HOUR


def test_maintenance_is_announced_by_the_clients_clock_and_the_client_is_mailed(makegood: Makegood) -> None:
    said = makegood.says(*ONE)
    when = "from March 14, 2026, 2:00 AM EDT (6:00 AM UTC) to March 14, 2026, 4:00 AM EDT (8:00 AM UTC), 2 h"
    assert said == (
        f"Maintenance {NAME} is announced: {when}.\n"
        "It counts: a device that falls silent meanwhile opens no incident.\n"
        "The client has been mailed.\n"
    )
    assert len(makegood.deployment.mails) == 2
    assert makegood.says(*ONE) == said.replace("announced:", "announced already:")
    assert len(makegood.deployment.mails) == 2


def test_what_comes_too_late_is_refused_and_with_short_notice_only_told(makegood: Makegood) -> None:
    makegood.deployment.now += 1
    assert makegood.refuses(*ONE) == (
        "Error: The contract asks for 72 h of notice: announced now, maintenance counts when it begins on "
        "2026-03-14 02:00:01 EDT (2026-03-14T06:00:01Z) or later.\n"
    )
    assert makegood.deployment.mails == []
    said = makegood.says(*ONE, "--short-notice")
    assert "It does not count: the contract asks for 72 h of notice. A silent device has an outage" in said
    assert len(makegood.deployment.mails) == 2
    assert makegood.json("maintenance", "list", "acme-dental")[0]["counts"] == "no, announced too late"


def test_times_may_be_instants(makegood: Makegood) -> None:
    instants = ("--from", "2026-03-14T06:00:00Z", "--to", "2026-03-14T08:00:00Z")
    makegood.run(*ONE[:5], *instants, "--reason", "New firmware")
    assert makegood.json(*ONE)["recorded"] is False


def test_weekly_maintenance_counts_by_the_wall_clock(makegood: Makegood) -> None:
    said = makegood.says(*WEEKLY)
    assert "every Saturday and Sunday, 11:00 PM to 1:00 AM the next day (America/New_York)" in said
    (record,) = maintenance_of("acme-dental")
    assert len(list(work_of(record).windows(0, FROM * 2))) == 4
    (first, *_) = valid_windows("acme-dental", "modem", FROM, FROM + 365 * 24 * HOUR)
    assert first == (parse_instant("2026-03-22T03:00:00Z"), parse_instant("2026-03-22T05:00:00Z"))


def test_weekly_maintenance_that_begins_too_soon_counts_later(makegood: Makegood) -> None:
    makegood.deployment.now = parse_instant("2026-03-20T00:00:00Z")
    assert "announced now, maintenance counts when it begins on 2026-03-22" in makegood.refuses(*WEEKLY)
    assert "It counts from 2026-03-23T03:00:00Z on" in makegood.says(*WEEKLY, "--short-notice")


def test_cancelling_is_said_and_told(makegood: Makegood) -> None:
    makegood.run(*ONE)
    said = f"Maintenance {NAME} is cancelled.\nThe client has been mailed.\n"
    assert makegood.says(*CANCEL) == said
    assert makegood.says(*CANCEL) == said.replace("cancelled", "cancelled already")
    assert len(makegood.deployment.mails) == 4
    assert makegood.json("maintenance", "list", "acme-dental") == []
    (row,) = makegood.json("maintenance", "list", "acme-dental", "--all")
    assert (row["counts"], row["cancelled_at"]) == ("cancelled", "2026-03-11T06:00:00Z")


def test_what_has_begun_or_is_unknown_is_not_cancelled(makegood: Makegood) -> None:
    makegood.run(*ONE)
    makegood.deployment.now = FROM
    assert makegood.refuses(*CANCEL) == (
        f"Error: {NAME} has begun, and what has begun cannot be cancelled.\n"
    )
    assert "There is no maintenance x" in makegood.refuses("maintenance", "cancel", "acme-dental", "x")


def test_the_list_says_what_lies_ahead(makegood: Makegood) -> None:
    makegood.run(*ONE)
    makegood.run(*WEEKLY)
    table = makegood.says("maintenance", "list", "acme-dental").splitlines()
    assert table[0].startswith("maintenance ")
    assert "New firmware" in table[2]
    assert "every Saturday and Sunday" in table[3]
    makegood.deployment.now = FROM + 2 * HOUR
    assert [row["reason"] for row in makegood.json("maintenance", "list", "acme-dental")] == ["Updates"]
    assert len(makegood.json("maintenance", "list", "acme-dental", "--all")) == 2


def test_while_ses_is_down_the_operator_is_told_what_happens(makegood: Makegood) -> None:
    makegood.deployment.ses_is_down = True
    assert makegood.says(*ONE).endswith(
        "The mail has not left for everybody yet; it is tried again every five minutes.\n"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"--from": "tomorrow"}, "--from must be a time such as '2026-03-14 02:00' (America/New_York)"),
        ({"--to": "2026-02-30 02:00"}, "--to must be a time such as"),
        ({"--devices": ","}, "Name the devices, or * for all of them."),
        ({"--devices": "modm"}, "There is no device modm to work on (did you mean modem?)."),
        ({"--to": "2026-03-14 01:00"}, "Maintenance must end after it begins"),
        ({"--from": "2026-03-01 02:00"}, "It would begin in the past"),
    ],
)
def test_what_is_wrong_is_named(makegood: Makegood, changes: dict[str, str], said: str) -> None:
    options: dict[str, Any] = {"--devices": "modem", **dict(zip(WINDOW[::2], WINDOW[1::2], strict=True))}
    words = [word for pair in {**options, **changes}.items() for word in pair]
    assert said in makegood.refuses("maintenance", "announce", "acme-dental", *words)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--weekly", "satday", "--weekly takes weekdays such as sat,sun or mon-fri, got 'satday'."),
        ("--from", "2026-03-14 02:00", "--from must be a time of the day such as 02:00"),
        ("--from", "25:00", "--from must be a time of the day such as 02:00"),
        ("--first", "soon", "--first must be a date such as 2026-03-14"),
    ],
)
def test_what_is_wrong_with_weekly_times_is_named(
    makegood: Makegood, option: str, value: str, said: str
) -> None:
    words = list(WEEKLY)
    words[words.index(option) + 1] = value
    assert said in makegood.refuses(*words)


def test_weekly_wants_its_dates_and_dates_want_weekly(makegood: Makegood) -> None:
    assert "--weekly needs --first and --last" in makegood.refuses(*WEEKLY[:-2], exits=2)
    assert "go with --weekly" in makegood.refuses(*ONE, "--first", "2026-03-14", exits=2)


@pytest.mark.parametrize(("text", "days"), [("fri-mon", "fri sat sun mon"), ("mon, wed", "mon wed")])
def test_days_may_be_a_range(makegood: Makegood, text: str, days: str) -> None:
    words = list(WEEKLY)
    words[words.index("--weekly") + 1] = text
    assert set(makegood.json(*words)["weekly"]["on"]) == set(days.split())
