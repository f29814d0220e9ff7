"""The embedded AWS, SES's stand-in and the front door: an account on this machine."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from botocore.config import Config

from makegood_local.emulator import OWNER, REGION, Emulator, LocalError, free_port, session
from makegood_local.front import FrontServer
from makegood_local.mailbox import Mail, Mailbox
from makegood_local.ses import SesServer

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3})


class LocalAccount:
    """`with` it, an account runs; everything ends with the block, or with us.

    `bouncing` are addresses whose mails bounce. With `keep_state` the next account in the same folder goes on
    where this one ended, at the same addresses.
    """

    def __init__(
        self, state_dir: Path, keep_state: bool = False, port: int = 0, bouncing: Collection[str] = ()
    ) -> None:
        self.state_dir = state_dir.resolve()
        self.file = self.state_dir / "stack.json"
        self.keep_state = keep_state
        self.port = port
        self.bouncing = bouncing
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            lock = opening.enter_context(self._alone())
            before = self._before()
            self._mailbox = Mailbox(self.state_dir / "mails")
            self._front = FrontServer(free_port(before.get("port", self.port)), self._mailbox)
            opening.enter_context(self._front.running())
            self._start_emulator(opening, lock, before.get("emulator_port", 0))
            self._settle(opening)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._open.close()

    def _settle(self, opening: ExitStack) -> None:
        """What is to be in the account before anybody uses it; who inherits says it."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Where agents, technicians and the inbox find the stack."""
        return self._front.url

    @property
    def endpoint_url(self) -> str:
        """The embedded AWS."""
        return self._emulator.url

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to use the stack as its owner."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_SESV2": self._ses.url,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": OWNER,
            "AWS_SECRET_ACCESS_KEY": OWNER,
        }

    def client(self, service: str) -> Any:
        """A boto3 client of the stack's owner."""
        url = self._ses.url if service == "sesv2" else self.endpoint_url
        return session().client(service, endpoint_url=url, config=_CONFIG)  # type: ignore[call-overload] # any service

    def inbox(self) -> list[Mail]:
        """Every mail sent so far, oldest first."""
        return self._mailbox.mails()

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Two stacks in one folder would ruin each other's state; gives the lock's file descriptor."""
        self.state_dir.mkdir(parents=True, exist_ok=True)
        with (self.state_dir / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise LocalError(f"a stack already runs in {self.state_dir}") from error
            self._clear()
            yield lock.fileno()
            self._clear()

    def _clear(self) -> None:
        passing = ("tmp",) if self.keep_state else ("tmp", "state", "s3", "mails")
        for name in passing:
            shutil.rmtree(self.state_dir / name, ignore_errors=True)
        if not self.keep_state:
            self.file.unlink(missing_ok=True)

    def _before(self) -> dict[str, Any]:
        """How the stack of this folder was reached before, as links in its mails still say."""
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def _start_emulator(self, opening: ExitStack, lock: int, preferred_port: int) -> None:
        port = free_port(preferred_port)
        self._ses = SesServer(port, self._mailbox, self.bouncing)
        opening.enter_context(self._ses.running())
        # Functions inherit it from the process that starts them; the template knows nothing of it.
        environment = {"AWS_ENDPOINT_URL_SESV2": self._ses.url}
        self._emulator = Emulator(self.state_dir, port, environment, self.keep_state)
        opening.callback(self._emulator.stop)
        self._emulator.start(lock)
