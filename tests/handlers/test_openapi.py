"""The description of the agents' API: every limit and every answer is what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.cast import HOUR, MINUTE, START, a_token, an_up_device, enroll, sign_up
from support.crashes import calls, throttled
from support.deployment import Deployment
from support.described import allows, differences, operation
from support.pinging import request
from support.pings import CASES, Case

from body import BodyError, read_body
from heartbeat import handler
from makegood.rules.evidence import PRACTICES
from makegood.storage.devices import FEED
from makegood_local.template import load_template
from makegood_simulator.events import Context, api_request
from openapi_document import document

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
FIRST, LAST = "1970-01-01T00:00:00Z", "9900-12-31T23:59:59Z"
SPAN = {"from": FIRST, "to": LAST, "beats": 1}
PRACTICE_DEVICE = {"device": "srv", "practice": "backup"}


def is_taken(body: object) -> bool:
    try:
        read_body({"body": json.dumps(body)})
    except BodyError:
        return False
    return True


def a_body(**fact: object) -> Json:
    return {"evidence": [{**PRACTICE_DEVICE, "facts": fact}]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"seen": []},
        {"seen": ["m"] * 50},
        {"seen": ["m" * 32, "0", "-"]},
        {"evidence": [{**PRACTICE_DEVICE, "facts": {}}] * 100},
        {"offline": [SPAN] * 50},
        {"offline": [{**SPAN, "beats": 10**9, "to": FIRST}]},
        a_body(ok=True, bytes=5.0),
        a_body(bytes=10**18, exit_status=255, snapshot="é" * 200, finished_at="2024-02-29T23:59:59Z"),
        {"evidence": [{"device": "srv", "practice": "restore_test", "facts": {"sha256": "aF" * 32}}]},
    ],
)
def test_the_description_allows_what_is_taken(body: Json) -> None:
    assert is_taken(body)
    assert allows("Heartbeat", body)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"sean": []},
        {"seen": None},
        {"seen": ["m"] * 51},
        {"seen": ["m" * 33]},
        {"seen": [""]},
        {"seen": ["Modem"]},
        {"seen": ["modem\n"]},
        {"evidence": [{**PRACTICE_DEVICE, "facts": {}}] * 101},
        {"evidence": [{"device": "srv", "practice": "backups", "facts": {}}]},
        {"evidence": [{"device": "srv", "practice": "backup"}]},
        {"evidence": [{"practice": "backup", "facts": {}}]},
        {"evidence": [{**PRACTICE_DEVICE, "facts": {}, "at": FIRST}]},
        {"evidence": [{**PRACTICE_DEVICE, "facts": None}]},
        a_body(ok=1),
        a_body(bytes=10**18 + 1),
        a_body(bytes=-1),
        a_body(bytes=1.5),
        a_body(exit_status=256),
        a_body(snapshot="x" * 201),
        a_body(snapshot=7),
        a_body(by="tess"),
        a_body(reviewed=True),
        a_body(finished_at="2026-02-30T00:00:00Z"),
        {"evidence": [{"device": "srv", "practice": "restore_test", "facts": {"sha256": "0" * 63}}]},
        {"evidence": [{"device": "srv", "practice": "restore_test", "facts": {"by": "tess"}}]},
        {"offline": [SPAN] * 51},
        {"offline": [{**SPAN, "beats": 0}]},
        {"offline": [{**SPAN, "beats": 10**9 + 1}]},
        {"offline": [{**SPAN, "beats": True}]},
        {"offline": [{**SPAN, "from": "1969-12-31T23:59:59Z"}]},
        {"offline": [{**SPAN, "to": "9901-01-01T00:00:00Z"}]},
        {"offline": [{**SPAN, "to": "2026-03-01T00:00:00+00:00"}]},
        {"offline": [{**SPAN, "to": "2026-03-01T00:00:60Z"}]},
        {"offline": [{"from": FIRST, "to": LAST}]},
    ],
)
def test_the_description_does_not_allow_what_is_refused(body: object) -> None:
    assert not is_taken(body)
    assert not allows("Heartbeat", body)


def facts_with_edges() -> Iterator[tuple[str, str, list[object], list[object]]]:
    """Each described fact with the first and last values that its schema allows, and those next to them."""
    for practice in PRACTICES:
        known = document()["components"]["schemas"][practice]["properties"]["facts"]["properties"]
        for name, schema in known.items():
            yield practice, name, *_edges(schema)


def _edges(schema: Json) -> tuple[list[object], list[object]]:
    kind = schema["type"][0]
    if kind == "integer":
        least, most = schema["minimum"], schema["maximum"]
        return [least, most, None], [least - 1, most + 1, True, str(least)]
    if kind == "boolean":
        return [True, False, None], [0, 1, "true"]
    if "maxLength" in schema:
        return ["", "x" * schema["maxLength"], None], ["x" * (schema["maxLength"] + 1), 7, []]
    if schema.get("format") == "date-time":
        return [FIRST, LAST, None], ["1969-12-31T23:59:59Z", "9901-01-01T00:00:00Z", "", 0]
    return ["0" * 64, "f" * 64, None], ["0" * 63, "0" * 65, "g" * 64]


@pytest.mark.parametrize(("practice", "name", "taken", "refused"), [*facts_with_edges()])
def test_each_fact_is_taken_and_refused_where_the_description_says(
    practice: str, name: str, taken: list[object], refused: list[object]
) -> None:
    for values, is_fine in ((taken, True), (refused, False)):
        for value in values:
            body = {"evidence": [{"device": "srv", "practice": practice, "facts": {name: value}}]}
            assert (is_taken(body), allows("Heartbeat", body)) == (is_fine, is_fine), value


@pytest.fixture
def acme(deployment: Deployment) -> None:
    sign_up()
    an_up_device("srv", practices={"backup"})
    enroll("nightly", state=FEED, feed_practice="backup", feed_device="srv", grace_seconds=4 * HOUR)


def beat(body: str = "", token: str | None = None) -> Json:
    headers = {"Authorization": f"Bearer {a_token('srv') if token is None else token}"}
    event = api_request("POST", "/v1/heartbeat", at=START + MINUTE, body=body, headers=headers)
    answer: Json = handler(event, Context())
    return answer


@pytest.mark.parametrize(
    ("body", "token", "status"),
    [
        ("", None, 200),
        ('{"seen": ["nas"]}', None, 200),
        ('{"seen": "nas"}', None, 400),
        ("{", None, 400),
        ("{}", "nonsense", 401),
        ("{}".ljust(64 * 1024 + 1), None, 413),
    ],
)
def test_a_heartbeat_is_answered_as_described(acme: None, body: str, token: str, status: int) -> None:
    answer = beat(body, token)
    assert answer["statusCode"] == status
    assert differences("POST", "/v1/heartbeat", answer) == []


@pytest.mark.parametrize("who", ["srv", "nightly"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_ping_is_answered_as_described(acme: None, case: Case, who: str) -> None:
    path = case.path.format(token=a_token(who), wrong=a_token(who, secret=2))
    answer = request(case.method, path, at=START + MINUTE, body=case.body)
    assert differences(case.method, path.partition("?")[0], answer) == []


def test_what_cannot_be_recorded_is_answered_as_described(acme: None) -> None:
    with calls(1, throttled):
        answer = beat()
    assert answer["statusCode"] == 503
    assert differences("POST", "/v1/heartbeat", answer) == []
    for method in ("GET", "HEAD"):
        for path in (f"/ping/{a_token('srv')}", f"/ping/{a_token('srv')}/1", f"/api/push/{a_token('srv')}"):
            with calls(1, throttled):
                answer = request(method, path, at=START + MINUTE)
            assert answer["statusCode"] == 503
            assert differences(method, path, answer) == []


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("/v1/heartbeat", {"200", "400", "401", "413", "503"}),
        ("/ping/{token}", {"200", "400", "404", "413", "503"}),
        ("/ping/{token}/{suffix}", {"200", "400", "404", "413", "503"}),
        ("/api/push/{token}", {"200", "404", "413", "503"}),
    ],
)
def test_a_request_has_these_answers_and_two_of_the_gateway(path: str, statuses: set[str]) -> None:
    assert document()["paths"][path]["post"]["responses"].keys() == statuses | {"429", "500"}


def description(**headers: str) -> Json:
    event = api_request("GET", "/v1/openapi.json", at=START, headers=headers, route="GET /v1/openapi.json")
    answer: Json = handler(event, Context())
    return answer


def test_the_description_is_served_and_describes_itself() -> None:
    answer = description()
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, document())
    assert differences("GET", "/v1/openapi.json", answer) == []


def test_who_has_the_description_already_is_not_sent_it_again() -> None:
    tag = description()["headers"]["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        answer = description(**{"If-None-Match": known})
        assert (answer["statusCode"], answer["body"], answer["headers"]["ETag"]) == (304, "", tag)
        assert differences("GET", "/v1/openapi.json", answer) == []
    assert description(**{"If-None-Match": '"other"'})["statusCode"] == 200


def test_no_request_but_that_for_the_description_pays_for_it() -> None:
    folder = ROOT / "functions/heartbeat"
    code = "import sys, heartbeat; print(*(name for name in sys.modules if name.startswith('openapi')))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_every_route_of_agents_is_described_and_nothing_else() -> None:
    resources = load_template(ROOT / "infra/template.yaml")["Resources"].values()
    keys = {r["Properties"]["RouteKey"] for r in resources if r["Type"] == "AWS::ApiGatewayV2::Route"}
    routes = {tuple(key.split()) for key in keys if not key.startswith(("ANY /desk/", "ANY /live/"))}
    described = {
        (method.upper(), path)
        for path, item in document()["paths"].items()
        for method in item.keys() - {"description", "parameters"}
    }
    assert {(method, path) for method, path in described if not _routed(routes, method, path)} == set()
    assert {route for route in routes if not any(_routed({route}, *one) for one in described)} == set()


def _routed(routes: set[tuple[str, ...]], method: str, path: str) -> bool:
    return any(
        wanted in (method, "ANY") and path.startswith(start.removesuffix("{proxy+}"))
        for wanted, start in routes
    )


def test_the_description_has_one_name_for_each_operation() -> None:
    names = [
        item[method]["operationId"]
        for item in document()["paths"].values()
        for method in item.keys() - {"description", "parameters"}
    ]
    assert len(names) == len(set(names)) == 17


def test_only_a_heartbeat_takes_its_token_from_a_header() -> None:
    for path, item in document()["paths"].items():
        for method in item.keys() - {"description", "parameters"}:
            told = operation(method, path.replace("{token}", "t").replace("{suffix}", "1"))
            assert told is not None
            assert told["security"] == ([{"token": []}] if path == "/v1/heartbeat" else [])
    assert document()["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_the_description_tells_nothing_of_its_deployment() -> None:
    assert document()["servers"] == [{"url": "/"}]
    text = json.dumps(document())
    for word in ("amazonaws", "acme", "arn:", "Devices", "Records"):
        assert word not in text
