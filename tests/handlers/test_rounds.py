"""Rounds over many clients: nobody is looked at for nothing, and nobody waits for ever."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import patch

import pytest
from support.cast import HOUR, MINUTE, START, a_contract, an_up_device, sign_up
from support.crashes import calls
from support.deployment import Deployment

import close
import practices
from makegood import aws
from makegood.rules.instants import parse_instant
from makegood.storage.adjusting import dirty
from makegood.storage.changes import Operator, find_client
from makegood.storage.clients import apply_contract
from makegood.storage.contracts import versions_of
from makegood.storage.records import CLIENTS, ClientEntry
from makegood.storage.transactions import write_together
from makegood.storage.turns import next_turn
from makegood_simulator.events import Context, schedule_event

MID_MARCH = START + 8 * HOUR
"""Nobody's statement and nobody's evening."""
MARCH_DUE = parse_instant("2026-04-03T13:00:00Z")
DAY = 24 * HOUR
NAMES = [f"client-{number}" for number in range(7)]


@pytest.fixture(autouse=True)
def _seven_clients(deployment: Deployment) -> None:
    for name in NAMES:
        sign_up(a_contract(client=name, effective_from="2026-03-01"))
    deployment.now = MID_MARCH


class Short(Context):
    """A run whose time suffices for so many clients."""

    looks: int = 0

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]
        self.looks -= 1
        return 60_000 if self.looks >= 0 else 0


def short(looks: int) -> Short:
    context = Short()
    context.looks = looks
    return context


def asked() -> list[dict[str, Any]]:
    sqs, url = aws.sqs(), os.environ["STATEMENTS_QUEUE_URL"]
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        found += [json.loads(message["Body"]) for message in messages]
    return found


def run_close(event: dict[str, Any] | None = None, context: Context | None = None) -> list[dict[str, Any]]:
    """What one run asks for, whether it could do all of it or not."""
    with suppress(close.CloseError):
        close.handler(event or schedule_event(), context or Context())
    return asked()


def clients(found: list[dict[str, Any]]) -> list[str]:
    return [each["client"] for each in found]


@contextmanager
def shared_out(of: int) -> Iterator[list[dict[str, Any]]]:
    """A run looks at no more than so many by itself; what it starts instead is kept."""
    started: list[dict[str, Any]] = []

    def invoke(**call: Any) -> None:
        assert (call["FunctionName"], call["InvocationType"]) == ("function", "Event")
        started.append(json.loads(call["Payload"]))

    with patch("makegood.rounds.PART", of), patch.object(aws.functions(), "invoke", invoke):
        yield started


# Nobody is looked at for nothing.


@pytest.mark.parametrize("function", [close, practices])
def test_clients_with_nothing_due_cost_one_query_together(function: Any) -> None:
    function.handler(schedule_event(), Context())
    with calls() as seen:
        answer = function.handler(schedule_event(), Context())
    assert answer["looked"] == 0
    assert seen.made == ["Query"] * (2 if function is close else 1)  # close also asks for marks of changes


def test_a_statement_is_asked_for_at_its_moment_by_whoever_knew_that_nothing_was_due(
    deployment: Deployment,
) -> None:
    deployment.now = MARCH_DUE - 1
    assert run_close() == []
    deployment.now = MARCH_DUE
    assert sorted(clients(run_close())) == NAMES


def test_a_day_is_looked_at_in_its_last_two_hours_by_whoever_knew_that_nothing_was_due(
    deployment: Deployment,
) -> None:
    for name in NAMES:
        an_up_device("srv", client=name, last_seen=START + 21 * HOUR, practices={"backup"})
    practices.handler(schedule_event(), Context())
    deployment.now = START + 22 * HOUR - 1
    assert practices.handler(schedule_event(), Context())["warned"] == 0
    deployment.now = START + 22 * HOUR
    assert practices.handler(schedule_event(), Context())["warned"] == 2 * len(NAMES)


@pytest.mark.parametrize(("function", "turn"), [(close, "closes_at"), (practices, "checks_at")])
def test_nobody_is_left_alone_for_longer_than_a_day(deployment: Deployment, function: Any, turn: str) -> None:
    function.handler(schedule_event(), Context())
    turns = [getattr(find_client(name), turn) for name in NAMES]
    assert all(MID_MARCH < at <= MID_MARCH + DAY for at in turns)
    assert len(set(turns)) > 1 or function is practices  # their evening is the same


@pytest.mark.parametrize("function", [close, practices])
def test_a_client_whose_contract_changes_is_looked_at_at_once(function: Any) -> None:
    function.handler(schedule_event(), Context())
    changed = a_contract(client=NAMES[0], effective_from="2026-05-01", monthly_fee="1.00")
    apply_contract(changed, Operator("tests", MID_MARCH), 180)
    assert function.handler(schedule_event(), Context())["looked"] == 1


def test_what_was_reckoned_before_a_change_is_not_noted_after_it() -> None:
    entry = find_client(NAMES[0])
    assert entry is not None
    changed = a_contract(client=NAMES[0], effective_from="2026-05-01", monthly_fee="1.00")
    apply_contract(changed, Operator("tests", MID_MARCH), 180)
    assert not next_turn(entry, ClientEntry.closes_at, MID_MARCH + DAY)
    now = find_client(NAMES[0])
    assert now is not None
    assert now.closes_at is None


def test_a_change_that_has_to_be_reckoned_waits_for_no_turn() -> None:
    assert run_close() == []
    write_together(dirty(NAMES[3], "modem-20260312T041500Z", "the notice bounced", MID_MARCH))
    assert run_close() == [{"client": NAMES[3], "correct": True}]


# Nobody waits for ever.


def test_a_run_that_is_cut_off_is_gone_on_with_by_the_next(deployment: Deployment) -> None:
    deployment.now = MARCH_DUE
    served: list[str] = []
    with patch("makegood.rounds.WORKERS", 1):
        for tick in range(4):
            deployment.now = MARCH_DUE + tick * 15 * MINUTE
            served += clients(run_close(context=short(2)))
    assert sorted(served[:7]) == NAMES


def test_a_run_that_is_cut_off_says_so() -> None:
    with pytest.raises(close.CloseError, match="0 clients failed, 5 were not reached"):
        close.handler(schedule_event(), short(2))


def test_clients_that_fail_each_time_hold_up_nobody_behind_them(deployment: Deployment) -> None:
    """Each run's time suffices for two, and three fail."""
    deployment.now = MARCH_DUE

    def read(client: str) -> Any:
        if client in NAMES[:3]:
            raise ValueError("broken")
        return versions_of(client)

    served: set[str] = set()
    with patch("makegood.rounds.WORKERS", 1), patch("close.versions_of", read):
        for tick in range(4):
            deployment.now = MARCH_DUE + tick * 15 * MINUTE
            served |= set(clients(run_close(context=short(2))))
    assert served == set(NAMES[3:])


def test_a_slow_client_holds_up_nobody(deployment: Deployment) -> None:
    """While one look takes all the time of the run, the others are looked at."""
    deployment.now = MARCH_DUE
    others = len(NAMES) - 1
    served: list[str] = []

    def read(client: str) -> Any:
        if client == NAMES[0]:
            while len(served) < others:
                served.extend(clients(asked()))
        return versions_of(client)

    with patch("close.versions_of", read):
        served += clients(run_close())
    assert sorted(served) == NAMES


def test_one_whose_row_cannot_be_read_is_named_and_holds_up_nobody(deployment: Deployment) -> None:
    deployment.now = MARCH_DUE
    row = {"pk": {"S": CLIENTS}, "sk": {"S": "aaa"}, "model": {"S": "Nothing"}}
    aws.dynamodb().put_item(TableName=os.environ["RECORDS_TABLE"], Item=row)
    with pytest.raises(close.CloseError, match="1 clients failed, 0 were not reached, see the log: aaa"):
        close.handler(schedule_event(), Context())
    assert sorted(clients(asked())) == NAMES


# Many are shared out.


def test_many_clients_are_shared_out_and_each_is_looked_at_once(deployment: Deployment) -> None:
    deployment.now = MARCH_DUE
    with shared_out(of=2) as started:
        answer = close.handler(schedule_event(), Context())
        assert (answer["asked"], answer["looked"], answer["parts"]) == (0, 0, 4)
        found = [clients(run_close(part)) for part in started]
    assert [name for part in found for name in sorted(part)] == NAMES
    assert all(1 <= len(part) <= 2 for part in found)


def test_more_than_the_runs_can_hold_are_shared_out_all_the_same(deployment: Deployment) -> None:
    deployment.now = MARCH_DUE
    with shared_out(of=1) as started, patch("close.MOST_PARTS", 2):
        close.handler(schedule_event(), Context())
        assert sorted(name for part in started for name in clients(run_close(part))) == NAMES
    assert len(started) == 2


def test_a_part_that_is_repeated_looks_only_at_what_was_left(deployment: Deployment) -> None:
    with shared_out(of=4) as started:
        practices.handler(schedule_event(), Context())
        part = started[0]
        with patch("makegood.rounds.WORKERS", 1), pytest.raises(practices.CheckError, match="2 were not"):
            practices.handler(part, short(1))
        assert practices.handler(part, Context())["looked"] == 2


def test_clients_with_nothing_due_are_not_shared_out() -> None:
    run_close()
    with shared_out(of=2) as started:
        run_close()
    assert started == []
