"""Row c: what a cold start of each function takes, beside importing botocore and making one client."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from rows import Row, ratio_row

from makegood_local.template import load_template
from makegood_simulator.cloud import ENVIRONMENT

ROOT = Path(__file__).parents[1]
ROUNDS = 7
AT_MOST = 1.5
FLOOR = 'import botocore.session; botocore.session.get_session().create_client("dynamodb")'
MEASURED = """
import sys, time
{path}
started = time.process_time()
{code}
spent = time.process_time() - started
(peak,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(spent, int(peak) / 1024)
"""


def measure() -> list[Row]:
    """Each start in a fresh interpreter; in every round once the floor, and once each function."""
    folders = _folders()
    seconds: dict[str, list[float]] = {name: [] for name in ("floor", *folders)}
    megabytes: dict[str, list[float]] = {name: [] for name in seconds}
    for _ in range(ROUNDS):
        for name, measured in seconds.items():
            spent, memory = _start(*folders.get(name, ("", FLOOR)))
            measured.append(spent)
            megabytes[name].append(memory)
    rows = [
        ratio_row("c", f"cold start of {name}", seconds[name], seconds["floor"], AT_MOST) for name in folders
    ]
    return rows + [
        Row("c", f"memory of {name}", statistics.median(megabytes[name]), "MB") for name in folders
    ]


def _folders() -> dict[str, tuple[str, str]]:
    """Function -> its folder and the import that loads its handler."""
    resources = load_template(ROOT / "infra/template.yaml")["Resources"]
    return {
        name: (
            resource["Properties"]["CodeUri"].removeprefix("../"),
            f"import {resource['Properties']['Handler'].partition('.')[0]}",
        )
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def _start(folder: str, code: str) -> tuple[float, float]:
    path = f"sys.path.insert(0, {str(ROOT / folder)!r})" if folder else ""
    script = MEASURED.format(path=path, code=code)
    done = subprocess.run(
        [sys.executable, "-c", script], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    spent, memory = done.stdout.split()
    return float(spent), float(memory)
