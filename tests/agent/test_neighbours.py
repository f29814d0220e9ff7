"""Which neighbours the agent vouches for."""

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from agent.standin import answers, closed_port, door, hangs, says

from makegood_agent.neighbours import Neighbour, look_at, parse_neighbour, ping_command, probe_ping

Logged = Callable[[], list[str]]


def seen(target: str, seconds: float = 1) -> bool:
    return look_at([parse_neighbour(f"it={target}")], seconds) == ["it"]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Accepts connections (the kernel does) and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def fake_ping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a shell script in the place of the system's ping."""

    def install(script: str) -> Path:
        command = tmp_path / "ping"
        command.write_text(f"#!/bin/sh\nprintf '%s ' \"$@\" > '{tmp_path}/arguments'\n{script}\n")
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        return tmp_path / "arguments"

    return install


def test_an_open_port_is_alive_and_a_closed_one_is_not(silent_port: int) -> None:
    assert seen(f"tcp:127.0.0.1:{silent_port}")
    assert not seen(f"tcp:127.0.0.1:{closed_port()}")


@pytest.mark.parametrize(
    ("status", "alive"),
    [(200, True), (302, True), (401, True), (404, True), (499, True), (500, False), (503, False)],
)
def test_any_web_answer_below_500_is_alive(status: int, alive: bool) -> None:
    with door(answers(status, Location="http://127.0.0.1:1/")) as neighbour:
        assert seen(neighbour.url) is alive


def test_a_web_neighbour_that_talks_nonsense_is_not_seen() -> None:
    with door(says(b"\x00\x01 nonsense\r\n\r\n")) as neighbour:
        assert not seen(neighbour.url)


def test_a_neighbour_that_made_its_certificate_itself_is_alive(certificate: Path) -> None:
    with door(certificate=certificate) as neighbour:
        assert seen(neighbour.url)


def test_neighbours_are_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    with door() as neighbour:
        assert seen(neighbour.url)


@pytest.mark.parametrize(
    ("platform", "host", "command"),
    [
        ("linux", "10.0.0.1", ["ping", "-n", "-c", "1", "10.0.0.1"]),
        ("linux", "fe80::1", ["ping", "-n", "-c", "1", "fe80::1"]),
        ("darwin", "10.0.0.1", ["ping", "-n", "-c", "1", "10.0.0.1"]),
        ("darwin", "fe80::1", ["ping6", "-n", "-c", "1", "fe80::1"]),
        ("win32", "nas", ["ping", "-4", "-n", "1", "nas"]),
        ("win32", "fe80::1", ["ping", "-n", "1", "fe80::1"]),
    ],
)
def test_ping_is_asked_for_one_echo_on_each_system(platform: str, host: str, command: list[str]) -> None:
    assert ping_command(host, platform) == command


def test_ping_decides_by_its_exit_status(fake_ping: Callable[[str], Path], logged: Logged) -> None:
    arguments = fake_ping("exit 0")
    assert seen("ping:10.0.0.1")
    assert arguments.read_text() == "-n -c 1 10.0.0.1 "
    fake_ping("exit 1")
    assert not seen("ping:10.0.0.1")
    assert logged() == ["neighbour it not seen: no echo"]


def test_a_ping_that_hangs_is_killed(fake_ping: Callable[[str], Path]) -> None:
    fake_ping("exec sleep 20")
    began = time.monotonic()
    with pytest.raises(TimeoutError, match="no answer in time"):
        probe_ping("10.0.0.1", 0.3)
    assert time.monotonic() - began < 2


def test_a_machine_without_ping_sees_nobody_by_it(monkeypatch: pytest.MonkeyPatch, logged: Logged) -> None:
    monkeypatch.setenv("PATH", "")
    assert not seen("ping:10.0.0.1")
    assert logged() == ["neighbour it not seen: ping: No such file or directory"]


@pytest.mark.skipif(not shutil.which("ping"), reason="no ping command here")
def test_the_real_ping_reaches_this_machine() -> None:
    assert seen("ping:127.0.0.1", seconds=3)


def test_slow_neighbours_delay_the_beat_by_one_probe_time_and_not_more(silent_port: int) -> None:
    slow = [parse_neighbour(f"slow{number}=http://127.0.0.1:{silent_port}") for number in range(20)]
    began = time.monotonic()
    with door() as quick:
        assert look_at([*slow, parse_neighbour(f"quick={quick.url}")], 0.5) == ["quick"]
    assert 0.5 <= time.monotonic() - began < 1.5


def test_a_probe_that_still_hangs_is_not_started_again() -> None:
    with door(hangs) as neighbour:
        probes: list[float] = []

        def probe(seconds: float) -> None:
            probes.append(seconds)
            with socket.create_connection(("127.0.0.1", neighbour.port), 5) as connection:
                connection.recv(1)

        stuck = Neighbour("stuck", probe)
        assert [look_at([stuck], 0.05) for _ in range(3)] == [[], [], []]
        assert len(probes) == 1


def test_each_change_is_logged_once(logged: Logged) -> None:
    outcomes = iter([None, "gone", "gone", None, None])

    def probe(seconds: float) -> None:
        outcome = next(outcomes)
        if outcome:
            raise OSError(outcome)

    modem = Neighbour("modem", probe)
    assert [look_at([modem], 1) for _ in range(5)] == [["modem"], [], [], ["modem"], ["modem"]]
    assert logged() == ["neighbour modem not seen: gone", "neighbour modem seen again"]
