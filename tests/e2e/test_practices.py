"""The quiet work on the real template: observed, warned of before midnight, looked at, signed, listed."""

from __future__ import annotations

import http.client
import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import yaml
from support.late import where_it_is_late

from makegood_local.stack import LocalStack
from makegood_local.story import run_command

CLIENT = "late-shift"
DAY = 86_400


def test_what_an_agent_observed_is_warned_of_signed_by_name_and_counts(
    stack: LocalStack, tmp_path: Path
) -> None:
    zone = where_it_is_late()
    _sign_up(stack, zone, tmp_path)
    _observe(stack, _enroll(stack))
    for warned in (2, 0):
        told = stack.invoke("PracticesFunction", {})
        assert (told["warned"], told["overdue"], told["failed"], told["left"]) == (warned, 0, 0, 0)
    (mail,) = [mail for mail in _mails(stack) if mail.to == ("tina@provider.example",)]
    assert mail.subject == "[Late Shift] 2 device-days about to be missed: Log review, Backup"
    listed = _visit(stack, _links(stack, mail.text)[0])[1]
    matter = next(link for link in _links(stack, listed) if link.endswith("/srv/log_review"))
    page = _visit(stack, matter)[1]
    assert "failed units" in page
    seen, *times = re.findall(r'value="([^"]+)"', page)
    signed = {
        "seen": seen,
        "since": times[0],
        "until": times[1],
        "findings": "1",
        "remarks": "restarted cups",
    }
    assert _visit(stack, matter, {**signed, "seen": "0" * 32})[0] == 409
    assert _visit(stack, matter, signed)[0] == 303
    assert _visit(stack, matter, signed)[0] == 303
    assert "nothing waits" in _visit(stack, matter)[1]
    rows = json.loads(run_command(stack, "evidence", "list", CLIENT, "--json"))
    assert sorted((row["verdict"], row["by"]) for row in rows) == [  # perhaps of the same second
        ("done", "tina@provider.example"),
        ("observation", None),
    ]


def _sign_up(stack: LocalStack, zone: str, folder: Path) -> None:
    contract = {
        "client": CLIENT,
        "name": "Late Shift",
        "timezone": zone,
        "currency": "USD",
        "monthly_fee": "100.00",
        "effective_from": datetime.now(ZoneInfo(zone)).strftime("%Y-%m-01"),
        "contacts": {"outages": [], "statements": ["owner@late.example"]},
        "practices": {"log_review": {"max_age": "1d", "refund_each": "2.00"}, "backup": {"max_age": "1d"}},
    }
    file = folder / "contract.yaml"
    file.write_text(yaml.safe_dump(contract, sort_keys=False))
    run_command(stack, "client", "apply", str(file))


def _enroll(stack: LocalStack) -> str:
    options = ("--kind", "server", "--grace", "1d", "--practice", "log_review", "--practice", "backup")
    enrolled = json.loads(run_command(stack, "device", "enroll", CLIENT, "srv", *options, "--json"))
    return str(enrolled["token"])


def _observe(stack: LocalStack, token: str) -> None:
    """A heartbeat that brings an observation, of a device that has been there since yesterday."""
    now = datetime.now(UTC).replace(microsecond=0)
    since, until = (at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in (now - timedelta(days=1), now))
    logs = {"failed_units": 1, "failed_logons": 0, "disk_errors": 0, "since": since, "until": until}
    entry = {"device": "srv", "practice": "log_review", "facts": logs}
    status, _ = _request(
        stack,
        "POST",
        "/v1/heartbeat",
        json.dumps({"evidence": [entry]}),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert status == 200
    stack.client("dynamodb").update_item(
        TableName=stack.outputs["DevicesTable"],
        Key={"client": {"S": CLIENT}, "device": {"S": "srv"}},
        UpdateExpression="SET enrolled_at = :before",
        ExpressionAttributeValues={":before": {"N": str(int(time.time()) - 2 * DAY)}},
    )


def _mails(stack: LocalStack) -> list[Any]:
    return [mail for mail in stack.inbox() if mail.tags.get("client") == CLIENT]


def _links(stack: LocalStack, text: str) -> list[str]:
    return re.findall(rf"{re.escape(stack.url)}/desk/[^\s\"<]+", text)


def _visit(stack: LocalStack, link: str, form: dict[str, str] | None = None) -> tuple[int, str]:
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    method, body = ("POST", urlencode(form)) if form else ("GET", None)
    return _request(stack, method, urlsplit(link).path, body, headers)


def _request(
    stack: LocalStack, method: str, path: str, body: str | None, headers: dict[str, str]
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(stack.url.removeprefix("http://"))
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text
