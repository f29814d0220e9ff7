"""Messages of SQS, several at a time, of which some may fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def take_each(event: dict[str, Any], take: Callable[[str], None]) -> dict[str, list[dict[str, str]]]:
    """Hands over the body of each message; answers those that failed, which SQS delivers again.

    Whoever takes a message logs why it failed.
    """
    failed = []
    for record in event["Records"]:
        try:
            take(record["body"])
        except Exception:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
