"""What the agent sends, and what it does when that is refused or lost."""

import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from agent.standin import (
    ACCEPTED,
    TOKEN,
    Answer,
    answers,
    closed_port,
    door,
    hangs,
    ok,
    problem,
    resets_after,
    says,
)

from makegood_agent import beats, server
from makegood_agent.arguments import parse_options
from makegood_agent.beats import Agent
from makegood_agent.server import HeartbeatError, post

AnAgent = Callable[..., Agent]
Logged = Callable[[], list[str]]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries at once."""
    monkeypatch.setattr("random.uniform", lambda low, high: 0)


def test_a_beat_proves_life_and_no_more(an_agent: AnAgent) -> None:
    with door() as server:
        assert an_agent(server.url).once() == 0
    [beat] = server.received
    assert beat.path == "/v1/heartbeat"
    assert beat.headers["Authorization"] == f"Bearer {TOKEN}"
    assert beat.headers["Content-Type"] == "application/json"
    assert beat.body == {}


def test_a_beat_names_the_neighbours_that_answer_in_the_order_given(an_agent: AnAgent) -> None:
    with door() as server, door(answers(200)) as web, door(answers(500)) as sick:
        see = (f"web={web.url}", f"sick={sick.url}", f"door=tcp:127.0.0.1:{server.port}")
        an_agent(server.url, *(part for text in see for part in ("--see", text))).once()
    assert server.bodies == [{"seen": ["web", "door"]}]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (says(b""), "Remote end closed connection without response"),
        (resets_after(b""), "Connection reset by peer"),
        (resets_after(HEAD + b'{"rec'), "Connection reset by peer"),
        (says(HEAD + b'{"received_at":'), "the answer is not Makegood's"),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "SSH-2.0-OpenSSH_9.2"),
        (says(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), "got more than 100 headers"),
        (answers(200, b"<html>Please log in to the hotel's network</html>"), "the answer is not Makegood's"),
        (answers(200, b"[" * 50_000), "the answer is not Makegood's"),
        (answers(200, ["received_at"]), "the answer is not Makegood's"),
        (answers(200, b""), "the answer is not Makegood's"),
        (answers(204, b""), "the answer is not Makegood's"),
        (answers(408), "the server answered 408: Request Timeout"),
        (
            answers(429, b'{"message":"Too Many Requests"}'),
            "the server answered 429: message: Too Many Requests",
        ),
        (problem(500, title="Oops"), "the server answered 500: title: Oops"),
        (answers(502, b"\xff\xfe"), "the server answered 502: Bad Gateway"),
        (says(b"HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nhm"), "the server answered 503: Busy"),
    ],
)
def test_after_a_passing_fault_the_beat_is_delivered(
    an_agent: AnAgent, logged: Logged, fault: Answer, reason: str
) -> None:
    with door(fault, ok) as server:
        assert an_agent(server.url).once() == 0
    assert len(server.received) == 2
    failing, better = logged()
    assert failing.startswith("heartbeat failing: ")
    assert reason in failing
    assert re.fullmatch("heartbeat ok after failing for 0:00:0[01]", better)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_hangs_is_given_up(
    an_agent: AnAgent, monkeypatch: pytest.MonkeyPatch, logged: Logged
) -> None:
    monkeypatch.setattr(beats, "ANSWER_SECONDS", 0.2)
    with door(hangs, ok) as server:
        assert an_agent(server.url, "--timeout", "5").once() == 0
    assert logged()[0] == "heartbeat failing: no answer in time"


@pytest.mark.parametrize(
    "url", ["https://nobody.invalid", "http://127.0.0.1:{closed_port}", "https://localhost:{plain}"]
)
def test_a_server_that_cannot_be_reached_is_an_error_in_the_end(
    an_agent: AnAgent, logged: Logged, url: str
) -> None:
    with door() as plain:
        agent = an_agent(url.format(closed_port=closed_port(), plain=plain.port), "--timeout", "1")
        assert agent.once() == 1
    assert logged()[-1].startswith("heartbeat not delivered: ")


def test_a_certificate_must_be_trusted(
    an_agent: AnAgent, certificate: Path, monkeypatch: pytest.MonkeyPatch, logged: Logged
) -> None:
    with door(certificate=certificate) as server:
        assert an_agent(server.url, "--timeout", "1").once() == 1
        assert "certificate verify failed" in logged()[-1]
        assert server.received == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert an_agent(server.url).once() == 0


def test_certificates_are_read_once_an_hour_and_when_no_answer_came(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, read, trusting = [0.0], [], ssl.create_default_context(cafile=str(certificate))

    def counted() -> ssl.SSLContext:
        read.append(now[0])
        return trusting

    monkeypatch.setattr(server, "clock", lambda: now[0])
    monkeypatch.setattr(ssl, "create_default_context", counted)
    with door(ok, ok, answers(503), ok, says(b""), ok, certificate=certificate) as there:
        for at in (0.0, 60.0, 3_000.0, 3_599.0, 3_600.0, 3_601.0):
            now[0] = at
            with suppress(HeartbeatError, OSError):
                post(there.url, TOKEN, {}, 2)
        assert len(there.received) == 6
    assert read == [0.0, 3_600.0, 3_601.0]


def test_a_server_elsewhere_is_reached_through_the_proxy_and_this_machine_directly(
    an_agent: AnAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    with door() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert an_agent("http://guard.example").once() == 0
        assert proxy.received[0].path == "http://guard.example/v1/heartbeat"
        with door() as server:
            assert an_agent(server.url).once() == 0
        assert len(proxy.received) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("-7", 0),
        ("7.5", 0),
        ("\u00b2", 0),
        ("soon", 0),
        ("Sun, 01 Mar 2026 00:00:00 GMT", 0),
    ],
)
def test_the_server_can_ask_for_patience_in_seconds(text: str, seconds: float) -> None:
    with door(answers(503, Retry_After=text)) as server, pytest.raises(HeartbeatError) as raised:
        post(server.url, TOKEN, {}, 2)
    assert raised.value.retry_after_seconds == seconds


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(an_agent: AnAgent, logged: Logged, status: int) -> None:
    with door() as elsewhere, door(answers(status, Location=elsewhere.url)) as server:
        assert an_agent(server.url).once() == 1
    assert elsewhere.received == []
    assert len(server.received) == 1
    assert f"redirects ({status}) to {elsewhere.url}, which is not followed: correct --url" in logged()[-1]


def test_a_refused_token_is_not_tried_again_at_once_and_the_log_names_the_cure(
    an_agent: AnAgent, logged: Logged
) -> None:
    with door(problem(401, title="Unauthorized")) as server:
        assert an_agent(server.url).once() == 1
    assert len(server.received) == 1
    assert "makegood device rotate CLIENT DEVICE" in logged()[-1]


def test_a_refused_beat_is_logged_with_what_the_problem_names(an_agent: AnAgent, logged: Logged) -> None:
    with door(
        problem(400, title="Bad heartbeat", errors=[{"field": "seen[0]", "message": "too long"}])
    ) as server:
        assert an_agent(server.url).once() == 1
    assert len(server.received) == 1
    assert logged()[-1] == (
        "heartbeat not delivered: the server answered 400: title: Bad heartbeat; "
        'errors: [{"field": "seen[0]", "message": "too long"}]'
    )


def test_each_change_is_logged_once(an_agent: AnAgent, logged: Logged) -> None:
    with door(ok, ok, problem(401), problem(401), problem(403), problem(401), ok, ok, problem(401)) as server:
        agent = an_agent(server.url)
        for _ in range(9):
            agent.beat(0)
    accepted, unauthorized, forbidden, better, unauthorized_again = logged()
    assert accepted == f"heartbeat accepted by {server.url}"
    assert "(401)" in unauthorized
    assert "403" in forbidden
    assert better.startswith("heartbeat ok after failing for 0:00:0")
    assert unauthorized_again == unauthorized


@pytest.mark.parametrize(
    ("refused", "line"),
    [
        (["nas", "modem"], "refused by the server: modem; nas"),
        (
            [{"name": "nas", "reason": "not vouched for by you"}],
            "refused by the server: nas not vouched for by you",
        ),
        ([{"name": "nas", "reason": None}, 3], "refused by the server: 3; nas None"),
    ],
)
def test_what_the_server_refuses_is_logged_until_it_does_not(
    an_agent: AnAgent, logged: Logged, refused: list[object], line: str
) -> None:
    refusing = answers(200, {**ACCEPTED, "refused": refused})
    with door(refusing, refusing, ok) as server:
        agent = an_agent(server.url)
        for _ in range(3):
            agent.beat(0)
    assert logged()[1:] == [line, "refused: no problem any more"]


@pytest.mark.parametrize("refused", [None, "nas", {"nas": 1}, 7])
def test_an_odd_list_of_the_refused_is_harmless(an_agent: AnAgent, logged: Logged, refused: object) -> None:
    with door(answers(200, {**ACCEPTED, "refused": refused})) as server:
        assert an_agent(server.url).once() == 0
    assert logged() == [f"heartbeat accepted by {server.url}"]


def test_a_token_file_that_vanishes_is_a_failure_until_it_is_back(logged: Logged, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    with door() as server:
        options = parse_options(["--url", server.url, "--token-file", str(file)])
        agent = Agent(options)
        file.unlink()
        assert agent.beat(0) is not None
        file.write_text("acme.server.new")
        assert agent.beat(0) is None
    assert logged()[0] == f"heartbeat failing: {file}: No such file or directory"
    assert server.received[0].headers["Authorization"] == "Bearer acme.server.new"
