"""What people do with a local stack: commands, mails, a browser; and a narrator who tells of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import yaml

from makegood_local.emulator import LocalError
from makegood_local.mailbox import Mail
from makegood_local.stack import LocalStack

ROOT = Path(__file__).parents[2]
MAKEGOOD = Path(sys.executable).parent / "makegood"

Found = TypeVar("Found")


class Narrator:
    """Says what happens, and how many seconds into the story."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def chapter(self, title: str) -> None:
        print(f"\n{title}", flush=True)

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self._started:6.0f} s  {text}", flush=True)


def until(what: str, look: Callable[[], Found | None], seconds: float = 60, every: float = 0.5) -> Found:
    """Looks until there is something to see; LocalError when it does not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(every)
    raise LocalError(f"waited {seconds:.0f} seconds in vain for {what}")


def contract_from_this_month(example: Path, folder: Path) -> Path:
    """An example contract that begins this month: nothing is promised of months nobody watched."""
    contract = yaml.safe_load(example.read_text())
    contract["effective_from"] = datetime.now(ZoneInfo(contract["timezone"])).date().replace(day=1)
    written = folder / example.name
    written.write_text(yaml.safe_dump(contract, sort_keys=False))
    return written


def run_command(stack: LocalStack, *arguments: str) -> str:
    """The operator's command as a person types it; its output."""
    environment = {**os.environ, **stack.environment}
    done = subprocess.run(
        [MAKEGOOD, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LocalError(f"makegood {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def sweeping(stack: LocalStack, every: float) -> Iterator[None]:
    """Calls the canary, and the sweep that waits for it, more often than their schedules can."""
    stop = threading.Event()

    def sweep() -> None:
        while not stop.wait(every):
            with suppress(LocalError):
                stack.invoke("CanaryFunction", {})
                stack.invoke("SweepFunction", {})

    thread = threading.Thread(target=sweep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Technician:
    """Somebody with a browser and the link from the mail."""

    def __init__(self, mail: Mail, base_url: str) -> None:
        link = re.search(re.escape(base_url) + r"/desk/[A-Za-z0-9_.-]+", mail.text)
        if link is None:
            raise LocalError(f"the mail “{mail.subject}” holds no link to the desk")
        self.link = link[0]

    def read(self) -> str:
        """The incident's page."""
        return _fetch(self.link)

    def post(self, action: str, fields: Mapping[str, str]) -> str:
        """Submits one of the page's forms; the page that follows."""
        return _fetch(f"{self.link}/{action}", urllib.parse.urlencode(fields).encode())


def published_key(mail: Mail, base_url: str) -> str:
    """The provider's public key, from the address that a statement's mail names."""
    address = re.search(re.escape(base_url) + r"/live/keys/[0-9a-f]{64}", mail.text)
    if address is None:
        raise LocalError(f"the mail “{mail.subject}” names no address of the provider's key")
    return _fetch(address[0])


def status_of(url: str) -> int:
    """What a browser is answered there."""
    try:
        with urllib.request.urlopen(url, timeout=60) as page:
            return int(page.status)
    except urllib.error.HTTPError as error:
        return error.code


def _fetch(url: str, body: bytes | None = None) -> str:
    try:
        with urllib.request.urlopen(url, data=body, timeout=30) as page:
            return str(page.read().decode())
    except urllib.error.HTTPError as error:
        raise LocalError(f"{url} answered {error.code}:\n{error.read().decode()}") from error


def first_mail(stack: LocalStack, wanted: Mapping[str, Any], seconds: float = 60) -> Mail:
    """Waits for a mail of a kind to somebody, by the tags it was sent with."""

    def look() -> Mail | None:
        for mail in stack.inbox():
            kind = mail.tags.get("mail", "").split("_")[2:3]
            if kind == [wanted["kind"]] and wanted["to"] in mail.to:
                return mail
        return None

    return until(f"the {wanted['kind']} mail to {wanted['to']}", look, seconds)
