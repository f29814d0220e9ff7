"""An agent with real tools fills a device-day of all six practices; what breaks turns just its own."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from agent import test_collect_apt, test_collect_backup, test_collect_clamav, test_collect_journal
from agent.asking import DAY, HOUR, needs
from agent.standin import Handler, answers, door
from support.cast import START, a_contract, a_token, enroll, sign_up
from support.deployment import Deployment

from heartbeat import handler as makegood
from makegood.rules.evidence import PRACTICES
from makegood.rules.instants import format_instant, parse_instant
from makegood.rules.statements import compute
from makegood.storage.devices import UP
from makegood.storage.facts import gather_facts
from makegood_agent import isolated
from makegood_agent.arguments import parse_options
from makegood_agent.beats import Agent
from makegood_agent.collectors.child import Order, find
from makegood_agent.store import Store
from makegood_agent.wanted import Wanted
from makegood_simulator.events import Context, api_request

pytestmark = [
    needs("apt-get", "clamscan", "clamd", "restic", "borg", "journalctl"),
    *test_collect_journal.pytestmark[1:],
]
DONE = dict.fromkeys(PRACTICES, "done")


class Server:
    """A server in order: patched, scanned, backed up by restic and, restorable, by borg."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        for each in ("apt", "clamav", "journal", "restic", "borg", "state"):
            (folder / each).mkdir()
        self.apt = test_collect_apt.Machine(folder / "apt", monkeypatch)
        self.apt.offer("stable", a="1.0", b="1.0")
        self.apt.offer("security")
        self.apt.update()
        self.clamav = test_collect_clamav.Machine(folder / "clamav")
        self.clamav.scan()
        self.journal = test_collect_journal.Machine(folder / "journal", monkeypatch)
        self.journal.say("Started made up.", 2 * DAY)
        self.journal.say("Started made up.")
        monkeypatch.setenv("PATH", f"{os.environ['PATH']}:/usr/sbin:/usr/local/bin")
        for tool in ("restic", "borg"):
            test_collect_backup.make(tool, folder / tool)

    def collects(self) -> list[str]:
        clamav = f"=clamav config={self.clamav.config} log={self.clamav.log}"
        wanted = [
            "patching=apt",
            f"antivirus{clamav}",
            f"quarantine{clamav}",
            "log_review=journal",
            f"backup=restic:{self.folder}/restic/repository password-file={self.folder}/restic/password",
            f"restore_test=borg:{self.folder}/borg/repository password-file={self.folder}/borg/password"
            f' file="{self.folder}/borg/data/letter [1].txt"',
        ]
        return [part for each in wanted for part in ("--collect", each)]


@pytest.fixture
def server(tmp_path: Path, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Enrolled since its midnight, with all six practices promised."""
    promised = {practice: {"max_age": "1d"} for practice in PRACTICES}
    sign_up(a_contract(practices=promised))
    enroll(
        "srv",
        practices=set(PRACTICES),
        state=UP,
        enrolled_at=START,
        last_seen=START,
        due_at=START + 2 * HOUR,
        grace_seconds=2 * HOUR,
    )
    server = Server(tmp_path, monkeypatch)
    with test_collect_clamav.clamd(server.clamav.socket):
        yield server


def answer(door_handler: Handler) -> None:
    """As the real door answers, an hour after midnight, to a device whose clock shows that time."""
    body = door_handler.server.received[-1].body
    for entry in body.get("evidence", ()):
        facts = entry["facts"]
        for name in {"since", "until"} & facts.keys():
            facts[name] = format_instant(parse_instant(facts[name]) - int(time.time()) + START + HOUR)
    request = api_request(
        "POST",
        "/v1/heartbeat",
        at=START + HOUR,
        body=json.dumps(body),
        headers={"Authorization": door_handler.headers["Authorization"]},
    )
    said = makegood(request, Context())
    answers(said["statusCode"], said["body"].encode())(door_handler)


def collect_here(wanted: Wanted, memories: dict[str, Any], folder: Path) -> dict[str, Any]:
    """In this process, which is the one that knows the made-up machine."""
    shutil.rmtree(folder / "scratch", ignore_errors=True)
    (folder / "scratch").mkdir()
    order = Order(wanted.practice, wanted.source, wanted.settings, 300, str(folder / "scratch"))
    return find(order._replace(**memories))


def the_day(server: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the statement says of each practice on the day on which the agent reported once."""

    server.journal.write()
    monkeypatch.setattr(isolated, "collect", collect_here)
    with door(answer) as makegoods:
        options = ["--url", makegoods.url, "--token", a_token("srv"), "--state", str(server.folder / "state")]
        assert Agent(parse_options([*options, *server.collects()])).once() == 0
    statement: Any = compute(gather_facts("acme-dental", "2026-03", START + DAY))
    verdicts = ("done", "missed", "no_evidence")
    return {
        each["practice"]: next(name for name in verdicts if each[name]) for each in statement["practices"]
    }


def test_a_server_in_order_fills_its_day_without_a_typed_fact(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert the_day(server, monkeypatch) == DONE


def old_definitions(server: Server) -> None:
    os.utime(server.clamav.own, (time.time() - 3 * DAY, time.time() - 3 * DAY))


def a_detection_left(server: Server) -> None:
    server.clamav.infect()
    server.clamav.scan()


def a_security_update_for_eight_days(server: Server) -> None:
    server.apt.offer("security", b="1.0+deb12u1")
    server.apt.update()
    Store(server.folder / "state").put("memory-patching", {"b": int(time.time()) - 8 * DAY})


def a_unit_that_failed(server: Server) -> None:
    server.journal.unit_failed("made-up.service")


def a_repository_that_is_gone(server: Server) -> None:
    (server.folder / "restic" / "repository").rename(server.folder / "gone")


def an_original_that_was_tampered_with(server: Server) -> None:
    letter = server.folder / "borg" / "data" / "letter [1].txt"
    times = letter.stat()
    letter.write_bytes(letter.read_bytes().upper())
    os.utime(letter, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(
    ("broken", "practice", "verdict"),
    [
        (old_definitions, "antivirus", "missed"),
        (a_detection_left, "quarantine", "missed"),
        (a_security_update_for_eight_days, "patching", "missed"),
        (a_unit_that_failed, "log_review", "no_evidence"),
        (a_repository_that_is_gone, "backup", "missed"),
        (an_original_that_was_tampered_with, "restore_test", "missed"),
    ],
)
def test_what_breaks_turns_its_own_practice_and_no_other(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[Server], None],
    practice: str,
    verdict: str,
) -> None:
    broken(server)
    assert the_day(server, monkeypatch) == {**DONE, practice: verdict}
