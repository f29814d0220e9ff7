"""A scan may not have seen the newest heartbeat for up to a minute, but never anything older or made up."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from support.cast import an_up_device

from makegood_simulator.clockwork import Agenda
from makegood_simulator.cloud import client, cloud
from makegood_simulator.faults import SECOND, Faults
from makegood_simulator.stale import StaleScans
from makegood_simulator.tables import Tables
from makegood_simulator.wire import Invocation, Wire

BEFORE = 1_773_288_000
HEARD = BEFORE + 180
MODEM = {"client": {"S": "acme-dental"}, "device": {"S": "modem"}}


def hear(at: int) -> None:
    client("dynamodb").update_item(
        TableName="Devices",
        Key=MODEM,
        UpdateExpression="SET last_seen = :now, due_at = grace_seconds + :now",
        ExpressionAttributeValues={":now": {"N": str(at)}},
    )


def scan(due: int, segment: int = 0) -> list[int]:
    """When the devices that are taken for silent were last seen."""
    answer = client("dynamodb").scan(
        TableName="Devices",
        Segment=segment,
        TotalSegments=1 + segment,
        FilterExpression="due_at < :due",
        ExpressionAttributeValues={":due": {"N": str(due)}},
    )
    return [int(row["last_seen"]["N"]) for row in answer["Items"]]


@pytest.mark.parametrize(
    ("later", "due", "found"),
    [
        (59_999, HEARD + 1, [BEFORE]),
        (60_000, HEARD + 1, []),
        (10_000, HEARD, []),  # the older heartbeat is not overdue either
        (10_000, HEARD + 181, [HEARD]),  # and what is silent now is found once
    ],
)
def test_a_scan_may_find_a_row_as_it_was_before_its_last_heartbeat(
    later: int, due: int, found: list[int]
) -> None:
    with cloud():
        an_up_device("modem", grace_seconds=180, last_seen=BEFORE)
        agenda = Agenda(HEARD * SECOND)
        faults = Faults(1, 0, (HEARD + 3_600) * SECOND)
        wire = Wire(agenda, faults)
        StaleScans(wire, faults, Tables(), "acme-dental")
        faults._per_call = {}
        strikes = patch.object(faults, "strikes", return_value=True)
        with wire.laid(), strikes, patch.object(faults, "latency", return_value=0):
            wire.running.append(Invocation("test", None, agenda.now, None))
            hear(HEARD)
            agenda.now = HEARD * SECOND + later
            assert scan(due) == found
