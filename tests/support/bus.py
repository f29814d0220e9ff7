"""A bus that keeps what it is told, and fails when it is asked to."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import EndpointConnectionError

Json = dict[str, Any]


class Bus:
    """Takes events as EventBridge does: some of a call's, all, or none."""

    def __init__(self) -> None:
        self.taken: list[Json] = []
        self.types: list[str] = []
        self.calls: list[int] = []
        self.refuses: set[str] = set()
        self.is_down = False

    def put_events(self, Entries: list[Json]) -> Json:  # noqa: N803 - as boto3 calls it
        if self.is_down:
            raise EndpointConnectionError(endpoint_url="https://events")
        self.calls.append(len(Entries))
        answers = []
        for entry in Entries:
            detail = json.loads(entry["Detail"])
            if detail["id"] in self.refuses:
                answers.append({"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"})
            else:
                self.taken.append(detail)
                self.types.append(entry["DetailType"])
                answers.append({"EventId": f"e{len(self.taken)}"})
        return {"FailedEntryCount": len(Entries), "Entries": answers}

    def ids(self) -> list[str]:
        return [detail["id"] for detail in self.taken]
