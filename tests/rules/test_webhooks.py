"""A webhook's receiver can tell that a call is ours, whole and fresh; we call public hosts only."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from makegood.rules.webhooks import is_public, is_signed, signature, webhook_secret

AT = 1_767_225_600
URL = "https://hooks.provider.example/x"
SECRET = webhook_secret("the deployment's key", URL)
BODY = b'{"id": "acme-dental/x"}'


def test_a_signature_is_what_the_document_says() -> None:
    expected = hmac.new(SECRET.encode(), b"1767225600." + BODY, hashlib.sha256).hexdigest()
    assert signature(SECRET, "k1", AT, BODY) == f"t=1767225600,k=k1,v1={expected}"


@pytest.mark.parametrize(
    ("now", "fresh"), [(AT - 301, False), (AT - 300, True), (AT + 300, True), (AT + 301, False)]
)
def test_a_signature_is_good_for_five_minutes(now: int, fresh: bool) -> None:
    assert is_signed(signature(SECRET, "k1", AT, BODY), SECRET, BODY, now) is fresh


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "v1=abc",
        f"t={AT}",
        f"t={AT},v1=",
        "t=１７６７２２５６００,v1=0",
        signature(SECRET, "k1", AT, BODY + b" "),
        signature(webhook_secret("the deployment's key", URL + "y"), "k1", AT, BODY),
        signature(webhook_secret("another key", URL), "k1", AT, BODY),
        signature(SECRET, "k1", AT, BODY).replace(f"t={AT}", f"t={AT + 1}"),
    ],
)
def test_anything_else_is_refused(header: str) -> None:
    assert not is_signed(header, SECRET, BODY, AT)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fd00:ec2::254",
        "fe80::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
def test_no_address_of_a_private_network_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])
def test_others_are(address: str) -> None:
    assert is_public(address)
