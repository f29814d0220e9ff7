"""Row c: what a cold start of each function takes, beside importing botocore and making one client.

A start is what AWS's runtime does with a new process: it imports the handler's module and hands it its first
event, here one of `events/`. AWS is a deployment on moto behind an address, the same for every start.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import BotocoreStubber
from rows import SEED, Row, ratio_row

from makegood.rules.instants import parse_instant
from makegood_local.sam import cast
from makegood_local.template import load_template
from makegood_simulator import cloud

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "layers/makegood"
EVENTS = ROOT / "events"
ROUNDS = 7
AT_MOST = 1.5

USUAL = {"DeskFunction": "incident", "HeartbeatFunction": "heartbeat", "LiveFunction": "page"}
"""The event that a start is for, where a function has several."""

AS_OF = {"IssueFunction": parse_instant("2025-11-03T08:00:00Z")}
"""When a function starts, where it is not when its event says: a month's statement is due after its end."""

FLOOR = 'import botocore.session; botocore.session.get_session().create_client("dynamodb")'
STARTED = """
time.time = lambda: {now}
import importlib, json
from types import SimpleNamespace
handler = getattr(importlib.import_module({module!r}), "handler")
imported = time.process_time()
context = SimpleNamespace(function_name="function", memory_limit_in_mb=512, aws_request_id="request",
    invoked_function_arn="arn", get_remaining_time_in_millis=lambda: 60_000)
with open({event!r}) as file:
    answer = handler(json.load(file), context)
if isinstance(answer, dict) and (answer.get("statusCode", 200) >= 400 or answer.get("batchItemFailures")):
    raise RuntimeError(str(answer)[-900:])
"""
MEASURED = """
import time
started = imported = time.process_time()
{code}
ended = time.process_time()
(peak,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(ended - started, imported - started, int(peak) / 1024)
"""

SERVICES = {"email": "email", "ses": "email"}
"""The host of a service where it is not the name that requests are signed for."""


@dataclass(frozen=True)
class Start:
    """CPU seconds of a start, those of them for imports, and the most memory that the process took."""

    seconds: float
    importing: float
    megabytes: float


def measure() -> list[Row]:
    """Each start in a fresh interpreter; in every round the floor and each function once, in random order."""
    cases = {"floor": ("", FLOOR), **_functions()}
    starts: dict[str, list[Start]] = {name: [] for name in cases}
    order = random.Random(SEED)
    cloud.use_environment()
    with cloud.silence(), cloud.cloud():
        cast.store()
        cast.accept_links(cloud.client("secretsmanager"), cloud.ENVIRONMENT["LINK_KEYS_ARN"])
        for case in cases.values():  # writes the bytecode, as the build for AWS does
            _start(*case)
        for _ in range(ROUNDS):
            for name in order.sample(list(cases), len(cases)):
                starts[name].append(_start(*cases[name]))
    return [
        row for name in cases if name != "floor" for row in _rows(name, starts[name], starts["floor"])
    ] + [Row("c", "memory of importing botocore and making one client", _megabytes(starts["floor"]), "MB")]


def _rows(name: str, starts: list[Start], floors: list[Start]) -> Iterator[Row]:
    floor = [start.seconds for start in floors]
    yield ratio_row("c", f"cold start of {name}", [start.seconds for start in starts], floor, at_most=AT_MOST)
    yield ratio_row("c", f"import of {name}", [start.importing for start in starts], floor)
    yield Row("c", f"memory of {name}", _megabytes(starts), "MB", floor=_megabytes(floors))


def _megabytes(starts: list[Start]) -> float:
    return statistics.median(start.megabytes for start in starts)


def _functions() -> dict[str, tuple[str, str]]:
    """Function -> its folder, and what starts it."""
    resources = load_template(ROOT / "infra/template.yaml")["Resources"]
    found = {}
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::Function":
            module = resource["Properties"]["Handler"].partition(".")[0]
            events = sorted((EVENTS / name).glob(f"{USUAL.get(name, '*')}.json"))
            code = STARTED.format(module=module, event=str(events[0]), now=AS_OF.get(name, cast.NOW))
            found[name] = (resource["Properties"]["CodeUri"].removeprefix("../"), code)
    return found


def _start(folder: str, code: str) -> Start:
    with _aws() as address:
        environment = {
            **cloud.ENVIRONMENT,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_ENDPOINT_URL": address,
            "BASE_URL": address,
            "TECHNICIANS": cast.TECHNICIAN,
            "PYTHONPATH": os.pathsep.join([str(ROOT / folder), str(PACKAGE)]),
        }
        done = subprocess.run(
            [sys.executable, "-c", MEASURED.format(code=code)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"a start of {folder} failed:\n{done.stdout}{done.stderr}")
    return Start(*map(float, done.stdout.splitlines()[-1].split()))


@contextmanager
def _aws() -> Iterator[str]:
    """The address of a copy of this process's deployment, which ends with the block and is forgotten."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Connection) -> None:
    stand_in, one_at_a_time = BotocoreStubber(), Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, content = (200, b"{}")
            if self.path != "/v1/heartbeat":  # the canary's, which every deployment answers
                status, content = self._ask(body)
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST  # noqa: N815 - as http.server calls them

        def _ask(self, body: bytes) -> tuple[int, bytes]:
            signed_for = self.headers["Authorization"].partition("Credential=")[2].split("/")[3]
            url = f"https://{SERVICES.get(signed_for, signed_for)}.{cloud.REGION}.amazonaws.com{self.path}"
            headers = HTTPHeaders.from_dict(dict(self.headers))
            asked = AWSPreparedRequest(self.command, url, headers, body, stream_output=False)
            with one_at_a_time:
                answer = stand_in.process_request(asked)
            if answer is None:
                return 404, b"{}"
            status, _, content = answer
            return int(status), content.encode() if isinstance(content, str) else content

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_address[1])
    server.serve_forever()
