"""AWS that answers from a recording: what a run costs is then the code's own cost, not the stand-in's."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import botocore.client
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

Key = tuple[str, str, str, bytes]
Answer = tuple[int, Any, bytes]

Call = tuple[str, str, dict[str, Any]]
"""Service, operation and what it is given."""

MADE_UP = re.compile(rb'"ClientRequestToken": "[^"]*"')
"""What the SDK makes up anew for each request."""


@dataclass
class Recording:
    """What was answered to each request, in the order in which the same one was made again."""

    answers: defaultdict[Key, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    requests: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    """What was asked of clients."""

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Requests go to moto; its answers are kept."""
        process = BotocoreStubber.process_request

        def keep(stubber: BotocoreStubber, request: Any) -> Any:
            key = self.recorded_key(_key(request))
            answer = process(stubber, request)
            if answer is not None:
                status, headers, body = answer
                content = body.encode() if isinstance(body, str) else body
                self.answers[key].append((status, dict(headers), content))
                self.requests.append(_name(request))
            return answer

        with patch.object(BotocoreStubber, "process_request", keep), noted() as self.calls:
            yield

    @contextmanager
    def replayed(self, seconds: float = 0) -> Iterator[None]:
        """Every request is answered as when it was recorded, after so long. KeyError for a new one."""
        position: defaultdict[Key, int] = defaultdict(int)

        def answer(_stubber: BotocoreStubber, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
            key = self.recorded_key(_key(request))
            known = self.answers.get(key)
            if not known:
                raise KeyError(f"{_name(request)} was not recorded: {key!r}"[:2_000])
            if seconds:
                time.sleep(seconds)
            status, headers, content = known[min(position[key], len(known) - 1)]
            position[key] += 1
            told = self.told(_key(request), content)
            return AWSResponse(request.url, status, headers, MockRawResponse(told))

        with patch.object(BotocoreStubber, "__call__", answer):
            yield

    def cpu_of(self, work: Callable[[], object]) -> float:
        """CPU seconds of work that is answered from the recording."""
        with self.replayed():
            started = time.process_time()
            work()
            return time.process_time() - started

    def cpu_beside_bare(self, work: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
        """CPU seconds of work, and each time those of its floor: the calls that it makes, by botocore's
        clients and nothing else."""
        with self.replayed(), noted() as calls:
            work()
        floor = bare(calls)
        self.cpu_of(floor)  # a client's first calls load what it needs
        spent = [(self.cpu_of(work), self.cpu_of(floor)) for _ in range(rounds)]
        return [of for of, _ in spent], [of for _, of in spent]

    def recorded_key(self, key: Key) -> Key:
        """The request that was recorded for one that is made now: the same."""
        return key

    def told(self, key: Key, content: bytes) -> bytes:  # noqa: ARG002 - for those who tell something else
        """What is answered to the request, of what was recorded: the same."""
        return content


@contextmanager
def noted() -> Iterator[list[Call]]:
    """What is asked of clients, by whomever."""
    calls: list[Call] = []
    asked: Any = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def note(client: Any, operation: str, call: dict[str, Any]) -> Any:
        calls.append((client.meta.service_model.service_name, operation, dict(call)))
        return asked(client, operation, call)

    with patch("botocore.client.BaseClient._make_api_call", note):
        yield calls


def bare(calls: Sequence[Call]) -> Callable[[], None]:
    """The same calls, one after the other, by clients as a program makes them."""
    session = botocore.session.get_session()
    clients: dict[str, Any] = {
        service: session.create_client(service) for service in {of for of, _, _ in calls}
    }

    def ask() -> None:
        for service, operation, call in calls:
            with suppress(ClientError):  # what is refused is an answer too
                clients[service]._make_api_call(operation, dict(call))  # clients change what they are given

    return ask


def _key(request: Any) -> Key:
    if str(request.url).endswith("/outbound-emails"):  # the boundaries of a mail are made up anew each time
        return str(request.method), str(request.url), "", b""
    body = request.body or b""
    if not isinstance(body, (bytes, str)):
        body = body.read() or b""
        request.body.seek(0)
    content = body.encode() if isinstance(body, str) else bytes(body)
    return str(request.method), str(request.url), _target(request), MADE_UP.sub(b"", content)


def _name(request: Any) -> str:
    return (
        _target(request).rpartition(".")[2]
        or f"{request.method} {request.url.split('/')[2].split('.')[-4:-3]}"
    )


def _target(request: Any) -> str:
    target = request.headers.get("X-Amz-Target", "")
    return target.decode() if isinstance(target, bytes) else str(target)
