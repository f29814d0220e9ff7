"""`make bench-healthchecks`: what a ping and a detection pass cost, beside Healthchecks on the same machine.

docs/performance.md says how to get Healthchecks, what is measured, and what it was.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from healthchecks import passes, pings
from healthchecks.postgres import MissingError, postgres
from healthchecks.rounds import ROUNDS
from healthchecks.summary import show
from healthchecks.theirs import Healthchecks, check_there

MEMORY = Path("/dev/shm")
LEAST_BYTES = 3 * 2**30
OUT = Path(__file__).parents[2] / "build"
PARTS = {"pings": pings.measure, "passes": passes.measure}


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench-healthchecks", description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="a checkout of Healthchecks")
    parser.add_argument(
        "--venv", type=Path, help="a virtual environment with what it needs; default: its .venv"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=MEMORY,
        help="where PostgreSQL keeps its data meanwhile; default: memory, so that no side waits for a disk",
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument(
        "--only", choices=PARTS, help="measure this part, and show the other as it was measured before"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    args.venv = args.venv or args.source / ".venv"
    if args.rounds < 2:
        parser().error("--rounds: quartiles need at least 2")
    try:
        check_there(args.source, args.venv)
        for part in [args.only] if args.only else PARTS:
            _measure(part, args)
    except MissingError as error:
        print(f"make bench-healthchecks: {error}", file=sys.stderr)
        return 2
    measured = {part: _path(part) for part in PARTS if _path(part).exists()}
    print(show({part: json.loads(path.read_text()) for part, path in measured.items()}))
    return 0


def _measure(part: str, args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="makegood-healthchecks-", dir=_roomy(args.folder)) as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        with postgres(folder / "postgres") as database:
            theirs = Healthchecks(args.source, args.venv, database, folder)
            print("setting up Healthchecks ...", file=sys.stderr, flush=True)
            theirs.install()
            found = PARTS[part](theirs, database, folder, args.rounds)
    OUT.mkdir(exist_ok=True)
    told = {"versions": _versions(args.source, args.venv), "data in": str(args.folder), **found}
    _path(part).write_text(json.dumps(told, indent=1) + "\n")


def _roomy(folder: Path) -> Path:
    """The folder. Raises MissingError when it is none, or PostgreSQL may run out of space there."""
    if not folder.is_dir():
        raise MissingError(f"{folder} is not a folder; name another one with --folder")
    if shutil.disk_usage(folder).free < LEAST_BYTES:
        raise MissingError(f"{folder} has less than 3 GiB of space; name another folder with --folder")
    return folder


def _path(part: str) -> Path:
    return OUT / f"bench-healthchecks-{part}.json"


def _versions(source: Path, venv: Path) -> dict[str, str]:
    """Of Healthchecks by its changelog, and of what it runs on."""
    lines = (source / "CHANGELOG.md").read_text().splitlines()
    names = ("django", "psycopg", "uwsgi")
    asked = (
        "import platform, importlib.metadata as m; print('Python', platform.python_version())\n"
        + "\n".join(f"print('{name}', m.version('{name}'))" for name in names)
    )
    told = subprocess.run(
        [venv / "bin/python", "-c", asked], check=True, capture_output=True, text=True
    ).stdout
    version = next(line.split()[1] for line in lines if line.startswith("## v"))
    return {"Healthchecks": version, **dict(line.split() for line in told.splitlines())}


if __name__ == "__main__":
    sys.exit(main())
