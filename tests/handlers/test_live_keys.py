"""The public keys of statements: published with the first statement, and there for everybody, for good."""

from __future__ import annotations

import json

import pytest
from support.cast import a_contract
from support.deployment import Deployment
from support.live import look

from makegood import aws
from makegood.issuing import issue
from makegood.rules.instants import parse_instant
from makegood.rules.proof import fingerprint, pem
from makegood.settings import settings
from makegood.signing import public_key
from makegood.storage.public_keys import publish_key, published_key
from makegood_local.load_facts import store_facts

MOMENT = parse_instant("2026-04-03T13:00:00Z")
OTHER = "0123456789abcdef" * 4


@pytest.fixture(autouse=True)
def _issued(deployment: Deployment) -> None:
    deployment.now = MOMENT
    store_facts(
        {
            "contract": a_contract(practices={}),
            "period": "2026-03",
            "as_of": "2026-04-03T13:00:00Z",
            **{name: [] for name in ("devices", "incidents", "evidence", "maintenance", "adjustments")},
        }
    )
    issue("acme-dental", "2026-03", MOMENT)


def test_the_key_that_a_statement_names_is_at_the_address_that_its_mail_gives(deployment: Deployment) -> None:
    issued = aws.s3().get_object(
        Bucket=settings().statements_bucket, Key="acme-dental/2026-03/statement.json"
    )
    statement = json.loads(issued["Body"].read())
    key = statement["proof"]["key"]
    assert key == fingerprint(public_key())
    (mail,) = deployment.mails
    text = "".join(str(mail.get_body(("plain",))).replace("=\n", "").split())
    assert f"/live/keys/{key}" in text
    answer = look(f"keys/{key}")
    assert (answer["statusCode"], answer["body"]) == (200, pem(public_key()))


def test_a_key_that_no_longer_signs_stays_and_never_changes() -> None:
    publish_key(OTHER, "an old key")
    publish_key(OTHER, "another")
    assert published_key(OTHER) == "an old key"
    assert look(f"keys/{OTHER}")["body"] == "an old key"


@pytest.mark.parametrize("name", ["f" * 64, "x", "A" * 64, "k" * 2_000])
def test_what_is_no_published_key_is_not_found(name: str) -> None:
    assert look(f"keys/{name}")["statusCode"] == 404
