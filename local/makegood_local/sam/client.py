"""Built functions under AWS's runtime interface client and SAM CLI's emulator of it, without Docker."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from makegood_local.emulator import ROOT, LocalError, free_port, tail
from makegood_local.sam.build import BUILD, Built, own_architecture, runtime_python

TOOLS = ROOT / ".tools/ric"
LOCK = ROOT / "requirements/ric.txt"
START_SECONDS = 30


def install_client() -> Path:
    """An interpreter of the runtime's version that knows awslambdaric and nothing else."""
    python = runtime_python()
    key = hashlib.sha256(LOCK.read_bytes() + str(python).encode()).hexdigest()
    done, interpreter = TOOLS / ".done", TOOLS / "bin/python"
    if not (done.exists() and done.read_text() == key):
        shutil.rmtree(TOOLS, ignore_errors=True)
        _run(str(python), "-m", "venv", str(TOOLS))
        install = (
            "-m",
            "pip",
            "install",
            "-qq",
            "--disable-pip-version-check",
            "--require-hashes",
            "--no-deps",
        )
        _run(str(interpreter), *install, "-r", str(LOCK))
        done.write_text(key)
    return interpreter


def emulator_binary() -> Path:
    """SAM CLI's emulator of the runtime interface for this machine, made executable in a copy."""
    if sys.platform != "linux":
        raise LocalError(
            "the runtime interface emulator runs on Linux alone; use `sam local invoke` with Docker"
        )
    name = f"aws-lambda-rie-{own_architecture()}"
    found = next((ROOT / ".tools/sam/lib").glob(f"python*/site-packages/samcli/local/rapid/{name}"), None)
    if found is None:
        raise LocalError(f"this SAM CLI brings no {name}; run: make .tools/sam/.done")
    BUILD.mkdir(parents=True, exist_ok=True)
    copy = BUILD / name
    shutil.copyfile(found, copy)
    copy.chmod(copy.stat().st_mode | stat.S_IXUSR)
    return copy


class Running:
    """A function that waits for events."""

    def __init__(self, url: str, log: Path) -> None:
        self._url = url
        self.log = log

    def invoke(self, event: object) -> Any:
        """What the function answers; an exception of it is an answer with `errorType`."""
        request = urllib.request.Request(self._url, data=json.dumps(event).encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=400) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            text = error.read().decode()
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            raise LocalError(f"the emulator answered: {text}\n{tail(self.log)}") from None


@contextmanager
def running(
    function: Built, environment: Mapping[str, str], interpreter: Path, log: Path
) -> Iterator[Running]:
    """Runs a built function for as long as the block lasts; it sees its own environment and no other."""
    invoking, inside = free_port(), free_port()
    command = [
        str(emulator_binary()),
        "--log-level",
        "error",
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{invoking}",
        "--runtime-api-address",
        f"127.0.0.1:{inside}",
        str(interpreter),
        "-m",
        "awslambdaric",
        function.properties["Handler"],
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=function.folder,
            env=_as_on_aws(function) | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{invoking}/2015-03-31/functions/function/invocations"
        _wait(process, invoking, log)
        yield Running(url, log)
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def _as_on_aws(function: Built) -> dict[str, str]:
    """What Lambda itself sets: where the code is, and what the function was promised."""
    folders = [function.folder, *(layer / "python" for layer in function.layers)]
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(function.folder),
        "_HANDLER": function.properties["Handler"],
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.properties["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.properties["Timeout"]),
    }


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
            continue
        return
    raise LocalError(f"the emulator of the runtime interface did not start:\n{tail(log)}")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
