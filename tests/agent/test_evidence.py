"""How evidence that others collected reaches the server, and never stands in the way of a beat."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from agent.standin import Answer, answers, door, ok, problem

from makegood_agent.beats import Agent
from makegood_agent.evidence import parse_evidence

AnAgent = Callable[..., Agent]
Logged = Callable[[], list[str]]

BACKUP = {"device": "srv", "practice": "backup", "facts": {"ok": True}}
WRITTEN = 1_772_323_200
DAY = 86_400
MISSED = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-01T00:00:00Z", "beats": 1}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Holds evidence written at WRITTEN, which is now."""
    monkeypatch.setattr("time.time", lambda: WRITTEN)
    path = tmp_path / "evidence.json"
    write(path, json.dumps([BACKUP]))
    return path


def write(path: Path, text: str, at: int = WRITTEN) -> None:
    path.write_text(text)
    os.utime(path, (at, at))


def test_evidence_is_delivered_once(an_agent: AnAgent, file: Path) -> None:
    with door() as server:
        agent = an_agent(server.url, "--evidence", str(file))
        agent.beat(0)
        agent.beat(0)
    assert server.bodies == [{"evidence": [BACKUP]}, {}]


def test_evidence_written_again_is_delivered_again_even_if_it_says_the_same(
    an_agent: AnAgent, file: Path
) -> None:
    with door() as server:
        agent = an_agent(server.url, "--evidence", str(file))
        agent.beat(0)
        write(file, json.dumps([BACKUP]), at=WRITTEN + 1)
        agent.beat(0)
    assert server.bodies == [{"evidence": [BACKUP]}, {"evidence": [BACKUP]}]


def test_evidence_that_was_lost_on_the_way_is_sent_with_the_next_beat(an_agent: AnAgent, file: Path) -> None:
    with door(problem(503), ok) as server:
        agent = an_agent(server.url, "--evidence", str(file))
        agent.beat(0)
        agent.beat(0)
    assert server.bodies == [{"evidence": [BACKUP]}, {"evidence": [BACKUP], "offline": [MISSED]}]


@pytest.mark.parametrize(("age", "sent"), [(DAY - 1, True), (DAY, True), (DAY + 1, False)])
def test_evidence_older_than_a_day_is_not_passed_off_as_new(
    an_agent: AnAgent, file: Path, age: int, sent: bool
) -> None:
    os.utime(file, (WRITTEN - age, WRITTEN - age))
    with door() as server:
        assert an_agent(server.url, "--evidence", str(file)).once() == (0 if sent else 1)
    assert server.bodies == [{"evidence": [BACKUP]} if sent else {}]


@pytest.mark.parametrize("status", [400, 413])
def test_refused_evidence_is_left_out_and_not_sent_again(
    an_agent: AnAgent, file: Path, logged: Logged, status: int
) -> None:
    with door(problem(status, title="evidence[0].facts: unknown"), ok) as server:
        agent = an_agent(server.url, "--evidence", str(file))
        assert agent.beat(0) is None
        assert agent.beat(0) is None
    assert server.bodies == [{"evidence": [BACKUP]}, {}, {}]
    reason = f"evidence not taken: the server answered {status}: title: evidence[0].facts: unknown"
    assert logged() == [reason, f"heartbeat accepted by {server.url}"]


def test_evidence_that_the_server_stumbles_over_does_not_cost_the_beat_and_is_tried_again(
    an_agent: AnAgent, file: Path
) -> None:
    with door(problem(500), ok, ok) as server:
        agent = an_agent(server.url, "--evidence", str(file))
        assert agent.beat(0) is None
        assert agent.beat(0) is None
    assert server.bodies == [{"evidence": [BACKUP]}, {}, {"evidence": [BACKUP]}]


def test_a_refusal_that_is_not_about_the_evidence_leaves_it_pending(an_agent: AnAgent, file: Path) -> None:
    with door(problem(400), problem(400), ok) as server:
        agent = an_agent(server.url, "--evidence", str(file))
        assert agent.beat(0) is not None
        assert agent.beat(0) is None
    assert server.bodies == [{"evidence": [BACKUP]}, {}, {"evidence": [BACKUP], "offline": [MISSED]}]


@pytest.mark.parametrize(
    ("text", "problem_named"),
    [
        ("", "Expecting value: line 1 column 1"),
        ('[\n {"device": }]', "Expecting value: line 2 column 13"),
        ("{}", "must be a list, not dict"),
        ("[7]", "[0].device must be a text"),
        (json.dumps([BACKUP, {**BACKUP, "facts": []}]), "[1].facts must be an object"),
        (json.dumps([{**BACKUP, "practice": None}]), "[0].practice must be a text"),
        (json.dumps([{**BACKUP, "facts": {"rate": float("nan")}}]), "not JSON compliant"),
        ("[1e999]".replace("1e999", json.dumps(BACKUP).replace("true", "1e999")), "not JSON compliant"),
        ("[" * 50_000, "recursion"),
        (" " * 65_537, "larger than 65536 bytes"),
    ],
)
def test_a_bad_file_is_named_with_the_place_and_the_beat_goes_out(
    an_agent: AnAgent, file: Path, logged: Logged, text: str, problem_named: str
) -> None:
    write(file, text)
    with door() as server:
        assert an_agent(server.url, "--evidence", str(file)).once() == 1
    assert server.bodies == [{}]
    assert logged()[0].startswith(f"evidence not sent: {file}: ")
    assert problem_named in logged()[0]


def test_a_missing_file_is_named_once_and_its_arrival_too(
    an_agent: AnAgent, file: Path, logged: Logged
) -> None:
    file.rename(file.with_suffix(".later"))
    with door() as server:
        agent = an_agent(server.url, "--evidence", str(file))
        agent.beat(0)
        agent.beat(0)
        file.with_suffix(".later").rename(file)
        agent.beat(0)
    assert server.bodies == [{}, {}, {"evidence": [BACKUP]}]
    missing, _, arrived = logged()
    assert missing == f"evidence not sent: {file}: No such file or directory"
    assert arrived == "evidence: no problem any more"


def test_a_file_of_exactly_the_limit_is_read() -> None:
    assert parse_evidence(b"[" + b" " * 65_534 + b"]") == []


def test_a_byte_order_mark_is_accepted() -> None:
    assert parse_evidence(b"\xef\xbb\xbf[]") == []


@pytest.mark.parametrize("answer", [answers(401), answers(503)])
def test_other_refusals_are_not_blamed_on_the_evidence(an_agent: AnAgent, file: Path, answer: Answer) -> None:
    with door(answer) as server:
        an_agent(server.url, "--evidence", str(file)).beat(0)
    assert server.bodies == [{"evidence": [BACKUP]}]
