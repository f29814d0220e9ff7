"""`makegood webhook key`: each address has a secret of its own, the one that signs its calls."""

from __future__ import annotations

from cli.conftest import Makegood

from makegood.rules.webhooks import webhook_secret

URL = "https://hooks.provider.example/outages"


def test_it_prints_the_secret_of_an_address_and_nothing_else(makegood: Makegood) -> None:
    secret = webhook_secret("a deployment in process", URL)
    assert makegood.says("webhook", "key", URL) == f"{secret}\n"
    assert makegood.json("webhook", "key", URL) == {"url": URL, "key": "k1", "secret": secret}


def test_what_no_contract_can_name_has_none(makegood: Makegood) -> None:
    for url in ("http://hooks.provider.example/x", "oncall@provider.example", "sms:+15551234567"):
        assert "is no address that a contract can name" in makegood.refuses("webhook", "key", url)
