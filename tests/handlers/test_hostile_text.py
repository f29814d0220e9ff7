"""Hostile text from every side, through every function, into every page, mail, file and table: harmless."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from support.cast import GRACE, HOUR, MINUTE, START, TESS, TOM, a_contract, a_token, an_up_device, sign_up
from support.deployment import Deployment
from support.hostile import HOSTILE, HOSTILE_NAME, assert_harmless, assert_harmless_mail
from support.logs import logged

import desk
import heartbeat
import sweep
from makegood import aws
from makegood.advancing import advance
from makegood.issuing import issue
from makegood.keys import sign_link
from makegood.rules.instants import parse_instant
from makegood.rules.links import Link
from makegood.settings import settings
from makegood.storage.incidents import find_incident
from makegood.storage.records import Evidence, Excuse
from makegood_cli import connection
from makegood_cli.main import cli
from makegood_simulator.events import Context, api_request, schedule_event

CLIENT = "acme-dental"
CONTACT = "o'brien+%3Cscript%3E@acme.example"
NAME = "modem-20260312T040000Z"
CONTRACT = a_contract(
    name='<script>alert(1)</script> "><img src=x onerror=alert(2)> {{7*7}} 😀 مرحبا',
    contacts={"outages": [CONTACT], "statements": [CONTACT]},
)
ISSUED = parse_instant("2026-04-03T13:00:00Z")


def beat(deployment: Deployment, at: int, body: Any = None, token: str = "") -> dict[str, Any]:
    deployment.now = at
    headers = {"Authorization": f"Bearer {token or a_token('modem')}"}
    text = None if body is None else json.dumps(body)
    return heartbeat.handler(
        api_request("POST", "/v1/heartbeat", at=at, body=text, headers=headers), Context()
    )


def ask_desk(method: str, path: str, at: int, fields: dict[str, str] | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = None if fields is None else urlencode(fields)
    return desk.handler(api_request(method, path, at=at, body=body, headers=headers), Context())


def makegood(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setattr(connection, "connect", settings)
    for module in ("clients", "devices", "incidents", "statements"):
        monkeypatch.setattr(f"makegood_cli.{module}.connect", settings, raising=False)
    result = CliRunner().invoke(cli, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the functions log."""
    with logged() as written:
        yield written


def test_hostile_text_is_harmless_everywhere(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    sign_up(CONTRACT)
    an_up_device("modem", name=HOSTILE_NAME, kind=HOSTILE_NAME, practices={"backup"})

    # Tokens, bodies and evidence.
    refused = beat(deployment, START, token=HOSTILE)
    assert refused["statusCode"] == 401
    bad = beat(deployment, START, body={HOSTILE: 1, "seen": [HOSTILE]})
    assert bad["statusCode"] == 400
    assert "\r" not in "".join(bad["headers"].values())
    evidence = [{"device": "modem", "practice": "backup", "facts": {"ok": True, "source": HOSTILE}}]
    assert beat(deployment, START, body={"evidence": evidence})["statusCode"] == 200
    (stored,) = Evidence.query(CLIENT, Evidence.sk.startswith("evidence#"))
    assert stored.facts["source"] == HOSTILE

    # The outage, the desk, the mails.
    deployment.now = START + GRACE + 6
    sweep.handler(schedule_event(), Context())
    advance(CLIENT, NAME, deployment.now)
    page = f"/desk/{sign_link(Link('incident', CLIENT, NAME, TESS, ISSUED))}"
    home = f"/desk/{sign_link(Link('home', '', '', TESS, ISSUED))}"
    plan = {"cause": HOSTILE, "steps": HOSTILE, "eta": HOSTILE}
    assert ask_desk("POST", f"{page}/plan", START + 20 * MINUTE, plan)["statusCode"] == 303
    assert_harmless(ask_desk("GET", page, START + 20 * MINUTE)["body"])
    assert_harmless(ask_desk("GET", home, START + 20 * MINUTE)["body"])
    assert "<img" not in ask_desk("GET", f"/desk/{HOSTILE}", START)["body"]
    ask_desk("POST", f"{page}/repair", START + 30 * MINUTE, {"cause": HOSTILE, "work": HOSTILE})
    for minute in range(40, 51):
        beat(deployment, START + minute * MINUTE)
    advance(CLIENT, NAME, START + 50 * MINUTE)
    incident = find_incident(CLIENT, NAME)
    assert incident is not None
    assert incident.closed_at is not None

    # The statement, as mail and as files.
    Excuse(
        CLIENT,
        f"incident#{NAME}#excuse#repair",
        incident=NAME,
        stage="repair",
        reason=HOSTILE,
        approved_by=HOSTILE,
        approved_at=START + HOUR,
    ).save()
    deployment.now = ISSUED
    issue(CLIENT, "2026-03", ISSUED)
    assert_harmless(_stored("statement.html").decode())
    assert json.loads(_stored("statement.json"))["facts"]["contract"]["name"] == CONTRACT["name"]

    assert len(deployment.mails) >= 8
    for mail in deployment.mails:
        assert_harmless_mail(mail, {CONTACT, TESS, TOM})

    # The operator's terminal and the log.
    for arguments in (
        ("client", "list"),
        ("device", "list", CLIENT),
        ("incident", "show", CLIENT, NAME),
        ("statement", "preview", CLIENT, "2026-03"),
    ):
        assert not re.search(r"[\x00\x08\x1b\u202e]", makegood(monkeypatch, *arguments))
    told = log.getvalue()
    assert "recorded" in told
    assert all(isinstance(json.loads(line), dict) for line in told.splitlines())
    assert "\x1b" not in told


def _stored(name: str) -> bytes:
    answer = aws.s3().get_object(Bucket=settings().statements_bucket, Key=f"{CLIENT}/2026-03/{name}")
    body: bytes = answer["Body"].read()
    return body
