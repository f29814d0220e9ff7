"""The Docker form of the check: each function by `sam local invoke`, and the API by `sam local start-api`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from makegood_local.emulator import REGION, ROOT, LocalError, free_port, tail
from makegood_local.sam.build import BUILD, SAM, Built, as_built, own_architecture
from makegood_local.sam.cast import TILL, token
from makegood_local.sam.docker import bridge_address, reachable
from makegood_local.sam.events import files_by_function
from makegood_local.sam.place import Place
from makegood_local.sam.report import Report, in_short, wrong_with

ENVIRONMENT = BUILD / "env.json"
START_SECONDS = 120
API_ANSWERS: tuple[tuple[str, dict[str, str], int], ...] = (
    ("GET /v1/openapi.json", {}, 200),
    ("POST /v1/heartbeat", {}, 401),
    ("POST /v1/heartbeat", {"Authorization": f"Bearer {token(TILL)}"}, 200),
    ("GET /desk/forged", {}, 403),
)
"""What the API answers; the café's till is known to it."""


def check_containers(report: Report, folder: Path, functions: Mapping[str, Built], place: Place) -> None:
    """One event of each function by `sam local invoke`, which takes long; then the API, which is warm."""
    address = bridge_address()
    ENVIRONMENT.write_text(json.dumps(place.environments(list(functions.values()), address)))
    shared = [*_how_to_get_images(), "-t", str(folder / "template.yaml")]
    shared += ["--env-vars", str(ENVIRONMENT), "--region", REGION, *as_built(own_architecture())]
    environment = {**os.environ, **place.credentials, "SAM_CLI_TELEMETRY": "0"}
    with reachable(address, place.ports):
        for name, files in files_by_function().items():
            answer = _invoke(name, files[0], shared, environment)
            problem = wrong_with(answer)
            report.judge(f"sam local invoke {name}", [problem] if problem else [], in_short(answer))
        with _start_api(shared, environment) as url:
            for request, headers, status in API_ANSWERS:
                found = _status(url, request, headers)
                problems = [] if found == status else [f"it answered {found} instead of {status}"]
                known = " with a token" if headers else ""
                report.judge(f"sam local start-api {request}{known}", problems, str(found))


def _how_to_get_images() -> list[str]:
    """Who has the images already and no registry says so: MAKEGOOD_SKIP_PULL=1."""
    return ["--skip-pull-image"] if os.environ.get("MAKEGOOD_SKIP_PULL") else []


def _invoke(name: str, file: Path, shared: list[str], environment: Mapping[str, str]) -> Any:
    command = [str(SAM), "local", "invoke", name, "-e", str(file), *shared]
    done = subprocess.run(
        command, cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False
    )
    last = (done.stdout.strip().splitlines() or [""])[-1]
    try:
        return json.loads(last)
    except json.JSONDecodeError:
        return f"no JSON; what was said: {done.stdout}{done.stderr}"


@contextmanager
def _start_api(shared: list[str], environment: Mapping[str, str]) -> Iterator[str]:
    port, log = free_port(), BUILD / "start-api.log"
    command = [str(SAM), "local", "start-api", "--port", str(port), "--warm-containers", "LAZY", *shared]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdout=output, stderr=output, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, log)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGINT)  # it removes its containers then
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _status(url, "GET /", {}) is not None:
            return
        time.sleep(0.5)
    raise LocalError(f"sam local start-api did not start:\n{tail(log, 30)}")


def _status(url: str, asked: str, headers: dict[str, str]) -> int | None:
    method, path = asked.split()
    data = b"" if method == "POST" else None
    request = urllib.request.Request(url + path, method=method, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None
