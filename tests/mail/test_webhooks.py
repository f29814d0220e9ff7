"""Calls of webhooks as they go out: to the address that was checked, within seconds, and nowhere else."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from support.deployment import Deployment

from makegood import clock
from makegood.keys import webhook_key
from makegood.mail import webhooks
from makegood.mail.webhooks import NotTakenError, call_webhook, post_to, webhook_body
from makegood.rules.mails import order
from makegood.rules.webhooks import SIGNATURE_HEADER, is_signed

URL = "https://hooks.provider.example/outages?team=1"
MAIL = order("incident#modem-20260312T040000Z", "alert", URL)


def resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def refuse_connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    called: list[Any] = []

    def connect(address: Any, *_: Any, **__: Any) -> Any:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    return called


def test_a_webhook_is_told_what_a_mail_says_without_any_link() -> None:
    body = json.loads(webhook_body("acme-dental", MAIL, "[Acme] Modem is silent", "Last heard from at two."))
    assert body == {
        "version": 1,
        "id": f"acme-dental/{MAIL.mail}",
        "kind": "alert",
        "client": "acme-dental",
        "incident": "modem-20260312T040000Z",
        "subject": "[Acme] Modem is silent",
        "text": "Last heard from at two.",
    }


def test_a_call_is_signed_with_the_key_of_its_address(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.now = 1_773_000_000
    calls: list[tuple[str, bytes, dict[str, str]]] = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        calls.append((url, body, headers))
        return 204

    monkeypatch.setattr(webhooks, "post_to", post)
    assert call_webhook(URL, b"{}") == "HTTP 204"
    [(url, body, headers)] = calls
    key, secret = webhook_key(URL)
    assert (url, body, headers["Content-Type"]) == (URL, b"{}", "application/json")
    assert is_signed(headers[SIGNATURE_HEADER], secret, body, clock.now())
    assert f"k={key}," in headers[SIGNATURE_HEADER]
    assert webhook_key(URL + "2")[1] != secret


@pytest.mark.parametrize("status", [199, 301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_only_a_success_is_one(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr(webhooks, "post_to", lambda *_: status)
    with pytest.raises(NotTakenError, match=f"HTTP {status}"):
        call_webhook(URL, b"{}")


@pytest.mark.parametrize(
    "addresses", [("10.0.0.1",), ("93.184.216.34", "127.0.0.1"), ("169.254.169.254",), ()]
)
def test_a_host_with_any_private_address_is_not_called(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    resolves_to(monkeypatch, *addresses)
    called = refuse_connections(monkeypatch)
    with pytest.raises(NotTakenError, match="not a public host"):
        post_to(URL, b"{}", {})
    assert called == []


def test_the_very_address_that_was_checked_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, "93.184.216.34")
    called = refuse_connections(monkeypatch)
    with pytest.raises(NotTakenError, match="ConnectionRefusedError"):
        post_to(URL, b"{}", {})
    assert called == [("93.184.216.34", 443)]


def test_a_name_that_leads_nowhere_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NotTakenError, match="unknown host"):
        post_to(URL, b"{}", {})


def test_who_answers_a_byte_at_a_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handshake waits for a host that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        real = socket.create_connection
        resolves_to(monkeypatch, "93.184.216.34")
        monkeypatch.setattr(webhooks, "PATIENCE_SECONDS", 0.2)
        monkeypatch.setattr(
            socket, "create_connection", lambda _, patience: real(("127.0.0.1", port), patience)
        )
        with pytest.raises(NotTakenError):
            post_to(URL, b"{}", {})
