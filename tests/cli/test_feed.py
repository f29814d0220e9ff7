"""`makegood device` for practice feeds: enrolled for a practice of a device, listed as what they are."""

from __future__ import annotations

import pytest
from cli.conftest import Makegood
from support.cast import ACME, START, enroll, sign_up

from makegood.rules.instants import format_instant
from makegood.rules.tokens import token_hash
from makegood.storage.devices import FEED, RETIRED, Device, devices_of, find_device
from makegood.storage.feeds import note_start
from makegood.storage.records import AuditEntry

ENROLL = ("device", "enroll", "acme-dental")
NIGHTLY = (*ENROLL, "nightly", "--feed", "backup", "--for", "srv", "--grace", "4h")
DAILY = {"max_age": "1d"}


@pytest.fixture(autouse=True)
def acme(makegood: Makegood) -> None:
    makegood.deployment.now = START
    practices = dict.fromkeys(("backup", "restore_test", "log_review", "patching"), DAILY)
    sign_up({**ACME, "practices": practices})
    enroll("srv", practices={"backup", "patching"}, zone="Asia/Tokyo")


def feed() -> Device:
    row = find_device("acme-dental", "nightly")
    assert row is not None
    return row


def test_enrolling_prints_the_token_and_the_line_that_pings(makegood: Makegood) -> None:
    said = makegood.says(*NIGHTLY)
    token = next(line.strip() for line in said.splitlines() if line.startswith("  acme-dental.nightly."))
    assert f"curl -fsS -m 10 --retry 5 https://makegood.provider.example/ping/{token}\n" in said
    assert "its pings prove the backup of srv" in said
    row = feed()
    assert row.token_hash == token_hash(token)
    assert (row.state, row.feed_practice, row.feed_device) == (FEED, "backup", "srv")
    assert (row.kind, row.name, row.zone, row.grace_seconds) == ("feed", "nightly", "Asia/Tokyo", 14_400)
    assert not row.practices
    assert (row.via, row.enrolled_at) == (None, None)


def test_programs_get_the_address_too_and_no_token_is_on_record(makegood: Makegood) -> None:
    answer = makegood.json(*NIGHTLY, "--name", "Nightly backup")
    assert answer["ping_url"] == f"https://makegood.provider.example/ping/{answer['token']}"
    (entry,) = AuditEntry.query("acme-dental", AuditEntry.sk.startswith("audit#"))
    assert entry.what == "feed nightly of srv's backup enrolled"
    assert feed().name == "Nightly backup"


@pytest.mark.parametrize(
    ("practice", "device", "said"),
    [
        (
            "patching",
            "srv",
            "--feed must be a practice that the end of a job can prove (backup, restore_test, log_review), "
            "got patching.",
        ),
        (
            "restore-test",
            "srv",
            "--feed must be a practice that the end of a job can prove (backup, restore_test, log_review), "
            "got restore-test (did you mean restore_test?).",
        ),
        (
            "log_review",
            "srv",
            "--for srv was not enrolled with --practice log_review; it has: backup, patching.",
        ),
        ("backup", "srvv", "--for must be an enrolled device, got srvv (did you mean srv?)."),
        ("backup", "old", "--for old is retired and proves nothing."),
        ("backup", "other", "--for must be an enrolled device, got other."),
    ],
)
def test_a_feed_proves_a_promised_practice_of_a_device_that_lists_it(
    makegood: Makegood, practice: str, device: str, said: str
) -> None:
    enroll("old", practices={"backup"}, state=RETIRED)
    enroll("other", feed_practice="backup", feed_device="srv", state=FEED)
    wanted = ("--feed", practice, "--for", device, "--grace", "4h")
    assert makegood.refuses(*ENROLL, "nightly", *wanted) == f"Error: {said}\n"
    assert find_device("acme-dental", "nightly") is None


def test_a_practice_that_the_contract_does_not_promise_has_no_feed(makegood: Makegood) -> None:
    sign_up({**ACME, "client": "bare", "practices": {"patching": DAILY}})
    enroll("srv", "bare", practices={"backup"})
    wanted = ("--feed", "backup", "--for", "srv", "--grace", "4h")
    said = makegood.refuses("device", "enroll", "bare", "nightly", *wanted)
    assert said == "Error: --feed backup is not in the contract; promised are: patching.\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--feed", "backup"), "A feed needs --for too."),
        (("--for", "srv"), "A feed needs --feed too."),
        ((), "A device needs --kind; a feed needs --feed and --for."),
        (
            ("--feed", "backup", "--for", "srv", "--kind", "server", "--practice", "backup"),
            "A feed takes no --kind, --practice: it speaks for the device after --for.",
        ),
    ],
)
def test_a_feed_is_no_device_with_more_options(
    makegood: Makegood, options: tuple[str, ...], said: str
) -> None:
    assert said in makegood.refuses(*ENROLL, "nightly", "--grace", "4h", *options, exits=2)


def test_a_feed_may_run_longer_than_a_device_may_be_silent(makegood: Makegood) -> None:
    makegood.says(*ENROLL, "nightly", "--feed", "backup", "--for", "srv", "--grace", "20h")
    assert feed().grace_seconds == 72_000


def test_names_are_shared_and_a_feed_vouches_for_nobody(makegood: Makegood) -> None:
    makegood.says(*NIGHTLY)
    assert "nightly is enrolled already." in makegood.refuses(*NIGHTLY)
    device = (*ENROLL, "modem", "--kind", "router", "--grace", "180s", "--via", "nightly")
    assert makegood.refuses(*device) == "Error: --via must be an enrolled device, got nightly.\n"


def test_feeds_are_listed_as_feeds(makegood: Makegood) -> None:
    makegood.says(*NIGHTLY)
    note_start(feed(), "", START + 60)
    server, nightly = makegood.json("device", "list", "acme-dental")
    assert server["device"] == "srv"
    assert nightly == {
        "feed": "nightly",
        "name": "nightly",
        "practice": "backup",
        "for": "srv",
        "state": "running",
        "grace_seconds": 14_400,
        "last_ping_at": format_instant(START + 60),
        "started_at": [format_instant(START + 60)],
        "due_at": format_instant(START + 60 + 14_400),
        "retired_at": None,
        "old_token_expires_at": None,
    }
    devices, feeds = makegood.says("device", "list", "acme-dental").split("feed  ")
    assert "nightly" not in devices
    assert "nightly" in feeds
    assert [row.device for row in devices_of("acme-dental")] == ["srv"]


def test_a_feed_is_retired_and_a_retired_device_names_its_feeds(makegood: Makegood) -> None:
    makegood.says(*NIGHTLY)
    assert makegood.json("device", "retire", "acme-dental", "srv")["feeds"] == ["nightly"]
    result = makegood.run("device", "retire", "acme-dental", "srv")
    assert result.stderr == "What nightly proves counts for nothing any more: retire it.\n"
    note_start(feed(), "", START)
    assert (
        makegood.says("device", "retire", "acme-dental", "nightly") == "nightly of acme-dental is retired.\n"
    )
    assert (feed().state, feed().retired_at) == (RETIRED, START)
    assert "nightly is retired and gets no token" in makegood.refuses(
        "device", "rotate", "acme-dental", "nightly"
    )


def test_a_feed_gets_a_new_token_with_its_address(makegood: Makegood) -> None:
    makegood.says(*NIGHTLY)
    said = makegood.says("device", "rotate", "acme-dental", "nightly")
    assert "/ping/acme-dental.nightly." in said
    assert "makegood_agent" not in said
