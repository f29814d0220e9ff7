"""Runs every check of the project, whatever fails, and says what ran and how long it took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = ROOT / ".venv" / "bin"
PYTEST = [str(BIN / "pytest"), "-rs", "--durations=3"]
ON_EVERY_CORE = ["-n", str(os.cpu_count() or 1)]
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    "SAM_CLI_TELEMETRY": "0",
    "AWS_DEFAULT_REGION": "eu-west-1",
}

FOLDERS = [*sorted({path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")} - {"e2e"}), "e2e"]
"""Every folder with tests, the slow end-to-end ones last: none can be forgotten."""

ONE_BY_ONE = {"simulator", "local", "e2e"}
"""Folders whose tests spread over the cores by themselves, or start servers and measure what they see."""

CHECKS: dict[str, list[str]] = {
    "lint": [str(BIN / "ruff"), "check", "--no-cache", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "types": [
        str(BIN / "mypy"),
        "layers/makegood",
        "functions",
        "cli",
        "local",
        "simulator",
        "agent",
        "bench",
        "tests",
    ],
    "template (cfn-lint)": [str(BIN / "cfn-lint"), "infra/template.yaml", "infra/deploy-roles.yaml"],
    "documents": ["make", "docs"],
    "template (sam)": [".tools/sam/bin/sam", "validate", "--lint", "--template", "infra/template.yaml"],
    **{
        f"tests/{folder}": [*PYTEST, *([] if folder in ONE_BY_ONE else ON_EVERY_CORE), f"tests/{folder}"]
        for folder in FOLDERS
    },
}


def main() -> int:
    """Exit status 0 when every check passed; names of checks may be given to run only those."""
    wanted = sys.argv[1:] or list(CHECKS)
    if unknown := [name for name in wanted if name not in CHECKS]:
        sys.exit(f"no check is called {', '.join(unknown)}; choose from: {', '.join(CHECKS)}")
    results = [(name, *_run(name, CHECKS[name])) for name in wanted]
    print("\nwhat ran                 result  seconds")
    for name, passed, seconds in results:
        print(f"{name:24} {'passed' if passed else 'FAILED'} {seconds:8.1f}")
    return 0 if all(passed for _, passed, _ in results) else 1


def _run(name: str, command: list[str]) -> tuple[bool, float]:
    print(f"\n--- {name}", flush=True)
    started = time.monotonic()
    status = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=False).returncode
    return status == 0, time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
