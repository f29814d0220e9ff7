"""`events/` and the check that runs them: nothing is left out, and what is wrong is called so."""

from __future__ import annotations

import json
import socket
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from makegood_local.deployment import TEMPLATE
from makegood_local.emulator import ROOT, LocalError
from makegood_local.sam import local, place
from makegood_local.sam.build import (
    Built,
    compiled_for,
    runtime,
    runtime_python,
    too_large,
    without_bytecode,
)
from makegood_local.sam.docker import reachable
from makegood_local.sam.events import FOLDER, all_events, written
from makegood_local.sam.report import wrong_with
from makegood_local.template import load_template

SAMPLES = ".tools/sam/lib/python*/site-packages/samcli/lib/generated_sample_events/events"
PRESENT_ONLY_WHEN_USED = {"queryStringParameters", "pathParameters", "body"}
NEVER_HERE = {"cookies", "stageVariables", "authentication", "authorizer"}
"""What an HTTP API leaves out of events when there is none of it."""


def of_template() -> set[str]:
    resources = load_template(TEMPLATE)["Resources"]
    return {name for name, each in resources.items() if each["Type"] == "AWS::Serverless::Function"}


def routes() -> set[str]:
    resources = load_template(TEMPLATE)["Resources"].values()
    return {each["Properties"]["RouteKey"] for each in resources if each["Type"].endswith("V2::Route")}


def test_every_function_has_an_event_and_no_event_is_without_a_function() -> None:
    assert {folder.name for folder in FOLDER.iterdir()} == of_template()
    assert all(list(folder.glob("*.json")) for folder in FOLDER.iterdir())


def test_every_route_has_an_event() -> None:
    assert {event["routeKey"] for _, event in all_events() if "routeKey" in event} == routes()


def test_the_folder_holds_what_is_written_into_it_and_nothing_else() -> None:
    found = {str(file.relative_to(FOLDER)): file.read_text() for file in FOLDER.rglob("*.json")}
    assert found == {name: written(event) for name, event in all_events()}


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("HeartbeatFunction/push.json", "apigateway/HttpApi.json"),
        ("DeskFunction/acknowledge.json", "apigateway/HttpApi.json"),
        ("IssueFunction/statement.json", "sqs/Sqs.json"),
        ("DeliveriesFunction/delivery.json", "sqs/Sqs.json"),
    ],
)
def test_an_event_has_the_fields_of_sam_clis_own_samples(mine: str, theirs: str) -> None:
    folder = next(ROOT.glob(SAMPLES), None)
    if folder is None:
        pytest.skip("SAM CLI is not installed: make .tools/sam/.done")
    sample = json.loads((folder / theirs).read_text())
    missing = fields(sample) - fields(json.loads((FOLDER / mine).read_text()))
    assert missing <= PRESENT_ONLY_WHEN_USED


def fields(event: Any) -> set[str]:
    """The names of fields, but for what callers choose: headers, parameters."""
    if isinstance(event, list):
        return set().union(*map(fields, event))
    if not isinstance(event, dict):
        return set()
    named = {name: value for name, value in event.items() if name not in NEVER_HERE}
    chosen = {"headers", "queryStringParameters", "pathParameters"}
    return set(named).union(*(fields(value) for name, value in named.items() if name not in chosen))


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"errorType": "KeyError", "errorMessage": "'client'"}, "it raised KeyError: 'client'"),
        ({"statusCode": 403, "body": "no"}, "it answered 403: no"),
        ({"batchItemFailures": [{"itemIdentifier": "1"}]}, "it gave the message back"),
        (None, "it answered None"),
        ({"statusCode": 303}, None),
        ({"batchItemFailures": []}, None),
        ({"asked": 0}, None),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(answer: Any, problem: str | None) -> None:
    assert wrong_with(answer) == problem


def test_a_function_over_the_limits_of_lambda_is_named(tmp_path: Path) -> None:
    code, layer = tmp_path / "code", tmp_path / "layer"
    for folder in (code, layer):
        folder.mkdir()
    with (layer / "large.bin").open("wb") as file:
        file.truncate(262_143_999)
    (code / "a.py").write_bytes(b"#")
    fits = Built("FitsFunction", code, (layer,), {})
    assert too_large([fits]) == []
    (code / "b.py").write_bytes(b"#")
    assert too_large([fits]) == ["FitsFunction has 262,144,001 bytes with its layers, AWS takes 262,144,000"]
    many = Built("ManyFunction", code, (code,) * 6, {})
    assert too_large([many]) == ["ManyFunction has 6 layers, AWS takes 5"]


def test_what_a_compiled_part_is_for_is_read_from_itself(tmp_path: Path) -> None:
    (tmp_path / "a.so").write_bytes(b"\x7fELF" + bytes(14) + b"\xb7\x00")
    assert compiled_for(tmp_path) == {"arm64"}
    (tmp_path / "b.so").write_bytes(b"\x7fELF" + bytes(14) + b"\x3e\x00")
    assert compiled_for(tmp_path) == {"arm64", "x86_64"}


def test_without_the_runtimes_python_it_is_said_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / runtime()
    fake.write_text("#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    with pytest.raises(LocalError, match=r"python3\.13, and it is not on the PATH(.|\n)*--use-container"):
        runtime_python()


def test_pyenvs_python_is_found_behind_its_shim(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def a_script(file: Path, says: str) -> Path:
        file.parent.mkdir(parents=True)
        file.write_text(f"#!/bin/sh\n{says}\n")
        file.chmod(0o755)
        return file

    shim = a_script(tmp_path / "shims" / runtime(), "exit 127")
    real = a_script(tmp_path / "versions/3.13.0/bin" / runtime(), "echo 3.13 $0")
    monkeypatch.setenv("PATH", str(shim.parent))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "elsewhere"))
    assert runtime_python() == real


@pytest.mark.parametrize(
    ("why", "said"),
    [("no Docker engine answers", "no Docker engine answers. Without: make sam-check"), (None, "make run")],
)
def test_what_sam_local_lacks_is_said(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    why: str | None,
    said: str,
) -> None:
    monkeypatch.setattr(local, "why_no_engine", lambda: why)
    monkeypatch.setattr(place, "FILE", tmp_path / "stack.json")
    assert local.main() == 1
    assert said in capsys.readouterr().err


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        pass


def test_containers_reach_ports_of_this_machine_while_it_is_wanted() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        with reachable("127.0.0.9", [port]):
            assert urllib.request.urlopen(f"http://127.0.0.9:{port}/").read() == b"hello"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.9", port))
        server.shutdown()


def test_modules_and_templates_without_bytecode_are_found(tmp_path: Path) -> None:
    for name in ("done.py", "left.py", "templates/done.html.j2", "templates/left.html.j2"):
        file = tmp_path / name
        (file.parent / "__pycache__").mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "__pycache__/done.cpython-313.pyc").touch()
    (tmp_path / "__pycache__/left.cpython-311.pyc").touch()
    (tmp_path / "templates/__pycache__/done.html.j2.cpython-313.jinja").touch()
    assert {file.name for file in without_bytecode(tmp_path)} == {"left.py", "left.html.j2"}
