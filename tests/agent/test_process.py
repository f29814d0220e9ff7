"""The agent as a real process: for cron, as a service, stopped, killed and cut off."""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from agent.standin import TOKEN, answers, closed_port, door, hangs, ok, problem

if TYPE_CHECKING:
    from agent.conftest import Process

Start = Callable[..., "Process"]

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_once_delivers_and_says_nothing(run: Run) -> None:
    with door() as server:
        ended = run("--url", server.url, "--token", TOKEN, "--once")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert server.bodies == [{}]


def test_once_without_success_ends_in_time_with_one_line_and_status_1(run: Run) -> None:
    began = time.monotonic()
    ended = run("--url", f"http://127.0.0.1:{closed_port()}", "--token", TOKEN, "--once", "--timeout", "1")
    assert time.monotonic() - began < 4
    assert ended.returncode == 1
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ heartbeat not delivered: Connection refused\n", ended.stderr
    )


def test_once_ends_in_time_when_server_and_neighbour_hang(run: Run) -> None:
    began = time.monotonic()
    with door(hangs) as server, socket.create_server(("127.0.0.1", 0)) as silent:
        see = ("--see", f"web=http://127.0.0.1:{silent.getsockname()[1]}", "--probe-timeout", "0.5")
        ended = run("--url", server.url, "--token", TOKEN, "--once", "--timeout", "1", *see)
    assert time.monotonic() - began < 5
    assert ended.returncode == 1
    assert "no answer in time" in ended.stderr


def test_wrong_arguments_end_with_status_2(run: Run) -> None:
    ended = run("--url", "guard.example")
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_help_shows_examples(run: Run) -> None:
    ended = run("--help")
    assert ended.returncode == 0
    assert "--see modem=ping:192.168.1.1" in ended.stdout


def test_the_token_is_never_logged(run: Run) -> None:
    with door(problem(400, title=f"what is {TOKEN}?\x1b[31m\n", detail="x" * 970 + TOKEN)) as server:
        ended = run("--url", server.url, "--token", TOKEN, "--once")
    assert "what is <token>??[31m?" in ended.stderr
    assert "s3cret" not in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_plain_http_to_another_machine_is_warned_about(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    ended = run("--url", "http://guard.example", "--token", TOKEN, "--once", "--timeout", "1")
    assert "--url is plain http" in ended.stderr


def test_the_token_is_kept_from_the_ping_command(tmp_path: Path, start: Start) -> None:
    ping = tmp_path / "ping"
    ping.write_text(f"#!/bin/sh\nexport -p > '{tmp_path}/exported'\n")
    ping.chmod(0o755)
    with door() as server:
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "MAKEGOOD_TOKEN": TOKEN}
        agent = start("--url", server.url, "--once", "--see", "modem=ping:10.0.0.1", **environment)
        assert agent.popen.wait(8) == 0
    assert server.bodies == [{"seen": ["modem"]}]
    assert TOKEN not in (tmp_path / "exported").read_text()


def test_the_service_beats_steadily_and_logs_only_changes(start: Start) -> None:
    with door() as server:
        agent = start("--url", server.url, "--token", TOKEN, "--every", "1")
        server.wait_for_beats(4)
        assert agent.stop(signal.SIGTERM) == 0
    assert agent.log == [f"heartbeat accepted by {server.url}", "stopped"]
    assert 2.5 < server.received[3].at - server.received[0].at < 3.5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_service_stops_promptly_even_while_the_server_hangs(start: Start, number: int) -> None:
    with door(hangs) as server:
        agent = start("--url", server.url, "--token", TOKEN)
        server.wait_for_beats(1)
        began = time.monotonic()
        assert agent.stop(number) == 0
        assert time.monotonic() - began < 1
    assert agent.log == ["stopped"]


def test_a_killed_service_is_silent_and_a_new_one_goes_on(start: Start) -> None:
    with door() as server:
        agent = start("--url", server.url, "--token", TOKEN, "--every", "1")
        server.wait_for_beats(1)
        assert agent.stop(signal.SIGKILL) == -signal.SIGKILL
        beats = len(server.received)
        time.sleep(1.3)
        assert len(server.received) == beats
        start("--url", server.url, "--token", TOKEN, "--every", "1")
        server.wait_for_beats(beats + 1)


def test_the_service_survives_an_outage_of_the_server(start: Start) -> None:
    with door() as server:
        agent = start("--url", server.url, "--token", TOKEN, "--every", "1")
        server.wait_for_beats(1)
    agent.wait_for_line("heartbeat failing: Connection refused")
    with door(port=server.port) as back:
        agent.wait_for_line("heartbeat ok after failing")
        assert back.bodies[0] == {}
    assert sum("failing: Connection refused" in text for text in agent.log) in {1, 2}


def test_the_service_goes_on_with_a_refused_token_and_takes_up_the_new_one(
    start: Start, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("acme.server.old")
    with door(problem(401), problem(401), ok) as server:
        agent = start("--url", server.url, "--token-file", str(token), "--every", "1")
        server.wait_for_beats(2)
        token.write_text("acme.server.new")
        agent.wait_for_line("heartbeat ok after failing")
        assert agent.popen.poll() is None
    assert server.received[-1].headers["Authorization"] == "Bearer acme.server.new"
    assert sum("(401)" in text for text in agent.log) == 1


def test_the_service_tells_when_a_neighbour_goes_and_comes(start: Start) -> None:
    with door() as server, door(answers(200)) as neighbour:
        port = neighbour.port
        agent = start(
            "--url", server.url, "--token", TOKEN, "--every", "1", "--see", f"nas=tcp:127.0.0.1:{port}"
        )
        server.wait_for_beats(1)
        neighbour.shutdown()
        neighbour.server_close()
        agent.wait_for_line("neighbour nas not seen: Connection refused")
        with door(port=port):
            agent.wait_for_line("neighbour nas seen again")
    assert server.bodies[0] == {"seen": ["nas"]}
    assert {} in server.bodies
