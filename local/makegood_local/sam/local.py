"""`make sam-local`: lets `sam local invoke` and `sam local start-api` work on the stack of `make run`."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path

from makegood_local.emulator import REGION, ROOT, LocalError
from makegood_local.sam.build import as_built, build, built_functions, own_architecture
from makegood_local.sam.cast import introduce
from makegood_local.sam.docker import bridge_address, reachable, why_no_engine
from makegood_local.sam.place import Place

FILE = ROOT / ".local/sam-env.json"


def main() -> int:
    try:
        _serve()
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _serve() -> None:
    """Builds, writes the environment file, and is the way from containers to the stack until Ctrl-C."""
    missing = why_no_engine()
    if missing:
        raise LocalError(f"`sam local` runs functions in containers, and {missing}. Without: make sam-check")
    place = Place.of_make_run()
    folder = build(own_architecture())
    introduce(place)
    address = bridge_address()
    FILE.write_text(json.dumps(place.environments(built_functions(folder), address), indent=2) + "\n")
    with reachable(address, place.ports):
        print(_what_to_type(folder), flush=True)
        end = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: end.set())
        end.wait()


def _what_to_type(folder: Path) -> str:
    template = (folder / "template.yaml").relative_to(ROOT)
    processor = " ".join(as_built(own_architecture()))
    shared = f"-t {template} --env-vars {FILE.relative_to(ROOT)} --region {REGION} {processor}"
    return f"""
Containers reach the stack of `make run` as long as this runs (Ctrl-C ends it). In another terminal:

  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local SAM_CLI_TELEMETRY=0
  alias sam=.tools/sam/bin/sam
  sam local invoke HeartbeatFunction -e events/HeartbeatFunction/heartbeat.json {shared}
  sam local start-api {shared} --warm-containers LAZY
"""


if __name__ == "__main__":
    sys.exit(main())
