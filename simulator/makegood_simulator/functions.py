"""The functions of infra/template.yaml, each loaded as often as it runs at the same time."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from makegood_local.template import load_template
from makegood_simulator.threads import OneThread

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"

Handler = Callable[[dict[str, Any], Any], Any]


class Environment:
    """One execution environment: its own copy of a function's modules, as each has its own process."""

    def __init__(self, folder: Path, handler: str) -> None:
        self._folder = folder
        self._names = [path.stem for path in folder.glob("*.py")]
        self._modules: dict[str, ModuleType] = {}
        module, _, name = handler.partition(".")
        with self.entered(), patch.object(futures, "ThreadPoolExecutor", OneThread):
            self.handler: Handler = getattr(importlib.import_module(module), name)
            for own in self._names:  # also those that are imported only when needed
                importlib.import_module(own)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Imports find this environment's modules, also those made while a handler runs."""
        others = {name: sys.modules.pop(name) for name in self._names if name in sys.modules}
        sys.modules.update(self._modules)
        sys.path.insert(0, str(self._folder))
        try:
            yield
        finally:
            sys.path.remove(str(self._folder))
            self._modules = {name: sys.modules.pop(name) for name in self._names if name in sys.modules}
            sys.modules.update(others)


@dataclass
class Function:
    """A function of the template; environments that are idle wait for its next event."""

    name: str
    folder: Path
    handler: str
    timeout_seconds: int
    attempts: int
    """How often an event of a schedule is tried in all."""
    oldest_seconds: int
    _idle: list[Environment] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[Handler]:
        environment = self._idle.pop() if self._idle else Environment(self.folder, self.handler)
        try:
            with environment.entered():
                yield environment.handler
        finally:
            self._idle.append(environment)


@dataclass(frozen=True)
class Queue:
    """A queue of the template and the function it feeds."""

    function: str
    visibility_seconds: int
    most_receives: int
    batch: int


@cache
def template() -> dict[str, Any]:
    resources: dict[str, Any] = load_template(INFRA / "template.yaml")["Resources"]
    return resources


@cache
def functions() -> dict[str, Function]:
    """Every function of the template by its name there."""
    found = {}
    for name, resource in template().items():
        if resource["Type"] == "AWS::Serverless::Function":
            terms = resource["Properties"]
            retries = terms.get("EventInvokeConfig", {})
            found[name] = Function(
                name,
                (INFRA / terms["CodeUri"]).resolve(),
                terms["Handler"],
                terms["Timeout"],
                retries.get("MaximumRetryAttempts", 0) + 1,
                retries.get("MaximumEventAgeInSeconds", 0),
            )
    return found


@cache
def queue_of(function: str) -> Queue:
    """The queue that a function is fed from."""
    terms = template()[function]["Properties"]
    (event,) = [event["Properties"] for event in terms["Events"].values() if event["Type"] == "SQS"]
    queue = template()[event["Queue"]["Fn::GetAtt"][0]]["Properties"]
    return Queue(
        function,
        queue["VisibilityTimeout"],
        queue["RedrivePolicy"]["maxReceiveCount"],
        event["BatchSize"],
    )


@cache
def schedule_minutes(function: str) -> int:
    """Every how many minutes a function is scheduled."""
    events = template()[function]["Properties"]["Events"].values()
    (expression,) = [
        event["Properties"]["ScheduleExpression"] for event in events if event["Type"] == "ScheduleV2"
    ]
    return int(str(expression).removeprefix("rate(").split()[0])
