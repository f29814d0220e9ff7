"""The platform around the functions, for one deployment: its callers, schedules, timers and queues."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from types import ModuleType
from typing import Any

import advance
import announcements
import canary
import close
import deliveries
import desk
import heartbeat
import issue
import live
import practices
import sweep
from makegood.rules.instants import format_instant, parse_instant
from makegood.rules.mails import order
from makegood.secret_texts import forget_secrets
from makegood.signing import public_key
from makegood_simulator.cloud import timer_machine
from makegood_simulator.events import Context, api_request, schedule_event, ses_notification, sqs_event
from makegood_simulator.shortcut import shortcuts
from makegood_simulator.wire import Killed
from support.cast import MINUTE, TESS, a_token
from support.crashes import Calls, calls
from support.deployment import Deployment, a_deployment
from support.links import NAME, desk_link, form, live_link
from support.stored import files, plain, put_back, received, tables

PATIENCE = {
    "heartbeat.handler": 5,  # Retry-After, which agents keep to
    "desk.handler": 20,  # somebody at a browser
    "live.handler": 20,
    "advance.handler": 2,  # the state machine's Retry
    "sweep.handler": MINUTE,  # Lambda, of what is invoked asynchronously
    "canary.handler": MINUTE,
    "close.handler": MINUTE,
    "deliveries.handler": 3 * MINUTE,  # the queues' VisibilityTimeout
    "issue.handler": 12 * MINUTE,
    "announcements.handler": 5 * MINUTE,  # the next tick
    "practices.handler": 15 * MINUTE,  # the next tick, when the claims of mails are over
}
"""Seconds after which a handler that failed is called again, as infra/template.yaml makes it."""

_ROUND = 2 * MINUTE + 1
"""So late may a schedule be; claims of mails are over then, and timers overslept."""

Json = dict[str, Any]


class World:
    """One deployment; whatever calls a handler says whether the caller saw it succeed."""

    def __init__(self, deployment: Deployment, log: Calls) -> None:
        self.deployment = deployment
        self.invoked: set[str] = set()
        self.timers: dict[str, Json] = {}
        self.mail_events: list[str] = []
        self.asked: list[str] = []
        self._log = log
        deployment.api_answers = True  # in the same process: what beats at it is struck with it
        _forget()

    @property
    def now(self) -> int:
        return self.deployment.now

    def at(self, now: int) -> World:
        self.deployment.now = now
        return self

    @property
    def mails_left(self) -> Counter[str]:
        """How often SES took each mail."""
        return Counter(self._log.mails)

    def attempt(self, chapter: Callable[[World], bool]) -> bool:
        """Whether its caller saw it succeed; a process that died leaves no memory behind."""
        try:
            return chapter(self)
        except Exception:  # whatever it is, the platform only sees that it failed
            return False
        except Killed:
            _forget()
            return False

    # Callers.

    def beat(self, device: str = "modem", secret: int = 1, **body: Any) -> bool:
        request = api_request(
            "POST",
            "/v1/heartbeat",
            at=self.now,
            headers={"Authorization": f"Bearer {a_token(device, secret=secret)}"},
            body=json.dumps(body) if body else None,
        )
        return bool(self._invoke(heartbeat, request)["statusCode"] == 200)

    def ping(self, suffix: str = "", device: str = "modem", at: int | None = None) -> bool:
        """`at` is when the API received it, for a ping that is known by it however often it is taken."""
        path = f"/ping/{a_token(device)}{suffix}"
        received = self.now if at is None else at
        event = api_request("POST", path, at=received, route="ANY /ping/{proxy+}")
        return bool(self._invoke(heartbeat, event)["statusCode"] == 200)

    def visit(self, purpose: str = "incident") -> bool:
        return self._desk("GET", desk_link(purpose))

    def post(self, action: str, person: str = TESS, **fields: str) -> bool:
        """A technician sends a form of the incident's page."""
        return self._desk("POST", f"{desk_link('incident', person)}/{action}", **form(fields))

    def look(self, purpose: str, matter: str) -> bool:
        """The client's owner opens a link of a mail."""
        return self._live("GET", live_link(purpose, matter))

    def answer(self, purpose: str, matter: str, action: str, **fields: str) -> bool:
        """The client's owner sends a form that such a link led to."""
        return self._live("POST", f"{live_link(purpose, matter)}/{action}", **form(fields))

    def announce(self, **fields: str) -> bool:
        """Somebody announces maintenance on the desk."""
        return self._desk("POST", f"{desk_link('maintenance')}/announce", **form(fields))

    def attest(self, device: str, practice: str, **fields: str) -> bool:
        """Somebody opens the page of one thing to attest, looks at it and signs."""
        path = f"{desk_link('practices')}/{device}/{practice}"
        opened = self._invoke(desk, self._visit("GET", path))
        seen = re.search(r'name="seen" value="([0-9a-f]+)"', opened["body"])
        return self._desk("POST", path, **form({**fields, "seen": seen[1] if seen else ""}))

    def _desk(self, method: str, path: str, **request: Any) -> bool:
        return self._invoke(desk, self._visit(method, path, **request))["statusCode"] in (200, 303)

    def _visit(self, method: str, path: str, **request: Any) -> Json:
        return api_request(method, f"/desk/{path}", at=self.now, route="ANY /desk/{proxy+}", **request)

    def _live(self, method: str, path: str, **request: Any) -> bool:
        event = api_request(method, f"/live/{path}", at=self.now, route="ANY /live/{proxy+}", **request)
        return self._invoke(live, event)["statusCode"] in (200, 303)

    # Schedules.

    def sweep(self) -> bool:
        self._invoke(sweep, schedule_event())
        return True

    def canary(self) -> bool:
        self._invoke(canary, schedule_event())
        return True

    def close(self) -> bool:
        self._invoke(close, schedule_event())
        return True

    def tell_announced(self) -> bool:
        self._invoke(announcements, schedule_event())
        return True

    def check_practices(self) -> bool:
        self._invoke(practices, schedule_event())
        return True

    # Timers, as infra/incident.asl.json runs them.

    def wake(self) -> bool:
        """Takes the step of every timer whose wait is over."""
        for execution in timer_machine().executions:
            event = self.timers.setdefault(execution.name, json.loads(execution.execution_input))
            if execution.status == "RUNNING" and parse_instant(event["wake_at"]) <= self.now:
                answer = self._invoke(advance, event)
                self.timers[execution.name] = answer
                execution.status = "SUCCEEDED" if answer["done"] else "RUNNING"
        return True

    # Queues.

    def report(self, kind: str, to: str) -> None:
        """SES reports on a notice; the report waits in its queue."""
        tags = {"client": "acme-dental", "mail": order(f"incident#{NAME}", "notice", to).mail}
        self.mail_events.append(ses_notification(kind, tags, format_instant(self.now)))

    def deliver(self) -> bool:
        return self._take(deliveries, self.mail_events, batch=10)

    def issue(self) -> bool:
        self.asked += received()
        return self._take(issue, self.asked, batch=1)

    def _take(self, function: ModuleType, waiting: list[str], batch: int) -> bool:
        """Hands a batch to the function; what failed stays in the queue."""
        event = sqs_event(*waiting[:batch])
        failed = {item["itemIdentifier"] for item in self._invoke(function, event)["batchItemFailures"]}
        left = [record["body"] for record in event["Records"] if record["messageId"] in failed]
        waiting[:batch] = left
        return not left

    def _invoke(self, function: ModuleType, event: Json) -> Any:
        self.invoked.add(f"{function.__name__}.handler")
        return function.handler(deepcopy(event), Context())

    # What the platform does by itself.

    def settle(self, meanwhile: Callable[[World], Any] = lambda _world: None) -> None:
        """Sweeps run, timers wake and queues empty, until nothing is due any more."""
        for rounds in (1, 1, 5):
            for _ in range(rounds):
                self.deployment.now += _ROUND
                meanwhile(self)
            self.sweep()
            self.wake()
            self.tell_announced()
            while self.mail_events:
                self.deliver()

    def settle_practices(self) -> None:
        """The schedule goes on until the day is over."""
        for _ in range(3):
            self.deployment.now += 15 * MINUTE
            self.check_practices()

    def settle_statements(self) -> None:
        """The reporter's schedule and queue."""
        self.deployment.now += 15 * MINUTE
        self.close()
        self.asked += received()
        while self.asked:
            self.issue()

    # What is stored.

    def snapshot(self) -> Any:
        return self.deployment.snapshot(), deepcopy(self._waiting()), files(), self.mails_left, self.now

    def restore(self, snapshot: Any) -> None:
        """Everything as it was, for a process that has just begun."""
        deployment, waiting, stored, mails, now = snapshot
        self.deployment.restore(deployment)
        self.timers, self.mail_events, self.asked = deepcopy(waiting)
        put_back(stored)
        self._log.mails[:] = mails.elements()
        self.deployment.now = now
        _forget()
        self.invoked.clear()

    def state(self) -> str:
        """All that a later process can see, as text: the same text, the same future."""
        executions = [(run.name, run.execution_input, run.status) for run in timer_machine().executions]
        return json.dumps(
            (self.now, tables(), executions, self._waiting(), sorted(files()), self.mails_left),
            default=plain,
            sort_keys=True,
        )

    def _waiting(self) -> tuple[dict[str, Json], list[str], list[str]]:
        self.asked += received()
        return self.timers, self.mail_events, self.asked


@contextmanager
def a_world() -> Iterator[World]:
    with a_deployment() as deployment, shortcuts(), calls() as log:
        yield World(deployment, log)


def _forget() -> None:
    """A new process remembers no secret and no key; that its clients are made anew takes only time."""
    forget_secrets()
    public_key.cache_clear()
