"""What the agent's tests share: agents in this process and as real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from agent.standin import TOKEN, wait_until
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from makegood_agent.arguments import parse_options
from makegood_agent.beats import Agent
from makegood_agent.server import trust
from pack import pack


@pytest.fixture(autouse=True)
def no_proxy_nor_token_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "MAKEGOOD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def no_certificates_of_earlier_tests() -> None:
    trust.forget()


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level("INFO", "makegood")
    return lambda: list(caplog.messages)


@pytest.fixture
def an_agent() -> Callable[..., Agent]:
    """An agent in this process that gives up after two seconds."""

    def make(url: str, *arguments: str) -> Agent:
        given = ["--url", url, "--token", TOKEN, "--timeout", "2", *arguments]
        return Agent(parse_options(given))

    return make


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one file that is installed."""
    return pack(tmp_path_factory.mktemp("packed") / "makegood_agent.pyz")


@pytest.fixture
def run(program: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the agent until it ends."""

    def until_it_ends(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(program), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return until_it_ends


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for localhost that nobody else signed, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    file.write_bytes(secret + signed.public_bytes(pem))
    return file


class Process:
    """The agent as its users run it."""

    def __init__(self, program: Path, log_file: Path, *arguments: str, **environment: str) -> None:
        self.log_file = log_file
        with log_file.open("w") as log:
            self.popen = subprocess.Popen(
                [sys.executable, str(program), *arguments], stderr=log, env={**os.environ, **environment}
            )

    @property
    def log(self) -> list[str]:
        """The lines without their times."""
        return [text.partition(" ")[2] for text in self.log_file.read_text().splitlines()]

    def wait_for_line(self, part: str) -> None:
        wait_until(lambda: any(part in text for text in self.log))

    def stop(self, signal_number: int) -> int:
        self.popen.send_signal(signal_number)
        return self.popen.wait(2)


@pytest.fixture
def start(tmp_path: Path, program: Path) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def begin(*arguments: str, **environment: str) -> Process:
        process = Process(program, tmp_path / f"agent-{len(started)}.log", *arguments, **environment)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.popen.kill()
        process.popen.wait(5)
