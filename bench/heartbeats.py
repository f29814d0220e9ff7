"""Row a: CPU per heartbeat inside the handler, beside one bare UpdateItem of the same item."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
from endpoint import always, endpoint
from rows import Row, paired, ratio_row

from makegood.rules.tokens import make_token, parse_token
from makegood_simulator.cloud import use_environment
from makegood_simulator.events import Context, api_request

NOW = 1_773_367_200
CALLS = 40
TOKEN = make_token("acme-dental", "modem", bytes(20))
ITEM: dict[str, Any] = {
    "client": {"S": "acme-dental"},
    "device": {"S": "modem"},
    "kind": {"S": "router"},
    "name": {"S": "modem"},
    "zone": {"S": "America/New_York"},
    "practices": {"SS": ["antivirus", "backup", "patching"]},
    "grace_seconds": {"N": "300"},
    "token_hash": {"S": "a" * 64},
    "state": {"S": "up"},
    "enrolled_at": {"N": str(NOW - 86_400)},
    "last_seen": {"N": str(NOW)},
    "due_at": {"N": str(NOW + 300)},
}


def measure() -> list[Row]:
    """The handler's own CPU, and the client's; both wait for the same stand-in."""
    with endpoint({"UpdateItem": always({"Attributes": ITEM})}) as address:
        use_environment()
        os.environ.update(AWS_ENDPOINT_URL=address, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="false")
        sys.path.insert(0, str(Path(__file__).parents[1] / "functions/heartbeat"))
        seconds = paired({"handler": _handler(), "bare": _bare(address)}, CALLS)
    row = ratio_row("a", "CPU per heartbeat", seconds["handler"], seconds["bare"], at_most=0.7)
    return [row]


def _handler() -> Callable[[], object]:
    import heartbeat  # noqa: PLC0415 - its settings are read when it is imported

    heartbeat.logger.setLevel("WARNING")
    event = api_request(
        "POST",
        "/v1/heartbeat",
        at=NOW,
        headers={"authorization": f"Bearer {TOKEN}"},
        route="POST /v1/heartbeat",
    )
    answer = heartbeat.handler(event, Context())
    if answer["statusCode"] != 200:
        raise RuntimeError(f"the handler answers {answer}")
    return lambda: heartbeat.handler(event, Context())


def _bare(address: str) -> Callable[[], object]:
    """One botocore client as a program makes it, and the very call that the handler makes."""
    client: Any = botocore.session.get_session().create_client("dynamodb", endpoint_url=address)
    token = parse_token(TOKEN)
    assert token is not None
    call = {
        "TableName": os.environ["DEVICES_TABLE"],
        "Key": {"client": {"S": token.client}, "device": {"S": token.device}},
        "UpdateExpression": "SET last_seen = :now, due_at = grace_seconds + :now",
        "ConditionExpression": "#state = :up AND due_at >= :now AND last_seen <= :now AND token_hash = :who",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {
            ":now": {"N": str(NOW)},
            ":up": {"S": "up"},
            ":who": {"S": token.hash},
        },
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    return lambda: client.update_item(**call)
