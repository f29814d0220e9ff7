"""What can befall a call to AWS: the caller dies, hears of an error, or calls twice without knowing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, NoReturn
from unittest.mock import patch

import botocore.client
from botocore.exceptions import ClientError, ReadTimeoutError

from makegood_simulator.wire import Killed

Strike = Callable[[str, Callable[[], Any]], Any]
"""What becomes of one call: the operation's name, and the call to be made or not."""


@dataclass
class Calls:
    """The calls that were made, one after the other, and the names of the mails that SES took."""

    made: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    struck: bool = False
    dead: bool = False
    lock: RLock = field(default_factory=RLock)

    def take_effect(self, operation: str, arguments: Any, call: Callable[[], Any]) -> Any:
        answer = call()
        if operation == "SendEmail":
            self.mails += [tag["Value"] for tag in arguments["EmailTags"] if tag["Name"] == "mail"]
        return answer


def killed(operation: str, call: Callable[[], Any]) -> NoReturn:
    """The call has happened, its answer was never seen, and nothing more is done."""
    call()
    raise Killed(operation)


def timed_out(operation: str, call: Callable[[], Any]) -> NoReturn:
    """The call has happened, and the caller gives up waiting for its answer."""
    call()
    raise ReadTimeoutError(endpoint_url=operation)


def failed(operation: str, call: Callable[[], Any]) -> NoReturn:
    """The call has happened, and AWS answers with an error of its own."""
    call()
    raise _error("InternalServerError", operation)


def throttled(operation: str, _call: Callable[[], Any]) -> NoReturn:
    """The call has not happened."""
    raise _error("ThrottlingException", operation)


def repeated(operation: str, call: Callable[[], Any]) -> Any:
    """The first answer was lost and boto3 made the call again; a transaction's token makes that one call."""
    answer = call()
    return answer if operation == "TransactWriteItems" else call()


@contextmanager
def calls(number: int | None = None, strike: Strike = killed) -> Iterator[Calls]:
    """Records AWS calls; with a number, that call (1 is the first) meets the strike."""
    seen = Calls()
    client: Any = botocore.client.BaseClient
    make = client._make_api_call

    def recorded(self: Any, operation: str, arguments: Any) -> Any:
        def call() -> Any:
            return seen.take_effect(operation, arguments, lambda: make(self, operation, arguments))

        with seen.lock:
            if seen.dead:
                raise Killed(operation)
            seen.made.append(operation)
            if len(seen.made) != number:
                return call()
            seen.struck, seen.dead = True, strike is killed
            return strike(operation, call)

    with patch("botocore.client.BaseClient._make_api_call", recorded):
        yield seen


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "a strike"}}, operation)
